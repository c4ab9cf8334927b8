"""Files of rows, NDJSON and CSV: cut into records, and answered block by block.

A block is a list of whole records. Blocks do not depend on each other, so that they can be answered
one by one, or by several processes; memory does not grow with the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, Final, Protocol

from penaltycalc.batch import Answered, Batch
from penaltycalc.charsets import Charset
from penaltycalc.errors import Malformed, TooLarge
from penaltycalc.tables import ReadRow, Table, Value, natural, neutral, text_of

_MARK: Final = "\ufeff"


class Stream(Protocol):
    """How the blocks of one file are answered: what its answer begins with, and the answer to a block."""

    head: bytes

    def answer(self, block: Sequence[bytes], first: int) -> Answered:
        """The answer to a block whose first row has the number `first`."""


def lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    """The lines of a file that are not blank; one longer than `most` bytes is cut to `most` + 1."""
    while line := file.readline(most + 1):
        if len(line) > most and not line.endswith(b"\n"):
            _skip_line(file)
        if not line.isspace():
            yield line


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(65_536)) and not rest.endswith(b"\n"):
        pass


def csv_records(file: BinaryIO, most: int, fits: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The records of a CSV file: lines, or several where a quoted cell holds line breaks; as `lines`.

    Where its quotes do not close within `most` bytes, or the record they make is no row that `fits`,
    a line is a record alone: a quotation mark too many spoils its own row, and no other.
    """
    for line in lines(file, most):
        if line.count(b'"') % 2 and len(line) <= most:
            place = file.tell()
            whole = _closed(file, line, most)
            if whole is None or not fits(whole):
                file.seek(place)
                whole = line
            yield whole
        else:
            yield line


def _closed(file: BinaryIO, record: bytes, most: int) -> bytes | None:
    """The record with the lines that its open quotes take in; None where they do not close in time."""
    parts, length, quotes = [record], len(record), record.count(b'"')
    while length <= most and (line := file.readline(most + 1)):
        parts.append(line)
        length += len(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            return b"".join(parts) if length <= most else None
    return None


def csv_header(file: BinaryIO, most: int) -> bytes:
    """The first record of a CSV file; Malformed where there is none."""
    header = next(csv_records(file, most, lambda _: True), None)
    if header is None:
        raise Malformed(message="malformed-empty")
    return header


def blocks(records: Iterator[bytes], rows: int) -> Iterator[list[bytes]]:
    """The records in lists of `rows`, the last one shorter."""
    while block := list(islice(records, rows)):
        yield block


class Lines:
    """NDJSON: one item a line, answered with one line."""

    head = b""

    def __init__(self, batch: Batch, most: int) -> None:
        self.batch = batch
        self.most = most

    def answer(self, block: Sequence[bytes], first: int) -> Answered:
        """The answers to these lines."""
        if first == 0:
            block = [block[0].removeprefix(_MARK.encode()), *block[1:]]
        return self.batch.ndjson(block, first, self.most)


class CsvForm:
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
            raise Malformed(message="malformed-csv") from None

    def _roughly(self, record: bytes) -> list[str]:
        """The cells of a broken record, to be shown beside its problem: what cannot be read is replaced."""
        text = record.decode(self.charset, errors="replace").replace("\0", "\ufffd").rstrip("\r\n")
        return [cell.strip('"') for cell in text.split(",")]

    def write(self, rows: Sequence[Sequence[object]], *, bom: bool = False) -> bytes:
        """The rows as CSV; with a byte order mark before them where that is wanted."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        return ((_MARK if bom else "") + text.getvalue()).encode(self.charset)


class Csv:
    """A CSV file as a batch: the columns of the table, then those of its results; a row answered in its place.

    `header` is the first record; Malformed, or another RequestError, where it does not fit.
    """

    def __init__(self, batch: Batch, header: bytes, form: CsvForm, *, bom: bool) -> None:
        self.form = form
        self.table = Table(batch, form.names(header), shape=csv_cell, echo=csv_echo)
        self.head = form.write([self.table.columns], bom=bom)

    def fits(self, record: bytes) -> bool:
        """Whether a record reads as a row of this table."""
        row = self.form.read(record)
        return row.fault is None and len(row.texts) == self.table.width

    def answer(self, block: Sequence[bytes], first: int) -> Answered:  # noqa: ARG002  # its problems name no row
        """The answers to these records."""
        rows, problems = self.table.rows(map(self.form.read, block))
        return Answered(self.form.write(rows), len(rows), problems)


def csv_cell(value: Value) -> str:
    """A result as a cell of CSV, so that a spreadsheet takes no text for a formula."""
    return neutral(text_of(value))


def csv_echo(cell: str) -> str:
    """A cell of the caller as it goes back in CSV."""
    return neutral(natural(cell))
