"""A batch as a workbook: what is read of one, and what an answered one holds."""

from __future__ import annotations

import io
import re
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest

import cases
import sheets
from penaltycalc import Money, Rulebook, WorkingCalendar
from penaltycalc.batch.rows import Batch
from penaltycalc.batch.spreadsheet import SheetWriter, answer_workbook, format_cell_text, format_xlsx_echo, read_rows
from penaltycalc.batch.table import ReadRow, Table, Value
from penaltycalc.calculators.calculate import Kind
from penaltycalc.errors import Malformed, PenaltycalcError, TooLarge, UnknownColumn
from penaltycalc.input.flat import list_flat_fields

KINDS: tuple[Kind, ...] = get_args(Kind)
PLENTY = 100_000_000

HEAD = ["kind", "ref", "violation", "goods_value", "activity", "severity", "step", "start", "x_note"]
SALE = ["penalty", "S-1", "79-1-1", 85000, "wholesale", "ordinary", None, None, None]
LICENCE = ["deadline", "L-1", None, None, None, None, "production-licence", date(2026, 9, 18), None]
KIND_ONLY = sheets.crude_row(1, A="kind", B="x_note")


def at(text: str) -> datetime:
    """A day and a time, which no sheet has a zone for."""
    return datetime.fromisoformat(text)


@pytest.fixture
def batch(rulebook: Rulebook, calendar: WorkingCalendar) -> Batch:
    return Batch(rulebook, calendar, lang="en")


def through(batch: Batch, content: bytes, *, rows: int = 1_000, unpacked: int = PLENTY) -> bytes:
    target = io.BytesIO()
    answer_workbook(batch, io.BytesIO(content), target, max_rows=rows, max_unpacked=unpacked)
    return target.getvalue()


def answered(batch: Batch, content: bytes, **how: Any) -> list[dict[str, Any]]:
    return sheets.table(through(batch, content, **how))


def read(content: bytes, *, rows: int = 1_000, unpacked: int = PLENTY) -> list[list[Any]]:
    return list(read_rows(io.BytesIO(content), max_rows=rows, max_unpacked=unpacked))


def refused(content: bytes, **how: Any) -> PenaltycalcError:
    with pytest.raises(PenaltycalcError) as found:
        read(content, **how)
    return found.value


# --------------------------------------------------------------------------------------- answers


def test_rows_are_answered_in_their_order_with_typed_cells(batch: Batch) -> None:
    sale, licence = answered(batch, sheets.sheet(HEAD, SALE, LICENCE))
    assert (sale["ref"], sale["fine_minimum"], sale["fine_maximum"]) == ("S-1", 1_000_000, 2_000_000)
    assert sale["determined"] is sale["deemed_value_applied"] is True
    assert (licence["ref"], licence["due"], licence["start"]) == (
        "L-1",
        at("2026-11-05"),
        at("2026-09-18"),
    )
    assert licence["determined"] is None
    assert sale["problem_code"] is licence["problem_code"] is None


def test_money_days_and_headings_have_their_formats(batch: Batch) -> None:
    page = openpyxl.load_workbook(io.BytesIO(through(batch, sheets.sheet(HEAD, SALE, LICENCE)))).worksheets[0]
    names = [cell.value for cell in page[1]]
    assert page[2][names.index("fine_minimum")].number_format == "#,##0.00"
    assert page[3][names.index("due")].number_format == "yyyy-mm-dd"
    assert page.cell(1, 1).font.bold
    assert page.freeze_panes == "A2"


def test_a_text_that_looks_like_a_formula_stays_a_text(batch: Batch) -> None:
    rows = [["penalty", text, "85-2", None, None, None, None, None, text] for text in ("=1+1", "'=1+1", "@x", "{=1}")]
    rows.append(["penalty", "http://x/y", "85-2", None, None, None, None, None, "mailto:a"])
    made = through(batch, sheets.sheet(HEAD, *rows))
    page = openpyxl.load_workbook(io.BytesIO(made)).worksheets[0]
    assert [cell.value for cell in page["B"][1:]] == ["=1+1", "=1+1", "@x", "{=1}", "http://x/y"]
    assert {cell.data_type for cell in page["B"][1:]} == {"s"}
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml")


def test_the_same_answers_are_the_same_bytes(batch: Batch) -> None:
    first = through(batch, sheets.sheet(HEAD, SALE))
    time.sleep(1.1)
    assert through(batch, sheets.sheet(HEAD, SALE)) == first
    properties = openpyxl.load_workbook(io.BytesIO(first)).properties
    assert properties.created == at("2026-05-15")  # the regulation's commencement: no clock is read


def test_an_answered_workbook_can_be_sent_again(batch: Batch) -> None:
    first = through(batch, sheets.sheet(HEAD, SALE, LICENCE, ["penalty", "=1", "x", *[None] * 6]))
    assert sheets.cells(through(batch, first)) == sheets.cells(first)


@pytest.mark.parametrize("kind", KINDS)
def test_worked_cases_give_in_a_workbook_what_they_give_in_csv(kind: Kind, batch: Batch) -> None:
    names = ["kind", *list_flat_fields(kind)]
    rows = cases.rows(kind)
    texts = [
        [kind, *({**cases.facts(kind, row), "ref": row["id"]}.get(name, "") for name in names[1:])] for row in rows
    ]
    found = answered(batch, sheets.sheet(names, *texts))
    table = Table(batch, names, format_result=lambda value: value, format_echo=lambda value: value)
    expected, _ = table.answer_rows(ReadRow(row, row) for row in texts)
    assert len(found) == len(rows)
    for row, got, want in zip(rows, found, expected, strict=True):
        assert (got["ref"], got["problem_code"] or "") == (row["id"], row["problem"])
        assert list(got.values()) == [plain(value) for value in want], row["id"]


def plain(value: Any) -> Any:
    """A value of an answer as openpyxl reads it back."""
    if isinstance(value, Money):
        return float(Decimal(value.text))
    if isinstance(value, date):
        return at(value.isoformat())
    return None if value == "" else value


# ------------------------------------------------------------------------------------ what is read


def test_a_date_that_was_an_id_is_taken_back(batch: Batch) -> None:
    (found,) = answered(batch, sheets.sheet(HEAD, ["penalty", "R", date(1979, 1, 1), *SALE[3:]]))
    assert found["fine_minimum"] == 1_000_000


def test_numbers_texts_and_serials_are_read_alike(batch: Batch) -> None:
    rows = [[*SALE[:3], value, *SALE[4:]] for value in (85000, 85000.0, "85000", "85,000.00", " 85000 ")]
    found = answered(batch, sheets.sheet(HEAD, *rows))
    assert len({row["inputs"] for row in found}) == 1
    # 46283 is 2026-09-18 in Excel's 1900 date system: 2026-01-01 is 46023, and 260 days follow.
    rows = [[*LICENCE[:7], value, None] for value in (46283, "46283", "2026/9/18", at("2026-09-18"))]
    assert {row["due"] for row in answered(batch, sheets.sheet(HEAD, *rows))} == {at("2026-11-05")}


def test_a_sum_with_the_noise_of_binary_fractions_is_the_amount_that_is_shown(batch: Batch) -> None:
    content = sheets.crude(
        sheets.crude_row(1, A="kind", B="violation", C="goods_value", D="activity", E="severity")
        + sheets.crude_row(2, A="penalty", B="79-1-1", C="<><v>200000.30000000005</v>", D="wholesale", E="ordinary")
    )
    (found,) = answered(batch, content)
    # 200,000.30 × 10
    assert found["fine_minimum"] == 2_000_003


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (7, "7"),
        (7.0, "7"),
        (85000.5, "85000.5"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1e20, "100000000000000000000"),
        (float("inf"), "Infinity"),
        (at("2026-05-20"), "2026-05-20"),
        (at("2026-05-20 08:30"), "2026-05-20 08:30:00"),
        (date(2026, 5, 20), "2026-05-20"),
        ("=1", "=1"),
        ("", ""),
    ],
)
def test_a_cell_as_a_person_would_type_it(value: Any, text: str) -> None:
    assert format_cell_text(value) == text


def test_a_cell_of_the_caller_goes_back_as_it_is() -> None:
    for value in (None, True, 7, 2.5, -3, at("2026-05-20 08:30"), "text", "-5", 2**53):
        assert format_xlsx_echo(value) is value or format_xlsx_echo(value) == value
    assert format_xlsx_echo("'=1") == "=1"
    assert (format_xlsx_echo(2**80), type(format_xlsx_echo(2**80))) == (2.0**80, float)
    assert format_xlsx_echo(float("inf")) == "Infinity"
    assert format_xlsx_echo(10**400) == "1" + "0" * 400


def test_the_value_of_a_formula_is_read_and_its_text_is_not(batch: Batch) -> None:
    formula = '< t="str"><f>CONCATENATE("79","-1-1")</f><v>79-1-1</v>'
    content = sheets.crude(
        sheets.crude_row(1, A="kind", B="violation", C="goods_value", D="activity", E="severity")
        + sheets.crude_row(2, A="penalty", B=formula, C="<><f>80000+5000</f><v>85000</v>", D="wholesale", E="ordinary")
    )
    (found,) = answered(batch, content)
    assert (found["violation"], found["fine_minimum"]) == ("79-1-1", 1_000_000)


def test_errors_times_and_booleans_are_texts_that_do_not_fit(batch: Batch) -> None:
    head = sheets.crude_row(1, A="kind", B="violation", C="goods_value", D="rectified")
    rows = [
        sheets.crude_row(2, A="penalty", B="85-2", C='< t="e"><v>#N/A</v>'),
        sheets.crude_row(3, A="penalty", B="85-2", C='< t="b"><v>1</v>'),
        sheets.crude_row(4, A="penalty", B="80-1-1", D='< t="b"><v>1</v>'),
        sheets.crude_row(5, A='< t="e"><v>#REF!</v>', B="85-2"),
    ]
    found = answered(batch, sheets.crude(head + "".join(rows)))
    assert [row["problem_code"] for row in found] == ["schema", "schema", None, "schema"]
    assert found[0]["goods_value"] == "#N/A"
    assert found[2]["tier"] == "first"
    assert found[3]["kind"] == "#REF!"


def test_a_day_with_a_time_of_day_is_no_day(batch: Batch) -> None:
    (found,) = answered(batch, sheets.sheet(HEAD, [*LICENCE[:7], at("2026-09-18 08:30"), None]))
    assert found["problem_code"] == "schema"
    assert found["problem_detail"].startswith("start: ")


@pytest.mark.parametrize("number", ["1E400", "-1E400", "9" * 400, "9" * 25, "1E-400"])
def test_numbers_that_no_cell_can_hold_break_nothing(number: str, batch: Batch) -> None:
    content = sheets.crude(KIND_ONLY + sheets.crude_row(2, A="x", B=f"<><v>{number}</v>"))
    (found,) = answered(batch, content)
    assert found["problem_code"] == "schema"
    assert found["x_note"] is not None


def test_blank_rows_in_between_are_kept_and_those_at_the_end_are_not(batch: Batch) -> None:
    rows = sheets.crude_row(2, A="penalty") + sheets.crude_row(5, A="penalty")
    rows += "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(6, 106))
    found = answered(batch, sheets.crude(KIND_ONLY + rows), rows=4)
    assert [row["kind"] for row in found] == ["penalty", None, None, "penalty"]
    assert [row["problem_code"] for row in found] == ["schema", None, None, "schema"]


def test_a_row_longer_than_the_header_is_refused_in_its_place(batch: Batch) -> None:
    content = sheets.sheet(["kind", "violation"], ["penalty", "85-2", "more"], ["penalty", "85-2"])
    first, second = answered(batch, content)
    assert first["problem_detail"] == "The row has 3 cells, the header 2 columns; make them match."
    assert second["problem_code"] is None


def test_the_first_sheet_that_is_not_hidden_is_read(batch: Batch) -> None:
    book = openpyxl.Workbook()
    hidden = book.worksheets[0]
    hidden.append(["nothing"])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("Cases")
    shown.append(["kind", "violation"])
    shown.append(["penalty", "85-2"])
    book.create_sheet("Notes").append(["later"])
    book.active = 1
    file = io.BytesIO()
    book.save(file)
    (found,) = answered(batch, file.getvalue())
    assert (found["violation"], found["problem_code"]) == ("85-2", None)


@pytest.mark.parametrize("told", ["A1", "A1:B1", "A1:XFD1048576", "A1:B2000000"])
def test_what_a_sheet_says_of_its_size_is_not_believed(told: str) -> None:
    rows = KIND_ONLY + sheets.crude_row(2, A="penalty", B="n") + sheets.crude_row(3, A="expiry", B="n")
    content = sheets.crude(rows, dimension=f'<dimension ref="{told}"/>')
    assert read(content) == [["kind", "x_note"], ["penalty", "n"], ["expiry", "n"]]


def test_rows_beyond_the_last_that_a_sheet_can_have_are_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise a file of one kilobyte would be blank rows for hours.
    monkeypatch.setattr("penaltycalc.batch.spreadsheet.MAX_ROWS", 10_000)
    assert read(sheets.crude(KIND_ONLY + sheets.crude_row(9_000_000_000, A="penalty"))) == [["kind", "x_note"]]


STOPS = ["kind", "step", "start", "clock_stops", "x_note"]


def test_a_fact_whose_formula_was_never_calculated_is_refused_by_its_column(batch: Batch) -> None:
    book = openpyxl.Workbook()  # it writes formulas without values
    page = book.worksheets[0]
    page.append(STOPS)
    page.append(
        ["deadline", "production-licence", date(2026, 9, 18), '="2026-10-12/2026-10-16:technical_review"', "=1"]
    )
    page.append(["deadline", "production-licence", date(2026, 9, 18), None, "=1"])
    page.append(["deadline", "production-licence", "=A1", "=A2"])
    file = io.BytesIO()
    book.save(file)
    stopped, plain, both = answered(batch, file.getvalue())
    assert (stopped["due"], stopped["problem_code"]) == (None, "schema")
    assert stopped["problem_detail"].startswith("clock stops (clock_stops): The formula in this cell has no result. ")
    assert (plain["due"], plain["problem_code"]) == (at("2026-11-05"), None)
    assert re.findall(r"(?:^|(?<=program, or enter the value\. ))[^:]+(?=: )", both["problem_detail"]) == [
        "start",
        "clock stops (clock_stops)",
    ]


def test_a_formula_whose_value_is_the_empty_text_is_an_empty_cell(batch: Batch) -> None:
    content = sheets.crude(
        sheets.crude_row(1, A="kind", B="violation", C="goods_value")
        + sheets.crude_row(2, A="penalty", B="85-2", C='< t="str"><f>IF(A9="","",A9)</f><v></v>')
        + sheets.crude_row(3, A="penalty", B="85-2", C="<><f>A9</f><v></v>")
    )
    assert [row["problem_code"] for row in answered(batch, content)] == [None, "schema"]


def test_a_heading_that_is_not_calculated_is_no_heading(batch: Batch) -> None:
    with pytest.raises(UnknownColumn):
        through(batch, sheets.crude(sheets.crude_row(1, A="kind", B="<><f>A9</f>", C="violation")))


def test_characters_that_xml_cannot_hold_are_read_as_they_were_typed(batch: Batch) -> None:
    typed = ["c\x01d", "_x0041_", "a\r\nb"]
    content = sheets.sheet(["kind", "x_note"], *(["penalty", text] for text in typed))
    shared = zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml")
    assert b"c_x0001_d" in shared
    assert [row[1] for row in read(content)[1:]] == typed
    once = through(batch, content)  # these texts stand in their cells
    assert [row[1] for row in read(once)[1:]] == typed
    inline = sheets.crude(KIND_ONLY + sheets.crude_row(2, A="_x0009__x0000__xD83D_", B='< t="str"><v>_x000a_</v>'))
    assert read(inline)[1] == ["\t_x0000__xD83D_", "\n"]


def test_a_text_of_several_runs_is_one_text() -> None:
    content = with_part(
        sheets.sheet(["kind", "rich"]),
        "xl/sharedStrings.xml",
        lambda text: text.replace(
            b"<si><t>rich</t></si>", b"<si><r><t>ri</t></r><r><t>ch</t></r><rPh sb='0' eb='1'><t>no</t></rPh></si>"
        ),
    )
    assert read(content) == [["kind", "rich"]]


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The file, with one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return file.getvalue()


@pytest.mark.parametrize(("part", "limit"), [("sharedStrings", 32_000_000), ("styles", 4_000_000)])
def test_texts_and_styles_that_would_fill_the_memory_are_refused(part: str, limit: int) -> None:
    content = with_part(sheets.sheet(["kind"]), f"xl/{part}.xml", lambda text: text + b" " * limit)
    error = refused(content, unpacked=256_000_000)
    assert (error.message, error.facts) == ("too-large-part", {"limit": limit})


def test_a_row_without_end_is_malformed_before_it_fills_the_memory() -> None:
    assert refused(sheets.crude(f'<row r="1">{"<c/>" * 262_145}</row>')).message == "malformed-xlsx"


def test_nothing_that_a_file_holds_is_warned_of(batch: Batch) -> None:
    # A day beyond the calendar's last one: openpyxl warns, and calls it an error.
    content = with_part(
        sheets.sheet(HEAD, LICENCE),
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b"<v>46283</v>", b"<v>99999999</v>"),
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (found,) = answered(batch, content)
    assert told == []
    assert (found["problem_code"], found["start"]) == ("schema", "#VALUE!")


# -------------------------------------------------------------------------------- what is refused


def test_too_many_rows_are_refused() -> None:
    content = sheets.sheet(["kind"], ["a"], ["b"], ["c"])
    assert len(read(content, rows=3)) == 4
    assert (refused(content, rows=2).message, refused(content, rows=2).facts) == ("too-large-rows", {"limit": 2})
    blanks = sheets.crude(KIND_ONLY + sheets.crude_row(5_000, A="penalty"))
    assert refused(blanks).message == "too-large-rows"


@pytest.mark.parametrize("columns", [1_001, 16_384])
def test_too_many_columns_are_refused(columns: int, batch: Batch) -> None:
    names = ["kind", *(f"x_{number}" for number in range(columns - 1))]
    assert refused(sheets.sheet(names)).message == "too-large-columns"
    (found,) = answered(batch, sheets.sheet(names[:1_000], ["penalty", *["n"] * 999]))
    assert (found["problem_code"], found["x_998"]) == ("schema", "n")


def test_a_file_that_says_it_is_too_large_unpacked_is_refused() -> None:
    assert refused(sheets.sheet(["kind"]), unpacked=1_000).facts == {"limit": 1_000}
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    assert len(bomb.getvalue()) < 100_000
    assert isinstance(refused(bomb.getvalue(), unpacked=10_000_000), TooLarge)


def lying(content: bytes) -> bytes:
    """The file, its parts said to be ten bytes long."""
    changed = bytearray(content)
    place = 0
    while (place := content.find(b"PK\x01\x02", place + 1)) >= 0:
        changed[place + 24 : place + 28] = (10).to_bytes(4, "little")
    return bytes(changed)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'

BROKEN = {
    "empty": b"",
    "garbage": b"garbage" * 100,
    "of another kind": b"kind,violation\npenalty,85-2\n",
    "old or encrypted": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504),
    "cut off": sheets.sheet(HEAD, SALE)[:-100],
    "no workbook": sheets.sheet(HEAD)[:30] + b"x" + sheets.sheet(HEAD)[31:],
    "lying": lying(sheets.sheet(HEAD, SALE)),
    "entities": sheets.crude(sheets.crude_row(1, A="&b;"), before=ENTITIES),
    "no number": sheets.crude(KIND_ONLY + sheets.crude_row(2, B="<><v>x</v>")),
    "no shared string": sheets.crude(KIND_ONLY + sheets.crude_row(2, B='< t="s"><v>7</v>')),
    "no column": sheets.crude(KIND_ONLY + sheets.crude_row(2, ZZZZ="x")),
    "no xml": sheets.crude("<row"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_workbook_is_malformed(content: bytes) -> None:
    error = refused(content)
    assert (type(error), error.message) == (Malformed, "malformed-xlsx")


def test_a_zip_that_is_no_workbook_is_malformed() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("word/document.xml", "<x/>")
    assert isinstance(refused(file.getvalue()), Malformed)


def test_a_sheet_without_anything_has_no_kinds(batch: Batch) -> None:
    with pytest.raises(PenaltycalcError) as found:
        through(batch, sheets.crude(""))
    assert (found.value.where, found.value.message) == (("kind",), "schema-missing")


def test_an_unknown_column_refuses_the_file(batch: Batch) -> None:
    with pytest.raises(UnknownColumn):
        through(batch, sheets.sheet(["kind", "goods_valu"], ["penalty", 1]))
    with pytest.raises(UnknownColumn):
        through(batch, sheets.sheet(["kind", 2026], ["penalty", 1]))


def test_a_file_that_is_given_up_leaves_nothing_behind(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = [["penalty", "n"]] * 500
    with pytest.raises(TooLarge):
        through(batch, sheets.sheet(["kind", "x_note"], *rows), rows=450)
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------- what is written


def written(*rows: list[Any]) -> list[list[Any]]:
    file = io.BytesIO()
    sheet = SheetWriter(file, date(2026, 5, 15))
    for row in rows:
        sheet.write_row(row)
    sheet.close()
    assert sheet.rows == len(rows)
    return sheets.cells(file.getvalue())


def test_values_are_written_as_what_they_are() -> None:
    values: list[Value | float | datetime] = [True, 7, 2.5, Money.parse("0.10"), date(2026, 5, 20), "x", "007", "=1"]
    assert written([*values, at("2026-05-20 08:30")]) == [
        [True, 7, 2.5, 0.1, at("2026-05-20"), "x", "007", "=1", at("2026-05-20 08:30")]
    ]


def test_the_largest_amount_loses_no_fen() -> None:
    assert written([Money.parse("99999999999.99")]) == [[99999999999.99]]
    assert f"{99999999999.99:.2f}" == "99999999999.99"


def test_days_before_excel_counts_rightly_are_texts() -> None:
    assert written([date(1900, 3, 1), date(1900, 2, 28), at("1899-01-01 08:00")]) == [
        [at("1900-03-01"), "1900-02-28", "1899-01-01 08:00:00"]
    ]


def test_nothing_stays_an_empty_cell() -> None:
    assert written(["a", None, "", "b"]) == [["a", None, None, "b"]]


def test_a_text_that_no_cell_holds_is_cut_and_its_row_says_so() -> None:
    file = io.BytesIO()
    with_mark = SheetWriter(file, date(2026, 5, 15), " (cut)")
    with_mark.write_header(["x_note", "problem_code", "problem_detail"])
    # A character beyond the first 65,536 is two for Excel.
    for row in (["a" * 32_767, "", ""], ["a" * 32_768, "", ""], ["𠀀" * 16_384, "schema", "known"]):
        with_mark.write_row(row)
    with_mark.close()
    whole, cut, wide = sheets.table(file.getvalue())
    assert whole == {"x_note": "a" * 32_767, "problem_code": None, "problem_detail": None}
    assert cut == {"x_note": "a" * 32_761 + " (cut)", "problem_code": "too-large", "problem_detail": "x_note: (cut)"}
    assert wide == {"x_note": "𠀀" * 16_380 + " (cut)", "problem_code": "schema", "problem_detail": "known"}


def test_an_answer_that_is_cut_says_so_in_the_language_of_the_batch(batch: Batch) -> None:
    rows = sheets.crude_row(2, A="penalty", B="n" * 40_000)
    (found,) = answered(batch, sheets.crude(KIND_ONLY + rows))
    assert len(found["x_note"]) == 32_767
    assert found["x_note"].endswith("n ... (cut off: a cell has at most 32767 characters)")


def test_facts_that_wait_to_be_packed_lie_in_a_private_folder_that_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = io.BytesIO()
    sheet = SheetWriter(file, date(2026, 5, 15))
    for _ in range(2_000):
        sheet.write_row(["secret " * 20])
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_size > 0 for path in folder.iterdir()] == [True]
    sheet.close()
    assert len(sheets.cells(file.getvalue())) == 2_000
    assert list(tmp_path.iterdir()) == []
