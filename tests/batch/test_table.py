"""A batch as a table: which columns there are, what its cells hold, and that no cell is a formula."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cases
import words
from penaltycalc import Money, Rulebook, WorkingCalendar
from penaltycalc.batch.rows import Batch
from penaltycalc.batch.table import (
    FACT_COLUMNS,
    RESULT_COLUMNS,
    ReadRow,
    Table,
    Value,
    escape_formula,
    format_value,
    unescape_formula,
)
from penaltycalc.calculators.calculate import Kind
from penaltycalc.errors import MAX_FAULTS, PenaltycalcError, RepeatedName, SchemaFault, UnknownColumn, label_fact
from penaltycalc.input.flat import list_flat_fields

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.fixture
def batch(rulebook: Rulebook, calendar: WorkingCalendar) -> Batch:
    return Batch(rulebook, calendar, lang="en")


def itself(value: Any) -> Any:
    return value


def cell(value: Any) -> Value:
    """A value of an answer, typed as one."""
    assert isinstance(value, Value)
    return value


def of(batch: Batch, *header: str) -> Table:
    """A table whose answers hold the values themselves."""
    return Table(batch, header, format_result=itself, format_echo=itself)


def answer(batch: Batch, **cells: str) -> dict[str, Any]:
    """The answer to a table of one row, by column; what is empty is left out."""
    table = of(batch, *cells)
    texts = list(cells.values())
    (row,), _ = table.answer_rows([ReadRow(texts, texts)])
    return {name: value for name, value in zip(table.columns, row, strict=True) if value not in (None, "")}


def refused(batch: Batch, *header: str) -> PenaltycalcError:
    with pytest.raises(PenaltycalcError) as found:
        of(batch, *header)
    return found.value


SALE = {
    "kind": "penalty", "violation": "79-1-1", "goods_value": "85000.00", "activity": "wholesale",
    "severity": "ordinary",
}  # fmt: skip
LICENCE = {"kind": "deadline", "step": "production-licence", "start": "2026-09-18"}
REGISTRATION = {"kind": "expiry", "term": "drug-registration", "start": "2023-03-01"}

# --------------------------------------------------------------------------------------- columns


def test_each_fact_of_each_calculation_has_a_column() -> None:
    assert {"kind", *(name for kind in KINDS for name in list_flat_fields(kind))} == set(FACT_COLUMNS)
    assert {"ref", "conduct_from", "person_income", "clock_stops", "granted_years", "severity"} <= set(FACT_COLUMNS)


def test_no_column_of_a_result_is_taken_for_a_fact() -> None:
    assert set(RESULT_COLUMNS) & set(FACT_COLUMNS) == set()
    assert [name for name in [*RESULT_COLUMNS, *FACT_COLUMNS] if name.startswith("x_")] == []


def test_results_stand_behind_what_was_given(batch: Batch) -> None:
    assert of(batch, "x_b", "ref", "kind", "x_a").columns == ("x_b", "ref", "kind", "x_a", *RESULT_COLUMNS)
    assert list(RESULT_COLUMNS)[-2:] == ["problem_code", "problem_detail"]


def test_explanations_have_a_column_only_where_they_are_wanted(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    explained = Batch(rulebook, calendar, lang="en", explain=True)
    assert of(explained, "kind").columns == ("kind", *RESULT_COLUMNS, "explanation")
    told = answer(explained, **SALE)["explanation"]
    assert told.startswith("1. ")
    assert " 4. The goods value of 85,000 yuan is below 100,000 yuan and is taken as 100,000 yuan." in told


def test_spaces_around_the_name_of_a_column_are_no_part_of_it(batch: Batch) -> None:
    assert of(batch, " kind", "violation ").columns[:2] == ("kind", "violation")


def test_an_unknown_column_is_refused_with_the_nearest_one(batch: Batch) -> None:
    error = refused(batch, "kind", "goods_valu", "x_own", "zzzzz")
    assert isinstance(error, UnknownColumn)
    assert [(fault.where, fault.facts.get("nearest")) for fault in error.faults] == [
        (("goods_valu",), label_fact(("goods_value",))),
        (("zzzzz",), None),
    ]


def test_a_column_that_stands_twice_is_refused(batch: Batch) -> None:
    error = refused(batch, "kind", "x_a", "violation", "x_a", "violation")
    assert isinstance(error, RepeatedName)
    assert [fault.where for fault in error.faults] == [("x_a",), ("violation",)]


def test_a_table_without_kinds_is_refused(batch: Batch) -> None:
    error = refused(batch, "violation", "goods_value")
    assert isinstance(error, SchemaFault)
    assert error.where == ("kind",)
    assert refused(batch).where == ("kind",)


@pytest.mark.parametrize("name", ["kond{}", "x_{}"])
def test_of_very_many_columns_at_most_a_hundred_are_told(name: str, batch: Batch) -> None:
    names = [name.format(number) for number in range(9_000)]
    assert len(refused(batch, "kind", *names, *names).faults) == MAX_FAULTS


# ---------------------------------------------------------------------------------------- results


def test_a_penalty_in_a_row(batch: Batch) -> None:
    found = answer(batch, **SALE, ref="R-1", x_note="n")
    assert found["determined"] is True
    assert (found["tier"], found["authority"]) == ("first", "local_county_or_above")
    assert (found["fine_minimum"], found["fine_maximum"]) == (Money.parse("1000000"), Money.parse("2000000"))
    assert (found["fine_basis"], found["counted_value"]) == ("goods_value_multiple", Money.parse("100000"))
    assert found["deemed_value_applied"] is True
    assert (found["ref"], found["x_note"], found["goods_value"]) == ("R-1", "n", "85000.00")
    assert "problem_code" not in found


def test_a_penalty_that_is_not_determined_says_what_is_missing(batch: Batch) -> None:
    found = answer(batch, kind="penalty", violation="79-1-1", severity="ordinary", activity="retail")
    assert (found["determined"], found["missing_facts"]) == (False, "goods_value")
    assert "tier" not in found


def test_a_violation_without_a_fine_has_no_fine(batch: Batch) -> None:
    row = next(row for row in cases.rows("penalty") if row["fine_maximum"] == "-" and row["determined"] == "true")
    found = answer(batch, kind="penalty", **cases.facts("penalty", row))
    assert found["determined"] is True
    assert set(found) & {"fine_minimum", "fine_maximum", "fine_basis", "counted_value"} == set()


TOO_LATE = {"conduct_from": "2026-06-01", "conduct_to": "2026-06-30", "discovered_on": "2031-07-01"}


@pytest.mark.parametrize("facts", [{"violation": "85-2", "severity": "severe"}, {"violation": "84-1"}])
def test_that_no_penalty_is_imposed_stands_in_the_first_column_of_results(facts: dict[str, str], batch: Batch) -> None:
    found = answer(batch, kind="penalty", **facts, **TOO_LATE)
    assert next(name for name in found if name in RESULT_COLUMNS) == "excluded"
    assert (found["excluded"], found["limitation_barred"]) == ("limitation", True)
    # The amount stays for reference where the outcome is determined.
    assert ("fine_maximum" in found) == ("severity" in facts)
    assert "excluded" not in answer(batch, kind="penalty", **facts, **TOO_LATE | {"discovered_on": "2028-06-30"})


def test_who_decides_on_a_failed_exemption_stands_in_the_row(batch: Batch) -> None:
    law = "《中华人民共和国药品管理法》第一百一十"
    found = answer(batch, kind="penalty", violation="86-1", duties_fulfilled="false")
    assert (found["determined"], found["tier"]) == (True, "not_exempt")
    assert [f"{law}{number}条" in found["decided_by"] for number in "六七八九"] == [True] * 4
    assert "《中华人民共和国疫苗管理法》第八十条" in found["decided_by"]
    assert [name for name in found if name.startswith("fine_")] == []
    assert [text for text in found.values() if words.find_no_fine(str(text))] == []


def test_an_open_exemption_says_what_is_missing_and_nothing_of_a_fine(batch: Batch) -> None:
    found = answer(batch, kind="penalty", violation="86-1", did_not_know_proven="true")
    assert (found["determined"], found["missing_facts"]) == (False, "exemption_facts")
    assert set(found) & {"tier", "decided_by", "fine_minimum", "fine_maximum", "fine_basis"} == set()
    assert [text for text in found.values() if words.find_no_fine(str(text))] == []


def test_what_a_person_faces_stands_in_the_row(batch: Batch) -> None:
    rows = [row for row in cases.rows("penalty") if row["person_fine_minimum"] not in ("", "-") and row["person_role"]]
    assert rows != []
    for row in rows:
        found = answer(batch, kind="penalty", **cases.facts("penalty", row))
        assert found["person_fine_minimum"].text == row["person_fine_minimum"], row["id"]
        assert found["person_fine_maximum"].text == row["person_fine_maximum"], row["id"]
    banned = [row for row in cases.rows("penalty") if row["person_ban_last_day"] not in ("", "-")]
    assert banned != []
    for row in banned:
        assert row["person_ban_last_day"] in answer(batch, kind="penalty", **cases.facts("penalty", row))["person_ban"]


def test_dates_and_days_of_a_deadline(batch: Batch) -> None:
    found = answer(batch, **LICENCE, as_of="2026-11-06")
    assert (found["due"], found["status"]) == (date(2026, 11, 5), "official")
    assert (found["days_unit"], found["days_overdue"]) == ("working_day", 1)
    assert "earliest" not in found


def test_dates_of_an_expiry(batch: Batch) -> None:
    found = answer(batch, **REGISTRATION)
    assert (found["last_day"], found["certificate"], found["civil_code"]) == (
        date(2028, 2, 29),
        date(2028, 2, 29),
        date(2028, 3, 1),
    )
    assert found["ended_early"] is False
    assert found["inputs"].startswith("sha256:")


@pytest.mark.parametrize("kind", KINDS)
def test_worked_cases_in_a_table_give_what_the_law_says(kind: Kind, batch: Batch) -> None:
    for row in cases.rows(kind):
        found = answer(batch, kind=kind, ref=row["id"], **cases.facts(kind, row))
        assert found["ref"] == row["id"]
        if row["problem"]:
            assert found["problem_code"] == row["problem"], row["id"]
            continue
        assert "problem_code" not in found
        for column, expected in expectations(kind, row):
            assert format_value(found.get(column)) == expected, (row["id"], column)


RENAMED = {
    "length": "days_length", "unit": "days_unit", "used": "days_used", "left": "days_left",
    "overdue": "days_overdue", "on_lapse": "lapse_effect",
}  # fmt: skip
# Of several persons that the law reaches alike, a row shows what is the same for all.
OF_A_PERSON = ("person_fine_minimum", "person_fine_maximum")


def expectations(kind: Kind, row: dict[str, str]) -> list[tuple[str, str]]:
    """The columns of a table that a worked case says something of, with the texts of their cells."""
    found = []
    for name, expected in row.items():
        column = RENAMED.get(name, name) if kind == "deadline" else name
        if column in RESULT_COLUMNS and column not in {"measures", "notices"} and expected:
            if column in OF_A_PERSON and not row["person_role"]:
                continue
            text = "" if expected == "-" else expected
            text = text.upper() if text in {"true", "false"} else text
            found.append((column, ", ".join(text.split(" ")) if column == "missing_facts" else text))
    return found


# ------------------------------------------------------------------------------------ what is read


def test_cells_are_read_as_leniently_as_those_of_a_workbook(batch: Batch) -> None:
    plain = answer(batch, **SALE)
    odd = answer(batch, **{**SALE, "kind": " Penalty ", "goods_value": "¥85,000", "severity": " ordinary "})
    assert {name: odd[name] for name in RESULT_COLUMNS if name in odd} == {
        name: plain[name] for name in RESULT_COLUMNS if name in plain
    }
    assert answer(batch, kind="deadline", step="production-licence", start="2026年9月18日")["due"] == date(2026, 11, 5)


def test_an_id_that_a_spreadsheet_took_for_a_date_is_taken_back(batch: Batch) -> None:
    found = answer(batch, **{**SALE, "violation": "1979-01-01"})
    assert (found["fine_minimum"], found["inputs"]) == (Money.parse("1000000"), answer(batch, **SALE)["inputs"])


def test_empty_cells_and_blanks_are_facts_not_given(batch: Batch) -> None:
    empty = answer(batch, **SALE, step="", start=" ", conduct_from="\t", ref=" ")
    assert empty["inputs"] == answer(batch, **SALE)["inputs"]


def test_a_fact_of_another_calculation_is_refused(batch: Batch) -> None:
    found = answer(batch, **SALE, step="production-licence")
    assert found["problem_code"] == "unknown-field"
    assert found["problem_detail"] == "A row of the kind penalty does not use step; leave the cell empty."


def test_faults_of_form_come_before_a_fact_of_another_calculation_and_those_of_law_after(batch: Batch) -> None:
    found = answer(batch, **{**LICENCE, "start": "soon"}, goods_value="1")
    assert found["problem_code"] == "schema"
    detail = "A row of the kind deadline does not use goods value (goods_value); leave the cell empty."
    assert detail in found["problem_detail"]
    found = answer(batch, kind="penalty", violation="85-2", conduct_to="2026-06-30", clock_stops="x")
    detail = "A row of the kind penalty does not use clock stops (clock_stops); leave the cell empty."
    assert found["problem_detail"] == detail
    found = answer(batch, kind="penalty", violation="85-2", conduct_to="2026-06-30")
    assert found["problem_code"] == "fact-out-of-range"


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("", "Missing: kind."),
        ("fine", "kind: “fine” cannot be used. Give one of these codes: penalty, deadline, validity (expiry)."),
    ],
)
def test_a_row_of_no_known_kind_is_refused(kind: str, detail: str, batch: Batch) -> None:
    found = answer(batch, **{**SALE, "kind": kind})
    assert (found["problem_code"], found["problem_detail"]) == ("schema", detail)


@pytest.mark.parametrize(
    ("facts", "column"),
    [
        (
            {"kind": "penalty", "violation": "85-2", "conduct_from": "2026-06-10", "conduct_to": "2026-06-01"},
            "(conduct_to): ",
        ),
        (
            {
                "kind": "deadline",
                "step": "production-licence",
                "start": "2026-09-18",
                "clock_stops": "2026-10-12/2026-10-16:registration_review",
            },
            "(clock_stops): ",
        ),
        ({"kind": "expiry", "term": "drug-registration", "start": "2026-06-01", "granted_years": "3"}, "(granted): "),
    ],
)
def test_a_refusal_names_the_column_of_the_fact(facts: dict[str, str], column: str, batch: Batch) -> None:
    assert column in answer(batch, **facts)["problem_detail"]


def test_every_fault_of_a_row_stands_in_its_detail(batch: Batch) -> None:
    found = answer(batch, **{**SALE, "goods_value": "much", "activity": "theft"}, x_note="n")
    assert found["problem_code"] == "schema"
    assert "goods value (goods_value): " in found["problem_detail"]
    assert " activity: " in found["problem_detail"]
    assert (found["x_note"], found["goods_value"]) == ("n", "much")


def test_a_row_with_too_few_or_too_many_cells_is_refused(batch: Batch) -> None:
    table = of(batch, "kind", "violation", "x_a")
    rows, problems = table.answer_rows(
        [ReadRow(("penalty", "85-2"), ("penalty", "85-2")), ReadRow(("a",) * 4, ("a",) * 4)]
    )
    details = [row[table.columns.index("problem_detail")] for row in rows]
    assert details == [f"The row has {cells} cells, the header 3 columns; make them match." for cells in (2, 4)]
    assert [row[:3] for row in rows] == [["penalty", "85-2", ""], ["a"] * 3]
    assert problems == {"schema": 2}


def test_a_row_that_could_not_be_read_is_refused_with_its_reason(batch: Batch) -> None:
    table = of(batch, "kind")
    rows, problems = table.answer_rows([ReadRow((), (), SchemaFault(message="schema-object"))])
    assert rows[0][table.columns.index("problem_code")] == "schema"
    assert problems == {"schema": 1}


def test_a_blank_row_has_a_blank_answer(batch: Batch) -> None:
    table = of(batch, "kind", "violation")
    rows, problems = table.answer_rows(
        [ReadRow(("", ""), ("", "")), ReadRow((" ", "\t"), (" ", "\t")), ReadRow((), ())]
    )
    assert [row[2:] for row in rows] == [[None] * len(RESULT_COLUMNS)] * 3
    assert problems == {}


def test_a_reference_is_kept_and_one_that_is_too_long_refused(batch: Batch) -> None:
    assert "problem_code" not in answer(batch, **SALE, ref="x" * 64)
    found = answer(batch, **SALE, ref="x" * 65)
    assert (found["problem_code"], found["ref"]) == ("schema", "x" * 65)
    assert found["problem_detail"].startswith("your reference (ref): At most 64 characters are taken; 65 were given.")
    assert "problem_code" not in answer(batch, **SALE, ref="'=" + "x" * 63)  # the apostrophe is no part of it


def test_a_ledger_changes_nothing_in_a_table(batch: Batch) -> None:
    plain, ledger = answer(batch, **LICENCE), answer(batch, **LICENCE, ledger="true")
    assert ledger["due"] == plain["due"]
    assert set(ledger) - set(plain) == {"ledger"}


def test_an_answered_table_can_be_sent_again(batch: Batch) -> None:
    table = of(batch, *SALE, "x_note")
    texts = [*SALE.values(), "n"]
    (first,), _ = table.answer_rows([ReadRow(texts, texts)])
    again = [format_value(cell(value)) for value in first]
    second = of(batch, *table.columns)
    assert second.columns == table.columns
    assert second.answer_rows([ReadRow(again, again)])[0] == [first]


def test_results_may_stand_anywhere_in_a_table_that_is_sent_again(batch: Batch) -> None:
    table = of(batch, "problem_detail", "kind", "fine_minimum", "violation", "explanation", "x_a")
    assert table.columns == ("kind", "violation", "x_a", *RESULT_COLUMNS)
    texts = ["old", "penalty", "1", "85-2", "old", "own"]
    assert table.answer_rows([ReadRow(texts, texts)])[0][0][:3] == ["penalty", "85-2", "own"]


# ------------------------------------------------------------------------------------- formulas

DANGEROUS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=", "-", "+x", "@", "-2+3+cmd|' /C calc'!A0"]
NUMBERS = ["-5", "+5", "-5.00", "-1,234.50", "+86", "-12%", "-0.5%", "-1.5E-05", "+2e9"]
HARMLESS = ["", "a=1", "1-1", "79-1-1", "'", "'a", "''", "x@y", " =1", "2026-06-01", "＝1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert unescape_formula(f"'{text}") == unescape_formula(text) == text


@pytest.mark.parametrize("text", [*NUMBERS, *HARMLESS])
def test_numbers_and_other_texts_are_left_alone(text: str) -> None:
    assert escape_formula(text) == unescape_formula(text) == text
    assert unescape_formula(f"'{text}") == f"'{text}"


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.text("'=+-@\t\r19.,% \n", max_size=6)))
@example("'=1+1")
@example("''=1")
@example("'-5")
@example("-5\n")
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text
    assert escape_formula(unescape_formula(escape_formula(text))) == escape_formula(text)
    assert escape_formula(text)[:1] not in ("=", "@", "\t", "\r")
    if escape_formula(text)[:1] in ("+", "-"):
        assert Decimal(escape_formula(text).rstrip("%").translate({ord(","): None, ord("."): None})) is not None


def test_apostrophes_of_ours_are_no_part_of_facts(batch: Batch) -> None:
    found = answer(batch, **{**SALE, "kind": "'=penalty"})
    assert found["problem_code"] == "schema"
    plain = answer(batch, kind="penalty", violation="85-1", person_role="other", person_name="=x")
    marked = answer(batch, kind="penalty", violation="85-1", person_role="other", person_name="'=x")
    assert plain["inputs"] == marked["inputs"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (-7, "-7"),
        (Money.parse("0.5"), "0.50"),
        (date(2026, 5, 20), "2026-05-20"),
        ("", ""),
        ("=1", "=1"),
    ],
)
def test_a_value_as_the_text_of_a_cell(value: Value, text: str) -> None:
    assert format_value(value) == text
