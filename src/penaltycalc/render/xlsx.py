"""A batch as a workbook: rows read from its first sheet, answers written to a new one.

Read with openpyxl and written with XlsxWriter, both row by row. Texts are written as texts, whatever
they begin with: the type of a cell, not an apostrophe, keeps `=1+1` from being a formula.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Final

import openpyxl
import xlsxwriter

from penaltycalc.batch import Batch
from penaltycalc.errors import Malformed, TooLarge
from penaltycalc.money import Money
from penaltycalc.tables import RESULTS, ReadRow, Table, Value, natural

MOST_COLUMNS: Final = 1_000
MOST_ROWS: Final = 1_048_575
"""Rows that a sheet has below its header."""
BLOCK: Final = 200
EXCEL_FIRST: Final = date(1900, 3, 1)
"""The first day whose number Excel and the calendar agree on; earlier days are written as texts."""

Cells = list[Any]


def read_rows(file: BinaryIO, *, rows: int, unpacked: int) -> Iterator[Cells]:
    """The rows of the first sheet that is not hidden, the header first, up to the last one that is not blank.

    Each row has as many cells as the header, or more where it holds more. TooLarge beyond `rows` rows
    after the header, 1,000 columns or `unpacked` bytes; Malformed where the file is no workbook that
    can be read.
    """
    try:
        yield from _limited(_rows(file, unpacked), rows)
    except (TooLarge, Malformed, GeneratorExit):
        raise
    except Exception:  # noqa: BLE001  # a broken file raises whatever its reader stumbles over
        raise Malformed(message="malformed-xlsx") from None


def _rows(file: BinaryIO, unpacked: int) -> Iterator[Cells]:
    with zipfile.ZipFile(file) as parts:
        if sum(part.file_size for part in parts.infolist()) > unpacked:
            raise TooLarge(limit=unpacked)
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        sheet = next(one for one in book.worksheets if one.sheet_state == "visible")
        sheet.reset_dimensions()  # what a file says of its size may lie
        header = _trimmed(next(sheet.iter_rows(max_row=1, max_col=MOST_COLUMNS + 1, values_only=True), ()))
        if len(header) > MOST_COLUMNS:
            raise TooLarge(message="too-large-columns", limit=MOST_COLUMNS)
        yield header
        # No sheet has more rows: a file that says so would be blank ones without end.
        last, width = MOST_ROWS + 1, len(header) + 1
        for row in sheet.iter_rows(min_row=2, max_row=last, max_col=width, values_only=True):
            cells = _trimmed(row)
            yield cells + [None] * (len(header) - len(cells)) if cells else cells
    finally:
        book.close()


def _trimmed(row: Sequence[Any]) -> Cells:
    """A row without the empty cells at its end."""
    last = max((place for place, value in enumerate(row) if value is not None), default=-1)
    return list(row[: last + 1])


def _limited(rows: Iterator[Cells], most: int) -> Iterator[Cells]:
    """The header, and the rows up to the last one that is not blank."""
    header = next(rows)
    yield header
    blank = number = 0
    for row in rows:
        if not row:
            blank += 1
            continue
        number += blank + 1
        if number > most:
            raise TooLarge(message="too-large-rows", limit=most)
        yield from ([None] * len(header) for _ in range(blank))
        blank = 0
        yield row


def cell_text(value: Any) -> str:
    """What stands in a cell, as a person would type it.

    Whole numbers without a point, others with the 15 digits that a spreadsheet shows (a sum of 0.1 and
    0.2 is stored as 0.30000000000000004), a day without midnight.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


class Sheet:
    """A workbook of one sheet, written row by row."""

    def __init__(self, file: BinaryIO | str, created: date) -> None:
        """`created` stands in the file's properties, so that the same answers are the same bytes."""
        self.folder = tempfile.TemporaryDirectory()  # rows wait there, and stay in no other folder
        self.book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": self.folder.name})
        self.book.set_properties({"created": datetime.combine(created, time())})
        self.sheet = self.book.add_worksheet()
        self.sheet.freeze_panes(1, 0)
        self.bold = self.book.add_format({"bold": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.yuan = self.book.add_format({"num_format": "#,##0.00"})
        self.written = 0

    def header(self, columns: Sequence[str]) -> None:
        """Write the first row; columns of results are as wide as what they hold."""
        for place, name in enumerate(columns):
            self.sheet.set_column(place, place, _WIDTHS.get(RESULTS.get(name, ""), max(len(name) + 2, 12)))
        self.sheet.set_row(0, None, self.bold)
        self.row(columns)

    def row(self, values: Sequence[Any]) -> None:
        """Write a row: money and numbers as numbers, days as days, all else as text; None stays empty."""
        for place, value in enumerate(values):
            self._cell(place, value)
        self.written += 1

    def _cell(self, place: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self.sheet.write_boolean(self.written, place, value)
        elif isinstance(value, Money):
            # Yuan have at most 15 digits in all: Excel keeps them exactly.
            self.sheet.write_number(self.written, place, Decimal(value.text), self.yuan)
        elif isinstance(value, int | float):
            self.sheet.write_number(self.written, place, value)
        elif isinstance(value, date) and value >= _as_kind(EXCEL_FIRST, value):
            self.sheet.write_datetime(self.written, place, value, self.day)
        else:
            self.sheet.write_string(self.written, place, str(value))

    def close(self) -> None:
        """Finish the file; also one that is given up, which leaves nothing behind."""
        try:
            self.book.close()
        finally:
            self.folder.cleanup()


_WIDTHS: Final = {"date": 12, "money": 16, "integer": 12, "boolean": 12}


def _as_kind(first: date, value: date) -> date:
    return datetime.combine(first, time()) if isinstance(value, datetime) else first


def answer_workbook(batch: Batch, source: BinaryIO, target: BinaryIO, *, rows: int, unpacked: int) -> int:
    """Answer the workbook `source` in `target`; the number of rows. Errors as `read_rows` and Table."""
    read = read_rows(source, rows=rows, unpacked=unpacked)
    table = Table(batch, [cell_text(name) for name in next(read)], shape=xlsx_cell, echo=xlsx_echo)
    with closing(Sheet(target, batch.data_since)) as sheet:
        sheet.header(table.columns)
        while block := [read_row(cells) for cells in islice(read, BLOCK)]:
            for row in table.rows(block)[0]:
                sheet.row(row)
    return sheet.written - 1


def read_row(cells: Cells) -> ReadRow:
    """A row of a sheet, its cells as texts too."""
    return ReadRow([cell_text(value) for value in cells], cells)


def xlsx_cell(value: Value) -> Value:
    """A result as a cell: itself."""
    return value


def xlsx_echo(value: Any) -> Any:
    """A cell of the caller as it goes back; a number that no cell can hold as text."""
    if isinstance(value, str):
        return natural(value)
    if isinstance(value, int | float) and not abs(value) < _NO_NUMBER:
        return cell_text(value)
    return float(value) if type(value) is int and abs(value) > _EXACT else value


_NO_NUMBER: Final = 10**308
_EXACT: Final = 2**53
"""Beyond, cells know whole numbers no better than others."""
