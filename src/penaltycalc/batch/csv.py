"""Files of rows, NDJSON and CSV: cut into records, and answered block by block.

A record is what holds one row: a line of NDJSON, a line of CSV, or several lines of CSV where a quoted
cell holds line breaks. A block is a list of whole records. Blocks do not depend on each other, so they
can be answered one after another or by several processes, and memory does not grow with the file.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from enum import Enum
from itertools import chain
from typing import BinaryIO, Final, Literal, Protocol, TypeVar

from penaltycalc.batch.rows import Batch, BatchChunk
from penaltycalc.batch.table import (
    ReadRow,
    Table,
    Value,
    escape_formula,
    format_value,
    is_valid_length,
    read_names,
    unescape_formula,
)
from penaltycalc.errors import Malformed, TooLarge
from penaltycalc.strict_json import MAX_NESTING

Charset = Literal["utf-8", "gb18030"]
CHARSETS: Final[tuple[Charset, ...]] = ("utf-8", "gb18030")
"""The charsets that CSV files are read and written in."""

Record = TypeVar("Record", bound=Sized)

_BYTE_ORDER_MARK: Final = "\ufeff"


class BatchFormat(Protocol):
    """How the blocks of one file are answered; `head` is what the answer begins with."""

    head: bytes

    def answer_block(self, block: Sequence[bytes], first: int) -> BatchChunk:
        """Answer a block whose first row has the number `first`."""


# ----------------------------------------------------------------------------------------- lines


def read_lines(file: BinaryIO, max_line: int) -> Iterator[bytes]:
    """Yield the lines of a file that are not blank; one longer than `max_line` bytes is cut to `max_line` + 1.

    The byte too many is what tells the reader of the line that it is too long. A byte order mark at the
    beginning of the file does not make a blank line a row.
    """
    mark = b"" if file.tell() else _BYTE_ORDER_MARK.encode()
    while line := file.readline(max_line + 1):
        if len(line) > max_line and not line.endswith(b"\n"):
            _skip_line(file)
        if line.removeprefix(mark).strip():
            yield line
        mark = b""


def require_lines(file: BinaryIO, max_line: int) -> Iterator[bytes]:
    """Return the lines as read_lines does; Malformed at once, and not at the first line, where there is none."""
    lines = read_lines(file, max_line)
    first = next(lines, None)
    if first is None:
        raise Malformed(message="malformed-empty")
    return chain((first,), lines)


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(65_536)) and not rest.endswith(b"\n"):
        pass


def split_blocks(records: Iterable[Record], rows: int, size: int = 1_000_000) -> Iterator[list[Record]]:
    """Yield the records in lists of `rows`, or of fewer where their lengths come to `size`.

    No record is read before the block that it belongs to is asked for.
    """
    block: list[Record] = []
    length = 0
    for record in records:
        block.append(record)
        length += len(record)
        if len(block) == rows or length >= size:
            yield block
            block, length = [], 0
    if block:
        yield block


# ------------------------------------------------------------------------------- records of CSV

# Where does a record of CSV end? At the end of its line, unless a quotation mark is still open: then the
# line break belongs to a cell. The module csv of the standard library answers this for files that are
# right, but one quotation mark too many makes it take the rest of the file for one cell. Offices type such
# marks (5" pipe), and a file of 100,000 cases must not be lost for one of them. So records are cut here:
#
# * A line with an open quote is continued by the lines after it until the quote closes at the end of a
#   cell. Only so much is looked ahead: MAX_LOOKAHEAD times the length that a line may have.
# * If it never closes, or closes in the middle of a cell, or if the lines taken in would have been rows of
#   their own, then the quotation mark was a mistake: the first line alone is the record. It is refused
#   as malformed, and the file is read on from its second line.
#
# What a record holds is then read by the standard module, record by record.

MAX_LOOKAHEAD: Final = 16
"""How many times the length of a line is read ahead for the quotation mark that closes a cell."""


class _QuoteState(Enum):
    """Where in a record the reading stands, by what a quotation mark would mean there."""

    CELL_START = "it opens a quoted cell"
    PLAIN = "it is a character of a cell that is not quoted"
    QUOTED = "it closes the quoted cell, or is the first of two that stand for one"
    QUOTE_ENDED = "it is the second of two, so that the cell is still open"
    BROKEN = "the record is malformed already: text stood behind the end of a quoted cell"


_AFTER_QUOTE: Final = {
    _QuoteState.CELL_START: _QuoteState.QUOTED,
    _QuoteState.PLAIN: _QuoteState.PLAIN,
    _QuoteState.QUOTED: _QuoteState.QUOTE_ENDED,
    _QuoteState.QUOTE_ENDED: _QuoteState.QUOTED,
    _QuoteState.BROKEN: _QuoteState.BROKEN,
}


def read_csv_records(file: BinaryIO, max_line: int, is_valid_row: Callable[[bytes], bool]) -> Iterator[bytes]:
    """Yield the records of a CSV file without its blank lines; one longer than `max_line` is cut to `max_line` + 1.

    `is_valid_row` tells whether a record has as many cells as the header. A quotation mark too many spoils
    the row that it stands in, and no other (see the comment above).
    """
    # Between the line that is looked ahead from and `searched_to`, every quote left open stays open. A line
    # between them is not looked ahead from again, or a file of such lines would take quadratic time.
    searched_to = 0
    while line := file.readline(max_line + 1):
        if _scan_line(file, line, max_line) is _QuoteState.QUOTED and (line_end := file.tell()) >= searched_to:
            record = _read_quoted_record(file, line, max_line, is_valid_row)
            if record is None:
                searched_to = file.tell()
                file.seek(line_end)
            yield record or line
        elif not line.isspace():
            yield line


def _scan_line(file: BinaryIO, line: bytes, max_line: int) -> _QuoteState:
    """Return the state at the end of a line; what is left in the file of a line that was cut is skipped."""
    state = _advance(_QuoteState.CELL_START, line) if b'"' in line else _QuoteState.PLAIN
    rest = line if len(line) > max_line else b""
    while rest and not rest.endswith(b"\n"):
        rest = file.readline(65_536)
        state = _advance(state, rest)
    return state


def _advance(state: _QuoteState, piece: bytes) -> _QuoteState:
    """Return the state behind a piece of a record.

    Bytes are looked at, not characters: in UTF-8 and GB18030 alike, no byte of another character has the
    value of a quotation mark, a comma or a line break.
    """
    first, *parts = piece.split(b'"')
    state = _advance_without_quotes(state, first)
    for part in parts:
        state = _advance_without_quotes(_AFTER_QUOTE[state], part)
    return state


def _advance_without_quotes(state: _QuoteState, part: bytes) -> _QuoteState:
    if not part or state in (_QuoteState.QUOTED, _QuoteState.BROKEN):
        return state
    # RFC 4180 lets nothing but a comma or the end of the line follow a closing quote.
    if state is _QuoteState.QUOTE_ENDED and part[:1] not in b",\r\n":
        return _QuoteState.BROKEN
    return _QuoteState.CELL_START if part.endswith(b",") else _QuoteState.PLAIN


def _read_quoted_record(
    file: BinaryIO, line: bytes, max_line: int, is_valid_row: Callable[[bytes], bool]
) -> bytes | None:
    """Read on from a line whose quote is open to the end of its record, cut to `max_line` + 1 bytes.

    None where the quote was a mistake: it never closes, it closes in the middle of a cell, or the record
    has swallowed rows. Whether it has shows in the second line: it has no quotation mark and is a whole
    row by itself, while the record is none.
    """
    record, second_line, state, length = line, b"", _QuoteState.QUOTED, 0
    while length <= MAX_LOOKAHEAD * max_line or state is not _QuoteState.QUOTED:
        piece = file.readline(max_line + 1)
        second_line = second_line or piece
        length += len(piece)
        record += piece[: max(0, max_line + 1 - len(record))]
        state = _advance(state, piece)
        if not piece or state is _QuoteState.BROKEN or (piece.endswith(b"\n") and state is not _QuoteState.QUOTED):
            break
    if state in (_QuoteState.QUOTED, _QuoteState.BROKEN):
        return None
    has_swallowed_rows = b'"' not in second_line and is_valid_row(second_line)
    return record if is_valid_row(record) or not has_swallowed_rows else None


def read_csv_header(file: BinaryIO, max_line: int) -> bytes:
    """Read the first record of a CSV file, with the byte order mark before it if there is one.

    Malformed where the file has no record, or is in UTF-16, as Excel's "Unicode text".
    """
    # The longest byte order mark is that of GB18030, with four bytes.
    beginning = file.read(4)
    if beginning.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Malformed(message="malformed-utf16")
    mark = next((mark for mark in _ENCODED_MARKS if beginning.startswith(mark)), b"")
    file.seek(len(mark))
    header = next(read_csv_records(file, max_line, lambda _: True), None)
    if header is None:
        raise Malformed(message="malformed-empty")
    return mark + header


_ENCODED_MARKS: Final = tuple(_BYTE_ORDER_MARK.encode(charset) for charset in CHARSETS)


# --------------------------------------------------------------------------------------- formats


class NdjsonFormat:
    """NDJSON: one row a line, answered with one line."""

    head = b""

    def __init__(self, batch: Batch, max_line: int, nesting: int = MAX_NESTING) -> None:
        self.batch = batch
        self.max_line = max_line
        self.nesting = nesting

    def answer_block(self, block: Sequence[bytes], first: int) -> BatchChunk:
        """Answer these lines with as many lines."""
        if first == 0:
            block = [block[0].removeprefix(_BYTE_ORDER_MARK.encode()), *block[1:]]
        return self.batch.answer_ndjson(block, first, self.max_line, self.nesting)


class CsvDialect:
    """How rows are written in CSV (RFC 4180), in a charset, a record at most `max_line` bytes long."""

    def __init__(self, charset: Charset, max_line: int) -> None:
        self.charset: Charset = charset
        self.max_line = max_line

    def parse_header(self, header: bytes) -> list[str]:
        """Parse the names in a header, without the byte order mark before them; TooLarge, Malformed."""
        if len(header) > self.max_line:
            raise TooLarge(message="too-large-line", limit=self.max_line)
        return self._parse_cells(header.removeprefix(_BYTE_ORDER_MARK.encode(self.charset)))

    def parse_record(self, record: bytes) -> ReadRow:
        """Parse the cells of a record as far as that is possible; the row says what is wrong with it."""
        if len(record) > self.max_line:
            return ReadRow((), (), TooLarge(message="too-large-line", limit=self.max_line))
        try:
            cells = self._parse_cells(record)
        except Malformed as fault:
            cells = self._guess_cells(record)
            return ReadRow(cells, cells, fault)
        return ReadRow(cells, cells)

    def make_row_check(self, header: bytes) -> Callable[[bytes], bool]:
        """Make the check of whether a record can be read and has as many cells as the header; as parse_header."""
        names = self.parse_header(header)
        width, header_length = len(read_names(names)), len(names)

        def is_valid_row(record: bytes) -> bool:
            row = self.parse_record(record)
            return row.fault is None and is_valid_length(row.texts, width, header_length)

        return is_valid_row

    def _parse_cells(self, record: bytes) -> list[str]:
        # UTF-16 without a byte order mark is full of NUL, and much of it would pass as UTF-8.
        if b"\0" in record:
            raise Malformed(message="malformed-nul")
        try:
            text = record.decode(self.charset)
        except UnicodeDecodeError:
            raise Malformed(message="malformed-charset", charset=self.charset.upper()) from None
        try:
            # Without `strict` the module glues a text behind a closing quote to the cell without an error.
            return next(csv.reader((text,), strict=True), [])
        except csv.Error:
            # Files of old Macintosh programs end their lines with CR alone, and arrive as one long record.
            has_only_cr = b"\r" in record.rstrip() and b"\n" not in record.rstrip()
            raise Malformed(message="malformed-cr" if has_only_cr else "malformed-csv") from None

    def _guess_cells(self, record: bytes) -> list[str]:
        """Split a malformed record at its commas, so that its owner can recognise the row beside its problem."""
        text = record.decode(self.charset, errors="replace").replace("\0", "\ufffd").rstrip("\r\n")
        return [cell.strip('"') for cell in text.split(",")]

    def encode_rows(self, rows: Sequence[Sequence[object]], *, bom: bool = False) -> bytes:
        """Write rows as CSV, with a byte order mark before them if `bom` is set."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        return ((_BYTE_ORDER_MARK if bom else "") + text.getvalue()).encode(self.charset)


class CsvFormat:
    """A CSV file as a batch: its own columns, then those of the results; each row is answered in its place.

    `header` is the first record; RequestError (Malformed and those of Table) where it does not fit.
    """

    def __init__(self, batch: Batch, header: bytes, dialect: CsvDialect, *, bom: bool) -> None:
        self.dialect = dialect
        self.is_valid_row = dialect.make_row_check(header)
        self.table = Table(
            batch, dialect.parse_header(header), format_result=format_csv_result, format_echo=format_csv_echo
        )
        self.head = dialect.encode_rows([self.table.columns], bom=bom)

    def answer_block(self, block: Sequence[bytes], first: int) -> BatchChunk:  # noqa: ARG002  # its problems name no row
        """Answer these records."""
        rows, problems = self.table.answer_rows(map(self.dialect.parse_record, block))
        return BatchChunk(self.dialect.encode_rows(rows), len(rows), problems)


def format_csv_result(value: Value) -> str:
    """Write a result as a cell of CSV that no spreadsheet computes."""
    return escape_formula(format_value(value))


def format_csv_echo(cell: str) -> str:
    """Write a cell of the caller as a cell of CSV that no spreadsheet computes, with one apostrophe at most."""
    return escape_formula(unescape_formula(cell))
