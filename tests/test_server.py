"""The service as a process: it starts, answers, keeps case facts out of its log, and ends when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import servers

ASKED = "/v1/deadlines/production-licence?start=2027-01-04"
OFF_2027 = [*range(104, 109), *range(208, 213), *range(1004, 1008)]


def put(folder: Path, name: str = "春节") -> None:
    """Put the notice of 2027 into a folder; another name makes it another one."""
    days = [{"name": name, "date": f"2027-{day // 100:02d}-{day % 100:02d}", "isOffDay": True} for day in OFF_2027]
    (folder / "2027.json").write_text(json.dumps({"year": 2027, "days": days}), "utf-8")


def digests(running: servers.Running, number: int = 10) -> set[str]:
    """The digests of the calendar in some answers, each over a connection of its own."""
    with servers.make_client() as client:
        return {client.get(running.url + ASKED).headers["penaltycalc-calendar"] for _ in range(number)}


@pytest.fixture
def notices(tmp_path: Path) -> Path:
    made = tmp_path / "notices"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Running]:
    """A service of two workers, for tests that change nothing in it."""
    with servers.serving(tmp_path_factory.mktemp("service"), "--workers", "2") as running:
        yield running


def test_the_service_answers_and_ends_within_ten_seconds(tmp_path: Path) -> None:
    with servers.serving(tmp_path) as running:
        body = {"violation": "79-1-1", "goods_value": "85000.00", "activity": "wholesale", "severity": "ordinary"}
        answer = httpx.post(f"{running.url}/v1/penalties", json=body).json()
        assert answer["outcome"]["fine"]["minimum"] == "1000000.00"
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(10) == 0
        assert time.monotonic() - started < 10


def test_two_workers_answer_alike(service: servers.Running) -> None:
    with servers.make_client() as client:
        answers = {client.get(f"{service.url}/v1/penalties/85-2?severity=severe").content for _ in range(20)}
    assert len(answers) == 1


def test_a_body_of_twenty_megabytes_gets_its_answer(service: servers.Running) -> None:
    response = httpx.post(
        f"{service.url}/v1/penalties",
        content=b'{"violation":"' + b"x" * 20_000_000 + b'"}',
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too-large"
    assert httpx.get(f"{service.url}/healthz").status_code == 200


def test_case_facts_stay_out_of_the_log(service: servers.Running) -> None:
    mark = "Q7-mark"
    httpx.post(f"{service.url}/v1/penalties", json={"violation": "79-1-1", "ref": mark})
    httpx.post(f"{service.url}/v1/penalties", json={"violation": mark})
    httpx.post(f"{service.url}/v1/penalties", content=mark.encode(), headers={"content-type": "application/json"})
    httpx.get(f"{service.url}/v1/penalties/85-2?ref={mark}")
    httpx.get(f"{service.url}/{mark}?{mark}={mark}")
    assert mark not in service.log.read_text("utf-8", errors="replace")


def test_broken_notices_stop_the_start_and_name_file_and_entry(tmp_path: Path) -> None:
    (tmp_path / "2027.json").write_text(
        '{"year": 2027, "days": [{"name": "x", "date": "2028-01-01", "isOffDay": true}]}'
    )
    command = [servers.SCRIPT, "serve", "--port", str(servers.free_port()), "--notices", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 4
    told = done.stderr.decode()
    assert "2027.json" in told
    assert "2028-01-01" in told


def test_a_port_that_is_taken_stops_the_start(service: servers.Running) -> None:
    port = service.url.rpartition(":")[2]
    done = subprocess.run([servers.SCRIPT, "serve", "--port", port], capture_output=True, timeout=30, check=False)
    assert done.returncode == 4
    assert f"127.0.0.1:{port}" in done.stderr.decode()


# ------------------------------------------------------------------------------ change without downtime


def test_all_workers_take_over_what_one_was_told_and_what_a_signal_tells(tmp_path: Path, notices: Path) -> None:
    with servers.serving(tmp_path, "--workers", "2", "--notices", str(notices)) as running:
        before, pids = digests(running), servers.workers(running)
        put(notices)
        told = httpx.post(f"{running.url}/v1/calendar/reload").json()["digest"]
        assert before != {told}
        assert servers.eventually(lambda: digests(running) == {told})
        put(notices, "元旦")
        running.process.send_signal(signal.SIGHUP)
        # Enough connections that both workers answer some: one of them may take over a second later.
        assert servers.eventually(lambda: told not in digests(running, 40) and len(digests(running, 40)) == 1)
        for pid in pids:
            os.kill(pid, signal.SIGHUP)
        assert len(digests(running)) == 1
        assert servers.workers(running) == pids


def test_a_bad_notice_is_logged_and_keeps_no_worker_from_being_replaced(tmp_path: Path, notices: Path) -> None:
    put(notices)
    with servers.serving(tmp_path, "--workers", "2", "--notices", str(notices)) as running:
        before = digests(running)
        (notices / "2028.json").write_text("{", "utf-8")
        running.process.send_signal(signal.SIGHUP)
        assert servers.eventually(lambda: "2028.json" in running.log.read_text("utf-8"))
        for pid in servers.workers(running):  # another worker each time, which is no loop for granian
            os.kill(pid, signal.SIGKILL)
            assert servers.gone(running, pid)
            assert servers.eventually(lambda: len(servers.workers(running)) == 2)
        assert servers.eventually(lambda: servers.answers(running))
        assert digests(running) == before


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with servers.serving(tmp_path) as running:
        (pid,) = servers.workers(running)
        os.kill(pid, signal.SIGKILL)
        assert servers.eventually(lambda: servers.answers(running))
        assert servers.workers(running) != [pid]


def test_a_worker_that_dies_again_within_seconds_ends_the_service_for_its_supervisor_to_start_it(
    tmp_path: Path,
) -> None:
    with servers.serving(tmp_path) as running:
        for _ in range(2):
            assert servers.eventually(lambda: len(servers.workers(running)) == 1)
            (pid,) = servers.workers(running)
            os.kill(pid, signal.SIGKILL)
            assert servers.gone(running, pid)
        assert running.process.wait(10) == 1


def test_workers_end_when_their_main_process_is_gone(tmp_path: Path) -> None:
    with servers.serving(tmp_path, "--workers", "2") as running:
        pids = servers.workers(running)
        running.process.kill()
        running.process.wait(10)
        assert servers.eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_at_once_ends_the_service_without_a_fault(
    tmp_path: Path, number: signal.Signals
) -> None:
    with servers.serving(tmp_path, "--workers", "2") as running:
        # A worker that is still starting stands still at its second signal, and is killed after 8 seconds.
        assert servers.eventually(lambda: running.log.read_text("utf-8").count("Started worker") == 2)
        for pid in (*servers.workers(running), running.process.pid):
            os.kill(pid, number)
        assert running.process.wait(10) == 0


def test_what_was_accepted_is_answered_after_the_signal_to_stop(tmp_path: Path) -> None:
    rows = b"".join(
        b'{"kind":"deadline","step":"production-licence","start":"2026-06-%02d","ref":"%d"}\n' % (1 + row % 30, row)
        for row in range(20_000)
    )
    head = b"POST /v1/batch/ndjson HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    with servers.serving(tmp_path) as running:
        port = int(running.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as batch:
            batch.sendall(head + b"Content-Length: %d\r\n\r\n" % len(rows) + rows)
            answer = batch.recv(65_536)
            for pid in [*servers.workers(running), running.process.pid]:  # as Control-C in a terminal does
                os.kill(pid, signal.SIGINT)
            while content := batch.recv(1 << 20):
                answer += content
        assert answer.endswith(b"\r\n0\r\n\r\n")
        assert answer.count(b'"ref"') == 20_000
        assert running.process.wait(10) == 0


def test_what_the_processes_share_is_private_and_goes_with_them(tmp_path: Path) -> None:
    with servers.serving(tmp_path, temporary=tmp_path) as running:
        (shared,) = tmp_path.glob("penaltycalc-*")
        assert shared.stat().st_mode & 0o777 == 0o700
        assert {path.name for path in shared.iterdir()} == {"notices.msgpack", "notices.lock"}
        running.process.terminate()
        assert running.process.wait(10) == 0
    assert not shared.exists()


def test_the_folder_that_is_set_is_used_and_stays(tmp_path: Path) -> None:
    with servers.serving(tmp_path, settings={"STATE": str(tmp_path / "run" / "state")}):
        assert (tmp_path / "run" / "state" / "notices.msgpack").exists()
    assert (tmp_path / "run" / "state").exists()


def test_a_state_that_is_no_folder_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    command = [servers.SCRIPT, "serve", "--port", str(servers.free_port())]
    environment = {**os.environ, "PENALTYCALC_STATE": str(tmp_path / "state")}
    done = subprocess.run(command, capture_output=True, timeout=30, check=False, env=environment)
    assert done.returncode == 4
    assert str(tmp_path / "state") in done.stderr.decode()
