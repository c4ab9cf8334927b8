"""The sheet of the workbook for Power Query, which answers a whole table at once."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Final

from penaltycalc.export.workbook.book import Book
from penaltycalc.export.workbook.columns import SHEETS

PROGRAM: Final = Path(__file__).parent / "batch.pq"
"""The Power Query program that sends a table to the batch."""


def write_power_query(book: Book) -> None:
    """Write the sheet with the Power Query program, how to use it, and a table to begin with."""
    sheet, styles, texts = book.get_sheet("power_query"), book.styles, book.texts["query"]
    program = PROGRAM.read_text("utf-8").replace("{lang}", book.lang).splitlines()
    steps = texts["how"].splitlines()
    # The steps name the rows of the program, which stands below them: their number comes first.
    begin = 3 + len(steps) + 3
    steps = texts["how"].format(first=begin + 1, last=begin + len(program)).splitlines()
    sheet.set_column(0, 12, 23)
    sheet.write(3, 0, texts["steps"], styles["heading"])
    for row, line in enumerate(steps, 4):
        sheet.write_string(row, 0, line)
    sheet.write(begin - 1, 0, texts["program"], styles["heading"])
    for row, line in enumerate(program, begin):
        # The general write() would take a line that begins with = for a formula.
        sheet.write_string(row, 0, line, styles["program"])
    _write_batch_table(book, begin + len(program) + 1)


def _write_batch_table(book: Book, row: int) -> None:
    """Write the table that the program sends, with the examples of the other sheets as its rows."""
    sheet, styles = book.get_sheet("power_query"), book.styles
    sheet.write(row, 0, book.texts["query"]["table"], styles["heading"])
    rows: list[dict[str, str]] = [{"kind": spec.kind, "ref": "", **spec.example} for spec in SHEETS]
    names = tuple(dict.fromkeys(name for row_facts in rows for name in row_facts))
    kinds = {column.name: column.kind for spec in SHEETS for column in spec.inputs}
    columns = [{"header": name, "header_format": styles["head"]} for name in names]
    options = {"name": "Batch", "columns": columns, "style": "Table Style Light 9"}
    sheet.add_table(row + 1, 0, row + 1 + len(rows), len(names) - 1, options)
    for number, facts in enumerate(rows, row + 2):
        for column, name in enumerate(names):
            _write_fact(book, (number, column), kinds.get(name, "text"), facts.get(name, ""))


def _write_fact(book: Book, cell: tuple[int, int], kind: str, text: str) -> None:
    sheet = book.get_sheet("power_query")
    if not text:
        sheet.write_blank(*cell, None, book.styles["date" if kind == "date" else "text"])
    elif kind == "date":
        sheet.write_datetime(*cell, datetime.combine(date.fromisoformat(text), time()), book.styles["date"])
    elif kind in ("money", "integer"):
        sheet.write_number(*cell, Decimal(text), book.styles[kind])
    else:
        sheet.write_string(*cell, text, book.styles["text"])
