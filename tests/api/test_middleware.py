"""What goes around every answer: headers of security, the id of a request, other origins, HEAD."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from datetime import date

import httpx
import pytest
from litestar.testing import TestClient

from penaltycalc.api import calculations
from penaltycalc.api.app import HANDLERS, Service, create_app
from penaltycalc.api.auth import Authenticator
from penaltycalc.api.middleware import find_request_id
from penaltycalc.keys import make_key
from penaltycalc.settings import Settings

NOTHING = "default-src 'none'; frame-ancestors 'none'"
ASKED = "/v1/expiries/drug-registration?start=2023-03-01"
OURS, OTHERS = "https://law.example.cn:8443", "https://other.example"
PAGES = ("/", "/docs", "/problems", "/problems/schema")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as made:
        yield made


def secured(response: httpx.Response) -> httpx.Response:
    """The response, with each header of security once."""
    for name, value in {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        assert response.headers.get_list(name) == [value]
    assert len(response.headers.get_list("content-security-policy")) == 1
    return response


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ASKED),
        ("GET", "/v1/penalties/none"),
        ("GET", "/nowhere"),
        ("GET", "/v1/batch"),
        ("DELETE", "/v1/steps"),
        ("OPTIONS", "/v1/steps"),
        ("POST", "/v1/penalties"),
        ("POST", "/v1/batch/csv"),
        ("GET", "/v1/cells/deadline"),
        ("GET", "/openapi.json"),
        ("GET", "/docs/docs.js"),
        ("GET", "/assets/texts.json"),
        ("GET", "/docs/none.js"),
        ("GET", "/healthz"),
    ],
)
def test_every_answer_carries_the_headers_of_security(client: TestClient[Service], method: str, path: str) -> None:
    response = secured(client.request(method, path))
    assert response.headers["content-security-policy"] == NOTHING
    assert "permissions-policy" not in response.headers


@pytest.mark.parametrize("path", [ASKED, "/nowhere", "/docs", "/healthz"])
def test_head_is_get_without_the_content(client: TestClient[Service], path: str) -> None:
    head, get = secured(client.head(path)), client.get(path)
    assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b"")


def test_what_has_not_changed_carries_them_too(client: TestClient[Service]) -> None:
    for path in (ASKED, *PAGES):
        first = client.get(path)
        again = secured(client.get(path, headers={"if-none-match": first.headers["etag"]}))
        assert again.status_code == 304
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_a_fault_of_the_service_carries_them_too(client: TestClient[Service], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calculations, "calculate", lambda *_, **__: 1 / 0)
    response = secured(client.get(ASKED))
    assert response.status_code == 500
    assert len(response.headers["x-request-id"]) == 16


def assert_internal(response: httpx.Response) -> None:
    """The response is the problem `internal`, with all headers of an answer."""
    secured(response)
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["link"] == '</problems/internal>; rel="help"'
    assert len(response.headers["x-request-id"]) == 16


@pytest.mark.parametrize("host", ["a:b", "", "[", "::::", "a b", "%", "x" * 300, "a:99999999", "é"])
def test_the_host_header_is_not_read(client: TestClient[Service], host: str) -> None:
    headers = {b"host": host.encode("latin-1")}
    for path, status in ((ASKED, 200), ("/v1/nowhere", 404), ("/problems/none", 404), ("/docs/none", 404)):
        response = secured(client.get(path, headers=headers))
        assert response.status_code == status
    assert secured(client.get("/v1/nowhere", headers=headers)).json()["instance"] == "/v1/nowhere"
    assert secured(client.delete("/v1/steps", headers=headers)).headers["allow"] == "GET, HEAD, OPTIONS"


def fail(*_: object, **__: object) -> object:
    raise RuntimeError("Q7-secret")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("penaltycalc.api.calculations.parse_facts", ASKED),  # in a handler
        ("penaltycalc.api.response.encode_answer", ASKED),  # while encoding
        ("penaltycalc.api.problems._list_methods", "/v1/batch"),  # in an exception handler
        ("penaltycalc.api.problems.choose_problem_language", "/v1/nowhere"),
        ("litestar.response.base.ASGIResponse.start_response", ASKED),  # before the first byte of the answer
        ("litestar._asgi.asgi_router.ASGIRouter.handle_routing", ASKED),  # in routing
    ],
)
def test_an_exception_anywhere_is_the_problem_internal(
    target: str, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(create_app(Settings())) as client:
        calls = 0

        def fail_once(*args: object, **kwargs: object) -> object:
            nonlocal calls
            calls += 1
            return original(*args, **kwargs) if calls > 1 else fail()

        original = pkgutil.resolve_name(target.replace(".ASGIR", ":ASGIR").replace("problems._", "problems:_"))
        monkeypatch.setattr(target, fail_once)
        assert_internal(client.get(path))
    messages = [record.getMessage() for record in caplog.records if record.name == "penaltycalc"]
    assert len(messages) == 1
    assert messages[0].startswith("unhandled RuntimeError at fail:")
    assert "Q7-secret" not in caplog.text


def test_an_exception_before_the_handler_is_the_problem_internal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Authenticator, "check", fail)
    with TestClient(create_app(Settings(requests_per_second=1000))) as client:
        assert_internal(client.get(ASKED))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_only_what_this_server_has(client: TestClient[Service], path: str) -> None:
    response = secured(client.get(path))
    policy = response.headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert {directives[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert set(" ".join(directives.values()).split()) <= {"'none'", "'self'", "data:"}
    assert "camera=()" in response.headers["permissions-policy"]


def test_no_other_route_has_a_policy_of_its_own() -> None:
    templates = {path for handler in HANDLERS for path in handler.paths}
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        own = {
            path for path in templates if client.get(path.split("{")[0]).headers["content-security-policy"] != NOTHING
        }
    assert own == {"/", "/docs", "/problems", "/docs/{file:str}", "/problems/{code:str}"}


# ------------------------------------------------------------------------------ the id of a request


def test_the_id_of_a_request_is_repeated_and_none_is_made_where_nobody_needs_one(
    client: TestClient[Service],
) -> None:
    assert client.get(ASKED, headers={"X-Request-ID": "A-1.b_c"}).headers["x-request-id"] == "A-1.b_c"
    assert client.get("/nowhere", headers={"X-Request-ID": "A-1"}).headers["x-request-id"] == "A-1"
    assert "x-request-id" not in client.get(ASKED).headers


@pytest.mark.parametrize("value", [b"", b"a b", b"a\tb", b"a" * 65, "号".encode(), b"a\n", b"a;b", b"<a>"])
def test_an_id_that_cannot_be_repeated_safely_is_not(value: bytes) -> None:
    assert find_request_id([(b"host", b"x"), (b"x-request-id", value)]) is None
    assert find_request_id([(b"x-request-id", b"a" * 64)]) == "a" * 64
    assert find_request_id([]) is None


# -------------------------------------------------------------------------------------- other origins


def preflight(client: TestClient[Service], origin: str, path: str = "/v1/penalties") -> httpx.Response:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asks["Access-Control-Request-Headers"] = "content-type,x-api-key,authorization,x-request-id,if-none-match"
    return secured(client.options(path, headers=asks))


def test_no_other_origin_may_ask_unless_it_is_named(client: TestClient[Service]) -> None:
    for response in (client.get(ASKED, headers={"Origin": OURS}), preflight(client, OURS)):
        assert [name for name in response.headers if name.startswith("access-control")] == []
    assert client.get(ASKED).headers["vary"] == "Accept-Language"


def test_an_origin_that_is_named_may_ask_and_see_what_clients_need() -> None:
    key, kept = make_key(b"r" * 36, role="read", name="", created=date(2026, 11, 22))
    settings = Settings(cors_origins=(OURS, "http://b.example"), keys=f"{kept.id}:read:{kept.hash}")
    with TestClient(create_app(settings)) as client:
        allowed = preflight(client, OURS)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, OURS)
        assert set(allowed.headers["access-control-allow-methods"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
        response = secured(client.get(ASKED, headers={"Origin": OURS, "X-API-Key": key}))
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, OURS)
        assert "access-control-allow-credentials" not in response.headers
        exposed = set(response.headers["access-control-expose-headers"].split(", "))
        assert {"ETag", "Link", "Penaltycalc-Inputs", "Retry-After", "X-Request-ID"} <= exposed
        refused = client.get(ASKED, headers={"Origin": OURS})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, OURS)
        for one in (response, refused, client.get(ASKED, headers={"X-API-Key": key})):
            assert one.headers.get_list("vary") == ["Accept-Language, Origin"]


@pytest.fixture(scope="module")
def with_ours() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings(cors_origins=(OURS,)))) as made:
        yield made


@pytest.mark.parametrize(
    "origin",
    [
        OTHERS,
        f"{OURS}.evil.example",
        f"{OURS}0",
        "https://law.example.cn",
        "http://law.example.cn:8443",
        "https://lawXexample.cn:8443",
        f"x{OURS}",
        "null",
    ],
)
def test_an_origin_that_is_only_like_one_is_not_let_in(with_ours: TestClient[Service], origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(with_ours, origin).headers
    assert "access-control-allow-origin" not in with_ours.get(ASKED, headers={"Origin": origin}).headers


def test_a_star_lets_every_origin_in() -> None:
    with TestClient(create_app(Settings(cors_origins=("*",)))) as client:
        assert client.get(ASKED, headers={"Origin": OTHERS}).headers["access-control-allow-origin"] == "*"
