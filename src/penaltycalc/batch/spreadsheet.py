"""A batch as a workbook: rows read from its first visible sheet, answers written to a new workbook.

openpyxl reads and XlsxWriter writes, both row by row. Texts are written as cells of the type text: it is the
type, not an apostrophe as in CSV, that keeps `=1+1` from being a formula.
"""

from __future__ import annotations

import re
import tempfile
import warnings
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple
from xml.parsers import expat

import xlsxwriter
from defusedxml import ElementTree
from openpyxl import load_workbook
from xlsxwriter.exceptions import FileCreateError

from penaltycalc.batch.rows import Batch, BatchChunk
from penaltycalc.batch.table import FACT_COLUMNS, RESULT_COLUMNS, ReadRow, Table, Value, unescape_formula
from penaltycalc.errors import Malformed, SchemaFault, TooLarge
from penaltycalc.rules.money import Money

MAX_COLUMNS: Final = 1_000
MAX_ROWS: Final = 1_048_575
"""Rows that a sheet has below its header."""
MAX_SHARED_TEXTS: Final = 32_000_000
"""Bytes, unpacked, of the part with the texts that cells share: openpyxl holds them all in memory."""
MAX_PART: Final = 4_000_000
"""Bytes, unpacked, of any other part that openpyxl reads as a whole: styles become objects of a hundred times that."""
MAX_ELEMENTS: Final = 262_144
"""XML elements in one row, or outside of rows: openpyxl holds those of one row in memory. 1,000 cells have 4,000."""
MAX_TEXT: Final = 32_767
"""Characters that a cell holds, in units of UTF-16."""
BLOCK: Final = 200
EXCEL_FIRST: Final = date(1900, 3, 1)
"""The first day whose number Excel and the calendar agree on; earlier days are written as texts."""

Cells = list[Any]


# --------------------------------------------------------------------------- checking before reading

# An upload of a few megabytes can unpack to gigabytes, and a small one can grow in memory when it becomes
# objects. So the parts are checked before openpyxl opens the file: their sizes by the directory of the archive
# (zipfile reads no more of a part than is written there), and sheets, which may be large, by walking through
# them once, element by element, without keeping any.

_CONTENT_TYPES: Final = "[Content_Types].xml"
_OFFICE_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _check_parts(file: BinaryIO, max_unpacked: int) -> bool:
    """Refuse a workbook that would take too much memory; whether some formula in it has no value.

    TooLarge, Malformed; other errors where the file is no workbook at all.
    """
    lacks_values = False
    with zipfile.ZipFile(file) as parts:
        if sum(part.file_size for part in parts.infolist()) > max_unpacked:
            raise TooLarge(limit=max_unpacked)
        content_types = _read_content_types(parts)
        for part in parts.infolist():
            types = content_types[part.filename]
            # A part that is declared with two types counts as no sheet, so a limit of size applies to it.
            if types == [f"{_OFFICE_TYPE}.worksheet+xml"] and part.filename.startswith("xl/worksheets/"):
                lacks_values |= _check_sheet(parts, part)
            else:
                has_texts = types == [f"{_OFFICE_TYPE}.sharedStrings+xml"]
                _check_size(part, MAX_SHARED_TEXTS if has_texts else MAX_PART)
    return lacks_values


def _read_content_types(parts: zipfile.ZipFile) -> defaultdict[str, list[str]]:
    """Read the types that a workbook declares for its parts: openpyxl finds the shared texts by them."""
    _check_size(parts.getinfo(_CONTENT_TYPES), MAX_PART)
    types = defaultdict[str, list[str]](list)
    for override in ElementTree.fromstring(parts.read(_CONTENT_TYPES)).iterfind("{*}Override"):
        types[override.attrib["PartName"].removeprefix("/")].append(override.attrib["ContentType"])
    return types


def _check_size(part: zipfile.ZipInfo, limit: int) -> None:
    if part.file_size > limit:
        raise TooLarge(message="too-large-part", limit=limit)


def _check_sheet(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Refuse a sheet with a row that never ends; whether some formula in it has no value."""
    walker = _SheetWalker()
    with parts.open(part) as sheet:
        walker.parser.ParseFile(sheet)
    return walker.lacks_values


class _SheetWalker:
    """Walks through the XML of a sheet, counts its elements, and looks for formulas without a value.

    A program that calculates writes the value of a formula beside it: `<c><f>1+1</f><v>2</v></c>`. The value of
    one that gives an empty text is there too, as `<c t="str"><f>""</f><v></v></c>`. Where there is no value,
    the formula was never calculated, and its cell must not be taken for an empty one.
    """

    def __init__(self) -> None:
        self.lacks_values = False
        self._rows = 0
        self._elements = 0
        self._cell = ""
        self._cell_is_text = False
        self._formula_lacks_value = False
        self._in_value = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start_element
        self.parser.EndElementHandler = self._end_element
        self.parser.CharacterDataHandler = self._read_text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _start_element(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._rows += 1
            self._elements = 0
            self._cell = ""
        elif tag == "c":
            self._start_cell(attributes.get("r", ""))
            self._cell_is_text = attributes.get("t") == "str"
            self._formula_lacks_value = False
        elif tag == "f":
            self._formula_lacks_value = not self._cell_is_text
        elif tag == "v":
            self._in_value = True
        if self._elements > MAX_ELEMENTS or self._rows > MAX_ROWS + 1:
            raise Malformed(message="malformed-xlsx")

    def _start_cell(self, name: str) -> None:
        # Cells of a row stand in order, A2 before AA2. openpyxl takes the last cell for the one farthest to the
        # right, and would drop those behind it.
        if name and (len(name), name) <= (len(self._cell), self._cell):
            raise Malformed(message="malformed-xlsx")
        self._cell = name or self._cell

    def _end_element(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self.lacks_values |= self._formula_lacks_value
        elif tag == "v":
            self._in_value = False

    def _read_text(self, _text: str) -> None:
        if self._in_value:
            self._formula_lacks_value = False

    def _refuse_doctype(self, *_: object) -> None:
        raise Malformed(message="malformed-xlsx")  # no workbook has one; its entities could stand for anything


# ------------------------------------------------------------------------------------------- reading


def read_rows(file: BinaryIO, *, max_rows: int, max_unpacked: int) -> Iterator[Cells]:
    """Yield the rows of the first sheet that is not hidden, the header first, up to the last that is not blank.

    Each row has as many cells as the header, or one more where it is longer. TooLarge beyond `max_rows` rows
    after the header, 1,000 columns or `max_unpacked` bytes; Malformed where the file is no workbook.
    """
    try:
        yield from _limit_rows(_read_table(file, max_unpacked), max_rows)
    except (TooLarge, Malformed, GeneratorExit):
        raise
    except Exception:  # noqa: BLE001  # a broken file raises whatever zipfile, expat or openpyxl run into
        raise Malformed(message="malformed-xlsx") from None


def _read_table(file: BinaryIO, max_unpacked: int) -> Iterator[Cells]:
    # openpyxl warns of what it finds in a file. The filter is set for good, since catch_warnings would
    # change it for the other threads that read files meanwhile.
    warnings.filterwarnings("ignore", module="openpyxl")
    lacks_values = _check_parts(file, max_unpacked)
    rows = _read_with_formulas(file) if lacks_values else _read_values(file, with_types=False)
    header = [None if isinstance(cell, Uncomputed) else cell for cell in _trim(next(rows, ()))]
    if len(header) > MAX_COLUMNS:
        raise TooLarge(message="too-large-columns", limit=MAX_COLUMNS)
    yield header
    for row in rows:
        cells = _name_columns(_trim(row[: len(header) + 1]), header)
        yield cells + [None] * (len(header) - len(cells)) if cells else cells


def _read_values(file: BinaryIO, *, with_types: bool, formulas: bool = False) -> Iterator[Sequence[Any]]:
    """Yield the rows of the first visible sheet, missing ones as empty rows.

    Cells are values, or with `with_types` the objects of openpyxl. With `formulas` a cell with a formula has its
    text for its value, else what was calculated.
    """
    book = load_workbook(file, read_only=True, data_only=not formulas, keep_links=False)
    with closing(book):
        sheet: Any = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()  # what a sheet says of its own size is often wrong, and cells outside were lost
        # No sheet has more rows: a file that numbers its last row 9,000,000,000 would be blank rows for hours.
        for row in islice(sheet.iter_rows(values_only=not with_types), MAX_ROWS + 1):
            yield row if with_types else [_unescape(value) for value in row]


class Uncomputed(NamedTuple):
    """A cell whose formula nobody has calculated, in a column of this name."""

    column: str = ""


def _read_with_formulas(file: BinaryIO) -> Iterator[Sequence[Any]]:
    """Yield rows as _read_values, Uncomputed in place of a formula without a value: the sheet is read twice at once.

    Reading values, openpyxl shows such a cell as an empty one; reading formulas, it shows no values.
    """
    all_values = _read_values(file, with_types=True)
    all_formulas = _read_values(file, with_types=True, formulas=True)
    for values, formulas in zip(all_values, all_formulas, strict=True):
        yield [
            Uncomputed()
            # The type "str" is that of a formula whose value is the empty text.
            if value.value is None and formula.value is not None and value.data_type != "str"
            else _unescape(value.value)
            for value, formula in zip(values, formulas, strict=True)
        ]


_ESCAPE: Final = re.compile("_x(?!0000)(00[01][0-9A-Fa-f]|005[Ff])_")


def _unescape(value: Any) -> Any:
    """Return a text with its control characters, which XML cannot hold and workbooks write as `_x000D_`.

    (ECMA-376, ST_Xstring; an underscore before such letters is written as `_x005F_`.) openpyxl leaves both as
    they are, but takes `x005F_` out of the texts that cells share.
    """
    if not isinstance(value, str) or "_x" not in value:
        return value
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)


def _name_columns(cells: Cells, header: Cells) -> Cells:
    """Return the cells of a row with the names of the columns in those that are not computed."""
    if not any(isinstance(cell, Uncomputed) for cell in cells):
        return cells
    names = [*(unescape_formula(format_cell_text(name)).strip() for name in header), ""]
    return [
        Uncomputed(name) if isinstance(cell, Uncomputed) else cell for name, cell in zip(names, cells, strict=False)
    ]


def _trim(row: Sequence[Any]) -> Cells:
    """Return a row without the empty cells at its end."""
    last = max((index for index, value in enumerate(row) if value is not None), default=-1)
    return list(row[: last + 1])


def _limit_rows(rows: Iterator[Cells], max_rows: int) -> Iterator[Cells]:
    """Yield the header, and the rows up to the last one that is not blank; TooLarge."""
    header = next(rows)
    yield header
    blank = number = 0
    for row in rows:
        if not row:
            blank += 1
            continue
        number += blank + 1
        if number > max_rows:
            raise TooLarge(message="too-large-rows", limit=max_rows)
        yield from ([None] * len(header) for _ in range(blank))
        blank = 0
        yield row


def read_row(cells: Cells) -> ReadRow:
    """Read a row of a sheet, its cells as texts too; its fault where a fact is a formula without a value."""
    if not any(isinstance(cell, Uncomputed) for cell in cells):
        return ReadRow([format_cell_text(value) for value in cells], cells)
    names = [cell.column for cell in cells if isinstance(cell, Uncomputed) and cell.column in FACT_COLUMNS]
    faults = [SchemaFault((name,), message="schema-uncomputed") for name in names]
    values = [None if isinstance(cell, Uncomputed) else cell for cell in cells]
    texts = [format_cell_text(value) for value in values]
    return ReadRow(texts, values, faults[0].add_faults(faults[1:]) if faults else None)


def format_cell_text(value: Any) -> str:
    """Write the value of a cell as a person would type it.

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


# ------------------------------------------------------------------------------------------- writing


class SheetWriter:
    """Writes a workbook of one sheet, row by row; to be closed."""

    def __init__(self, file: BinaryIO | str, created: date, cut_mark: str = "…") -> None:
        """`created` stands in the file's properties, so that the same answers are the same bytes.

        `cut_mark` is what a text ends with that is cut because no cell holds it.
        """
        # XlsxWriter keeps the rows in a temporary file until it packs them. They are facts of cases: the file
        # lies in a folder that only this user can read, and close() removes it. A process that is killed leaves
        # the folder behind.
        self._folder = tempfile.TemporaryDirectory()
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": self._folder.name})
        self._book.set_properties({"created": datetime.combine(created, time())})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._bold = self._book.add_format({"bold": True})
        self._day_format = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._yuan_format = self._book.add_format({"num_format": "#,##0.00"})
        self._cut_mark = cut_mark
        self._columns: Sequence[str] = ()
        self.rows = 0

    def write_header(self, columns: Sequence[str]) -> None:
        """Write the first row; columns of results are as wide as what they hold."""
        for index, name in enumerate(columns):
            width = _WIDTHS.get(RESULT_COLUMNS.get(name, ""), max(len(name) + 2, 12))
            self._sheet.set_column(index, index, width)
        self._sheet.set_row(0, None, self._bold)
        self.write_row(columns)
        self._columns = columns

    def write_row(self, values: Sequence[Any]) -> None:
        """Write a row: money and numbers as numbers, days as days, all else as text; None stays empty.

        A text that no cell holds is cut, and the row says so as a problem unless it has another one.
        """
        long = [
            index for index, value in enumerate(values) if isinstance(value, str) and _count_units(value) > MAX_TEXT
        ]
        if long:
            values = self._cut_texts(values, long)
        for index, value in enumerate(values):
            self._write_cell(index, value)
        self.rows += 1

    def _cut_texts(self, values: Sequence[Any], long: Sequence[int]) -> Sequence[Any]:
        row = list(values)
        for index in long:
            # The cut may split a surrogate pair; "ignore" drops the half that is left of it.
            units = values[index].encode("utf-16-le")[: 2 * (MAX_TEXT - len(self._cut_mark))]
            row[index] = units.decode("utf-16-le", "ignore") + self._cut_mark
        indexes = dict(zip(self._columns, range(len(row)), strict=False))
        if "problem_code" in indexes and not values[indexes["problem_code"]]:
            names = ", ".join(self._columns[index] for index in long)
            row[indexes["problem_code"]] = TooLarge.code
            row[indexes["problem_detail"]] = f"{names}: {self._cut_mark.strip()}"
        return row

    def _write_cell(self, column: int, value: Any) -> None:
        if value is None or value == "":
            return
        # True is an int for Python, so truth values are told apart before numbers.
        if isinstance(value, bool):
            self._sheet.write_boolean(self.rows, column, value)
        elif isinstance(value, Money):
            # Yuan have at most 15 digits in all: Excel keeps them exactly.
            self._sheet.write_number(self.rows, column, Decimal(value.text), self._yuan_format)
        elif isinstance(value, int | float):
            self._sheet.write_number(self.rows, column, value)
        elif isinstance(value, date) and value >= _as_type_of(value, EXCEL_FIRST):
            self._sheet.write_datetime(self.rows, column, value, self._day_format)
        else:
            # XlsxWriter's general write() turns a text that begins with = into a formula.
            self._sheet.write_string(self.rows, column, str(value))

    def close(self) -> None:
        """Finish the file, also one that is given up, and remove the temporary folder; OSError where a disk is full."""
        try:
            self._book.close()
        except FileCreateError as error:  # XlsxWriter wraps the OSError, which says more
            raise error.args[0] from None
        finally:
            self._folder.cleanup()


def _count_units(text: str) -> int:
    """Count the units of UTF-16 of a text, as Excel counts its length."""
    return len(text) if 2 * len(text) <= MAX_TEXT else len(text.encode("utf-16-le")) // 2


_WIDTHS: Final = {"date": 12, "money": 16, "integer": 12, "boolean": 12}


def _as_type_of(value: date, day: date) -> date:
    """Return a day as a datetime where `value` is one, so that the two can be compared."""
    return datetime.combine(day, time()) if isinstance(value, datetime) else day


# ----------------------------------------------------------------------------------------- answering


def answer_workbook(
    batch: Batch, source: BinaryIO, target: BinaryIO, *, max_rows: int, max_unpacked: int
) -> BatchChunk:
    """Answer the workbook `source` in `target`; what is returned counts rows and problems and has no content.

    Errors as read_rows and Table.
    """
    rows = read_rows(source, max_rows=max_rows, max_unpacked=max_unpacked)
    header = [format_cell_text(name) for name in next(rows)]
    table = Table(batch, header, format_result=format_xlsx_result, format_echo=format_xlsx_echo)
    problems = Counter[str]()
    with closing(open_sheet(batch, target)) as sheet:
        sheet.write_header(table.columns)
        while block := [read_row(cells) for cells in islice(rows, BLOCK)]:
            answers, block_problems = table.answer_rows(block)
            for row in answers:
                sheet.write_row(row)
            problems += block_problems
    return BatchChunk(b"", sheet.rows - 1, problems)


def open_sheet(batch: Batch, target: BinaryIO) -> SheetWriter:
    """Begin the workbook that a batch is answered in."""
    cut_mark = batch.wording.message("too-large-cell", {"limit": MAX_TEXT})
    return SheetWriter(target, batch.data_date, cut_mark)


def format_xlsx_result(value: Value) -> Value:
    """Return a result as it is: its cell has a type."""
    return value


def format_xlsx_echo(value: Any) -> Any:
    """Return a cell of the caller as it goes back; a number that no cell can hold becomes a text."""
    if isinstance(value, str):
        return unescape_formula(value)
    # NaN is smaller than nothing and greater than nothing: `not <` catches it, and `>=` would not.
    if isinstance(value, int | float) and not abs(value) < _MAX_NUMBER:
        return format_cell_text(value)
    return float(value) if type(value) is int and abs(value) > _MAX_EXACT_INTEGER else value


_MAX_NUMBER: Final = 10**308
"""From here on a number does not fit a cell and is written as text."""
_MAX_EXACT_INTEGER: Final = 2**53
"""Above this a cell, being a float, rounds whole numbers."""
