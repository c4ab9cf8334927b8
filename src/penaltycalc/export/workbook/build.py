"""The workbook for offices: rows that ask the service through WEBSERVICE(), lists, and how to use it.

It calculates nothing itself. The values that its example rows show before a spreadsheet calculates them are
those of the law data and the calendar that it was built from.
"""

from __future__ import annotations

from io import BytesIO

from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.export.workbook.book import Book
from penaltycalc.export.workbook.calculation_sheets import write_calculation_sheet
from penaltycalc.export.workbook.columns import SHEETS
from penaltycalc.export.workbook.list_sheet import write_lists
from penaltycalc.export.workbook.power_query import write_power_query
from penaltycalc.export.workbook.read_me import write_read_me
from penaltycalc.export.workbook.settings import write_settings
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language


def build_workbook(rulebook: Rulebook, calendar: WorkingCalendar, lang: Language, public_url: str) -> bytes:
    """Build the workbook in one language; it asks the service at `public_url`, an address without a slash at its end.

    The same law data, calendar, language and address give the same bytes.
    """
    target = BytesIO()
    book = Book(target, rulebook, calendar, lang)
    for name in book.texts["sheet"]:
        book.add_sheet(name)
    write_read_me(book)
    write_settings(book, public_url)
    for spec in SHEETS:
        write_calculation_sheet(book, spec)
    write_lists(book)
    write_power_query(book)
    # The file opens at the sheet that most people want; the read-me stays the first one.
    book.workbook.get_worksheet_by_name(book.get_sheet_name("fines")).activate()
    book.workbook.close()
    return target.getvalue()
