"""The sheet Settings of the workbook: the service that it asks."""

from __future__ import annotations

from typing import Final

from penaltycalc.export.workbook import columns
from penaltycalc.export.workbook.book import Book, build_prompt
from penaltycalc.export.workbook.read_me import list_text_facts
from penaltycalc.input.words import SERIAL_EPOCH


def write_settings(book: Book, public_url: str) -> None:
    """Write the sheet with the address of the service, the key, and the cells that formulas derive from them."""
    sheet, texts = book.get_sheet("settings"), book.texts["settings"]
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 3, 84)
    address = texts["address_about"].format(address=public_url)
    _write_setting(book, 3, columns.SERVICE, texts["address"], public_url, address)
    _write_setting(book, 4, columns.KEY, texts["key"], "", texts["key_about"])
    _limit_length(book, 3, (len("http://x"), columns.MAX_SERVICE), texts["address_prompt"])
    _limit_length(book, 4, (0, columns.MAX_KEY), texts["key_prompt"])
    _write_connection(book, 5)
    sheet.write(7, 1, texts["texts"], book.styles["heading"])
    _write_setting(book, 8, columns.NO_ANSWER, texts["no_answer"], book.texts["text"]["no_answer"])
    _write_setting(
        book, 9, columns.TOO_LONG, texts["too_long"], book.texts["text"]["too_long"].format(**list_text_facts(book))
    )
    sheet.write(11, 1, texts["derived"], book.styles["heading"])
    # A pasted address often brings spaces and a last slash, which would double the slash of the path.
    address_cell = f"TRIM({columns.SERVICE})"
    _write_derived(
        book,
        12,
        columns.BASE,
        texts["base"],
        f'IF(RIGHT({address_cell})="/",LEFT({address_cell},LEN({address_cell})-1),{address_cell})',
        public_url,
    )
    part = f'IF(TRIM({columns.KEY})="","","&key="&_xlfn.ENCODEURL(TRIM({columns.KEY})))'
    _write_derived(book, 13, columns.KEY_PART, texts["key_part"], part, "")
    # The test of the connection sends the key too, so that a wrong key shows here and not first in a row.
    day = (book.calendar.official_through - SERIAL_EPOCH).days
    path = columns.quote(f"/v1/cells/working-days?lang={book.lang}&from={day}&to={day}")
    probe = f"IFERROR(_xlfn.WEBSERVICE({columns.BASE}&{path}&{columns.KEY_PART}),{columns.NO_ANSWER})"
    _write_derived(book, 14, _PROBE, texts["connection"], probe, "")


# A name of its own: the cell that shows the connection reads the answer three times, and asks once.
_PROBE: Final = "Connection_Answer"


def _write_setting(book: Book, row: int, name: str, label: str, value: str, about: str = "") -> None:
    """Write a named cell to fill in."""
    sheet, styles = book.get_sheet("settings"), book.styles
    sheet.write_string(row, 1, label, styles["label"])
    sheet.write_string(row, 2, value, styles["text"])
    sheet.write_string(row, 3, about, styles["about"])
    book.workbook.define_name(name, "=" + book.format_reference("settings", (row, 2)))


def _limit_length(book: Book, row: int, lengths: tuple[int, int], prompt: str) -> None:
    minimum, maximum = lengths
    rule = {"validate": "length", "criteria": "between", "minimum": minimum, "maximum": maximum}
    prompts = build_prompt(book, prompt.format(most=maximum))
    book.get_sheet("settings").data_validation(row, 2, row, 2, {**rule, **prompts})


def _write_connection(book: Book, row: int) -> None:
    """Write the cell that shows whether the service answers, and its refusal where it refuses."""
    sheet, labels, texts = book.get_sheet("settings"), book.texts["settings"], book.texts["text"]
    sheet.write_string(row, 1, labels["connection"], book.styles["label"])
    good = columns.quote(texts["connected"])
    is_refused = f'OR({_PROBE}={columns.NO_ANSWER},LEFT({_PROBE},4)="#ERR")'
    formula = f"=IF({is_refused},{_PROBE},{good})"
    sheet.write_formula(row, 2, formula, book.styles["shown_text"], texts["not_checked"])
    sheet.write_string(row, 3, labels["connection_about"], book.styles["about"])
    for criteria, mark in ((f"={is_refused}", "fault"), (f"=NOT({is_refused})", "good")):
        sheet.conditional_format(row, 2, row, 2, {"type": "formula", "criteria": criteria, "format": book.marks[mark]})


def _write_derived(book: Book, row: int, name: str, label: str, formula: str, value: str) -> None:
    """Write a named cell with a formula; `value` is what it shows until it is calculated."""
    sheet, styles = book.get_sheet("settings"), book.styles
    sheet.write_string(row, 1, label, styles["about"])
    sheet.write_formula(row, 2, "=" + formula, styles["about"], value)
    book.workbook.define_name(name, "=" + book.format_reference("settings", (row, 2)))
