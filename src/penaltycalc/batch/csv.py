"""Files of rows, NDJSON and CSV: cut into records, and answered block by block.

A block is a list of whole records. Blocks do not depend on each other, so that they can be answered
one by one, or by several processes; memory does not grow with the file.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import chain
from typing import BinaryIO, Final, Literal, Protocol

from penaltycalc.batch.rows import Batch, BatchChunk
from penaltycalc.batch.table import ReadRow, Table, Value, escape_formula, format_value, unescape_formula
from penaltycalc.errors import Malformed, TooLarge
from penaltycalc.strict_json import MAX_NESTING

Charset = Literal["utf-8", "gb18030"]
CHARSETS: Final[tuple[Charset, ...]] = ("utf-8", "gb18030")
"""The charsets that CSV files are read and written in."""

_MARK: Final = "\ufeff"


class BatchFormat(Protocol):
    """How the blocks of one file are answered: what its answer begins with, and the answer to a block."""

    head: bytes

    def answer(self, block: Sequence[bytes], first: int) -> BatchChunk:
        """The answer to a block whose first row has the number `first`."""


def read_lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    """The lines of a file that are not blank; one longer than `most` bytes is cut to `most` + 1.

    A byte order mark at the beginning of the file makes no line of a blank one.
    """
    mark = b"" if file.tell() else _MARK.encode()
    while line := file.readline(most + 1):
        if len(line) > most and not line.endswith(b"\n"):
            _skip_line(file)
        if line.removeprefix(mark).strip():
            yield line
        mark = b""


def require_lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    """As `lines`, of a whole file; Malformed at once where it has none."""
    found = read_lines(file, most)
    first = next(found, None)
    if first is None:
        raise Malformed(message="malformed-empty")
    return chain((first,), found)


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(65_536)) and not rest.endswith(b"\n"):
        pass


def read_csv_records(file: BinaryIO, most: int, fits: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The records of a CSV file: lines, or several where a quoted cell holds line breaks; as `lines`.

    A quotation mark too many spoils its own row, and no other: where its quotes do not close within
    `FURTHEST` times `most` bytes, or close in the middle of a cell, a line is a record alone; so it is
    where the record is no row that `fits`, while the line behind it is one.
    """
    barred = 0
    while line := file.readline(most + 1):
        if _quotes_of(file, line, most) is _Quotes.OPEN and (place := file.tell()) >= barred:
            whole = _closed(file, line, most, fits)
            if whole is None:
                # Up to there all quotes fit an open cell: no line between is looked ahead from again.
                barred = file.tell()
                file.seek(place)
            yield whole or line
        elif not line.isspace():
            yield line


FURTHEST: Final = 16
"""How many times the length of a line is looked ahead for the quotation mark that closes a cell."""


class _Quotes(Enum):
    """What a quotation mark would be at some place of a record."""

    BEGINNING = "opens a cell"
    PLAIN = "a character"
    OPEN = "closes the cell, or is doubled"
    CLOSED = "doubles the one before it"
    BROKEN = "stands behind a quoted cell that went on"


def _behind(state: _Quotes, piece: bytes) -> _Quotes:
    """The state behind a piece of a record; its bytes are told apart alike in all charsets."""
    first, *others = piece.split(b'"')
    state = _past(state, first)
    for part in others:
        state = _past(_AT_QUOTE[state], part)
    return state


_AT_QUOTE: Final = {
    _Quotes.BEGINNING: _Quotes.OPEN,
    _Quotes.PLAIN: _Quotes.PLAIN,
    _Quotes.OPEN: _Quotes.CLOSED,
    _Quotes.CLOSED: _Quotes.OPEN,
    _Quotes.BROKEN: _Quotes.BROKEN,
}


def _past(state: _Quotes, part: bytes) -> _Quotes:
    """The state behind a part without quotation marks."""
    if not part or state in (_Quotes.OPEN, _Quotes.BROKEN):
        return state
    if state is _Quotes.CLOSED and part[:1] not in b",\r\n":
        return _Quotes.BROKEN
    return _Quotes.BEGINNING if part.endswith(b",") else _Quotes.PLAIN


def _quotes_of(file: BinaryIO, line: bytes, most: int) -> _Quotes:
    """The state at the end of a line; the rest of one that is too long is read over."""
    state = _behind(_Quotes.BEGINNING, line) if b'"' in line else _Quotes.PLAIN
    rest = line if len(line) > most else b""
    while rest and not rest.endswith(b"\n"):
        rest = file.readline(65_536)
        state = _behind(state, rest)
    return state


def _closed(file: BinaryIO, line: bytes, most: int, fits: Callable[[bytes], bool]) -> bytes | None:
    """The record that begins with a line whose quotes are open, cut to `most` + 1 bytes.

    None where its quotes never close, or not at the end of a cell, or where lines of their own were taken in.
    """
    record, second, state, length = line, b"", _Quotes.OPEN, 0
    while length <= FURTHEST * most or state is not _Quotes.OPEN:
        piece = file.readline(most + 1)
        second = second or piece
        length += len(piece)
        record += piece[: max(0, most + 1 - len(record))]
        state = _behind(state, piece)
        if not piece or state is _Quotes.BROKEN or (piece.endswith(b"\n") and state is not _Quotes.OPEN):
            break
    if state in (_Quotes.OPEN, _Quotes.BROKEN):
        return None
    taken_in = b'"' not in second and fits(second)
    return record if fits(record) or not taken_in else None


def read_csv_header(file: BinaryIO, most: int) -> bytes:
    """The first record of a CSV file, a byte order mark before it kept; Malformed where there is none, or in UTF-16."""
    begin = file.read(4)
    if begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Malformed(message="malformed-utf16")
    mark = next((mark for mark in _MARKS if begin.startswith(mark)), b"")
    file.seek(len(mark))
    header = next(read_csv_records(file, most, lambda _: True), None)
    if header is None:
        raise Malformed(message="malformed-empty")
    return mark + header


_MARKS: Final = tuple(_MARK.encode(charset) for charset in CHARSETS)


def split_blocks(records: Iterable[bytes], rows: int, size: int = 1_000_000) -> Iterator[list[bytes]]:
    """The records in lists of `rows`, or of fewer where they come to `size` bytes; none is read ahead."""
    block: list[bytes] = []
    length = 0
    for record in records:
        block.append(record)
        length += len(record)
        if len(block) == rows or length >= size:
            yield block
            block, length = [], 0
    if block:
        yield block


class NdjsonFormat:
    """NDJSON: one item a line, answered with one line."""

    head = b""

    def __init__(self, batch: Batch, most: int, nesting: int = MAX_NESTING) -> None:
        self.batch = batch
        self.most = most
        self.nesting = nesting

    def answer(self, block: Sequence[bytes], first: int) -> BatchChunk:
        """The answers to these lines."""
        if first == 0:
            block = [block[0].removeprefix(_MARK.encode()), *block[1:]]
        return self.batch.ndjson(block, first, self.most, self.nesting)


class CsvDialect:
    """How rows are written in CSV (RFC 4180), in a charset, a record at most `most` bytes long."""

    def __init__(self, charset: Charset, most: int) -> None:
        self.charset: Charset = charset
        self.most = most

    def names(self, header: bytes) -> list[str]:
        """The names in a header, a byte order mark before them taken off; TooLarge, Malformed."""
        if len(header) > self.most:
            raise TooLarge(message="too-large-line", limit=self.most)
        return self._cells(header.removeprefix(_MARK.encode(self.charset)))

    def read(self, record: bytes) -> ReadRow:
        """The cells of a record, as far as they can be read, and what is wrong with it."""
        if len(record) > self.most:
            return ReadRow((), (), TooLarge(message="too-large-line", limit=self.most))
        try:
            cells = self._cells(record)
        except Malformed as fault:
            cells = self._roughly(record)
            return ReadRow(cells, cells, fault)
        return ReadRow(cells, cells)

    def _cells(self, record: bytes) -> list[str]:
        if b"\0" in record:
            raise Malformed(message="malformed-nul")
        try:
            text = record.decode(self.charset)
        except UnicodeDecodeError:
            raise Malformed(message="malformed-charset", charset=self.charset.upper()) from None
        try:
            return next(csv.reader((text,), strict=True), [])
        except csv.Error:
            alone = b"\r" in record.rstrip() and b"\n" not in record.rstrip()
            raise Malformed(message="malformed-cr" if alone else "malformed-csv") from None

    def _roughly(self, record: bytes) -> list[str]:
        """The cells of a broken record, to be shown beside its problem: what cannot be read is replaced."""
        text = record.decode(self.charset, errors="replace").replace("\0", "\ufffd").rstrip("\r\n")
        return [cell.strip('"') for cell in text.split(",")]

    def write(self, rows: Sequence[Sequence[object]], *, bom: bool = False) -> bytes:
        """The rows as CSV; with a byte order mark before them where that is wanted."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        return ((_MARK if bom else "") + text.getvalue()).encode(self.charset)


class CsvFormat:
    """A CSV file as a batch: the columns of the table, then those of its results; a row answered in its place.

    `header` is the first record; Malformed, or another RequestError, where it does not fit.
    """

    def __init__(self, batch: Batch, header: bytes, form: CsvDialect, *, bom: bool) -> None:
        self.form = form
        self.table = Table(batch, form.names(header), shape=format_csv_result, echo=format_csv_echo)
        self.head = form.write([self.table.columns], bom=bom)

    def is_valid_row(self, record: bytes) -> bool:
        """Whether a record reads as a row of this table."""
        row = self.form.read(record)
        return row.fault is None and len(row.texts) in (self.table.width, self.table.given)

    def answer(self, block: Sequence[bytes], first: int) -> BatchChunk:  # noqa: ARG002  # its problems name no row
        """The answers to these records."""
        rows, problems = self.table.rows(map(self.form.read, block))
        return BatchChunk(self.form.write(rows), len(rows), problems)


def format_csv_result(value: Value) -> str:
    """A result as a cell of CSV, so that a spreadsheet takes no text for a formula."""
    return escape_formula(format_value(value))


def format_csv_echo(cell: str) -> str:
    """A cell of the caller as it goes back in CSV."""
    return escape_formula(unescape_formula(cell))
