"""A batch from file to file: by all cores, with a bar that shows its progress.

The answer grows in a part file beside its final name and takes the final name when it is whole. A run that
fails or is interrupted deletes its part file. (One that the system kills cannot: the file that it leaves, named
`answers.csv.1a2b3c4d.part`, may be deleted.)
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from itertools import chain, islice
from multiprocessing.connection import wait
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final, Literal, NamedTuple, Protocol, assert_never

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
    require_lines,
    split_blocks,
)
from penaltycalc.batch.rows import Batch, split_array
from penaltycalc.batch.table import ReadRow, Table
from penaltycalc.calendar import holidays
from penaltycalc.errors import RunBroken, TooLarge, WrongUse
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
MAX_UNPACKED: Final = 4_000_000_000
"""Bytes of a workbook, unpacked: on their own machine users may read larger ones than over HTTP."""


class Job(NamedTuple):
    """What a run reads and writes, and how: whatever its processes need to know of it.

    `max_line` is the greatest length of a record in bytes, `notices` the folder with supplied notices.
    """

    source: Path
    target: Path
    source_form: Form
    target_form: Form
    lang: Language
    explain: bool
    bom: bool
    charset: Charset
    max_line: int
    notices: Path | None


class Progress(NamedTuple):
    """How far a run has come: the place in the source in bytes, the rows answered, the refused ones by code."""

    position: int = 0
    rows: int = 0
    problems: Mapping[str, int] = MappingProxyType({})


def find_form(path: Path) -> Form:
    """Return the form of a file, by its ending; WrongUse where it is none of the known ones."""
    if path.suffix.lower() not in ENDINGS:
        raise WrongUse(message="wrong-use-ending", path=str(path), endings=", ".join(ENDINGS))
    return ENDINGS[path.suffix.lower()]


def plan_job(
    source: Path,
    target: Path,
    *,
    lang: Language,
    explain: bool,
    bom: bool,
    charset: Charset,
    max_line: int,
    notices: Path | None,
) -> Job:
    """Plan the answering of one file in another; WrongUse where files, forms and options do not go together."""
    form, target_form = find_form(source), find_form(target)
    if (form in TABLES) != (target_form in TABLES):
        raise WrongUse(message="wrong-use-forms", path=str(target), form=form, forms=" ".join(_list_target_forms(form)))
    if bom and target_form != "csv":
        raise WrongUse(message="wrong-use-csv", option="--bom")
    if charset != CHARSETS[0] and "csv" not in (form, target_form):
        raise WrongUse(message="wrong-use-csv", option="--charset")
    if not source.is_file():  # the header of a pipe cannot be read again
        raise WrongUse(message="wrong-use-irregular", path=str(source))
    if target.exists() and not target.is_file():  # a device, as /dev/null, would be replaced by a file
        raise WrongUse(message="wrong-use-irregular", path=str(target))
    # Links and other spellings of a path lead to the same file, so paths are not compared as texts.
    if target.exists() and target.samefile(source):
        raise WrongUse(message="wrong-use-same", path=str(target))
    return Job(source, target, form, target_form, lang, explain, bom, charset, max_line, notices)


def _list_target_forms(form: Form) -> list[str]:
    return [other for other in dict.fromkeys(ENDINGS.values()) if (other in TABLES) == (form in TABLES)]


# ------------------------------------------------------------------------------------ the run


def run(job: Job, batch: Batch, workers: int, report: Callable[[Progress], None]) -> Progress:
    """Answer the source in the target, and return how much was answered.

    `batch` holds law and calendar of this process; the `workers` load their own. `report` is called after each
    block. RunBroken where the system ended a worker; OSError; errors of the whole file as those of csv, table
    and spreadsheet.
    """
    progress = Progress()
    with job.source.open("rb") as source, _replace_when_whole(job.target) as part:
        header, blocks = _read_source(job, source)
        answerer = _make_answerer(job, batch, header)
        try:
            with closing(_open_target(job, batch, answerer, part)) as target:
                for block, answer in _answer_blocks(answerer, job, workers, header, blocks):
                    progress = _count(progress, block, answer)
                    # A CSV file can have more rows than a sheet; XlsxWriter drops those without an error.
                    if progress.rows > spreadsheet.MAX_ROWS and job.target_form == "xlsx":
                        raise TooLarge(message="too-large-rows", limit=spreadsheet.MAX_ROWS)
                    target.write(answer.content)
                    report(progress)
        except BrokenProcessPool:
            raise RunBroken(message="run-broken-process") from None
    return progress


def run_with_bar(job: Job, batch: Batch, workers: int) -> Progress:
    """Do as `run`, with a bar on a terminal: how much is done, rows a second, the time that is left."""
    # Of the other forms it is not known beforehand how much of the file a row takes.
    total = job.source.stat().st_size if job.source_form in ("csv", "ndjson") else None
    form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}" if total else "{elapsed}{postfix}"
    with tqdm(total=total, bar_format=form, disable=None, leave=False) as bar:

        def report(progress: Progress) -> None:
            if not bar.disable:
                elapsed = bar.format_dict["elapsed"]
                rate = progress.rows / elapsed if elapsed else 0
                bar.set_postfix_str(f"{progress.rows} rows, {rate:.0f}/s", refresh=False)
                bar.update(progress.position - bar.n if total else 1)

        return run(job, batch, workers, report)


def format_summary(progress: Progress, wording: Wording) -> str:
    """Write what a run did: the number of rows, and of the refused ones by what is wrong."""
    counted = wording.label("heading", "fault")
    titles = (
        counted.format(place=wording.problem(code)[0], message=number)
        for code, number in sorted(progress.problems.items())
    )
    refused = wording.label("heading", "list_separator").join(titles)
    total = sum(progress.problems.values())
    sentence = wording.label("batch", "done").format(rows=progress.rows, problems=total)
    return wording.add_remarks(sentence, [refused] if refused else [])


@contextmanager
def _replace_when_whole(target: Path) -> Iterator[BinaryIO]:
    """Open a new file that replaces `target` when all has been written to it, and is deleted otherwise.

    Its name is random and must be free ("x"). So two runs to one target do not disturb each other (the last to
    end wins), and no file that stands there, nor one that a link points to, is written over.
    """
    part = target.with_name(f"{target.name}.{os.urandom(4).hex()}.part")
    file = part.open("xb")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)  # after the file is closed: Windows renames no file that is open
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Block(NamedTuple):
    """Consecutive rows of a source, the number of the first one, and where the source stands behind them."""

    content: list[Any]
    first: int
    position: int


class BlockAnswer(NamedTuple):
    """The answer to a block: bytes, or rows of cells for a workbook; the refused rows counted by code."""

    content: Any
    rows: int
    problems: Counter[str]


def _count(progress: Progress, block: Block, answer: BlockAnswer) -> Progress:
    problems = Counter(progress.problems) + answer.problems
    return Progress(block.position, progress.rows + answer.rows, problems)


# ------------------------------------------------------------------------------- sources of rows


def _read_source(job: Job, file: BinaryIO) -> tuple[Any, Iterator[Block]]:
    """Begin to read a source: its header (of tables only), and its blocks; errors of the whole file."""
    header: Any = b""
    match job.source_form:
        case "csv":
            header = read_csv_header(file, job.max_line)
            return header, _number(file, _read_csv(job, file, header))
        case "ndjson":
            return header, _number(file, split_blocks(require_lines(file, job.max_line), BLOCK))
        case "json":
            return header, _number(file, split_blocks(split_array(file.read()), BLOCK))
        case "xlsx":
            rows = spreadsheet.read_rows(file, max_rows=spreadsheet.MAX_ROWS, max_unpacked=MAX_UNPACKED)
            header = next(rows)
            return header, _number(file, split_blocks(rows, BLOCK))
        case _:
            assert_never(job.source_form)


def _read_csv(job: Job, file: BinaryIO, header: bytes) -> Iterator[list[bytes]]:
    dialect = CsvDialect(job.charset, job.max_line)
    return split_blocks(read_csv_records(file, job.max_line, dialect.make_row_check(header)), BLOCK)


def _number(file: BinaryIO, blocks: Iterator[list[Any]]) -> Iterator[Block]:
    first = 0
    for content in blocks:
        yield Block(content, first, file.tell())
        first += len(content)


# ------------------------------------------------------------------------------------ answering


class Answerer(Protocol):
    """Answers blocks, in this process or in another one; `head` is what the answer to all of them begins with."""

    head: Any

    def answer_block(self, block: Sequence[Any], first: int) -> BlockAnswer:
        """Answer a block whose first row has the number `first`."""


class _TableAnswerer:
    """Answers tables, CSV and workbooks, in either of the two."""

    def __init__(self, job: Job, batch: Batch, header: Any) -> None:
        dialect = CsvDialect(job.charset, job.max_line)
        if job.source_form == "csv":
            names = dialect.parse_header(header)
            self._read_row: Callable[[Any], ReadRow] = dialect.parse_record
        else:
            names = [spreadsheet.format_cell_text(name) for name in header]
            self._read_row = spreadsheet.read_row
        if job.target_form == "csv":
            self._encode: Callable[[list[list[object]]], Any] = dialect.encode_rows
            self.table = Table(batch, names, format_result=format_csv_result, format_echo=_format_csv_echo)
            self.head: Any = dialect.encode_rows([self.table.columns], bom=job.bom)
        else:
            self._encode = list
            self.table = Table(
                batch, names, format_result=spreadsheet.format_xlsx_result, format_echo=spreadsheet.format_xlsx_echo
            )
            self.head = self.table.columns

    def answer_block(self, block: Sequence[Any], first: int) -> BlockAnswer:  # noqa: ARG002  # its problems name no row
        """Answer these rows."""
        rows, problems = self.table.answer_rows(map(self._read_row, block))
        return BlockAnswer(self._encode(rows), len(rows), problems)


def _format_csv_echo(value: object) -> str:
    return format_csv_echo(spreadsheet.format_cell_text(value))


class _JsonAnswerer:
    """Answers rows of JSON, one JSON object each, with lines of NDJSON."""

    head: Any = b""

    def __init__(self, job: Job, batch: Batch) -> None:
        # The elements of a JSON file may be of any length: the file is in memory as a whole anyway.
        self._format = NdjsonFormat(batch, job.max_line if job.source_form == "ndjson" else sys.maxsize)

    def answer_block(self, block: Sequence[Any], first: int) -> BlockAnswer:
        """Answer these rows."""
        return BlockAnswer(*self._format.answer_block(block, first))


def _make_answerer(job: Job, batch: Batch, header: Any) -> Answerer:
    return _TableAnswerer(job, batch, header) if job.source_form in TABLES else _JsonAnswerer(job, batch)


# ------------------------------------------------------------------------------- targets of answers


class Target(Protocol):
    """Writes the answers to blocks, in their order, to the part file; to be closed when the last is written."""

    def write(self, content: Any) -> None:
        """Write the answer to a block."""

    def close(self) -> None:
        """Write what stands behind the last answer."""


class _BytesTarget:
    """CSV and NDJSON: the answers as they come."""

    def __init__(self, file: BinaryIO, head: bytes) -> None:
        self._file = file
        file.write(head)

    def write(self, content: bytes) -> None:
        self._file.write(content)

    def close(self) -> None:
        """Nothing stands behind the last answer."""


class _ArrayTarget:
    """A JSON array of the lines of NDJSON, each of which is one element: no line break stands inside of one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._separator = b"["

    def write(self, content: bytes) -> None:
        self._file.write(self._separator + content.removesuffix(b"\n").replace(b"\n", b","))
        self._separator = b","

    def close(self) -> None:
        # A separator that still is the bracket means that no block was written, so the array is empty.
        self._file.write(b"]" if self._separator == b"," else b"[]")


class _SheetTarget:
    """A workbook, which this process writes alone."""

    def __init__(self, batch: Batch, file: BinaryIO, columns: Sequence[str]) -> None:
        self._sheet = spreadsheet.open_sheet(batch, file)
        self._sheet.write_header(columns)

    def write(self, content: list[list[object]]) -> None:
        for row in content:
            self._sheet.write_row(row)

    def close(self) -> None:
        self._sheet.close()


def _open_target(job: Job, batch: Batch, answerer: Answerer, file: BinaryIO) -> Target:
    match job.target_form:
        case "csv" | "ndjson":
            return _BytesTarget(file, answerer.head)
        case "json":
            return _ArrayTarget(file)
        case "xlsx":
            return _SheetTarget(batch, file, answerer.head)
        case _:
            assert_never(job.target_form)


# ------------------------------------------------------------------------------------ processes

_answerer: Answerer
"""What a worker process answers with; set when it starts."""


def _start_worker(job: Job, header: Any) -> None:
    """Get a worker process ready: it loads law and calendar, and leaves interrupts to the process that started it."""
    global _answerer  # noqa: PLW0603  # the executor hands its processes nothing else
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with, args=(parent.sentinel,), daemon=True).start()
    rulebook = load_rulebook()
    calendar = holidays.load_calendar(rulebook, job.notices)
    _answerer = _make_answerer(job, Batch(rulebook, calendar, lang=job.lang, explain=job.explain), header)


def _exit_with(sentinel: int) -> None:
    """End this process when the one that started it ends, however it ends: nobody else would end it."""
    wait([sentinel])
    os._exit(1)


def _answer_in_worker(content: list[Any], first: int) -> BlockAnswer:
    return _answerer.answer_block(content, first)


def _answer_blocks(
    answerer: Answerer, job: Job, workers: int, header: Any, blocks: Iterator[Block]
) -> Iterator[tuple[Block, BlockAnswer]]:
    """Yield each block with its answer, in order; by several processes where there is more than one block."""
    first_two = list(islice(blocks, 2))
    if len(first_two) < 2 or workers < 2:
        for block in chain(first_two, blocks):
            yield block, answerer.answer_block(block.content, block.first)
        return
    # "spawn" exists on every system, and a process that is spawned inherits no locks of this one.
    context = multiprocessing.get_context("spawn")
    pending: deque[tuple[Block, Future[BlockAnswer]]] = deque()
    with ProcessPoolExecutor(workers, context, _start_worker, (job, header)) as pool:
        try:
            _start_processes(pool, workers)
            for block in chain(first_two, blocks):
                pending.append((block, pool.submit(_answer_in_worker, block.content, block.first)))
                # Two blocks for each process: it never waits for the next one, and few lie in memory.
                if len(pending) > 2 * workers:
                    next_block, future = pending.popleft()
                    yield next_block, future.result()
            for next_block, future in pending:
                yield next_block, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _start_processes(pool: ProcessPoolExecutor, workers: int) -> None:
    """Start the processes of a pool so that an interrupt at the terminal does not reach them.

    The terminal sends it to all processes. One that is still starting would end with a traceback, so interrupts are
    ignored for these milliseconds: a new process inherits that.
    """
    is_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main_thread else None
    try:
        for _ in range(workers):
            pool.submit(_do_nothing)
    finally:
        if is_main_thread:
            signal.signal(signal.SIGINT, handler)


def _do_nothing() -> None:
    """Be a first piece of work: a pool starts a process for each piece that waits."""
