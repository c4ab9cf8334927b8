"""The workbook while it is written: its sheets, the names of cells, and what all sheets need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from math import ceil
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from penaltycalc._version import __version__
from penaltycalc.calculators.explain import find_data_date
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.export.workbook.lists import (
    CHOICE_COLUMN,
    FIRST_LIST_ROW,
    Texts,
    collect_lists,
)
from penaltycalc.export.workbook.styles import FONT, MARKS, STYLES, TAB_COLOURS
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language

ROWS: Final = 50
"""Rows of each calculation sheet that are prepared, that of the example included."""


class Book:
    """The workbook that is being written, with the law, the calendar and the texts that its sheets are made from."""

    def __init__(self, target: BytesIO, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> None:
        options = {
            "in_memory": True,
            "default_format_properties": {"font_name": FONT, "font_size": 10},
            "default_row_height": 22,
        }
        self.workbook = xlsxwriter.Workbook(target, options)
        # Without a fixed day the properties would hold the time of the clock, and the bytes would differ each time.
        self.workbook.set_properties({"created": datetime.combine(find_data_date(rulebook, calendar), time())})
        self.rulebook = rulebook
        self.calendar = calendar
        self.lang = lang
        self.wording = rulebook.wordings[lang]
        self.texts: Texts = self.wording.workbook()
        self.styles: dict[str, Any] = {name: self.workbook.add_format(style) for name, style in STYLES.items()}
        self.marks: dict[str, Any] = {name: self.workbook.add_format(style) for name, style in MARKS.items()}
        self.lists = {block.name: block for block in collect_lists(rulebook, lang)}

    def get_sheet_name(self, name: str) -> str:
        """Return the name of a sheet in the language of the workbook."""
        return self.texts["sheet"][name]

    def add_sheet(self, name: str) -> None:
        """Add a sheet with its title and its hint, set up for print on A4."""
        sheet = self.workbook.add_worksheet(self.get_sheet_name(name))
        # Option 2 hides the lines on the screen as well; option 1 would hide them in print only.
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        # A sheet is one page wide; 0 lets it be as many pages long as its rows take.
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer(f"&L&8penaltycalc {__version__}&C&8&A&R&8&P / &N")
        if name in TAB_COLOURS:
            sheet.set_tab_color(TAB_COLOURS[name])
        sheet.set_row(0, 30)
        sheet.write(0, find_left_column(name), self.texts["title"][name], self.styles["title"])
        if name in self.texts["hint"]:
            sheet.write(1, find_left_column(name), self.texts["hint"][name], self.styles["hint"])

    def get_sheet(self, name: str) -> Any:
        """Return a sheet, to be written."""
        return self.workbook.get_worksheet_by_name(self.get_sheet_name(name))

    def format_reference(self, name: str, first: tuple[int, int], last: tuple[int, int] | None = None) -> str:
        """Write a cell or a range of a sheet, both ends included, as it stands in formulas."""
        cells = [xl_rowcol_to_cell(*cell, row_abs=True, col_abs=True) for cell in (first, last) if cell is not None]
        return f"'{self.get_sheet_name(name)}'!{':'.join(cells)}"

    def find_list_range(self, list_name: str, column: int) -> str:
        """Return the range of one column of a list of the sheet Lists, as it stands in formulas."""
        # The steps must be those of `write_lists`, or formulas and drop-down lists would read other rows.
        row = FIRST_LIST_ROW
        for block in self.lists.values():
            first = row + 2  # below the title and the heads
            row = first + len(block.rows) + 1  # an empty row stands between two lists
            if block.name == list_name:
                return self.format_reference("lists", (first, column), (first + len(block.rows) - 1, column))
        raise KeyError(list_name)

    def find_choice(self, list_name: str, code: str) -> str:
        """Return the text that a drop-down list offers for a code."""
        return next(row[CHOICE_COLUMN] for row in self.lists[list_name].rows if row[0] == code)


def find_left_column(name: str) -> int:
    """Return the column in which a sheet begins: sheets of texts have a margin."""
    return 1 if name in ("read_me", "settings") else 0


LINE_HEIGHT: Final = 16.5


def estimate_height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """Estimate the height of a row whose texts wrap in columns of these widths, which count digits.

    Spreadsheets fit the height of a row to its texts only when somebody types in it. On average a letter is narrower
    than a digit, and a Chinese character twice as wide.
    """
    sizes = [sum(0.85 if ord(character) < 0x2000 else 2 for character in text) for text in texts]
    return LINE_HEIGHT * max(ceil(size / width) for size, width in zip(sizes, widths, strict=True))


def build_prompt(book: Book, prompt: str) -> dict[str, str]:
    """Build the texts that a validated cell shows: when it is selected, and when it refuses what was typed."""
    return {"input_message": prompt, "error_title": book.texts["prompt"]["refused"], "error_message": prompt}
