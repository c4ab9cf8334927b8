"""The sheets for fines, deadlines and expiries: rows that ask the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Final, NamedTuple

from xlsxwriter.utility import xl_col_to_name

from penaltycalc.batch.cell import format_cell
from penaltycalc.calculators.calculate import calculate
from penaltycalc.export.workbook import columns
from penaltycalc.export.workbook.book import ROWS, Book, build_prompt
from penaltycalc.export.workbook.columns import Input, Output, SheetSpec
from penaltycalc.export.workbook.lists import (
    CHOICE_COLUMN,
)
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.rules.periods import FIRST_DAY

Cached = str | int | float
"""What a cell with a formula shows until the spreadsheet calculates it."""

_TITLE, _HINT, _LEGEND, _BANDS, _NAMES, _HEADS, _FIRST = range(7)
_LAST: Final = _FIRST + ROWS - 1
_HEIGHT: Final = 72
_RESULT_WIDTH: Final = 30


def write_calculation_sheet(book: Book, spec: SheetSpec) -> None:
    """Write one sheet for calculations: its heads, an example, and rows that are ready to be filled in."""
    sheet = book.get_sheet(spec.sheet)
    indexes = {name: column for column, name in enumerate(columns.list_columns(spec))}
    width = indexes["address"]  # from there on columns are hidden
    _set_widths(book, spec, indexes)
    _write_heads(book, spec)
    _write_legend(book, spec)
    # Templates are built once; each row fills in its own cells.
    formulas = dict(_build_formulas(book, spec))
    for row in range(_FIRST, _LAST + 1):
        sheet.set_row(row, _HEIGHT)
        values = _calculate_example(book, spec) if row == _FIRST else {}
        _write_row(book, spec, row, Columns(indexes, formulas, values))
    for column in spec.inputs:
        _add_validation(book, spec, column, indexes[column.name])
    _add_marks(book, spec, indexes)
    sheet.freeze_panes(_FIRST, 2)
    sheet.autofilter(_HEADS, 0, _LAST, width - 1)
    sheet.repeat_rows(_BANDS, _HEADS)
    sheet.print_area(0, 0, _LAST, width - 1)


def _set_widths(book: Book, spec: SheetSpec, indexes: Mapping[str, int]) -> None:
    """Make columns as wide as what they hold; fold rare ones away, and hide those of the formulas."""
    sheet = book.get_sheet(spec.sheet)
    for column in spec.inputs:
        folded = {"level": 1, "hidden": True} if column.rare else {}
        sheet.set_column(indexes[column.name], indexes[column.name], column.width, None, folded)
    # The sign that unfolds columns stands over the first one behind them, which is that of the result.
    sheet.set_column(indexes["result"], indexes["result"], _RESULT_WIDTH, None, {"collapsed": True})
    for output in spec.visible_outputs:
        sheet.set_column(indexes[output.name], indexes[output.name], output.width)
    sheet.set_column(indexes["address"], max(indexes.values()), 20, book.styles["hidden"], {"hidden": True})


def _write_heads(book: Book, spec: SheetSpec) -> None:
    """Write three rows: what the columns are for, their names in the service, their heads."""
    sheet, styles, heads = book.get_sheet(spec.sheet), book.styles, book.texts["column"]
    references, rare = 1, sum(column.rare for column in spec.inputs)
    facts = len(spec.inputs) - references - rare
    column = 0
    for band, width in (
        ("own", references),
        ("facts", facts),
        ("rare", rare),
        ("results", 1 + len(spec.visible_outputs)),
    ):
        for index in range(column, column + width):
            sheet.write(_BANDS, index, book.texts["band"][band] if index == column else "", styles[f"band_{band}"])
        column += width
    names = {column.name: column.head or column.name for column in spec.inputs}
    names |= {name: name for name in ("result", *(output.name for output in spec.visible_outputs))}
    sheet.set_row(_HEADS, 42)
    sent = {column.name for column in spec.inputs} - {"ref"}
    for index, (name, head) in enumerate(names.items()):
        sheet.write(_NAMES, index, name if name in sent else "", styles["name"])
        sheet.write(_HEADS, index, heads[head], styles["head"])


def _write_legend(book: Book, spec: SheetSpec) -> None:
    """Write what the colours mean, over the columns that are not folded, from that of the id on."""
    sheet, texts = book.get_sheet(spec.sheet), book.texts["legend"]
    visible = (index for index, column in enumerate((*spec.inputs, None)) if index and not (column and column.rare))
    for index, mark in zip(visible, (mark for mark in texts if mark != "past" or spec.past), strict=False):
        sheet.write(_LEGEND, index, texts[mark], book.styles[mark])


def _build_formulas(book: Book, spec: SheetSpec) -> Iterator[tuple[str, str]]:
    """Build the template of each column that is computed, by its name."""
    codes = {
        output.codes: (book.find_list_range(output.codes, 0), book.find_list_range(output.codes, 1))
        for output in spec.outputs
        if output.codes
    }
    texts = book.texts["text"]
    yield "address", columns.build_address_formula(spec, book.lang)
    yield "fault", columns.build_fault_formula(spec)
    yield "result", columns.build_result_formula(spec, texts, _label_missing_facts(book), texts["comma"])
    for output in spec.outputs:
        yield f"{output.name}_raw", columns.build_raw_formula(spec, output)
    for output in spec.visible_outputs:
        yield output.name, columns.build_display_formula(spec, output, codes, texts["open"])


def _label_missing_facts(book: Book) -> dict[str, str]:
    """Label the facts that can be missing."""
    versions = chain.from_iterable(book.rulebook.violations.values())
    names = {name for version in versions for name in version.required_facts}
    return {name: book.wording.label("fact", name) for name in sorted(names)}


class Columns(NamedTuple):
    """The columns of a sheet by name: the index of each, the templates of computed ones, and what those show."""

    indexes: Mapping[str, int]
    formulas: Mapping[str, str]
    values: Mapping[str, Cached]


def _write_row(book: Book, spec: SheetSpec, row: int, columns: Columns) -> None:
    """Write one row; the cells of `columns.values` show these values until they are calculated."""
    sheet, styles = book.get_sheet(spec.sheet), book.styles
    indexes, formulas, values = columns
    cells = {name: f"${xl_col_to_name(index)}{row + 1}" for name, index in indexes.items()}
    for column in spec.inputs:
        _write_input(book, spec, column, (row, indexes[column.name]), example=bool(values))
    kinds = {output.name: output for output in spec.visible_outputs}
    for name, template in formulas.items():
        style = _find_style(kinds[name]) if name in kinds else "shown_small" if name == "result" else "hidden"
        # XlsxWriter would store 0 by default, and viewers that do not calculate would show it in each row.
        value = values.get(name, "")
        sheet.write_formula(row, indexes[name], "=" + template.format(**cells), styles[style], value)


def _write_input(book: Book, spec: SheetSpec, column: Input, cell: tuple[int, int], *, example: bool) -> None:
    """Write a cell to fill in, with its value in the row of the example."""
    sheet = book.get_sheet(spec.sheet)
    style = book.styles[column.kind if column.kind in ("money", "date", "integer") else "text"]
    fact = spec.example.get(column.name) if example else None
    if fact is None:
        sheet.write_blank(*cell, None, style)
    elif column.kind == "date":
        sheet.write_datetime(*cell, datetime.fromisoformat(fact), style)
    elif column.kind in ("money", "integer"):
        sheet.write_number(*cell, Decimal(fact), style)
    else:
        sheet.write_string(*cell, book.find_choice(column.choices, fact), style)


def _find_style(output: Output) -> str:
    if output.kind == "text":
        return "shown_small"
    return f"shown_{output.kind}" if output.kind in ("money", "date", "integer") else "shown_text"


def _calculate_example(book: Book, spec: SheetSpec) -> dict[str, Cached]:
    """Calculate what the row of the example shows until the spreadsheet calculates it."""
    request = parse_flat(spec.kind, spec.example)
    answer = calculate(request, book.rulebook, book.calendar, lang=book.lang, explain=False)
    texts = {output.name: format_cell(answer, output.out, serial=output.kind == "date") for output in spec.outputs}
    labels = {output.name: _list_labels(book, output.codes) for output in spec.visible_outputs if output.codes}
    values: dict[str, Cached] = {f"{name}_raw": text for name, text in texts.items()}
    values["result"] = book.texts["text"][spec.example_result]
    for output in spec.visible_outputs:
        text = texts[output.name]
        values[output.name] = labels[output.name].get(text, text) if output.codes else _parse_number(output, text)
    return values


def _list_labels(book: Book, list_name: str) -> dict[str, str]:
    return {code: label for code, label, *_ in book.lists[list_name].rows}


def _parse_number(output: Output, text: str) -> Cached:
    """Parse a text as the number that its cell shows."""
    if not text or output.kind == "text":
        return text
    return float(text) if output.kind == "money" else int(text)


def _add_validation(book: Book, spec: SheetSpec, column: Input, index: int) -> None:
    """Restrict what the cells of a column take, and add what they say."""
    max_stops = columns.MAX_STOPS
    prompts = book.texts["prompt"]
    prompts_by_kind = {
        "text": prompts["ref"],
        "id": prompts["choose"],
        "stops": prompts["stops"].format(most=max_stops),
    }
    texts = build_prompt(book, prompts_by_kind.get(column.kind) or book.wording.field(column.name))
    lists = (
        {"validate": "list", "source": "=" + book.find_list_range(column.choices, CHOICE_COLUMN)}
        if column.choices
        else {}
    )
    field = list_flat_fields(spec.kind)[column.name].info
    between: dict[str, Any] = {"criteria": "between"}
    rules: dict[str, dict[str, Any]] = {
        "text": {"validate": "length", **between, "minimum": 0, "maximum": getattr(field, "max_length", None)},
        "stops": {"validate": "length", **between, "minimum": 0, "maximum": max_stops},
        "date": {"validate": "date", **between, "minimum": FIRST_DAY, "maximum": columns.LAST_DAY},
        "integer": {
            "validate": "integer",
            **between,
            "minimum": getattr(field, "ge", None),
            "maximum": getattr(field, "le", None),
        },
        "money": {"validate": "decimal", **between, "minimum": 0, "maximum": columns.MAX_YUAN},
    }
    book.get_sheet(spec.sheet).data_validation(_FIRST, index, _LAST, index, {**(lists or rules[column.kind]), **texts})


def _add_marks(book: Book, spec: SheetSpec, indexes: Mapping[str, int]) -> None:
    """Colour cells by content: faults, days that are past, what is projected or open."""
    cells = {name: f"${xl_col_to_name(index)}{_FIRST + 1}" for name, index in indexes.items()}
    _add_mark(book, spec, indexes["result"], '{fault}<>""'.format(**cells), "fault")
    for name in spec.past:
        past = f"AND(ISNUMBER({cells[name]}),{cells[name]}<TODAY())"
        _add_mark(book, spec, indexes[name], past, "past")
    for name in spec.uncertain:
        is_uncertain = spec.is_uncertain.format(**cells)
        _add_mark(book, spec, indexes[name], f'AND({is_uncertain},{cells[name]}<>"")', "open")


def _add_mark(book: Book, spec: SheetSpec, index: int, formula: str, mark: str) -> None:
    # Of two marks the first counts: without stop_if_true the colours of both would mix.
    rule = {"type": "formula", "criteria": f"={formula}", "format": book.marks[mark], "stop_if_true": True}
    book.get_sheet(spec.sheet).conditional_format(_FIRST, index, _LAST, index, rule)
