"""Two instances behind nginx, by the example that is shipped: the same bytes from each, and from both together.

The example is used as it stands, but for ports, paths and the certificate.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

import servers
from penaltycalc.conformance.kit_file import KIT
from penaltycalc.keys import encode_keys, make_key
from penaltycalc.rules.rulebook import PACKAGE
from penaltycalc.rules.wording import read_wording

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
EXAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
MAIN = """
user root;
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log;
events {}
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include penaltycalc.conf;
}
"""
MARK = "Q7-mark"
PATIENCE = 20
"""Seconds until something must have come about that is waited for."""

MOST_OF_TEN = 9
"""What is in the log of ten requests: nginx writes a line after the client has its answer."""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)")


class Proxy(NamedTuple):
    """A running nginx: the folder with its files, and a client that trusts its certificate."""

    folder: Path
    client: httpx.Client

    def log(self) -> str:
        return (self.folder / "access.log").read_text("utf-8")

    def asked(self) -> Counter[str]:
        """How many requests each instance answered, by its port."""
        upstreams = [line.split()[8] for line in self.log().splitlines()]
        return Counter(upstream.rpartition(":")[2] for upstream in upstreams)


def swapped(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def certificate(folder: Path) -> None:
    """A certificate for loopback that signs itself."""
    names = ["-subj", "/CN=penaltycalc", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")]
    subprocess.run(["/usr/bin/openssl", "req", "-x509", *kind, *names, *files], check=True, capture_output=True)


@contextmanager
def proxy(folder: Path, first: int, second: int) -> Iterator[Proxy]:
    """Nginx by the example, before the instances on two ports."""
    folder.mkdir()
    certificate(folder)
    port = servers.free_port()
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "127.0.0.1:8001": f"127.0.0.1:{first}",
        "127.0.0.1:8002": f"127.0.0.1:{second}",
        "/etc/nginx/penaltycalc.": f"{folder}/tls.",
        "/var/log/nginx/penaltycalc.log": f"{folder}/access.log",
        "/var/log/nginx/penaltycalc-error.log": f"{folder}/error.log",
    }
    (folder / "penaltycalc.conf").write_text(swapped(EXAMPLE.read_text("utf-8"), changes), "utf-8")
    (folder / "nginx.conf").write_text(MAIN)
    command = [str(NGINX), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "error.log"]
    tested = subprocess.run([*command, "-t", "-q"], capture_output=True, text=True, check=False)
    assert tested.stderr == ""
    process = subprocess.Popen(command)
    try:
        until(lambda: listens(port))
        trust = ssl.create_default_context(cafile=str(folder / "tls.crt"))
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=60) as client:
            yield Proxy(folder, client)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Any) -> None:
    last = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < last
        time.sleep(0.05)


class Office(NamedTuple):
    """Two instances with the same keys, nginx before them, and a key."""

    settings: dict[str, str]
    instances: tuple[servers.Running, servers.Running]
    proxy: Proxy
    key: str


@pytest.fixture(scope="module")
def key_and_settings(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    text, key = make_key(b"7" * 36, role="read", name="", created=date(2026, 1, 1))
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    file.write_bytes(encode_keys([key]))
    return text, {"KEYS_FILE": str(file), "KEY_IN_QUERY": "true"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, key_and_settings: tuple[str, dict[str, str]]) -> Iterator[Office]:
    key, settings = key_and_settings
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(servers.serving(tmp_path_factory.mktemp(name), settings=settings)) for name in "ab"
        )
        behind = proxy(tmp_path_factory.mktemp("nginx") / "prefix", port_of(first), port_of(second))
        yield Office(settings, (first, second), stack.enter_context(behind), key)


def port_of(service: servers.Running) -> int:
    return int(service.url.rpartition(":")[2])


ROWS = [
    {"kind": "penalty", "violation": "79-1-1", "goods_value": "85000.00", "severity": "ordinary", "ref": "a"},
    {"kind": "deadline", "step": "production-licence", "start": "2026-09-18", "ref": "b"},
    {"kind": "expiry", "term": "drug-registration", "start": "2023-03-01", "ref": "c"},
    {"kind": "expiry", "term": "none", "ref": "d"},
]
REQUESTS: list[tuple[str, str, str, bytes]] = [
    ("POST", "/v1/penalties", "application/json", json.dumps(ROWS[0]).encode()),
    ("POST", "/v1/deadlines?lang=en", "application/json", json.dumps(ROWS[1]).encode()),
    ("POST", "/v1/expiries", "application/json", json.dumps(ROWS[2]).encode()),
    ("POST", "/v1/expiries", "application/json", json.dumps(ROWS[3]).encode()),
    ("POST", "/v1/expiries", "application/json", b"{"),
    ("POST", "/v1/penalties", "application/json", b" " * 2_000_000),
    ("POST", "/v1/batch?explain=true", "application/json", json.dumps(ROWS).encode()),
    ("POST", "/v1/batch/ndjson", "application/x-ndjson", b"\n".join(json.dumps(row).encode() for row in ROWS)),
    ("POST", "/v1/batch/csv?lang=en", "text/csv", KIT.read_bytes()),
    ("GET", "/v1/penalties/79-1-1?goods_value=85000.00&activity=wholesale&severity=ordinary&lang=en", "", b""),
    ("GET", "/v1/deadlines/production-licence?start=2027-09-18", "", b""),
    ("GET", "/v1/expiries/drug-registration?start=2023-03-01", "", b""),
    ("GET", "/v1/deadlines/production-licence/ics?start=2026-09-18", "", b""),
    ("GET", "/v1/calendar/2026/ics", "", b""),
    ("GET", "/v1/calendar/2026/csv", "", b""),
    ("GET", "/v1/conformance/csv", "", b""),
    ("GET", "/v1/cells/penalty?violation=79-1-1&activity=retail&goods_value=1,5", "", b""),
    ("GET", "/v1/rulebook", "", b""),
    ("GET", f"/v1/steps?{'x' * 9000}", "", b""),
    ("GET", "/workbook.xlsx", "", b""),
    ("GET", "/openapi.json", "", b""),
    ("GET", "/", "", b""),
    ("HEAD", "/v1/steps", "", b""),
]
KEPT = ("content-type", "etag", "cache-control", "vary", "content-language", "content-security-policy", "link")


def told(client: httpx.Client, key: str, method: str, path: str, media_type: str, body: bytes) -> Any:
    """What must be the same, wherever it was asked."""
    headers = {"x-api-key": key} | ({"content-type": media_type} if media_type else {})
    answer = client.request(method, path, content=body, headers=headers)
    kept = {name: answer.headers.get(name) for name in KEPT}
    digests = {name: value for name, value in answer.headers.items() if name.startswith("penaltycalc-")}
    return answer.status_code, answer.content, kept, digests


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: f"{one[0]} {one[1][:40]}")
def test_each_instance_and_both_together_give_the_same_bytes(
    office: Office, request_: tuple[str, str, str, bytes]
) -> None:
    answers = []
    for instance in office.instances:
        with httpx.Client(base_url=instance.url, timeout=60) as client:
            answers.append(told(client, office.key, *request_))
    answers += [told(office.proxy.client, office.key, *request_) for _ in range(2)]
    assert answers == answers[:1] * 4
    assert answers[0][0] in {200, 400, 413, 414, 422}


def test_the_largest_bodies_reach_the_service(office: Office) -> None:
    headers = {"x-api-key": office.key}
    row = json.dumps(ROWS[2]).encode()
    rows = (row + b" " * 60_000 + b"\n") * 1800  # 108 MB, more than nginx takes anywhere else
    streamed = {**headers, "content-type": "application/x-ndjson"}
    answer = office.proxy.client.post("/v1/batch/ndjson", content=rows, headers=streamed)
    assert (answer.status_code, answer.content.count(b'"last_day":"2028-02-29"')) == (200, 1800)
    whole = {**headers, "content-type": "application/json"}
    refused = office.proxy.client.post("/v1/batch", content=b" " * 65_000_000, headers=whole)
    assert (refused.status_code, refused.json()["code"]) == (413, "too-large")


def test_both_instances_are_asked(office: Office) -> None:
    before = office.proxy.asked()
    for _ in range(20):
        assert office.proxy.client.get("/healthz").status_code == 200
    more = office.proxy.asked() - before
    assert all(more[str(port_of(instance))] >= MOST_OF_TEN for instance in office.instances)


def test_what_is_in_force_is_confirmed_by_any_instance(office: Office) -> None:
    headers = {"x-api-key": office.key}
    tag = office.proxy.client.get("/v1/steps", headers=headers).headers["etag"]
    again = [office.proxy.client.get("/v1/steps", headers={**headers, "if-none-match": tag}) for _ in range(2)]
    assert [answer.status_code for answer in again] == [304, 304]


def test_keys_and_queries_stay_out_of_the_log(office: Office) -> None:
    client, key = office.proxy.client, office.key
    address = f"/v1/cells/deadline?step=production-licence&start=2026-09-18&ref={MARK}&key={key}"
    assert client.get(address, headers={"referer": f"https://127.0.0.1/?{MARK}"}).text == "2026-11-05"
    client.get(f"/v1/cells/deadline?{MARK}&key=wrong-{key}")
    client.get("/v1/steps", headers={"authorization": f"Bearer {key}", "x-request-id": "of-the-client"})
    client.get("/v1/steps", headers={"x-request-id": f'"{MARK}"'})
    client.get("/healthz", headers={"x-request-id": "the-last-one"})
    until(lambda: " the-last-one " in office.proxy.log())
    written = office.proxy.log() + (office.proxy.folder / "error.log").read_text("utf-8")
    assert '"/v1/cells/deadline" 200 ' in written
    assert " of-the-client " in written
    assert MARK not in written
    assert key not in written


@pytest.mark.parametrize(("method", "path"), [("GET", "/metrics"), ("POST", "/v1/calendar/reload")])
def test_what_belongs_to_one_instance_is_not_asked_through_the_proxy(office: Office, method: str, path: str) -> None:
    for way in (path, f"{path}/", f"/{path}", path.replace("e", "%65")):
        address = f"{office.proxy.client.base_url}".rstrip("/") + way
        assert office.proxy.client.request(method, address, headers={"x-api-key": office.key}).status_code == 403


def ended(service: servers.Running, how: signal.Signals) -> None:
    """End an instance with its workers, as when its machine goes down, or as it is told to."""
    pid = service.process.pid
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    service.process.send_signal(how)
    if how == signal.SIGKILL:
        for worker in workers:
            os.kill(int(worker), how)
    service.process.wait(PATIENCE)
    until(lambda: not listens(port_of(service)))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_one_instance_goes_and_comes_and_nobody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key_and_settings: tuple[str, dict[str, str]], how: signal.Signals
) -> None:
    key, settings = key_and_settings
    headers = {"x-api-key": key}
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    with (
        servers.serving(folders[0], settings=settings) as first,
        servers.serving(folders[1], settings=settings) as left,
    ):
        port = port_of(first)
        with proxy(tmp_path / "nginx", port, port_of(left)) as behind:

            def statuses() -> set[int]:
                posted = [behind.client.post("/v1/expiries", json=ROWS[2], headers=headers) for _ in range(20)]
                return {answer.status_code for answer in posted}

            assert statuses() == {200}
            assert behind.asked()[str(port)] >= MOST_OF_TEN
            ended(first, how)
            assert statuses() == {200}
            monkeypatch.setattr(servers, "free_port", lambda: port)
            with servers.serving(folders[2], settings=settings):
                before = behind.asked()[str(port)]

                def used_again() -> bool:
                    assert statuses() == {200}
                    return behind.asked()[str(port)] > before

                until(used_again)


@contextmanager
def breaking_off() -> Iterator[tuple[int, list[bytes]]]:
    """A server that reads requests and hangs up without an answer; and what it has read."""
    read: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    read.append(connection.recv(65_536))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], read
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def test_a_post_that_broke_off_is_not_sent_again_and_says_so(office: Office, tmp_path: Path) -> None:
    headers = {"x-api-key": office.key}
    with (
        breaking_off() as (port, read),
        proxy(tmp_path / "nginx", port, port_of(office.instances[0])) as behind,
    ):
        answer = behind.client.post("/v1/expiries", json=ROWS[2], headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert len(read) == 1
        assert behind.client.post("/v1/expiries", json=ROWS[2], headers=headers).status_code == 200
        assert len(read) == 1


def test_a_get_that_broke_off_is_asked_of_the_other_instance(office: Office, tmp_path: Path) -> None:
    with (
        breaking_off() as (port, read),
        proxy(tmp_path / "nginx", port, port_of(office.instances[0])) as behind,
    ):
        assert behind.client.get("/v1/steps", headers={"x-api-key": office.key}).status_code == 200
        assert len(read) == 1


def test_without_any_instance_the_answer_is_a_problem_of_the_service(tmp_path: Path) -> None:
    with proxy(tmp_path / "nginx", servers.free_port(), servers.free_port()) as behind:
        answer = behind.client.get(f"/v1/cells/deadline?key={MARK}")
    assert MARK not in behind.log() + (behind.folder / "error.log").read_text("utf-8")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (503, 503, "unavailable")
    assert problem["type"] == "urn:penaltycalc:problem:unavailable"
    assert problem["title"] == read_wording(PACKAGE / "wording")["zh"].problem("unavailable")[0]
