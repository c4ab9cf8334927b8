"""The sheet Lists of the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penaltycalc.export.workbook.book import LINE_HEIGHT, Book, estimate_height
from penaltycalc.export.workbook.lists import (
    FIRST_LIST_ROW,
    LIST_WIDTHS,
)


def write_lists(book: Book) -> None:
    """Write the sheet Lists, one list below the other."""
    sheet, styles, texts = book.get_sheet("lists"), book.styles, book.texts["list"]
    for column, width in enumerate(LIST_WIDTHS):
        sheet.set_column(column, column, width)
    row = FIRST_LIST_ROW
    for block in book.lists.values():
        sheet.write(row, 0, texts[block.name], styles["heading"])
        _write_line(sheet, row + 1, [texts[head] if head else "" for head in block.heads], styles["head"])
        for number, cells in enumerate(block.rows, row + 2):
            sheet.set_row(number, max(estimate_height(cells, LIST_WIDTHS), LINE_HEIGHT))
            _write_line(sheet, number, cells, styles["listed"])
        row += 2 + len(block.rows) + 1
    sheet.freeze_panes(2, 0)


def _write_line(sheet: Any, row: int, texts: Sequence[str], style: Any) -> None:
    """Write a row of a list; columns that the list does not have stay empty."""
    for column, text in enumerate(texts):
        if text:
            sheet.write_string(row, column, text, style)
