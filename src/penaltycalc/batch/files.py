"""A batch from file to file: by all cores, with progress, to be interrupted and resumed.

The answer grows in a part file beside its final name, block after block in the order of the rows; a
state file says how far it has come. Both are on disk before the next block counts as done, so that a
run that was killed goes on where the state says and ends with the same bytes. The final name appears
when all is there.
"""

from __future__ import annotations

import fcntl
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime
from itertools import chain, islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple, Protocol

import msgspec
from tqdm import tqdm

from penaltycalc.batch import spreadsheet
from penaltycalc.batch.csv import (
    CHARSETS,
    Charset,
    CsvDialect,
    NdjsonFormat,
    format_csv_echo,
    format_csv_result,
    read_csv_header,
    read_csv_records,
    read_lines,
    split_blocks,
)
from penaltycalc.batch.rows import Batch, BatchChunk, split_array
from penaltycalc.batch.table import ReadRow, Table
from penaltycalc.calendar import holidays
from penaltycalc.errors import Malformed, RunBroken, TooLarge, WrongUse
from penaltycalc.rules.money import Money
from penaltycalc.rules.rulebook import load_rulebook
from penaltycalc.rules.wording import Language, Wording

Form = Literal["csv", "xlsx", "ndjson", "json"]
ENDINGS: Final[dict[str, Form]] = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
}
TABLES: Final[tuple[Form, ...]] = ("csv", "xlsx")
BLOCK: Final = 2_000
"""Rows that a process answers at a stretch."""
STATE_EVERY: Final = 1.0
"""Seconds between two states on disk."""
UNPACKED: Final = 4_000_000_000


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be answered and how; a run can only be resumed with the same task.

    `source` and the three digests name content, not files: `content` is the SHA-256 of the source.
    """

    form: Form
    target_form: Form
    content: str
    engine: str
    rulebook: str
    calendar: str
    lang: Language
    explain: bool
    bom: bool
    charset: Charset
    most_line: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run has come.

    `read` is the place in the source (bytes of a stream, rows of the others), `written` the bytes of
    the part; `problems` counts the refused rows by code.
    """

    task: Task
    read: int = 0
    written: int = 0
    rows: int = 0
    problems: dict[str, int] = {}


class Block(NamedTuple):
    """Consecutive rows of a source, the number of the first one, and where the source stands behind them."""

    content: list[Any]
    first: int
    read: int


class Job(NamedTuple):
    """A run: its files, its task, the folder with supplied notices, the number of processes."""

    source: Path
    target: Path
    task: Task
    notices: Path | None
    workers: int

    @property
    def part(self) -> Path:
        """Where the answer grows."""
        return self.target.with_name(self.target.name + ".part")

    @property
    def state(self) -> Path:
        """Where the state stands."""
        return self.target.with_name(self.target.name + ".part.state")


def find_form(path: Path) -> Form:
    """The form of a file, by its ending; WrongUse where it is none of the known ones."""
    if path.suffix.lower() not in ENDINGS:
        raise WrongUse(message="wrong-use-ending", path=str(path), endings=" ".join(ENDINGS))
    return ENDINGS[path.suffix.lower()]


def plan_job(source: Path, target: Path, batch: Batch, *, bom: bool, charset: Charset, most_line: int) -> Task:
    """The task of answering one file in another; WrongUse where files, forms and options do not go together."""
    form, target_form = find_form(source), find_form(target)
    if (form in TABLES) != (target_form in TABLES):
        raise WrongUse(message="wrong-use-forms", path=str(target), form=form, forms=" ".join(_alike(form)))
    if bom and target_form != "csv":
        raise WrongUse(message="wrong-use-csv", option="--bom")
    if charset != CHARSETS[0] and "csv" not in (form, target_form):
        raise WrongUse(message="wrong-use-csv", option="--charset")
    if not source.is_file():  # a pipe is read once, and this reads twice
        raise WrongUse(message="wrong-use-irregular", path=str(source))
    if target.exists() and target.samefile(source):
        raise WrongUse(message="wrong-use-same", path=str(target))
    with source.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    known = batch.provenance
    return Task(
        form=form,
        target_form=target_form,
        content=content,
        engine=str(known.engine),
        rulebook=str(known.rulebook),
        calendar=str(known.calendar),
        lang=batch.lang,
        explain=batch.explain,
        bom=bom,
        charset=charset,
        most_line=most_line,
    )


def _alike(form: Form) -> list[str]:
    return [other for other in dict.fromkeys(ENDINGS.values()) if (other in TABLES) == (form in TABLES)]


# ------------------------------------------------------------------------------------ the run


def run(job: Job, *, resume: bool, moved: Callable[[State], None]) -> State:
    """Answer the source in the target; how it ended.

    `moved` is told each state as it goes. With `resume` an interrupted run goes on; one of another
    task is refused (WrongUse). RunBroken where a process was killed; errors of the whole file as in
    streams, tables and xlsx.
    """
    with _alone(job) as part:
        state = _resumed(job) if resume else State(task=job.task)
        if os.fstat(part.fileno()).st_size < state.written:
            state = State(task=job.task)  # the part is gone: it had its final name already, or was deleted
        _save(job, part, state)  # before the first row, so that the part is known as ours
        part.truncate(state.written)
        part.seek(state.written)
        try:
            state = _grown(job, state, part, moved)
        except BrokenProcessPool:
            raise RunBroken(message="run-broken-process", part=str(job.part)) from None
        except Exception:
            if not os.fstat(part.fileno()).st_size:
                job.state.unlink()
            raise
        _finish(job, part)
        job.state.unlink()
    return state


def _grown(job: Job, state: State, part: BinaryIO, moved: Callable[[State], None]) -> State:
    """Answer what is left of the source in the part, the state on disk now and then; the last state."""
    saved = time.monotonic()
    for reached in _answered(job, state, part):
        state = reached
        moved(state)
        if time.monotonic() - saved > STATE_EVERY:
            _save(job, part, state)
            saved = time.monotonic()
    _save(job, part, state)
    return state


def run_with_bar(job: Job, *, resume: bool) -> State:
    """As `run`, with a bar on a terminal: how much is done, rows a second, the time that is left."""
    total = job.source.stat().st_size if job.task.form in ("csv", "ndjson") else None
    form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}" if total else "{elapsed}{postfix}"
    began = time.monotonic()
    tqdm.monitor_interval = 0  # its thread would take the interrupts that wait
    with tqdm(total=total, bar_format=form, disable=None, leave=False) as bar:
        before: list[State] = []

        def moved(state: State) -> None:
            before.append(state) if not before else None
            done = state.rows - before[0].rows
            bar.set_postfix_str(f"{state.rows} rows, {done / (time.monotonic() - began):.0f}/s", refresh=False)
            bar.update(state.read - bar.n if total else 1)

        return run(job, resume=resume, moved=moved)


def format_summary(state: State, wording: Wording) -> str:
    """What a run did: rows, and the refused ones by code."""
    codes = ", ".join(f"{code} {number}" for code, number in sorted(state.problems.items()))
    told = wording.label("batch", "done").format(rows=state.rows, problems=sum(state.problems.values()))
    return f"{told} ({codes})" if codes else told


@contextmanager
def _alone(job: Job) -> Iterator[BinaryIO]:
    """The part file, for this run alone; WrongUse where another one has it, or it is not ours."""
    with _opened(job.part) as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WrongUse(message="wrong-use-running", path=str(job.part)) from None
        if not _is_still(job.part, part):  # its run has ended since, and this is the finished answer
            raise WrongUse(message="wrong-use-ended", path=str(job.part))
        if os.fstat(part.fileno()).st_size and not job.state.is_file():
            raise WrongUse(message="wrong-use-part", path=str(job.part))
        try:
            yield part
        except BaseException:
            if not job.state.exists():
                job.part.unlink(missing_ok=True)
            raise


def _opened(part: Path) -> BinaryIO:
    """The part file, open for appending; a link is not followed, so that no other file is written."""
    if part.is_symlink() or (part.exists() and not part.is_file()):
        raise WrongUse(message="wrong-use-part", path=str(part))
    return os.fdopen(os.open(part, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o666), "a+b")


def _fresh(path: Path) -> BinaryIO:
    """A new file in place of one that a run left, never the one that a link points at."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb")


def _is_still(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _resumed(job: Job) -> State:
    """Where the interrupted run stood, or the beginning where there was none."""
    try:
        state = msgspec.json.decode(job.state.read_bytes(), type=State)
    except FileNotFoundError:
        return State(task=job.task)
    except msgspec.MsgspecError:
        raise WrongUse(message="wrong-use-state", path=str(job.state)) from None
    if state.task != job.task:
        differing = [name for name in Task.__struct_fields__ if getattr(state.task, name) != getattr(job.task, name)]
        raise WrongUse(message="wrong-use-other", path=str(job.state), names=" ".join(differing))
    return state


def _save(job: Job, part: BinaryIO, state: State) -> None:
    """Put the part on disk, then the state that says so."""
    part.flush()
    os.fsync(part.fileno())
    fresh = job.state.with_name(job.state.name + ".new")
    try:
        with _fresh(fresh) as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(job.state)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def _answered(job: Job, state: State, part: BinaryIO) -> Iterator[State]:
    """Answer what is left of the source, and tell the state after each block."""
    source = _source(job)
    answers = _answers(job.task, job.notices, source.header)
    if not state.read:
        part.truncate(0)
        part.write(answers.head)
        state = msgspec.structs.replace(state, written=len(answers.head))
        yield state
    for block, answered in _in_order(answers, job, source.header, source.blocks(state.read, state.rows)):
        part.write(answered.content)
        state = State(
            task=job.task,
            read=block.read,
            written=state.written + len(answered.content),
            rows=state.rows + answered.rows,
            problems=dict(Counter(state.problems) + answered.problems),
        )
        if state.rows > spreadsheet.MAX_ROWS and job.task.target_form == "xlsx":
            raise TooLarge(message="too-large-rows", limit=spreadsheet.MAX_ROWS)
        yield state


def _finish(job: Job, part: BinaryIO) -> None:
    """Give the answer its final name; xlsx and JSON are put together from the part first."""
    ready = job.part
    if job.task.target_form in ("xlsx", "json"):
        ready = job.target.with_name(job.target.name + ".part.ready")
        part.seek(0)
        with _fresh(ready) as file:
            if job.task.target_form == "json":
                _write_array(part, file)
            else:
                _write_sheet(job, part, file)
            file.flush()
            os.fsync(file.fileno())
    ready.replace(job.target)
    job.part.unlink(missing_ok=True)


def _write_array(part: BinaryIO, file: BinaryIO) -> None:
    before = b"["
    for line in part:
        file.write(before + line.rstrip(b"\n"))
        before = b","
    file.write(b"]" if before == b"," else b"[]")


def _write_sheet(job: Job, part: BinaryIO, file: BinaryIO) -> None:
    rows = map(_unpacked, part)
    batch = _batch(job.task, job.notices)
    mark = batch.wording.message("too-large-cell", {"limit": spreadsheet.MAX_TEXT})
    with closing(spreadsheet.SheetWriter(file, batch.data_since, mark)) as sheet:
        sheet.header(next(rows))
        for row in rows:
            sheet.row(row)


# ------------------------------------------------------------------------------- sources of rows


class _Stream:
    """A source of NDJSON or CSV; `read` counts bytes."""

    def __init__(self, job: Job) -> None:
        self.job = job
        with job.source.open("rb") as file:
            self.header = read_csv_header(file, job.task.most_line) if job.task.form == "csv" else b""
            self.begin = file.tell()
            if job.task.form == "ndjson" and next(read_lines(file, job.task.most_line), None) is None:
                raise Malformed(message="malformed-empty")
        self.form = CsvDialect(job.task.charset, job.task.most_line)

    def is_valid_row(self, record: bytes) -> bool:
        """Whether a record of several lines is a row with as many cells as the header."""
        row = self.form.read(record)
        return row.fault is None and len(row.texts) == len(self.form.names(self.header))

    def blocks(self, read: int, first: int) -> Iterator[Block]:
        """The blocks from there on."""
        most = self.job.task.most_line
        with self.job.source.open("rb") as file:
            file.seek(read or self.begin)
            records = (
                read_csv_records(file, most, self.is_valid_row)
                if self.job.task.form == "csv"
                else read_lines(file, most)
            )
            for content in split_blocks(records, BLOCK):
                yield Block(content, first, file.tell())
                first += len(content)


class _Rows:
    """A source that has to be read from its beginning: JSON or xlsx; `read` counts rows."""

    def __init__(self, job: Job) -> None:
        self.rows = _array_of(job.source) if job.task.form == "json" else _sheet_of(job.source)
        self.header: Any = next(self.rows) if job.task.form == "xlsx" else b""

    def blocks(self, read: int, first: int) -> Iterator[Block]:
        """The blocks from there on."""
        rest = islice(self.rows, read, None)
        while content := list(islice(rest, BLOCK)):
            read += len(content)
            yield Block(content, first, read)
            first += len(content)


def _array_of(source: Path) -> Iterator[bytes]:
    return iter(split_array(source.read_bytes()))


def _sheet_of(source: Path) -> Generator[list[Any]]:
    with source.open("rb") as file:
        yield from spreadsheet.read_rows(file, rows=spreadsheet.MAX_ROWS, unpacked=UNPACKED)


def _source(job: Job) -> _Stream | _Rows:
    return _Stream(job) if job.task.form in ("csv", "ndjson") else _Rows(job)


# ------------------------------------------------------------------------------------ answering


class Answers(Protocol):
    """How blocks are answered: what the part begins with, and what a block adds to it."""

    head: bytes

    def answer(self, block: Sequence[Any], first: int) -> BatchChunk:
        """The answer to a block whose first row has the number `first`."""


class _Table:
    """Tables that are not CSV on both sides; for a workbook the part holds a line of cells for each row."""

    def __init__(self, batch: Batch, task: Task, header: Any) -> None:
        form = CsvDialect(task.charset, task.most_line)
        csv_in, csv_out = task.form == "csv", task.target_form == "csv"
        names = form.names(header) if csv_in else [spreadsheet.format_cell_text(name) for name in header]
        self.read: Callable[[Any], ReadRow] = form.read if csv_in else spreadsheet.read_row
        self.write: Callable[[list[list[object]]], bytes] = form.write if csv_out else _packed
        shape = format_csv_result if csv_out else spreadsheet.format_xlsx_result
        echo = _csv_echo if csv_out else spreadsheet.format_xlsx_echo
        self.table = Table(batch, names, shape=shape, echo=echo)
        columns = [self.table.columns]
        self.head = form.write(columns, bom=task.bom) if csv_out else _packed([list(columns[0])])

    def answer(self, block: Sequence[Any], first: int) -> BatchChunk:  # noqa: ARG002  # its problems name no row
        """The answers to these rows."""
        rows, problems = self.table.rows(map(self.read, block))
        return BatchChunk(self.write(rows), len(rows), problems)


def _csv_echo(value: object) -> str:
    return format_csv_echo(spreadsheet.format_cell_text(value))


def _answers(task: Task, notices: Path | None, header: Any) -> Answers:
    batch = _batch(task, notices)
    if task.form in TABLES:
        return _Table(batch, task, header)
    return NdjsonFormat(batch, task.most_line if task.form == "ndjson" else sys.maxsize)


def _batch(task: Task, notices: Path | None) -> Batch:
    rulebook = load_rulebook()
    calendar = holidays.load_calendar(rulebook, notices)
    return Batch(rulebook, calendar, lang=task.lang, explain=task.explain)


def _packed(rows: list[list[object]]) -> bytes:
    """Rows of cells as lines; money and days in a record, so that they come back as what they were."""
    return _encode_lines([[_in_record(value) for value in row] for row in rows])


_encode_lines: Final = msgspec.json.Encoder().encode_lines


def _in_record(value: object) -> object:
    if isinstance(value, Money):
        return {"yuan": value.text}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, str | int | float | None) else str(value)


def _unpacked(line: bytes) -> list[Any]:
    return [_out_of_record(value) for value in msgspec.json.decode(line)]


def _out_of_record(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return {"yuan": Money.parse, "time": datetime.fromisoformat, "day": date.fromisoformat}[kind](text)


# ------------------------------------------------------------------------------------ processes

_mine: Answers
"""What this process answers with, where it is one of several."""


def _begin(task: Task, notices: Path | None, header: Any) -> None:
    """Get ready in a process of its own: it leaves interrupts to the one that started it, and ends with it."""
    global _mine  # noqa: PLW0603  # the executor hands its processes nothing else
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _mine = _answers(task, notices, header)


def _end_with(sentinel: int) -> None:
    """End when the process that started this one does, however it ends."""
    wait([sentinel])
    os._exit(1)


def _answer(content: list[Any], first: int) -> BatchChunk:
    return _mine.answer(content, first)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Interrupts wait: a process that is started meanwhile never sees them, and is not left half started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_order(answers: Answers, job: Job, header: Any, source: Iterator[Block]) -> Iterator[tuple[Block, BatchChunk]]:
    """Each block with its answer, in order; by several processes where there is more than one block."""
    ahead = list(islice(source, 2))
    if len(ahead) < 2 or job.workers < 2:
        for block in chain(ahead, source):
            yield block, answers.answer(block.content, block.first)
        return
    context = multiprocessing.get_context("spawn")
    waiting: deque[tuple[Block, Future[BatchChunk]]] = deque()
    with ProcessPoolExecutor(job.workers, context, _begin, (job.task, job.notices, header)) as pool:
        try:
            for block in chain(ahead, source):
                with _uninterrupted():
                    waiting.append((block, pool.submit(_answer, block.content, block.first)))
                if len(waiting) > 2 * job.workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
