"""A batch as a workbook: rows read from its first sheet, answers written to a new one.

Read with openpyxl and written with XlsxWriter, both row by row. Texts are written as texts, whatever
they begin with: the type of a cell, not an apostrophe, keeps `=1+1` from being a formula.
"""

from __future__ import annotations

import re
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import xlsxwriter
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from penaltycalc.batch.rows import Batch, BatchChunk
from penaltycalc.batch.table import FACT_COLUMNS, RESULT_COLUMNS, ReadRow, Table, Value, unescape_formula
from penaltycalc.errors import Malformed, SchemaFault, TooLarge
from penaltycalc.rules.money import Money

MAX_COLUMNS: Final = 1_000
MAX_ROWS: Final = 1_048_575
"""Rows that a sheet has below its header."""
MAX_TEXTS: Final = 32_000_000
"""Bytes of the part with the texts that cells share, unpacked; they are all in memory, at several times that."""
MAX_PART: Final = 4_000_000
"""Bytes of any other part that is read as a whole: styles become objects of a hundred times their size."""
MAX_ELEMENTS: Final = 262_144
"""Elements before, between and in rows: a row of the widest sheet has about 65,000."""
MAX_TEXT: Final = 32_767
"""Characters that a cell holds, in units of UTF-16."""
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
    # It warns of what a caller's file holds. Not by catch_warnings: others read files in threads.
    warnings.filterwarnings("ignore", module="openpyxl")
    with closing(_Book(file, unpacked)) as book:
        rows = book.rows()
        header = [None if isinstance(cell, Uncomputed) else cell for cell in _trimmed(next(rows, ()))]
        if len(header) > MAX_COLUMNS:
            raise TooLarge(message="too-large-columns", limit=MAX_COLUMNS)
        yield header
        for row in rows:
            cells = _headed(_trimmed(row[: len(header) + 1]), header)
            yield cells + [None] * (len(header) - len(cells)) if cells else cells


class Uncomputed(NamedTuple):
    """A cell with a formula that nobody has calculated, in a column of this name."""

    column: str = ""


def _headed(cells: Cells, header: Cells) -> Cells:
    """The cells of a row, those that are not computed with the names of their columns."""
    if not any(isinstance(cell, Uncomputed) for cell in cells):
        return cells
    names = [*(unescape_formula(format_cell_text(name)).strip() for name in header), ""]
    return [
        Uncomputed(name) if isinstance(cell, Uncomputed) else cell for name, cell in zip(names, cells, strict=False)
    ]


class _Parts(zipfile.ZipFile):
    """The parts of a workbook; one that is read as a whole must not be large. TooLarge."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        return super().read(self.checked(name, MAX_PART), pwd)

    def checked(self, name: str | zipfile.ZipInfo, limit: int) -> str | zipfile.ZipInfo:
        size = (self.getinfo(name) if isinstance(name, str) else name).file_size
        if size > limit:
            raise TooLarge(message="too-large-part", limit=limit)
        return name


class _Book(ExcelReader):
    """A workbook of which only texts, formats of days and the first sheet are read."""

    def __init__(self, file: BinaryIO, unpacked: int) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.archive = self.parts = _Parts(file)
        if sum(part.file_size for part in self.parts.infolist()) > unpacked:
            raise TooLarge(limit=unpacked)
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.parts, self.wb)

    def read_strings(self) -> None:
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is None:
            return
        name = self.parts.checked(part.PartName[1:], MAX_TEXTS)
        with self.parts.open(name) as source:
            for _, element in iterparse(source):
                if element.tag == _SHARED:
                    texts = [*element.iterfind(_TEXT), *element.iterfind(f"{_RUN}/{_TEXT}")]
                    self.shared_strings.append(_unescaped("".join(text.text or "" for text in texts)))
                    element.clear()

    def rows(self) -> Iterator[Sequence[Any]]:
        """The rows of the first sheet that is not hidden; those that are left out are empty."""
        sheets = self.parser.find_sheets()
        target = next(rel.target for sheet, rel in sheets if sheet.state == "visible" and "chart" not in rel.Type)
        book: Any = self.wb
        formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}  # noqa: SLF001  # nothing else knows them
        with self.parts.open(target) as source:
            rows = _Rows(source, self.shared_strings, data_only=True, epoch=book.epoch, **formats).rows()
            last = 0
            # No sheet has more rows: a file that says so would be blank ones without end.
            for number, cells in islice(rows, MAX_ROWS + 1):
                if number > MAX_ROWS + 1:
                    return
                if number > last:
                    yield from ((),) * (number - last - 1)
                    yield cells
                    last = number

    def close(self) -> None:
        """Close the archive, not the file that it is in."""
        self.parts.close()


class _Rows(WorkSheetParser):
    """The rows of a sheet: what stands around them is not read, nor kept."""

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """The numbers and the cells of the rows, in the order of the file. Malformed where one is endless."""
        elements = 0
        for _, element in iterparse(self.source):
            elements += 1
            if element.tag == ROW_TAG:
                number, cells = self.parse_row(element)
                self.row_dimensions.clear()
                element.clear()
                elements = 0
                yield number, _placed(cells)
            elif element.tag == _ALL_ROWS:
                return
            elif elements > MAX_ELEMENTS:
                raise Malformed(message="malformed-xlsx")

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        value = cell["value"]
        if value is None and element.find(FORMULA_TAG) is not None:
            # A formula whose value is the empty text has it: <c t="str"> and an empty <v>.
            if element.get("t") != "str" or element.find(VALUE_TAG) is None:
                cell["value"] = Uncomputed()
        elif isinstance(value, str) and element.get("t") in ("str", "inlineStr"):
            cell["value"] = _unescaped(value)
        return cell


_ALL_ROWS: Final = f"{{{SHEET_MAIN_NS}}}sheetData"
_SHARED: Final = f"{{{SHEET_MAIN_NS}}}si"
_RUN: Final = f"{{{SHEET_MAIN_NS}}}r"
_TEXT: Final = f"{{{SHEET_MAIN_NS}}}t"


def _placed(cells: list[dict[str, Any]]) -> Cells:
    """The values in their columns, the first that are too many with them."""
    found = {cell["column"]: cell["value"] for cell in cells if cell["column"] <= MAX_COLUMNS + 1}
    return [found.get(column) for column in range(1, max(found, default=0) + 1)]


_ESCAPE: Final = re.compile("_x(?!0000|[dD][89a-fA-F])([0-9a-fA-F]{4})_")
"""A character as a workbook writes it that XML cannot hold (ECMA-376, ST_Xstring); not NUL, no half characters."""


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


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


def format_cell_text(value: Any) -> str:
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


class SheetWriter:
    """A workbook of one sheet, written row by row."""

    def __init__(self, file: BinaryIO | str, created: date, mark: str = "…") -> None:
        """`created` stands in the file's properties, so that the same answers are the same bytes.

        `mark` is what a text ends with that is cut because no cell holds it.
        """
        self.folder = tempfile.TemporaryDirectory()  # rows wait there, and stay in no other folder
        self.book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": self.folder.name})
        self.book.set_properties({"created": datetime.combine(created, time())})
        self.sheet = self.book.add_worksheet()
        # Rows are facts of cases: they wait in a file without a name, which no end of the process leaves
        # behind. Only while the file is packed do they have one; an empty file is there to be removed.
        waiting = Path(self.sheet.row_data_filename)
        self._waiting = self.sheet.row_data_fh
        waiting.unlink()
        waiting.touch(0o600)
        self.sheet.freeze_panes(1, 0)
        self.bold = self.book.add_format({"bold": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.yuan = self.book.add_format({"num_format": "#,##0.00"})
        self.mark = mark
        self.columns: Sequence[str] = ()
        self.written = 0

    def header(self, columns: Sequence[str]) -> None:
        """Write the first row; columns of results are as wide as what they hold."""
        for place, name in enumerate(columns):
            self.sheet.set_column(place, place, _WIDTHS.get(RESULT_COLUMNS.get(name, ""), max(len(name) + 2, 12)))
        self.sheet.set_row(0, None, self.bold)
        self.row(columns)
        self.columns = columns

    def row(self, values: Sequence[Any]) -> None:
        """Write a row: money and numbers as numbers, days as days, all else as text; None stays empty.

        A text that no cell holds is cut, and the row says so as a problem unless it has another one.
        """
        long = [place for place, value in enumerate(values) if isinstance(value, str) and _units(value) > MAX_TEXT]
        if long:
            values = self._cut(values, long)
        for place, value in enumerate(values):
            self._cell(place, value)
        self.written += 1

    def _cut(self, values: Sequence[Any], long: Sequence[int]) -> Sequence[Any]:
        cut = list(values)
        for place in long:
            units = values[place].encode("utf-16-le")[: 2 * (MAX_TEXT - len(self.mark))]
            cut[place] = units.decode("utf-16-le", "ignore") + self.mark
        told = dict(zip(self.columns, range(len(cut)), strict=False))
        if "problem_code" in told and not values[told["problem_code"]]:
            names = ", ".join(self.columns[place] for place in long)
            cut[told["problem_code"]] = TooLarge.code
            cut[told["problem_detail"]] = f"{names}: {self.mark.strip()}"
        return cut

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

    def held(self) -> int:
        """Bytes that the rows take outside of the file, now or when they are packed: they wait, and are copied once."""
        size: int = self._waiting.tell()
        return 2 * size

    def close(self) -> None:
        """Finish the file; also one that is given up, which leaves nothing behind."""
        try:
            self.book.close()
        finally:
            self.folder.cleanup()


def _units(text: str) -> int:
    """How long Excel takes a text to be."""
    return len(text) if 2 * len(text) <= MAX_TEXT else len(text.encode("utf-16-le")) // 2


_WIDTHS: Final = {"date": 12, "money": 16, "integer": 12, "boolean": 12}


def _as_kind(first: date, value: date) -> date:
    return datetime.combine(first, time()) if isinstance(value, datetime) else first


def answer_workbook(
    batch: Batch,
    source: BinaryIO,
    target: BinaryIO,
    *,
    rows: int,
    unpacked: int,
    holds: Callable[[int], object] = lambda _: None,
) -> BatchChunk:
    """Answer the workbook `source` in `target`; what is returned has no content.

    `holds` hears how many bytes of temporary files are held beside, and may raise OSError. Errors as
    `read_rows` and Table.
    """
    read = read_rows(source, rows=rows, unpacked=unpacked)
    table = Table(
        batch, [format_cell_text(name) for name in next(read)], shape=format_xlsx_result, echo=format_xlsx_echo
    )
    mark = batch.wording.message("too-large-cell", {"limit": MAX_TEXT})
    told = Counter[str]()
    with closing(SheetWriter(target, batch.data_since, mark)) as sheet:
        sheet.header(table.columns)
        while block := [read_row(cells) for cells in islice(read, BLOCK)]:
            answers, problems = table.rows(block)
            for row in answers:
                sheet.row(row)
            told += problems
            holds(sheet.held())
    return BatchChunk(b"", sheet.written - 1, told)


def read_row(cells: Cells) -> ReadRow:
    """A row of a sheet, its cells as texts too; refused where a fact is a formula without a value."""
    if not any(isinstance(cell, Uncomputed) for cell in cells):
        return ReadRow([format_cell_text(value) for value in cells], cells)
    names = [cell.column for cell in cells if isinstance(cell, Uncomputed) and cell.column in FACT_COLUMNS]
    faults = [SchemaFault((name,), message="schema-uncomputed") for name in names]
    known = [None if isinstance(cell, Uncomputed) else cell for cell in cells]
    return ReadRow(
        [format_cell_text(value) for value in known], known, faults[0].beside(faults[1:]) if faults else None
    )


def format_xlsx_result(value: Value) -> Value:
    """A result as a cell: itself."""
    return value


def format_xlsx_echo(value: Any) -> Any:
    """A cell of the caller as it goes back; a number that no cell can hold as text."""
    if isinstance(value, str):
        return unescape_formula(value)
    if isinstance(value, int | float) and not abs(value) < _NO_NUMBER:
        return format_cell_text(value)
    return float(value) if type(value) is int and abs(value) > _EXACT else value


_NO_NUMBER: Final = 10**308
_EXACT: Final = 2**53
"""Beyond, cells know whole numbers no better than others."""
