"""The first sheet of the workbook, which explains it."""

from __future__ import annotations

from typing import Final

from penaltycalc._version import __version__
from penaltycalc.export.workbook import columns
from penaltycalc.export.workbook.book import ROWS, Book, estimate_height
from penaltycalc.rules.values import write_day


def write_read_me(book: Book) -> None:
    """Write the sheet that explains the workbook."""
    sheet, styles = book.get_sheet("read_me"), book.styles
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
        for line in book.texts["read_me"].get(part, "").format(**list_text_facts(book)).splitlines():
            sheet.set_row(row, estimate_height([line], [_READ_ME_WIDTH]))
            sheet.write(row, 1, line, styles["body"])
            row += 1
        row += 1


_READ_ME_WIDTH: Final = 120


def list_text_facts(book: Book) -> dict[str, object]:
    """List the facts that fill in the texts of the workbook."""
    return {
        "rows": ROWS,
        "longest": f"{columns.MAX_ADDRESS:,}",
        "answer": f"{columns.MAX_ANSWER:,}",
        "engine": __version__,
        "rulebook": book.rulebook.digest,
        "calendar": book.calendar.digest,
        "official_through": write_day(book.calendar.official_through, book.lang),
    }
