"""A batch from file to file: the answer is there as a whole or not at all, whatever ends the run."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar.testing import TestClient

import sheets
from penaltycalc import Rulebook, WorkingCalendar, cli
from penaltycalc.api.app import create_app
from penaltycalc.batch import files as batch_files
from penaltycalc.batch.csv import Charset
from penaltycalc.batch.files import Form, Job, Progress, find_form, format_summary, plan_job, run
from penaltycalc.batch.rows import Batch
from penaltycalc.errors import Malformed, PenaltycalcError, TooLarge, UnknownColumn, WrongUse
from penaltycalc.settings import Settings
from servers import SCRIPT

HEAD = "kind,ref,step,start,x_note"
LICENCE = {"kind": "deadline", "step": "production-licence", "start": "2026-09-18"}
MANY = 16_000
SHELL = "/bin/sh"


class Told(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def rows(number: int) -> Iterator[str]:
    """Rows of CSV that differ, every tenth of them refused."""
    for count in range(number):
        day = count % 28 + 1
        step = "production-licence" if count % 10 else "no-such-step"
        yield f"deadline,R-{count},{step},2026-0{count % 4 + 6}-{day:02d},=note {count}"


def table(path: Path, number: int) -> Path:
    path.write_text("\r\n".join([HEAD, *rows(number), ""]), "utf-8", newline="")
    return path


def command(*arguments: str | Path, capture: pytest.CaptureFixture[bytes]) -> Told:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["batch", *map(str, arguments)])
    told = capture.readouterr()
    assert isinstance(stopped.value.code, int)
    return Told(stopped.value.code, told.out.decode(), told.err.decode())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def batch(rulebook: Rulebook, calendar: WorkingCalendar) -> Batch:
    return Batch(rulebook, calendar)


def job_of(source: Path, target: Path, *, charset: Charset = "utf-8") -> Job:
    return plan_job(source, target, lang="zh", explain=False, bom=False, charset=charset, max_line=65_536, notices=None)


def ended(job: Job, batch: Batch) -> Progress:
    """A run of small blocks, and how it ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_files, "BLOCK", 10)
        return run(job, batch, 1, report=lambda _: None)


class Stopped(Exception):
    """The run was stopped by a test."""


def stopped(job: Job, batch: Batch, after: int) -> None:
    """Run small blocks, and break off once so many rows are done."""

    def report(progress: Progress) -> None:
        if progress.rows >= after:
            raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_files, "BLOCK", 10)
        with pytest.raises(Stopped):
            run(job, batch, 1, report=report)


# ------------------------------------------------------------------------------------ one to another


def test_a_table_is_answered_as_by_the_service(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = table(tmp_path / "a.csv", 50)
    told = command(source, "-o", tmp_path / "b.csv", "--lang", "en", capture=capfdbinary)
    assert told == (0, "", "Rows: 50, with errors: 5 (There is no such step: 5)\n")
    with TestClient(create_app(Settings())) as client:
        headers = {"content-type": "text/csv"}
        answer = client.post("/v1/batch/csv?lang=en", content=source.read_bytes(), headers=headers).content
    assert (tmp_path / "b.csv").read_bytes() == answer
    assert files(tmp_path) == ["a.csv", "b.csv"]
    found = list(csv.DictReader(io.StringIO(answer.decode(), newline="")))
    assert [row["ref"] for row in found] == [f"R-{number}" for number in range(50)]
    assert (found[1]["x_note"], found[0]["problem_code"], found[1]["problem_code"]) == ("'=note 1", "unknown-step", "")


@pytest.mark.parametrize("ending", ["ndjson", "jsonl", "json"])
@pytest.mark.parametrize("source", ["ndjson", "jsonl", "json"])
def test_json_and_lines_are_answered_in_either(source: str, ending: str, tmp_path: Path, batch: Batch) -> None:
    items: list[dict[str, Any]] = [{**LICENCE, "ref": f"R-{number}"} for number in range(25)]
    items[7] = {"kind": "deadline"}
    lines = [json.dumps(item) for item in items]
    path = tmp_path / f"a.{source}"
    path.write_text("[" + ",".join(lines) + "]" if source == "json" else "\n\n".join(lines), "utf-8")
    target = tmp_path / f"b.{ending}"
    state = ended(job_of(path, target), batch)
    assert (state.rows, state.problems) == (25, {"schema": 1})
    content = target.read_text("utf-8")
    found = json.loads(content) if ending == "json" else [json.loads(line) for line in content.splitlines()]
    assert [one.get("due") for one in found] == ["2026-11-05" if number != 7 else None for number in range(25)]
    assert found[7]["instance"] == "#/7"


def test_a_list_without_rows_is_answered_with_one(tmp_path: Path, batch: Batch) -> None:
    (tmp_path / "a.json").write_text("[]", "utf-8")
    for ending, content in (("json", "[]"), ("ndjson", "")):
        target = tmp_path / f"b.{ending}"
        assert ended(job_of(tmp_path / "a.json", target), batch).rows == 0
        assert target.read_text("utf-8") == content
    assert files(tmp_path) == ["a.json", "b.json", "b.ndjson"]


def test_a_workbook_is_answered_with_one(tmp_path: Path, batch: Batch) -> None:
    days = [datetime.fromisoformat("2026-09-18"), "2026-09-18", 46283]
    body = [["deadline", "=1", "production-licence", day, 2.5] for day in days]
    (tmp_path / "a.xlsx").write_bytes(sheets.sheet(HEAD.split(","), *body, [], ["fine", "R", None, None, "'=x"]))
    state = ended(job_of(tmp_path / "a.xlsx", tmp_path / "b.xlsx"), batch)
    assert (state.rows, state.problems) == (5, {"schema": 1})
    found = sheets.table((tmp_path / "b.xlsx").read_bytes())
    assert [row["due"] for row in found] == [datetime.fromisoformat("2026-11-05")] * 3 + [None] * 2
    assert [row["start"] for row in found[:3]] == days
    assert [row["ref"] for row in found] == ["=1"] * 3 + [None, "R"]
    assert [row["x_note"] for row in found] == [2.5] * 3 + [None, "=x"]
    assert files(tmp_path) == ["a.xlsx", "b.xlsx"]


def test_a_workbook_is_the_one_that_the_service_makes(tmp_path: Path, batch: Batch) -> None:
    odd = datetime.fromisoformat("2026-05-20 08:30:00")
    body = [["deadline", "R", "production-licence", "2026-09-18", note] for note in (odd, True, 7, -0.5, "n", None)]
    content = sheets.sheet(HEAD.split(","), *body)
    (tmp_path / "a.xlsx").write_bytes(content)
    ended(job_of(tmp_path / "a.xlsx", tmp_path / "b.xlsx"), batch)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    with TestClient(create_app(Settings())) as client:
        answer = client.post("/v1/batch/xlsx", content=content, headers={"content-type": kind}).content
    assert (tmp_path / "b.xlsx").read_bytes() == answer


def test_tables_are_answered_in_either_form(tmp_path: Path, batch: Batch) -> None:
    source = table(tmp_path / "a.csv", 30)
    ended(job_of(source, tmp_path / "b.xlsx"), batch)
    ended(job_of(source, tmp_path / "b.csv"), batch)
    ended(job_of(tmp_path / "b.xlsx", tmp_path / "c.csv"), batch)
    found = sheets.table((tmp_path / "b.xlsx").read_bytes())
    assert [row["x_note"] for row in found] == [f"=note {number}" for number in range(30)]
    assert (tmp_path / "c.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_table_in_gb18030_with_a_mark_is_read_and_written(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "a.csv").write_bytes(f"{HEAD}\r\ndeadline,案-1,production-licence,2026-09-18,注\r\n".encode("gb18030"))
    options = ["--charset", "gb18030", "--bom", "--explain"]
    assert command(tmp_path / "a.csv", "-o", tmp_path / "b.csv", *options, capture=capfdbinary).code == 0
    content = (tmp_path / "b.csv").read_bytes()
    assert content.startswith("\ufeffkind".encode("gb18030"))
    (row,) = csv.DictReader(io.StringIO(content.decode("gb18030").removeprefix("\ufeff"), newline=""))
    assert (row["ref"], row["due"], row["x_note"]) == ("案-1", "2026-11-05", "注")
    assert row["explanation"].startswith("1. ")


def test_several_processes_give_the_bytes_of_one(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = table(tmp_path / "a.csv", 9_000)
    for workers in ("1", "2"):
        target = tmp_path / f"{workers}.csv"
        assert command(source, "-o", target, "--workers", workers, capture=capfdbinary).code == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_quoted_line_breaks_and_open_quotes_are_read_as_by_the_service(tmp_path: Path, batch: Batch) -> None:
    body = f'{HEAD}\ndeadline,R-1,production-licence,2026-09-18,"a\nb"\ndeadline,R-2,production-licence,2026-09-18,"c\n'
    (tmp_path / "a.csv").write_text(body, "utf-8")
    assert ended(job_of(tmp_path / "a.csv", tmp_path / "b.csv"), batch).problems == {"malformed": 1}


# ------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("A.CSV", "csv"),
        ("a.xlsx", "xlsx"),
        ("a.b.ndjson", "ndjson"),
        ("a.jsonl", "ndjson"),
        ("a.json", "json"),
    ],
)
def test_the_ending_tells_the_form(name: str, form: Form) -> None:
    assert find_form(Path(name)) == form


@pytest.mark.parametrize("name", ["a", "a.xls", "a.csv.gz", ".csv"])
def test_another_ending_is_refused(name: str) -> None:
    with pytest.raises(WrongUse):
        find_form(Path(name))


@pytest.mark.parametrize(("source", "target"), [("a.csv", "b.json"), ("a.xlsx", "b.ndjson"), ("a.json", "b.csv")])
def test_a_table_is_no_answer_to_a_list_nor_a_list_to_a_table(source: str, target: str, tmp_path: Path) -> None:
    (tmp_path / source).write_bytes(b"")
    with pytest.raises(WrongUse):
        job_of(tmp_path / source, tmp_path / target)


def test_the_source_is_never_the_target(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = table(tmp_path / "a.csv", 3)
    before = source.read_bytes()
    os.link(source, tmp_path / "same.csv")
    for target in (source, tmp_path / "same.csv"):
        assert command(source, "-o", target, capture=capfdbinary).code == 2
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"kind,stepp\r\n", UnknownColumn),
        ("a.csv", b"", Malformed),
        ("a.json", b"{", PenaltycalcError),
        ("a.json", b"", Malformed),
        ("a.ndjson", b"", Malformed),
        ("a.ndjson", b"\n \r\n", Malformed),
        ("a.xlsx", b"garbage", Malformed),
    ],
)
def test_an_unreadable_whole_leaves_nothing_behind(
    name: str, content: bytes, error: type[Exception], tmp_path: Path, batch: Batch
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        ended(job_of(tmp_path / name, tmp_path / f"b{Path(name).suffix}"), batch)
    assert files(tmp_path) == [name]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["a.csv", "-o", "nowhere/b.csv"], 4, "nowhere/b.csv: there is no such file or folder. (run-broken)"),
        (
            ["a.csv", "-o", "a.csv/b.csv"],
            4,
            "a.csv/b.csv: there is no such folder, or this is not a folder. (run-broken)",
        ),
        (
            ["a.csv", "-o", "b.json"],
            2,
            "b.json: results of an input file in this format (csv) can only be written in these",
        ),
        (["a.csv", "-o", "b"], 2, "The file name must end in one of these (.csv, .xlsx"),
        (["a.csv", "-o", "b.xlsx", "--bom"], 2, "This option (--bom) is for CSV only. (wrong-use)"),
        (["a.json", "-o", "b.ndjson", "--bom"], 2, "This option (--bom) is for CSV only. (wrong-use)"),
        (["a.json", "-o", "b.json", "--charset", "gb18030"], 2, "This option (--charset) is for CSV only. (wrong-use)"),
        (["a.fifo.csv", "-o", "b.csv"], 2, "a.fifo.csv is not a regular file. (wrong-use)"),
        (["a.csv", "-o", "a.fifo.csv"], 2, "a.fifo.csv is not a regular file. (wrong-use)"),
        (["a.csv"], 2, "Missing: --output."),
        (["none.csv", "-o", "b.csv"], 2, "SOURCE: there is no such file: none.csv."),
        (
            ["a.csv", "-o", "b.csv", "--charset", "big5"],
            2,
            "--charset: “big5” is not one of the choices (utf-8, gb18030).",
        ),
        (["wrong.csv", "-o", "b.csv"], 2, "Unknown column stepp; did you mean “step”?"),
    ],
)
def test_refusals_have_an_exit_code_and_a_reason(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "a.csv", 3)
    (tmp_path / "wrong.csv").write_bytes(b"kind,stepp\r\n")
    (tmp_path / "a.json").write_bytes(b"[]")
    os.mkfifo(tmp_path / "a.fifo.csv")
    before = files(tmp_path)
    found = command(*arguments, "--lang", "en", capture=capfdbinary)
    assert (found.code, found.out) == (code, "")
    assert told in found.err
    assert files(tmp_path) == before


def test_wrong_arguments_are_told_in_chinese_too(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "a.json").write_bytes(b"[]")
    found = command(tmp_path / "a.json", "-o", tmp_path / "b.csv", capture=capfdbinary)
    told = "的格式不对：输入文件为该格式（json）的，结果只能写成所列格式（ndjson json）。（wrong-use）"
    assert (found.code, found.err) == (2, f"{tmp_path / 'b.csv'}{told}\n")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path, batch: Batch) -> None:
    precious = tmp_path / "precious.csv"
    precious.write_bytes(b"precious")
    (tmp_path / "b.csv").symlink_to(precious)
    assert ended(job_of(table(tmp_path / "a.csv", 30), tmp_path / "b.csv"), batch).rows == 30
    assert precious.read_bytes() == b"precious"
    assert not (tmp_path / "b.csv").is_symlink()


def test_a_part_never_has_the_name_of_a_file_that_is_there(
    tmp_path: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penaltycalc.batch.files.os.urandom", lambda number: b"\1" * number)
    (tmp_path / "b.csv.01010101.part").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        ended(job_of(table(tmp_path / "a.csv", 30), tmp_path / "b.csv"), batch)
    assert (tmp_path / "b.csv.01010101.part").read_bytes() == b"precious"
    assert files(tmp_path) == ["a.csv", "b.csv.01010101.part"]


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penaltycalc.batch.spreadsheet.MAX_ROWS", 25)
    with pytest.raises(TooLarge):
        ended(job_of(table(tmp_path / "a.csv", 26), tmp_path / "b.xlsx"), batch)
    assert not (tmp_path / "b.xlsx").exists()
    ended(job_of(table(tmp_path / "a.csv", 25), tmp_path / "b.xlsx"), batch)
    assert len(sheets.cells((tmp_path / "b.xlsx").read_bytes())) == 26


def test_a_disk_that_is_full_ends_with_its_reason(tmp_path: Path) -> None:
    # The limit on the size of a file stands for the disk; 200 blocks are 100 kB.
    source = table(tmp_path / "a.csv", 3_000)
    line = f"ulimit -f 200; exec {shlex.quote(SCRIPT)} batch {source} -o {tmp_path / 'b.csv'} --workers 1 --lang en"
    done = subprocess.run([SHELL, "-c", line], capture_output=True, check=False, timeout=30)
    assert done.returncode == 4, done.stderr.decode()
    told = "cannot be written: the file is larger than is allowed. Free some space and run it again. (run-broken)"
    assert f"{tmp_path / 'b.csv'} {told}" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert files(tmp_path) == ["a.csv"]


# ------------------------------------------------------------------------------------------ stopped


@pytest.mark.parametrize("name", ["b.csv", "b.xlsx"])
@pytest.mark.parametrize("after", [10, 25])
def test_a_run_that_fails_leaves_nothing_and_the_answer_of_an_earlier_one_stands(
    name: str, after: int, tmp_path: Path, batch: Batch
) -> None:
    job = job_of(table(tmp_path / "a.csv", 30), tmp_path / name)
    stopped(job, batch, after)
    assert files(tmp_path) == ["a.csv"]
    job.target.write_bytes(b"earlier")
    stopped(job, batch, after)
    assert job.target.read_bytes() == b"earlier"
    assert files(tmp_path) == ["a.csv", name]
    assert ended(job, batch).rows == 30
    assert job.target.read_bytes() != b"earlier"


def test_two_runs_to_one_target_do_not_disturb_each_other(tmp_path: Path, batch: Batch) -> None:
    job = job_of(table(tmp_path / "a.csv", 30), tmp_path / "b.csv")
    whole: list[bytes] = []

    def report(_progress: Progress) -> None:
        if not whole:
            ended(job, batch)
            whole.append(job.target.read_bytes())
            job.target.unlink()

    assert run(job, batch, 1, report=report).rows == 30
    assert job.target.read_bytes() == whole[0]
    assert files(tmp_path) == ["a.csv", "b.csv"]


def test_the_summary_counts_rows_and_problems(rulebook: Rulebook) -> None:
    english = rulebook.wordings["en"]
    assert format_summary(Progress(rows=3), english) == "Rows: 3, with errors: 0"
    progress = Progress(rows=9, problems={"schema": 2, "malformed": 1})
    titles = ("The content cannot be read: 1", "Some values are not valid: 2")
    assert format_summary(progress, english) == f"Rows: 9, with errors: 3 ({', '.join(titles)})"


def test_an_interrupt_says_that_nothing_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch_files, "_count", interrupt)
    found = command(table(tmp_path / "a.csv", 30), "-o", tmp_path / "b.csv", "--lang", "en", capture=capfdbinary)
    assert (found.code, found.err) == (130, "Interrupted; nothing was written.\n")
    assert files(tmp_path) == ["a.csv"]


# ------------------------------------------------------------------------------------ killed for real


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return table(tmp_path_factory.mktemp("big") / "a.csv", MANY)


@pytest.fixture(scope="module")
def whole(big: Path) -> bytes:
    """The answer of a run that nothing interrupted."""
    target = big.with_name("whole.csv")
    subprocess.run([SCRIPT, "batch", big, "-o", target, "--workers", "2"], check=True, capture_output=True, timeout=60)
    return target.read_bytes()


SLOW = """
import sys, time
from penaltycalc import cli
from penaltycalc.batch import files as batch_files

count = batch_files._count

def count_and_wait(*counted):
    time.sleep(0.2)
    return count(*counted)

batch_files._count = count_and_wait
cli.main(sys.argv[1:])
"""


def started(source: Path, target: Path, *options: str) -> subprocess.Popen[bytes]:
    """A run in processes of its own that takes its time, once a part of its answer is on disk."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "batch", source, "-o", target, "--workers", "2", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 30
    while not written(target) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()
    assert written(target) > 0
    return process


def written(target: Path) -> int:
    """Bytes in the parts of a target."""
    return sum(part.stat().st_size for part in target.parent.glob(f"{target.name}.*.part"))


def children(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def assert_all_ended(processes: list[int]) -> None:
    until = time.monotonic() + 5
    while any(map(alive, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    assert [pid for pid in processes if alive(pid)] == []


def test_the_processes_of_a_run_that_was_killed_end_too(big: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.csv"
    process = started(big, target)
    workers = children(process.pid)
    process.kill()
    process.communicate(timeout=10)
    assert_all_ended(workers)
    assert not target.exists()
    (left,) = files(tmp_path)
    assert re.fullmatch(r"b\.csv\.[0-9a-f]{8}\.part", left)


def test_an_interrupted_run_says_so_and_leaves_nothing(big: Path, tmp_path: Path) -> None:
    process = started(big, tmp_path / "b.csv", "--lang", "en")
    # On a busy machine the run could end while its processes are looked for.
    os.kill(process.pid, signal.SIGSTOP)
    workers = children(process.pid)
    for pid in (process.pid, *workers):  # as a terminal does
        os.kill(pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGCONT)
    _, told = process.communicate(timeout=20)
    assert (process.returncode, told.decode()) == (130, "Interrupted; nothing was written.\n")
    assert_all_ended(workers)
    assert files(tmp_path) == []


def test_a_process_that_was_killed_ends_the_run_with_one_message(big: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.csv"
    process = started(big, target, "--lang", "en")
    for pid in children(process.pid):
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 4, told.decode()
    (line,) = told.decode().splitlines()
    assert line.startswith("A worker process was ended by the system, perhaps for lack of memory; ")
    assert files(tmp_path) == []


def test_two_runs_at_a_time_end_with_one_whole_answer(big: Path, whole: bytes, tmp_path: Path) -> None:
    target = tmp_path / "b.csv"
    process = started(big, target)
    done = subprocess.run([SCRIPT, "batch", big, "-o", target], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0
    assert target.read_bytes() == whole
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert target.read_bytes() == whole
    assert files(tmp_path) == ["b.csv"]


def test_a_terminal_sees_how_far_it_is_how_fast_and_how_long_it_takes(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", 9_000)
    terminal, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 100))
    process = subprocess.Popen(
        [SCRIPT, "batch", source, "-o", tmp_path / "b.csv", "--workers", "1", "--lang", "en"], stderr=side
    )
    os.close(side)
    told = b""
    while True:
        try:
            told += os.read(terminal, 65_536)
        except OSError:  # the other side is closed
            break
    os.close(terminal)
    assert process.wait(30) == 0
    assert b"%|" in told
    assert b" rows, " in told
    assert b"/s" in told
    assert told.decode().splitlines()[-1].endswith("Rows: 9000, with errors: 900 (There is no such step: 900)")
