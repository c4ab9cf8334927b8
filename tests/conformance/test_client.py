"""How a deployment is asked over HTTP: politely, safely, and with an end to it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from http.client import BadStatusLine, HTTPSConnection
from threading import Event
from typing import Any

import pytest

import stubs
from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.conformance import client
from penaltycalc.conformance.client import Deployment, check
from penaltycalc.conformance.kit import Case, answer_case, describe_installation, load_kit
from penaltycalc.errors import NoDeployment, Reason, SchemaFault
from stubs import Reply, Request, Responder, reply_problem

CASES = load_kit().cases[:20]


@contextmanager
def asking(respond: Responder, **options: Any) -> Iterator[Deployment]:
    with stubs.serve(respond) as url, closing(Deployment(url, **options)) as deployment:
        yield deployment


def all_told(deployment: Deployment) -> list[tuple[Case, dict[str, Any]]]:
    return [(case, dict(told)) for case, told in deployment.send_cases(CASES)]


# ------------------------------------------------------------------------------------ what it says


def test_what_is_told_comes_in_the_order_of_the_cases(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    with asking(stubs.answer_as_service(rulebook, calendar)) as deployment:
        assert all_told(deployment) == [(case, answer_case(case, rulebook, calendar)) for case in CASES]


def test_a_refusal_is_told_by_its_code_or_by_its_status() -> None:
    with asking(lambda _: reply_problem(422, "over-the-cap")) as deployment:
        assert {told["problem"] for _, told in all_told(deployment)} == {"over-the-cap"}
    with asking(lambda _: Reply(b"<html>", 502, "text/html")) as deployment:
        assert {told["problem"] for _, told in all_told(deployment)} == {"HTTP 502"}


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'"\xff"'])
def test_an_answer_that_is_no_object_is_empty(content: bytes) -> None:
    with asking(lambda _: Reply(content)) as deployment:
        assert [told for _, told in all_told(deployment)] == [{}] * len(CASES)


def test_a_right_deployment_agrees(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    package = describe_installation(rulebook, calendar)
    with asking(stubs.answer_as_service(rulebook, calendar)) as deployment:
        found = check(load_kit(), deployment, package)
        assert (found.agrees, found.url) == (True, deployment.url)
    assert found.kit == found.kit_there
    assert found.installations == (package,)


# ------------------------------------------------------------------------------------ its head cases


def test_the_digest_of_its_own_cases_is_that_of_the_file() -> None:
    content = b"kind,ref\r\n"
    with asking(lambda _: Reply(content, media_type="Text/CSV; charset=utf-8")) as deployment:
        assert deployment.fetch_kit_digest() == f"sha256:{sha256(content).hexdigest()}"


def test_a_version_that_hands_out_no_cases_is_no_fault() -> None:
    with asking(lambda _: reply_problem(404, "not-found")) as deployment:
        assert not deployment.fetch_kit_digest()


@pytest.mark.parametrize(
    ("reply", "reason", "told"),
    [
        (reply_problem(401, "unauthorised"), "fault-key-wanted", "401 unauthorised"),
        (reply_problem(403, "forbidden"), "fault-key-wanted", "403 forbidden"),
        (reply_problem(503, "unavailable"), "fault-not-ready", "503 unavailable"),
        (Reply(b"<html>", 404, "text/html"), "fault-other-service", "HTTP 404"),
        (Reply(b"<html>", 200, "text/html"), "fault-other-service", "200 text/html"),
        (Reply(b"", 302, "text/html", (("Location", "http://127.0.0.1:9/"),)), "fault-other-service", "HTTP 302"),
    ],
)
def test_what_is_no_service_or_wants_a_key_cannot_be_asked(reply: Reply, reason: str, told: str) -> None:
    with asking(lambda _: reply) as deployment, pytest.raises(NoDeployment) as refused:
        deployment.fetch_kit_digest()
    fault = Reason(reason, {"reply": told})
    assert refused.value.facts == {"url": f"{deployment.url}/v1/conformance/csv", "fault": fault}


def test_an_address_beside_the_service_is_told_once_and_not_as_a_difference() -> None:
    with asking(lambda _: reply_problem(404, "not-found")) as deployment, pytest.raises(NoDeployment) as refused:
        all_told(deployment)
    fault = Reason("fault-other-service", {"reply": "404 not-found"})
    assert refused.value.facts == {"url": f"{deployment.url}/v1/penalties", "fault": fault}


# ------------------------------------------------------------------------------------- how it is asked


def test_key_and_language_go_with_every_request_and_the_path_of_the_address_before_its_own() -> None:
    seen: list[Request] = []

    def respond(request: Request) -> Reply:
        seen.append(request)
        return Reply(b"{}", media_type="text/csv")

    with stubs.serve(respond) as url, closing(Deployment(f"{url}/office/", key="k-1", lang="en")) as deployment:
        deployment.fetch_kit_digest()
        all_told(deployment)
    assert len(seen) == 1 + len(CASES)
    assert {request.headers["authorization"] for request in seen} == {"Bearer k-1"}
    assert {request.headers["accept-language"] for request in seen} == {"en"}
    assert {request.path for request in seen} == {"/office/v1/conformance/csv", "/office/v1/penalties"}
    assert {request.headers.get("content-type") for request in seen} == {None, "application/json"}


def test_without_a_key_none_is_sent() -> None:
    seen: list[Request] = []

    def respond(request: Request) -> Reply:
        seen.append(request)
        return reply_problem(404, "not-found")

    with asking(respond) as deployment:
        deployment.fetch_kit_digest()
    assert "authorization" not in seen[0].headers


def test_a_connection_that_was_closed_meanwhile_is_opened_again(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    respond = stubs.answer_as_service(rulebook, calendar)
    with asking(lambda request: respond(request)._replace(cut=True)) as deployment:
        assert [case for case, _ in all_told(deployment)] == list(CASES)


def test_of_an_answer_without_end_only_so_much_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_BYTES", 2)
    with asking(lambda _: Reply(b"{} and on and on")) as deployment:
        assert [told for _, told in all_told(deployment)] == [{}] * len(CASES)


def test_a_deployment_that_is_too_busy_is_asked_again_when_it_says() -> None:
    seen: list[Request] = []

    def respond(request: Request) -> Reply:
        seen.append(request)
        return (
            reply_problem(429, "too-many-requests", ("Retry-After", "0")) if len(seen) < 3 else Reply(b'{"kind":"x"}')
        )

    with asking(respond) as deployment:
        assert list(deployment.send_cases(CASES[:1])) == [(CASES[0], {"kind": "x"})]
    assert len(seen) == 3


def test_a_deployment_that_stays_too_busy_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(client, "wait", waited.append)
    with asking(lambda _: reply_problem(429, "too-many-requests", ("Retry-After", "3600"))) as deployment:
        assert list(deployment.send_cases(CASES[:1])) == [(CASES[0], {"problem": "too-many-requests"})]
    assert waited == [60, 60, 60, 60]  # never longer, whatever it says


# --------------------------------------------------------------------------------- what ends the asking


def test_a_deployment_that_hangs_is_given_up() -> None:
    end = Event()

    def respond(_: Request) -> Reply:
        end.wait(20)
        return Reply(b"{}")

    with asking(respond, timeout=1) as deployment:
        with pytest.raises(NoDeployment) as given_up:
            all_told(deployment)
        end.set()
    fault = Reason("fault-no-reply", {"original": "timed out"})
    assert given_up.value.facts == {"url": f"{deployment.url}/v1/penalties", "fault": fault}


def test_a_deployment_that_is_not_there_is_told_with_its_address() -> None:
    with stubs.serve(lambda _: Reply(b"{}")) as url:
        pass
    with closing(Deployment(url)) as deployment, pytest.raises(NoDeployment) as refused:
        deployment.fetch_kit_digest()
    fault = Reason("fault-refused", {"original": "Connection refused"})
    assert refused.value.facts == {"url": f"{url}/v1/conformance/csv", "fault": fault}


def test_what_does_not_speak_http_is_told_too() -> None:
    with stubs.serve(lambda _: Reply(b"{}")) as url:
        tls = url.replace("http:", "https:")
        with closing(Deployment(tls)) as deployment, pytest.raises(NoDeployment, match="fault-tls"):
            deployment.fetch_kit_digest()


def test_a_certificate_that_nobody_vouches_for_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: HTTPSConnection) -> None:
        fault = ssl.SSLCertVerificationError()
        fault.verify_message = "self-signed certificate"
        raise fault

    monkeypatch.setattr(HTTPSConnection, "connect", refuse)
    with closing(Deployment("https://127.0.0.1:9")) as deployment, pytest.raises(NoDeployment) as refused:
        deployment.fetch_kit_digest()
    assert refused.value.facts["fault"] == Reason("fault-certificate", {"original": "self-signed certificate"})


def test_a_reply_that_is_no_http_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(_: HTTPSConnection) -> None:
        raise BadStatusLine("SSH-2.0-x")

    monkeypatch.setattr(HTTPSConnection, "connect", reply)
    with closing(Deployment("https://127.0.0.1:9")) as deployment, pytest.raises(NoDeployment) as refused:
        deployment.fetch_kit_digest()
    assert refused.value.facts["fault"] == Reason("fault-not-http", {"original": "BadStatusLine SSH-2.0-x"})


def test_certificates_and_their_names_are_checked() -> None:
    with closing(Deployment("https://127.0.0.1:1")) as deployment:
        connection = deployment._connect()
    assert isinstance(connection, HTTPSConnection)
    context = connection._context  # type: ignore[attr-defined]  # nothing else shows it
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "penaltycalc.example.cn",
        "ftp://penaltycalc.example.cn",
        "http://",
        "http://:8000",
        "http://h:0",
        "http://h:70000",
        "http://h:x",
        "http://[::1",
        "http://name:word@h",
        "http://h/?key=k",
        "http://h/#top",
        "http://h/a b",
        "http://h/\r\nX: y",
        f"http://{'a' * 64}.cn",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SchemaFault) as refused:
        Deployment(url)
    assert (refused.value.where, refused.value.message, refused.value.facts) == (("url",), "schema-url", {})


@pytest.mark.parametrize("key", ["", " k", "k\r\nX: y", "钥"])
def test_a_key_that_fits_no_header_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(SchemaFault) as refused:
        Deployment("http://127.0.0.1:8000", key=key)
    assert (refused.value.where, refused.value.message, refused.value.facts) == (("key",), "schema-key", {})
