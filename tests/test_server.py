"""The service as a process: it starts, answers, keeps case facts out of its log, and ends when told."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import httpx

import servers


def test_the_service_answers_and_ends_within_ten_seconds(tmp_path: Path) -> None:
    with servers.serving(tmp_path) as running:
        body = {"violation": "79-1-1", "goods_value": "85000.00", "activity": "wholesale", "severity": "ordinary"}
        answer = httpx.post(f"{running.url}/v1/penalties", json=body).json()
        assert answer["outcome"]["fine"]["minimum"] == "1000000.00"
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(10) == 0
        assert time.monotonic() - started < 10


def test_two_workers_answer_alike(tmp_path: Path) -> None:
    with servers.serving(tmp_path, "--workers", "2") as running:
        answers = {httpx.get(f"{running.url}/v1/penalties/85-2?severity=severe").content for _ in range(20)}
        assert len(answers) == 1


def test_a_body_of_twenty_megabytes_gets_its_answer(tmp_path: Path) -> None:
    with servers.serving(tmp_path) as running:
        response = httpx.post(
            f"{running.url}/v1/penalties",
            content=b'{"violation":"' + b"x" * 20_000_000 + b'"}',
            headers={"content-type": "application/json"},
        )
        assert response.status_code == 413
        assert response.json()["code"] == "too-large"
        assert httpx.get(f"{running.url}/healthz").status_code == 200


def test_case_facts_stay_out_of_the_log(tmp_path: Path) -> None:
    mark = "Q7-mark"
    with servers.serving(tmp_path) as running:
        httpx.post(f"{running.url}/v1/penalties", json={"violation": "79-1-1", "ref": mark})
        httpx.post(f"{running.url}/v1/penalties", json={"violation": mark})
        httpx.post(f"{running.url}/v1/penalties", content=mark.encode(), headers={"content-type": "application/json"})
        httpx.get(f"{running.url}/v1/penalties/85-2?ref={mark}")
        httpx.get(f"{running.url}/{mark}?{mark}={mark}")
    assert mark not in running.log.read_text("utf-8", errors="replace")


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


def test_a_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    with servers.serving(tmp_path) as running:
        port = running.url.rpartition(":")[2]
        done = subprocess.run([servers.SCRIPT, "serve", "--port", port], capture_output=True, timeout=30, check=False)
    assert done.returncode == 4
    assert f"127.0.0.1:{port}" in done.stderr.decode()
