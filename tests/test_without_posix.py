"""The library, the command line and `serve` with one worker where modules and functions of POSIX are absent.

That is how it is on Windows. Python processes import `sitecustomize` before anything else; the one of this test
hides what Windows does not have, also from the processes that a process starts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import servers
import sheets

HIDING = """
import os, signal, sys
sys.modules["fcntl"] = sys.modules["resource"] = None
del os.fork, os.forkpty, os.register_at_fork, signal.pthread_sigmask
"""
FACTS = {"violation": "79-1-1", "goods_value": "85000.00", "activity": "wholesale", "severity": "ordinary"}
OFF_2027 = [*range(104, 109), *range(208, 213), *range(1004, 1008)]
MINIMUM = "1000000.00"


@pytest.fixture(autouse=True)
def _hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "hiding"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HIDING, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=60).stdout


def put(folder: Path) -> None:
    """Put the notice of 2027 into a folder."""
    days = [f"2027-{day // 100:02d}-{day % 100:02d}" for day in OFF_2027]
    notice = {"year": 2027, "days": [{"name": "春节", "date": day, "isOffDay": True} for day in days]}
    (folder / "2027.json").write_text(json.dumps(notice, ensure_ascii=False), "utf-8")


def test_they_are_hidden() -> None:
    program = "import os, sys; print(sys.modules['fcntl'], hasattr(os, 'fork'))"
    assert run(sys.executable, "-c", program) == "None False\n"


def test_the_library_calculates() -> None:
    program = """
import penaltycalc, signal
del signal.SIGHUP  # only granian needs it, on every system but Windows
rulebook = penaltycalc.load_rulebook()
calendar = penaltycalc.load_calendar(rulebook)
request = penaltycalc.PenaltyRequest(
    violation="79-1-1", goods_value=penaltycalc.Money(85000), activity="wholesale", severity="ordinary"
)
print(penaltycalc.penalty(request, rulebook, calendar).outcome.fine.minimum)
"""
    assert run(sys.executable, "-c", program) == f"{MINIMUM}\n"


def test_the_command_line_calculates() -> None:
    options = ["--goods-value", "85000.00", "--activity", "wholesale", "--severity", "ordinary", "--json"]
    answer = json.loads(run(servers.SCRIPT, "penalty", "79-1-1", *options))
    assert answer["outcome"]["fine"]["minimum"] == MINIMUM


def test_a_batch_is_answered_by_several_processes(tmp_path: Path) -> None:
    source, target = tmp_path / "cases.csv", tmp_path / "answers.csv"
    source.write_text("kind,violation,severity\n" + "penalty,85-2,severe\n" * 5_000, "utf-8")
    run(servers.SCRIPT, "batch", str(source), "--output", str(target), "--workers", "2")
    assert len(target.read_text("utf-8").splitlines()) == 5_001


@pytest.mark.parametrize("source", ["cases.csv", "cases.xlsx"])
def test_a_batch_reads_and_writes_workbooks(source: str, tmp_path: Path) -> None:
    target = tmp_path / "answers.xlsx"
    if source == "cases.csv":
        (tmp_path / source).write_text("kind,violation,severity\npenalty,85-2,severe\n", "utf-8")
    else:
        (tmp_path / source).write_bytes(sheets.sheet(["kind", "violation", "severity"], ["penalty", "85-2", "severe"]))
    run(servers.SCRIPT, "batch", str(tmp_path / source), "--output", str(target))
    (row,) = sheets.table(target.read_bytes())
    assert (row["determined"], row["problem_code"]) == (True, None)


@pytest.mark.parametrize(
    "arguments", [["workbook", "-o", "a.xlsx"], ["conform"], ["config"]], ids=lambda words: words[0]
)
def test_other_commands_run(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(servers.SCRIPT, *arguments)


def test_keys_are_written(tmp_path: Path) -> None:
    file = str(tmp_path / "keys.json")
    run(servers.SCRIPT, "keys", "new", "--file", file, "--name", "案件系统")
    assert "案件系统" in run(servers.SCRIPT, "keys", "list", "--file", file)


def test_files_and_output_are_utf_8_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    notices = tmp_path / "放假通知"
    notices.mkdir()
    put(notices)
    assert "罚款" in run(servers.SCRIPT, "penalty", "85-2", "--severity", "severe")
    assert "春节" in run(servers.SCRIPT, "calendar", "2027", "--notices", str(notices), "--json")


def test_the_service_answers_takes_new_notices_and_ends(tmp_path: Path) -> None:
    notices = tmp_path / "notices"
    notices.mkdir()
    with servers.serving(tmp_path, "--notices", str(notices), settings={"METRICS": "true"}) as running:
        assert servers.eventually(lambda: servers.answers(running))
        answer = httpx.post(f"{running.url}/v1/penalties", json=FACTS)
        assert answer.json()["outcome"]["fine"]["minimum"] == MINIMUM
        batch = httpx.post(f"{running.url}/v1/batch", json=[{"kind": "penalty", **FACTS}])
        assert batch.json()[0]["outcome"] == answer.json()["outcome"]
        put(notices)
        assert httpx.post(f"{running.url}/v1/calendar/reload").json()["official_through"] == "2027-12-23"
        assert "penaltycalc_requests_total" in httpx.get(f"{running.url}/metrics").text
        started = time.monotonic()
        running.process.terminate()
        assert running.process.wait(15) == 0
        assert time.monotonic() - started < 10
