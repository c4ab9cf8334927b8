"""Who is let in: keys in headers and queries, roles, what is open, requests a second, and what a log must not hold."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

import servers
from penaltycalc.api import auth, prometheus
from penaltycalc.api.app import HANDLERS, Service, create_app
from penaltycalc.api.auth import KeyStore, check_open, is_loopback
from penaltycalc.errors import BadSetting
from penaltycalc.keys import encode_keys, make_key
from penaltycalc.settings import Settings

DAY = date(2026, 11, 22)
READ, READ_KEY = make_key(b"r" * 36, role="read", name="clerk", created=DAY)
OPERATE, OPERATE_KEY = make_key(b"o" * 36, role="operate", name="operator", created=DAY)
ASKED = "/v1/deadlines/licence-delivery?start=2026-09-24"
ANY = str(IPv4Address(0))
CELL = "/v1/cells/deadline?step=licence-delivery&start=2026-09-24"


def write_keys(folder: Path) -> Path:
    path = folder / "keys.json"
    path.write_bytes(encode_keys([READ_KEY, OPERATE_KEY]))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of keys that a test may change."""
    return write_keys(tmp_path)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Service]]:
    """A service whose keys no test changes."""
    with TestClient(create_app(Settings(keys_file=write_keys(tmp_path_factory.mktemp("keys"))))) as made:
        yield made


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["code"], problem["errors"]) == (status, code, [])
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["link"] == f'</problems/{code}>; rel="help"'
    return problem


@pytest.mark.parametrize(
    "headers", [{"authorization": f"Bearer {READ}"}, {"X-API-Key": READ}, {"authorization": f"bearer {OPERATE}"}]
)
def test_a_key_lets_in(client: TestClient[Service], headers: dict[str, str]) -> None:
    assert client.get(ASKED, headers=headers).json()["due"] == "2026-10-15"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": READ},
        {"authorization": f"Basic {READ}"},
        {"authorization": f"Bearer {READ}x"},
        {"authorization": "Bearer "},
        {"X-API-Key": ""},
        {"X-API-Key": READ, "authorization": f"Bearer {OPERATE}"},
    ],
)
@pytest.mark.parametrize("path", [ASKED, "/v1/steps", "/workbook.xlsx", CELL, "/v1/conformance/csv", "/v1/steps/none"])
def test_without_a_known_key_nothing_is_told(client: TestClient[Service], path: str, headers: dict[str, str]) -> None:
    response = client.get(path, headers={"accept-language": "en", **headers})
    problem = refused(response, 401, "unauthorised")
    assert problem["detail"] == "There is no key, or it is not valid."
    assert response.headers["www-authenticate"] == 'Bearer realm="penaltycalc"'


def test_a_body_without_a_key_is_refused_before_it_is_read(client: TestClient[Service]) -> None:
    refused(
        client.post("/v1/penalties", content=b"{", headers={"content-type": "application/json"}), 401, "unauthorised"
    )
    refused(client.post("/v1/batch/csv", content=b"x", headers={"content-type": "text/csv"}), 401, "unauthorised")


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/docs", "/problems", "/problems/schema", "/openapi.json", "/"]
)
def test_what_is_open_needs_no_key(client: TestClient[Service], path: str) -> None:
    assert client.get(path).status_code == 200


def test_every_route_but_the_open_ones_needs_a_key() -> None:
    roles = {path: handler.opt.get("role", "read") for handler in HANDLERS for path in handler.paths}
    open_ = {path for path, role in roles.items() if role is None}
    assert open_ >= {"/healthz", "/readyz", "/openapi.json", "/docs"}
    for path in open_:
        assert path in {"/", "/healthz", "/readyz", "/openapi.json"} or path.startswith(
            ("/docs", "/problems", "/assets/")
        )
    assert {path for path, role in roles.items() if role == "operate"} == {"/v1/calendar/reload"}
    assert prometheus.MetricsController.get.opt["role"] == "operate"


def test_a_route_that_states_no_role_needs_a_key(file: Path) -> None:
    @get("/whatever/comes")
    async def answer() -> str:
        raise AssertionError

    service = create_app(Settings(keys_file=file))
    service.register(answer)
    with TestClient(service) as client:
        refused(client.get("/whatever/comes"), 401, "unauthorised")


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.handler_name)
def test_no_route_answers_without_a_key_unless_it_is_open(
    client: TestClient[Service], handler: HTTPRouteHandler
) -> None:
    (path,) = handler.paths
    (method,) = handler.http_methods
    asked = re.sub(r"\{\w+:str\}", "x", path)
    response = client.request(method, asked, headers={"content-type": "text/plain"})
    if handler.opt.get("role", "read") is None:
        assert response.status_code != 401
    else:
        refused(response, 401, "unauthorised")


def test_a_role_that_is_too_small_is_forbidden(client: TestClient[Service]) -> None:
    reload = "/v1/calendar/reload"
    assert client.post(reload, headers={"X-API-Key": OPERATE}).status_code == 200
    refused(client.post(reload, headers={"X-API-Key": READ}), 403, "forbidden")


# -------------------------------------------------------------------------------- keys in the query


def test_a_key_in_the_query_is_an_unknown_name_unless_switched_on(client: TestClient[Service]) -> None:
    refused(client.get(f"{CELL}&key={READ}"), 401, "unauthorised")
    told = client.get(f"{CELL}&key={READ}&lang=en", headers={"X-API-Key": READ}).text
    assert told.startswith("#ERR key: ")


@pytest.mark.parametrize(
    "path", [CELL, "/v1/deadlines/licence-delivery/ics?start=2026-09-24", "/v1/calendar/2026/csv?x", "/workbook.xlsx?x"]
)
def test_a_key_in_the_query_where_it_is_switched_on(file: Path, path: str) -> None:
    with TestClient(create_app(Settings(keys_file=file, key_in_query=True))) as client:
        target = f"{path.removesuffix('x').removesuffix('?')}{'&' if '=' in path else '?'}key="
        assert client.get(target + READ).status_code == 200
        assert (
            client.get(target + READ).content
            == client.get(path.removesuffix("?x"), headers={"X-API-Key": READ}).content
        )
        refused(client.get(f"{target}wrong"), 401, "unauthorised")
        refused(client.get(f"{target}{READ}&key={OPERATE}"), 401, "unauthorised")


def test_other_routes_take_no_key_in_the_query(file: Path) -> None:
    with TestClient(create_app(Settings(keys_file=file, key_in_query=True))) as client:
        refused(client.get(f"{ASKED}&key={READ}"), 401, "unauthorised")


# ----------------------------------------------------------------------------- changes and faults


def test_a_revoked_key_is_out_within_a_second_and_a_broken_file_changes_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(auth, "CHECK_INTERVAL", 0.0)
    with TestClient(create_app(Settings(keys_file=file))) as client:
        assert client.get(ASKED, headers={"X-API-Key": READ}).status_code == 200
        file.write_bytes(encode_keys([OPERATE_KEY]))
        refused(client.get(ASKED, headers={"X-API-Key": READ}), 401, "unauthorised")
        file.write_bytes(b"{")
        assert client.get(ASKED, headers={"X-API-Key": OPERATE}).status_code == 200
        assert str(file) in caplog.text
        file.unlink()
        assert client.get(ASKED, headers={"X-API-Key": OPERATE}).status_code == 200


def test_the_file_is_looked_at_once_a_second_at_the_most(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keys = KeyStore(Settings(keys_file=file))
    file.write_bytes(encode_keys([]))
    assert keys.ring.keys
    now += 1.0
    assert not keys.ring.keys


def test_an_empty_file_of_keys_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(encode_keys([]))
    with TestClient(create_app(Settings(keys_file=tmp_path / "keys.json"))) as client:
        refused(client.get(ASKED, headers={"X-API-Key": READ}), 401, "unauthorised")


def test_keys_from_the_environment_let_in() -> None:
    with TestClient(create_app(Settings(keys=f"{READ_KEY.id}:read:{READ_KEY.hash}"))) as client:
        assert client.get(ASKED, headers={"X-API-Key": READ}).status_code == 200
        refused(client.get(ASKED), 401, "unauthorised")


@pytest.mark.parametrize("settings", [Settings(keys="x"), Settings(keys_file=Path("/none/keys.json"))])
def test_broken_keys_stop_the_start(settings: Settings) -> None:
    with pytest.raises(BadSetting):
        create_app(settings)


# ---------------------------------------------------------------------------- requests a second


def test_too_many_requests_of_one_key_are_refused_until_the_next_second(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 5000.0
    with TestClient(create_app(Settings(keys_file=file, requests_per_second=2))) as client:
        monkeypatch.setattr(time, "monotonic", lambda: now)
        codes = [client.get(ASKED, headers={"X-API-Key": READ}).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        assert client.get(ASKED, headers={"X-API-Key": OPERATE}).status_code == 200
        assert client.get("/healthz").status_code == 200
        response = client.get(CELL, headers={"X-API-Key": READ})
        refused(response, 429, "too-many-requests")
        assert response.headers["retry-after"] == "1"
        now += 1
        assert client.get(ASKED, headers={"X-API-Key": READ}).status_code == 200


def test_a_flood_of_wrong_keys_is_refused_as_one_client_and_leaves_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 5000.0)
    app = create_app(Settings(keys_file=file, requests_per_second=3))
    with TestClient(app) as client:
        codes = [client.get(ASKED, headers={"X-API-Key": f"pck_{number:08x}_x"}).status_code for number in range(50)]
        assert codes == [*[401] * 3, *[429] * 47]
        assert client.get(ASKED, headers={"X-API-Key": READ}).status_code == 200
    assert app.worker.authenticator._counts == {"testclient": 50, READ_KEY.id: 1}


def test_without_keys_the_address_of_the_client_counts() -> None:
    with TestClient(create_app(Settings(requests_per_second=1))) as client:
        codes = {client.get(ASKED).status_code for _ in range(20)}
        assert 429 in codes


# ------------------------------------------------------------------------------------ the start


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        (ANY, False),
        ("::", False),
        ("10.0.0.5", False),
        ("law.example", False),
    ],
)
def test_which_addresses_are_this_machine_alone(host: str, *, answer: bool) -> None:
    assert is_loopback(host) is answer


def test_off_loopback_keys_are_needed_or_said_to_be_unwanted(file: Path) -> None:
    check_open("127.0.0.1", Settings())
    check_open("10.0.0.5", Settings(keys_file=file))
    check_open("10.0.0.5", Settings(allow_open=True))
    with pytest.raises(BadSetting, match=r"10\.0\.0\.5"):
        check_open("10.0.0.5", Settings())


def test_serve_off_loopback_without_keys_ends_with_4() -> None:
    command = [servers.SCRIPT, "serve", "--host", ANY, "--port", str(servers.free_port())]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PENALTYCALC_")}
    done = subprocess.run(command, capture_output=True, timeout=30, check=False, env=environment)
    assert done.returncode == 4
    assert "--allow-open" in done.stderr.decode()


def test_keys_and_facts_stay_out_of_the_log(tmp_path: Path, file: Path) -> None:
    settings = {"KEYS_FILE": str(file), "KEY_IN_QUERY": "true"}
    with servers.serving(tmp_path, settings=settings) as running:
        assert httpx.get(f"{running.url}{CELL}&key={READ}").text == "2026-10-15"
        httpx.get(f"{running.url}{CELL}&key=wrong-key")
        httpx.get(running.url + ASKED, headers={"authorization": f"Bearer {READ}"})
        httpx.get(running.url + ASKED, headers={"X-API-Key": "wrong-key"})
    log = running.log.read_text("utf-8", errors="replace")
    assert READ not in log
    assert "wrong-key" not in log
    assert "licence-delivery" not in log
