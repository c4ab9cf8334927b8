"""`penaltycalc conform`: an installation proves itself, or is told what it says wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import servers
import stubs
from penaltycalc import Rulebook, WorkingCalendar, __version__, cli
from penaltycalc.conformance.client import CASES
from penaltycalc.conformance.kit import load_kit
from stubs import Reply, Request, reply_problem

KEY = "key-that-nobody-may-see"


def run(*arguments: str, capture: pytest.CaptureFixture[bytes]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["conform", *arguments])
    told = capture.readouterr()
    code = stopped.value.code
    assert isinstance(code, int)
    return code, told.out.decode(), told.err.decode()


def notices(folder: Path) -> Path:
    """A folder with a made-up notice for 2027."""
    off = [*range(104, 109), *range(208, 213), *range(1004, 1008)]
    days = [{"name": "春节", "date": f"2027-{day // 100:02d}-{day % 100:02d}", "isOffDay": True} for day in off]
    path = folder / "notices"
    path.mkdir()
    (path / "2027.json").write_text(json.dumps({"year": 2027, "papers": [], "days": days}), "utf-8")
    return path


# --------------------------------------------------------------------------------- this installation


def test_this_installation_agrees(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run("--lang", "en", capture=capfdbinary)
    assert (code, err) == (0, "")
    assert out.startswith(f"Checked: this installation\n  Version {__version__} (as here)\n")
    assert out.endswith(f"Agrees: {len(load_kit().cases)} cases, all as expected, 0 of them compared in part.\n")


def test_with_notices_of_its_own_what_rests_on_them_is_named_and_left_out(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, out, _ = run("--notices", str(notices(tmp_path)), capture=capfdbinary)
    assert code == 0
    assert "日历数据 sha256:" in out
    assert "（本机为sha256:" in out
    assert "未比对" in out
    assert "以上取决于工作日" in out


# --------------------------------------------------------------------------------------- a deployment


def test_a_deployment_agrees(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with servers.serving(tmp_path) as running:
        code, out, err = run("--url", running.url, "--key", KEY, capture=capfdbinary)
        assert (code, err) == (0, "")
        assert f"比对对象：{running.url}\n" in out
        code, out, _ = run("--url", running.url, "--json", capture=capfdbinary)
    found = json.loads(out)
    assert (code, found["agrees"], found["differences"], found["left_out"]) == (0, True, [], [])
    assert found["kit"] == found["kit_there"]
    assert found["installations"] == [found["package"]]
    assert KEY not in running.log.read_text("utf-8", errors="replace")


def test_a_deployment_with_notices_of_its_own_agrees_in_part(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with servers.serving(tmp_path, "--notices", str(notices(tmp_path))) as running:
        code, out, _ = run("--url", running.url, "--json", capture=capfdbinary)
    found = json.loads(out)
    assert (code, found["differences"]) == (0, [])
    assert len(found["left_out"]) > 20
    assert found["installations"][0]["calendar"] != found["package"]["calendar"]


def altered(rulebook: Rulebook, calendar: WorkingCalendar, violation: str, minimum: str) -> stubs.Responder:
    """A deployment that asks one violation another fine."""
    right = stubs.answer_as_service(rulebook, calendar)

    def respond(request: Request) -> Reply:
        reply = right(request)
        answer: dict[str, Any] = json.loads(reply.content) if request.method == "POST" else {}
        if answer.get("violation") != violation or not answer.get("outcome", {}).get("fine"):
            return reply
        answer["outcome"]["fine"]["minimum"] = minimum
        return Reply(json.dumps(answer).encode())

    return respond


def test_a_deployment_that_alters_a_value_is_found_out_with_case_and_provision(
    rulebook: Rulebook, calendar: WorkingCalendar, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with stubs.serve(altered(rulebook, calendar, "82-2", "1.00")) as url:
        code, out, _ = run("--url", url, "--lang", "en", capture=capfdbinary)
        _, as_json, _ = run("--url", url, "--json", capture=capfdbinary)
    assert code == 4
    found = json.loads(as_json)
    assert {one["field"] for one in found["differences"]} == {"fine_minimum"}
    assert {one["got"] for one in found["differences"]} == {"1.00"}
    first = found["differences"][0]
    assert f"{first['case']}\n  fine_minimum: expected {first['expected']}, got 1.00\n" in out
    assert "  worked out from: DAR 82" in out
    differing = found["cases"] - found["agreeing"]
    assert f"Differs: of {found['cases']} cases {found['agreeing']} are as expected and {differing} are not" in out


def test_a_deployment_that_fails_differs_in_every_case(
    rulebook: Rulebook, calendar: WorkingCalendar, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    right = stubs.answer_as_service(rulebook, calendar)
    with stubs.serve(
        lambda request: right(request) if request.path == CASES else reply_problem(500, "internal")
    ) as url:
        code, out, _ = run("--url", url, "--json", capture=capfdbinary)
    found = json.loads(out)
    assert (code, found["agreeing"], found["installations"]) == (4, 0, [])
    assert {(one["field"], one["got"]) for one in found["differences"]} == {("problem", "internal")}


def test_another_version_is_named_with_its_cases(
    rulebook: Rulebook, calendar: WorkingCalendar, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    right = stubs.answer_as_service(rulebook, calendar)

    def older(request: Request) -> Reply:
        if request.path == CASES:
            return Reply(b"kind,ref\r\n", media_type="text/csv")
        reply = right(request)
        return reply._replace(content=reply.content.replace(f'"engine":"{__version__}"'.encode(), b'"engine":"0.0.9"'))

    with stubs.serve(older) as url:
        code, out, _ = run("--url", url, "--lang", "en", capture=capfdbinary)
    assert code == 0
    assert f"  Version 0.0.9 (here {__version__})\n" in out
    assert "(its own are sha256:" in out


def test_half_an_upgrade_does_not_pass(
    rulebook: Rulebook, calendar: WorkingCalendar, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    right = stubs.answer_as_service(rulebook, calendar)

    def mixed(request: Request) -> Reply:
        if request.path == CASES:
            return reply_problem(404, "not-found")
        reply = right(request)
        if b"79-1-1" not in request.body:
            return reply
        return reply._replace(content=reply.content.replace(f'"engine":"{__version__}"'.encode(), b'"engine":"0.0.9"'))

    with stubs.serve(mixed) as url:
        code, out, _ = run("--url", url, "--lang", "en", capture=capfdbinary)
    assert code == 4
    assert "Results came from 2 different installations" in out
    assert "it provides none; compared with those here)" in out


# ------------------------------------------------------------------------------------- what is refused


def test_a_deployment_that_wants_another_key_is_told_without_the_key(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENALTYCALC_KEY", KEY)
    seen: list[str] = []

    def respond(request: Request) -> Reply:
        seen.append(request.headers["authorization"])
        return reply_problem(401, "unauthorised")

    with stubs.serve(respond) as url:
        code, out, err = run("--url", url, "--lang", "en", capture=capfdbinary)
    assert (code, out, seen) == (4, "", [f"Bearer {KEY}"])
    assert (
        err == f"The service cannot be used: {url}{CASES}: a valid key is needed (401 unauthorised). (no-deployment)\n"
    )


def test_a_deployment_that_is_not_there_or_hangs_is_told(
    rulebook: Rulebook, calendar: WorkingCalendar, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    url = f"http://127.0.0.1:{servers.free_port()}"
    code, _, err = run("--url", url, capture=capfdbinary)
    assert (code, "：对方拒绝连接" in err) == (4, True)
    right, end = stubs.answer_as_service(rulebook, calendar), Event()

    def hangs(request: Request) -> Reply:
        if request.path != CASES:
            end.wait(20)
        return right(request)

    with stubs.serve(hangs) as url:
        code, out, err = run("--url", url, "--timeout", "1", capture=capfdbinary)
        end.set()
    assert (code, out) == (4, "")
    assert "：在规定时间内没有回应。" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--url", "penaltycalc.example.cn"], "--url：服务地址不正确"),
        (["--url", f"http://name:{KEY}@127.0.0.1"], "--url：服务地址不正确"),
        (["--url", "http://127.0.0.1", "--key", f"{KEY}\r\nX: y"], "--key：密钥应为一行"),
        (["--url", "http://127.0.0.1", "--notices", "."], "--notices"),
        (["--timeout", "0"], "--timeout"),
    ],
)
def test_what_is_malformed_is_refused_and_no_secret_repeated(
    arguments: list[str], told: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, out, err = run(*arguments, capture=capfdbinary)
    assert (code, out) == (2, "")
    assert told in err
    assert KEY not in err
