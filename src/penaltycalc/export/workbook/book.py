"""The workbook for offices: rows that ask the service through WEBSERVICE(), lists, and how to use it.

It computes nothing itself. The values that its example rows show before they are calculated again are
those of the law data and the calendar it was made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import xlsxwriter
from msgspec import UNSET
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from penaltycalc._version import __version__
from penaltycalc.batch.cell import format_cell
from penaltycalc.calculators import catalogue
from penaltycalc.calculators.calculate import calculate
from penaltycalc.calculators.catalogue import StepItem, TermItem
from penaltycalc.calculators.expiries import Convention
from penaltycalc.calculators.explain import find_data_date
from penaltycalc.calculators.penalties import Severity
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.export.workbook import columns
from penaltycalc.export.workbook.columns import SHEETS, Input, Output, SheetSpec
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.input.words import SERIAL_EPOCH
from penaltycalc.rules.clauses import Activity, Authority, Scope, TierName
from penaltycalc.rules.periods import FIRST_DAY, Period
from penaltycalc.rules.rows import StopReason
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

ROWS: Final = 50
"""Prepared rows of each sheet that asks, the example included."""

PROGRAM: Final = Path(__file__).parent / "batch.pq"
"""The Power Query program that sends a table to the batch."""

Texts = Mapping[str, Mapping[str, str]]
Cached = str | int | float


def build_workbook(rulebook: Rulebook, calendar: WorkingCalendar, lang: Language, public_url: str) -> bytes:
    """The workbook in one language, asking the service at `public_url`, an address without a slash at its end.

    The same law data, calendar, language and address give the same bytes.
    """
    target = BytesIO()
    book = Book(target, rulebook, calendar, lang)
    for name in book.texts["sheet"]:
        book.add(name)
    _read_me(book)
    _settings(book, public_url)
    for question in SHEETS:
        _question(book, question)
    _lists(book)
    _power_query(book)
    book.file.get_worksheet_by_name(book.sheet("fines")).activate()
    book.file.close()
    return target.getvalue()


# ----------------------------------------------------------------------------------------- the book

FONT: Final = "Microsoft YaHei"
MONOSPACE: Final = "Consolas"
_DARK, _LINE, _GREY, _WHITE = "#1F4E5F", "#D3DCE0", "#6B7B83", "#FFFFFF"
_INPUT, _RESULT = "#FFFAE6", "#F4F8F9"
_RED, _ON_RED, _AMBER, _ON_AMBER, _FAULT, _GREEN = (
    "#F8D9D5",
    "#8E2A1E",
    "#FCE8C8",
    "#7A5200",
    "#C0271A",
    "#1E7145",
)
_CELL: Final = {
    "border": 1,
    "border_color": _LINE,
    "valign": "top",
    "align": "left",
    "indent": 1,
    "text_wrap": True,
}
_LEGEND_CELL: Final = {"border": 1, "border_color": _LINE, "align": "center", "shrink": True, "font_size": 9}
_INPUT_CELL: Final = {**_CELL, "bg_color": _INPUT}
_RESULT_CELL: Final = {**_CELL, "bg_color": _RESULT}
_BAND: Final = {"bold": True, "align": "left", "indent": 1, "font_color": _WHITE}
_DATE, _YUAN = {"num_format": "yyyy-mm-dd"}, {"num_format": "#,##0.00", "align": "right"}

_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 16, "font_color": _DARK},
    "hint": {"font_color": _GREY},
    "heading": {"bold": True, "font_size": 11, "font_color": _DARK, "bottom": 1, "bottom_color": _DARK},
    "body": {"text_wrap": True, "valign": "top"},
    "program": {"font_name": MONOSPACE, "font_size": 9},
    "label": {**_CELL, "bold": True},
    "about": {"font_color": _GREY, "text_wrap": True, "valign": "top", "align": "left", "indent": 1},
    "band_own": {**_BAND, "bg_color": _GREY},
    "band_facts": {**_BAND, "bg_color": _DARK},
    "band_rare": {**_BAND, "bg_color": "#5B7F8C"},
    "band_results": {**_BAND, "bg_color": "#3B6B4F"},
    "name": {"font_size": 8, "font_color": _GREY, "left": 1, "right": 1, "border_color": _LINE, "indent": 1},
    "head": {**_CELL, "bold": True, "bg_color": "#E6EEF1", "bottom": 2, "bottom_color": _DARK, "valign": "vcenter"},
    "hidden": {"font_color": _GREY, "font_size": 8},
    "text": {**_INPUT_CELL, "num_format": "@"},
    "money": {**_INPUT_CELL, **_YUAN},
    "date": {**_INPUT_CELL, **_DATE},
    "integer": {**_INPUT_CELL, "num_format": "0", "align": "center", "indent": 0},
    "shown_text": {**_RESULT_CELL},
    "shown_small": {**_RESULT_CELL, "font_size": 9},
    "shown_money": {**_RESULT_CELL, **_YUAN, "bold": True},
    "shown_date": {**_RESULT_CELL, **_DATE, "bold": True},
    "shown_integer": {**_RESULT_CELL, "num_format": "0", "align": "center", "indent": 0},
    "listed": {**_CELL},
    "fill_in": {**_LEGEND_CELL, "bg_color": _INPUT},
    "result": {**_LEGEND_CELL, "bg_color": _RESULT},
    "past": {**_LEGEND_CELL, "bg_color": _RED, "font_color": _ON_RED},
    "open": {**_LEGEND_CELL, "bg_color": _AMBER, "font_color": _ON_AMBER},
    "fault": {**_LEGEND_CELL, "font_color": _FAULT, "bold": True},
}
_MARKS: Final[dict[str, dict[str, Any]]] = {
    "past": {"bg_color": _RED, "font_color": _ON_RED},
    "open": {"bg_color": _AMBER, "font_color": _ON_AMBER},
    "fault": {"font_color": _FAULT, "bold": True},
    "good": {"font_color": _GREEN, "bold": True},
}
_TABS: Final = {"fines": _DARK, "deadlines": _DARK, "expiries": _DARK, "settings": "#C9A227"}


class Book:
    """The file as it is written, with the texts and the law that its sheets are made from."""

    def __init__(self, target: BytesIO, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> None:
        options = {
            "in_memory": True,
            "default_format_properties": {"font_name": FONT, "font_size": 10},
            "default_row_height": 22,
        }
        self.file = xlsxwriter.Workbook(target, options)
        self.file.set_properties({"created": datetime.combine(find_data_date(rulebook, calendar), time())})
        self.rulebook = rulebook
        self.calendar = calendar
        self.lang = lang
        self.wording = rulebook.wordings[lang]
        self.texts: Texts = self.wording.workbook()
        self.styles: dict[str, Any] = {name: self.file.add_format(style) for name, style in _STYLES.items()}
        self.marks: dict[str, Any] = {name: self.file.add_format(style) for name, style in _MARKS.items()}
        self.blocks = tuple(_blocks(self))

    def sheet(self, name: str) -> str:
        """What a sheet is called."""
        return self.texts["sheet"][name]

    def add(self, name: str) -> None:
        """Add a sheet with its title and its hint, set up for print on A4."""
        sheet = self.file.add_worksheet(self.sheet(name))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer(f"&L&8penaltycalc {__version__}&C&8&A&R&8&P / &N")
        if name in _TABS:
            sheet.set_tab_color(_TABS[name])
        sheet.set_row(0, 30)
        sheet.write(0, _left(name), self.texts["title"][name], self.styles["title"])
        if name in self.texts["hint"]:
            sheet.write(1, _left(name), self.texts["hint"][name], self.styles["hint"])

    def page(self, name: str) -> Any:
        """A sheet, to be written."""
        return self.file.get_worksheet_by_name(self.sheet(name))

    def place(self, name: str, first: tuple[int, int], last: tuple[int, int] | None = None) -> str:
        """A cell or a range of a sheet, as it stands in formulas."""
        cells = [xl_rowcol_to_cell(*one, row_abs=True, col_abs=True) for one in (first, last) if one is not None]
        return f"'{self.sheet(name)}'!{':'.join(cells)}"

    def column_of(self, list: str, column: int) -> str:
        """The range of one column of a list of the sheet Lists."""
        row = _LISTS_BEGIN
        for block in self.blocks:
            first = row + 2
            row = first + len(block.rows) + 1
            if block.name == list:
                return self.place("lists", (first, column), (first + len(block.rows) - 1, column))
        raise KeyError(list)

    def choice(self, list: str, code: str) -> str:
        """What a list offers for a code."""
        (block,) = (block for block in self.blocks if block.name == list)
        return next(row[_CHOICE] for row in block.rows if row[0] == code)


def _left(name: str) -> int:
    """The column in which a sheet begins; texts have a margin."""
    return 1 if name in ("read_me", "settings") else 0


# ------------------------------------------------------------------------------------- the read-me


def _read_me(book: Book) -> None:
    sheet, styles = book.page("read_me"), book.styles
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, _READ_ME_WIDTH)
    sheet.set_portrait()
    row = 2
    for part, title in book.texts["read_me_title"].items():
        sheet.write(row, 1, title, styles["heading"])
        row += 1
        if part == "colours":
            for mark, text in book.texts["legend"].items():
                sheet.write(row, 1, text, styles[mark])
                row += 1
        for line in book.texts["read_me"].get(part, "").format(**_facts(book)).splitlines():
            sheet.set_row(row, _height([line], [_READ_ME_WIDTH]))
            sheet.write(row, 1, line, styles["body"])
            row += 1
        row += 1


_READ_ME_WIDTH: Final = 120
_LINE_HEIGHT: Final = 16.5


def _height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """The height of a row whose texts wrap in columns of these widths, which count digits.

    On the average a letter is narrower than a digit, and a Chinese character twice as wide.
    """
    sizes = [sum(0.85 if ord(one) < 0x2000 else 2 for one in text) for text in texts]
    return _LINE_HEIGHT * max(ceil(size / width) for size, width in zip(sizes, widths, strict=True))


def _facts(book: Book) -> dict[str, object]:
    """What the texts of the workbook mention."""
    return {
        "rows": ROWS,
        "longest": f"{columns.MAX_ADDRESS:,}",
        "answer": f"{columns.MAX_ANSWER:,}",
        "engine": __version__,
        "rulebook": book.rulebook.digest,
        "calendar": book.calendar.digest,
        "official_through": book.calendar.official_through.isoformat(),
    }


# ------------------------------------------------------------------------------------ the settings


def _settings(book: Book, public_url: str) -> None:
    sheet, said = book.page("settings"), book.texts["settings"]
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 3, 84)
    address = said["address_about"].format(address=public_url)
    _setting(book, 3, columns.SERVICE, said["address"], public_url, address)
    _setting(book, 4, columns.KEY, said["key"], "", said["key_about"])
    _limit(book, 3, (len("http://x"), columns.MAX_SERVICE), said["address_prompt"])
    _limit(book, 4, (0, columns.MAX_KEY), said["key_prompt"])
    _connection(book, 5)
    sheet.write(7, 1, said["texts"], book.styles["heading"])
    _setting(book, 8, columns.NO_ANSWER, said["no_answer"], book.texts["text"]["no_answer"])
    _setting(book, 9, columns.TOO_LONG, said["too_long"], book.texts["text"]["too_long"].format(**_facts(book)))
    sheet.write(11, 1, said["derived"], book.styles["heading"])
    given = f"TRIM({columns.SERVICE})"
    _derived(
        book, 12, columns.BASE, said["base"], f'IF(RIGHT({given})="/",LEFT({given},LEN({given})-1),{given})', public_url
    )
    part = f'IF(TRIM({columns.KEY})="","","&key="&_xlfn.ENCODEURL(TRIM({columns.KEY})))'
    _derived(book, 13, columns.KEY_PART, said["key_part"], part, "")
    day = (book.calendar.official_through - SERIAL_EPOCH).days
    path = columns.quote(f"/v1/cells/working-days?lang={book.lang}&from={day}&to={day}")
    asked = f"IFERROR(_xlfn.WEBSERVICE({columns.BASE}&{path}&{columns.KEY_PART}),{columns.NO_ANSWER})"
    _derived(book, 14, _PROBE, said["connection"], asked, "")


_PROBE: Final = "Connection_Answer"


def _setting(book: Book, row: int, name: str, label: str, value: str, about: str = "") -> None:
    """A named cell to fill in."""
    sheet, styles = book.page("settings"), book.styles
    sheet.write_string(row, 1, label, styles["label"])
    sheet.write_string(row, 2, value, styles["text"])
    sheet.write_string(row, 3, about, styles["about"])
    book.file.define_name(name, "=" + book.place("settings", (row, 2)))


def _limit(book: Book, row: int, lengths: tuple[int, int], prompt: str) -> None:
    least, most = lengths
    wanted = {"validate": "length", "criteria": "between", "minimum": least, "maximum": most}
    book.page("settings").data_validation(row, 2, row, 2, {**wanted, **_told(book, prompt.format(most=most))})


def _told(book: Book, prompt: str) -> dict[str, str]:
    """What a validated cell says when it is chosen, and when it refuses."""
    return {"input_message": prompt, "error_title": book.texts["prompt"]["refused"], "error_message": prompt}


def _connection(book: Book, row: int) -> None:
    """Whether the service answers; what it says where it refuses."""
    sheet, said, texts = book.page("settings"), book.texts["settings"], book.texts["text"]
    sheet.write_string(row, 1, said["connection"], book.styles["label"])
    good = columns.quote(texts["connected"])
    refused = f'OR({_PROBE}={columns.NO_ANSWER},LEFT({_PROBE},4)="#ERR")'
    formula = f"=IF({refused},{_PROBE},{good})"
    sheet.write_formula(row, 2, formula, book.styles["shown_text"], texts["not_checked"])
    sheet.write_string(row, 3, said["connection_about"], book.styles["about"])
    for criteria, mark in ((f"={refused}", "fault"), (f"=NOT({refused})", "good")):
        sheet.conditional_format(row, 2, row, 2, {"type": "formula", "criteria": criteria, "format": book.marks[mark]})


def _derived(book: Book, row: int, name: str, label: str, formula: str, value: str) -> None:
    sheet, styles = book.page("settings"), book.styles
    sheet.write_string(row, 1, label, styles["about"])
    sheet.write_formula(row, 2, "=" + formula, styles["about"], value)
    book.file.define_name(name, "=" + book.place("settings", (row, 2)))


# -------------------------------------------------------------------------- the sheets that ask

_TITLE, _HINT, _LEGEND, _BANDS, _NAMES, _HEADS, _FIRST = range(7)
_LAST: Final = _FIRST + ROWS - 1
_HEIGHT: Final = 72
_RESULT_WIDTH: Final = 30


def _question(book: Book, question: SheetSpec) -> None:
    sheet = book.page(question.sheet)
    places = {name: column for column, name in enumerate(columns.list_columns(question))}
    shown = places["address"]
    _widths(book, question, places)
    _heads(book, question)
    _legend(book, question)
    formulas = dict(_formulas(book, question))
    for row in range(_FIRST, _LAST + 1):
        sheet.set_row(row, _HEIGHT)
        values = _example(book, question) if row == _FIRST else {}
        _row(book, question, row, (places, formulas, values))
    for column in question.inputs:
        _validate(book, question, column, places[column.name])
    _mark(book, question, places)
    sheet.freeze_panes(_FIRST, 2)
    sheet.autofilter(_HEADS, 0, _LAST, shown - 1)
    sheet.repeat_rows(_BANDS, _HEADS)
    sheet.print_area(0, 0, _LAST, shown - 1)


def _widths(book: Book, question: SheetSpec, places: Mapping[str, int]) -> None:
    """Columns as wide as what they hold; rare ones folded away, those of the formulas hidden."""
    sheet = book.page(question.sheet)
    for column in question.inputs:
        folded = {"level": 1, "hidden": True} if column.rare else {}
        sheet.set_column(places[column.name], places[column.name], column.width, None, folded)
    sheet.set_column(places["result"], places["result"], _RESULT_WIDTH, None, {"collapsed": True})
    for output in question.shown:
        sheet.set_column(places[output.name], places[output.name], output.width)
    sheet.set_column(places["address"], max(places.values()), 20, book.styles["hidden"], {"hidden": True})


def _heads(book: Book, question: SheetSpec) -> None:
    """Three rows: what the columns are for, their names in the service, their heads."""
    sheet, styles, heads = book.page(question.sheet), book.styles, book.texts["column"]
    own, rare = 1, sum(column.rare for column in question.inputs)
    facts = len(question.inputs) - own - rare
    column = 0
    for band, width in (("own", own), ("facts", facts), ("rare", rare), ("results", 1 + len(question.shown))):
        for place in range(column, column + width):
            sheet.write(_BANDS, place, book.texts["band"][band] if place == column else "", styles[f"band_{band}"])
        column += width
    names = {column.name: column.head or column.name for column in question.inputs}
    names |= {name: name for name in ("result", *(output.name for output in question.shown))}
    sheet.set_row(_HEADS, 42)
    sent = {column.name for column in question.inputs} - {"ref"}
    for place, (name, head) in enumerate(names.items()):
        sheet.write(_NAMES, place, name if name in sent else "", styles["name"])
        sheet.write(_HEADS, place, heads[head], styles["head"])


def _legend(book: Book, question: SheetSpec) -> None:
    """What the colours mean, over the columns that are not folded, from the id's on."""
    sheet, texts = book.page(question.sheet), book.texts["legend"]
    places = (place for place, column in enumerate((*question.inputs, None)) if place and not (column and column.rare))
    for place, mark in zip(places, (mark for mark in texts if mark != "past" or question.past), strict=False):
        sheet.write(_LEGEND, place, texts[mark], book.styles[mark])


def _formulas(book: Book, question: SheetSpec) -> Iterator[tuple[str, str]]:
    """The template of each column that is computed."""
    codes = {
        output.codes: (book.column_of(output.codes, 0), book.column_of(output.codes, 1))
        for output in question.outputs
        if output.codes
    }
    texts = book.texts["text"]
    yield "address", columns.build_address_formula(question, book.lang)
    yield "fault", columns.build_fault_formula(question)
    yield "result", columns.build_result_formula(question, texts, _facts_missing(book), texts["comma"])
    for output in question.outputs:
        yield f"{output.name}_raw", columns.build_raw_formula(question, output)
    for output in question.shown:
        yield output.name, columns.build_display_formula(question, output, codes, texts["open"])


def _facts_missing(book: Book) -> dict[str, str]:
    """The facts that can be missing, and what people call them."""
    versions = (one for found in book.rulebook.violations.values() for one in found)
    names = {name for version in versions for name in version.required_facts}
    return {name: book.wording.label("fact", name) for name in sorted(names)}


Columns = tuple[Mapping[str, int], Mapping[str, str], Mapping[str, Cached]]


def _row(book: Book, question: SheetSpec, row: int, columns: Columns) -> None:
    """One row: `columns` are the places of all, the templates of those computed, and the values that they have."""
    sheet, styles = book.page(question.sheet), book.styles
    places, formulas, values = columns
    cells = {name: f"${xl_col_to_name(place)}{row + 1}" for name, place in places.items()}
    for column in question.inputs:
        _input(book, question, column, (row, places[column.name]), example=bool(values))
    kinds = {output.name: output for output in question.shown}
    for name, template in formulas.items():
        style = _shown_style(kinds[name]) if name in kinds else "shown_small" if name == "result" else "hidden"
        value = values.get(name, "")
        sheet.write_formula(row, places[name], "=" + template.format(**cells), styles[style], value)


def _input(book: Book, question: SheetSpec, column: Input, place: tuple[int, int], *, example: bool) -> None:
    """A cell to fill in, filled in where it is one of the example."""
    sheet = book.page(question.sheet)
    style = book.styles[column.kind if column.kind in ("money", "date", "integer") else "text"]
    given = question.example.get(column.name) if example else None
    if given is None:
        sheet.write_blank(*place, None, style)
    elif column.kind == "date":
        sheet.write_datetime(*place, datetime.fromisoformat(given), style)
    elif column.kind in ("money", "integer"):
        sheet.write_number(*place, Decimal(given), style)
    else:
        sheet.write_string(*place, book.choice(column.choices, given), style)


def _shown_style(output: Output) -> str:
    if output.kind == "text":
        return "shown_small"
    return f"shown_{output.kind}" if output.kind in ("money", "date", "integer") else "shown_text"


def _example(book: Book, question: SheetSpec) -> dict[str, Cached]:
    """What the example row shows before it is calculated again."""
    request = parse_flat(question.kind, question.example)
    answer = calculate(request, book.rulebook, book.calendar, lang=book.lang, explain=False)
    texts = {output.name: format_cell(answer, output.out, serial=output.kind == "date") for output in question.outputs}
    labels = {output.name: dict(_labels(book, output.codes)) for output in question.shown if output.codes}
    values: dict[str, Cached] = {f"{name}_raw": text for name, text in texts.items()}
    values["result"] = book.texts["text"][question.example_result]
    for output in question.shown:
        text = texts[output.name]
        values[output.name] = labels[output.name].get(text, text) if output.codes else _number(output, text)
    return values


def _labels(book: Book, list: str) -> Iterator[tuple[str, str]]:
    return ((row[0], row[1]) for block in book.blocks if block.name == list for row in block.rows)


def _number(output: Output, text: str) -> Cached:
    """A text as the number that it is shown as."""
    if not text or output.kind == "text":
        return text
    return float(text) if output.kind == "money" else int(text)


def _validate(book: Book, question: SheetSpec, column: Input, place: int) -> None:
    """What the cells of a column take, and what they say."""
    most = columns.MAX_STOPS
    prompts = book.texts["prompt"]
    own = {"text": prompts["ref"], "id": prompts["choose"], "stops": prompts["stops"].format(most=most)}
    told = _told(book, own.get(column.kind) or book.wording.field(column.name))
    lists = {"validate": "list", "source": "=" + book.column_of(column.choices, _CHOICE)} if column.choices else {}
    field = list_flat_fields(question.kind)[column.name].info
    between: dict[str, Any] = {"criteria": "between"}
    rules: dict[str, dict[str, Any]] = {
        "text": {"validate": "length", **between, "minimum": 0, "maximum": getattr(field, "max_length", None)},
        "stops": {"validate": "length", **between, "minimum": 0, "maximum": most},
        "date": {"validate": "date", **between, "minimum": FIRST_DAY, "maximum": columns.LAST_DAY},
        "integer": {
            "validate": "integer",
            **between,
            "minimum": getattr(field, "ge", None),
            "maximum": getattr(field, "le", None),
        },
        "money": {"validate": "decimal", **between, "minimum": 0, "maximum": columns.MAX_YUAN},
    }
    book.page(question.sheet).data_validation(_FIRST, place, _LAST, place, {**(lists or rules[column.kind]), **told})


def _mark(book: Book, question: SheetSpec, places: Mapping[str, int]) -> None:
    """Colours by content: faults, days that are past, what is projected or open."""
    cells = {name: f"${xl_col_to_name(place)}{_FIRST + 1}" for name, place in places.items()}
    _marked(book, question, places["result"], '{fault}<>""'.format(**cells), "fault")
    for name in question.past:
        past = f"AND(ISNUMBER({cells[name]}),{cells[name]}<TODAY())"
        _marked(book, question, places[name], past, "past")
    for name in question.open:
        said = question.is_open.format(**cells)
        _marked(book, question, places[name], f'AND({said},{cells[name]}<>"")', "open")


def _marked(book: Book, question: SheetSpec, place: int, formula: str, mark: str) -> None:
    rule = {"type": "formula", "criteria": f"={formula}", "format": book.marks[mark], "stop_if_true": True}
    book.page(question.sheet).conditional_format(_FIRST, place, _LAST, place, rule)


# ---------------------------------------------------------------------------------------- the lists

_LISTS_BEGIN: Final = 3
_LIST_WIDTHS: Final = (36, 48, 46, 68, 76)
_CHOICE: Final = 4


class Block(NamedTuple):
    """A list: the code and the label of each row, two cells of more, and what drop-downs offer."""

    name: str
    heads: tuple[str, str, str, str, str]
    rows: tuple[tuple[str, str, str, str, str], ...]


_HEAD_OF: Final = {"violation": "who", "step": "length", "term": "length"}


def _blocks(book: Book) -> Iterator[Block]:
    """All lists, the catalogues first."""
    rulebook, lang = book.rulebook, book.lang
    yield _catalogue("violation", ((one, one.who) for one in catalogue.list_violations(rulebook, lang).items))
    yield _catalogue("step", ((one, _step_length(book, one)) for one in catalogue.list_steps(rulebook, lang).items))
    yield _catalogue("term", ((one, _term_length(book, one)) for one in catalogue.list_terms(rulebook, lang).items))
    label = book.wording.label
    yield _codes("activity", {code: label("activity", code) for code in get_args(Activity)})
    yield _codes("severity", {code: label("severity_given", code) for code in get_args(Severity)})
    yield _codes("scope", {code: label("scope", code) for code in get_args(Scope)})
    yield _codes("convention", {code: book.texts["convention"][code] for code in get_args(Convention)})
    yes_no = book.texts["yes_no"].items()
    yield Block("yes_no", _CODE_HEADS, tuple((code, said, "", "", said) for code, said in yes_no))
    yield _labelled("stop_reason", {code: label("stop_reason", code) for code in get_args(StopReason)})
    yield _labelled("tier", {code: label("tier", code) for code in get_args(TierName)})
    yield _labelled("authority", {code: label("authority", code) for code in get_args(Authority)})
    yield _labelled("status", {code: label("status", code) for code in get_args(Status)})
    yield _labelled("barred", {"TRUE": label("heading", "barred"), "FALSE": label("heading", "not_barred")})


_CODE_HEADS: Final = ("code", "label", "", "", "choice")


def _catalogue(name: str, items: Iterable[tuple[Any, str]]) -> Block:
    rows = ((one.id, one.title, more, one.citation.label, f"{one.id} {one.title}") for one, more in items)
    return Block(name, ("id", "title", _HEAD_OF[name], "citation", "choice"), tuple(rows))


def _codes(name: str, labels: Mapping[str, str]) -> Block:
    """Codes to choose from, with their labels; a label that begins with its code says enough."""
    rows = (
        (code, said, "", "", said if f"{said} ".startswith(f"{code} ") else f"{code} {said}")
        for code, said in labels.items()
    )
    return Block(name, _CODE_HEADS, tuple(rows))


def _labelled(name: str, labels: Mapping[str, str]) -> Block:
    """Codes that are only explained."""
    return Block(name, ("code", "label", "", "", ""), tuple((code, said, "", "", "") for code, said in labels.items()))


def _step_length(book: Book, step: StepItem) -> str:
    if step.length is UNSET:
        return ""
    unit = book.wording.label("unit", step.unit)
    return book.texts["text"]["length"].format(number=step.length, unit=unit)


def _term_length(book: Book, term: TermItem) -> str:
    length = "".join(_parts(book, term.length))
    return book.texts["text"]["at_most"].format(length=length) if term.ceiling else length


def _parts(book: Book, period: Period) -> Iterator[str]:
    for part in ("years", "months", "days"):
        number = getattr(period, part)
        if number:
            yield book.wording.label("period_of_one" if number == 1 else "period", part).format(number=number)


def _lists(book: Book) -> None:
    sheet, styles, said = book.page("lists"), book.styles, book.texts["list"]
    for column, width in enumerate(_LIST_WIDTHS):
        sheet.set_column(column, column, width)
    row = _LISTS_BEGIN
    for block in book.blocks:
        sheet.write(row, 0, said[block.name], styles["heading"])
        _line(sheet, row + 1, [said[head] if head else "" for head in block.heads], styles["head"])
        for number, cells in enumerate(block.rows, row + 2):
            sheet.set_row(number, max(_height(cells, _LIST_WIDTHS), _LINE_HEIGHT))
            _line(sheet, number, cells, styles["listed"])
        row += 2 + len(block.rows) + 1
    sheet.freeze_panes(2, 0)


def _line(sheet: Any, row: int, texts: Sequence[str], style: Any) -> None:
    """Write a row of a list; columns that the list does not have stay empty."""
    for column, text in enumerate(texts):
        if text:
            sheet.write_string(row, column, text, style)


# ---------------------------------------------------------------------------------- Power Query


def _power_query(book: Book) -> None:
    sheet, styles, said = book.page("power_query"), book.styles, book.texts["query"]
    program = PROGRAM.read_text("utf-8").replace("{lang}", book.lang).splitlines()
    steps = said["how"].splitlines()
    begin = 3 + len(steps) + 3
    steps = said["how"].format(first=begin + 1, last=begin + len(program)).splitlines()
    sheet.set_column(0, 12, 23)
    sheet.write(3, 0, said["steps"], styles["heading"])
    for row, line in enumerate(steps, 4):
        sheet.write_string(row, 0, line)
    sheet.write(begin - 1, 0, said["program"], styles["heading"])
    for row, line in enumerate(program, begin):
        sheet.write_string(row, 0, line, styles["program"])
    _batch_table(book, begin + len(program) + 1)


def _batch_table(book: Book, row: int) -> None:
    """The table that the program sends: the examples of the other sheets."""
    sheet, styles = book.page("power_query"), book.styles
    sheet.write(row, 0, book.texts["query"]["table"], styles["heading"])
    rows: list[dict[str, str]] = [{"kind": question.kind, "ref": "", **question.example} for question in SHEETS]
    names = tuple(dict.fromkeys(name for one in rows for name in one))
    kinds = {column.name: column.kind for question in SHEETS for column in question.inputs}
    columns = [{"header": name, "header_format": styles["head"]} for name in names]
    options = {"name": "Batch", "columns": columns, "style": "Table Style Light 9"}
    sheet.add_table(row + 1, 0, row + 1 + len(rows), len(names) - 1, options)
    for number, facts in enumerate(rows, row + 2):
        for column, name in enumerate(names):
            _fact(book, (number, column), kinds.get(name, "text"), facts.get(name, ""))


def _fact(book: Book, place: tuple[int, int], kind: str, text: str) -> None:
    sheet = book.page("power_query")
    if not text:
        sheet.write_blank(*place, None, book.styles["date" if kind == "date" else "text"])
    elif kind == "date":
        sheet.write_datetime(*place, datetime.combine(date.fromisoformat(text), time()), book.styles["date"])
    elif kind in ("money", "integer"):
        sheet.write_number(*place, Decimal(text), book.styles[kind])
    else:
        sheet.write_string(*place, text, book.styles["text"])
