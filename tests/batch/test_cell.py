"""One value of an answer as the text of a cell: what stands there, nothing, or a fault that says why."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

import penaltycalc
from penaltycalc import LawRefuses, RequestError, Rulebook, WorkingCalendar
from penaltycalc.batch.cell import DEFAULTS, CellAnswer, find_value, format_cell, parse_path
from penaltycalc.calculators.calculate import Kind, calculate
from penaltycalc.calculators.calendar_queries import CountQuery, ShiftQuery, count_working_days, shift_working_days
from penaltycalc.calculators.penalties import PenaltyAnswer
from penaltycalc.errors import Fact, Label, PenaltycalcError
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.money import Money

RULEBOOK = penaltycalc.load_rulebook()
CALENDAR = penaltycalc.load_calendar(RULEBOOK)


def answer(kind: Kind, **facts: str) -> Any:
    return calculate(parse_flat(kind, facts), RULEBOOK, CALENDAR, lang="en", explain=False)


SALE = answer(
    "penalty",
    violation="79-1-1",
    goods_value="85000",
    activity="wholesale",
    severity="ordinary",
    conduct_from="2026-06-01",
    conduct_to="2026-06-30",
)
SEVERE_SALE = answer("penalty", violation="79-1-1", goods_value="85000", activity="wholesale", severity="severe")
UNKNOWN_SALE = answer("penalty", violation="79-1-1")
REVIEW = answer("deadline", step="production-licence", start="2026-09-18")
STANDING = answer("deadline", step="licence-decision", start="2026-06-01", clock_stops="2026-06-03/:hearing")
DAY = date(2023, 3, 1)
REGISTRATION = answer("expiry", term="drug-registration", start="2023-03-01")


def fault(found: CellAnswer, out: str) -> PenaltycalcError:
    with pytest.raises((RequestError, LawRefuses)) as refused:
        format_cell(found, out)
    return refused.value


def message(found: CellAnswer, out: str) -> tuple[str, dict[str, Fact]]:
    """The message of a fault of the path itself, and its facts."""
    refused = fault(found, out)
    assert (refused.where, refused.status) == (("out",), 400)
    return refused.message, refused.facts


# ------------------------------------------------------------------------------------------- values


def test_each_function_has_a_value_of_its_own() -> None:
    assert format_cell(SALE) == "2000000.00"
    assert format_cell(REVIEW) == "2026-11-05"
    assert format_cell(REGISTRATION, "  ") == "2028-02-29"


def test_working_days_are_counted_or_shifted(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    # October 2026: off 1 to 7, made up on the 10th; so 8, 9, 10, then three full weeks of 5.
    span = CountQuery(from_=date(2026, 10, 1), to=date(2026, 10, 31))
    count = count_working_days(span, rulebook, calendar, lang="zh")
    shift = shift_working_days(ShiftQuery(start=date(2026, 9, 30), days=2), rulebook, calendar, lang="zh")
    assert (format_cell(count), format_cell(count, "from"), format_cell(count, "status")) == (
        "18",
        "2026-10-01",
        "official",
    )
    assert (format_cell(shift), format_cell(shift, serial=True), format_cell(shift, "days")) == (
        "2026-10-09",
        "46304",
        "2",
    )


@pytest.mark.parametrize(
    ("out", "text"),
    [
        ("minimum", "1000000.00"),
        ("maximum", "2000000.00"),
        ("outcome.fine.minimum", "1000000.00"),
        (" outcome.fine.basis.deemed_value ", "100000.00"),
        ("outcome.fine.basis.deemed_value_applied", "TRUE"),
        ("outcome.fine.basis.kind", "goods_value_multiple"),
        ("outcome.fine.basis.minimum_multiple", "10"),
        ("kind", "penalty"),
        ("violation", "79-1-1"),
        ("determined", "TRUE"),
        ("outcome.tier", "first"),
        ("outcome.citation.article", "79"),
        ("limitation.two_years.last_day", "2028-06-30"),
        ("outcome.measures.0.kind", "order_to_correct"),
        ("outcome.measures.1.objects", "drugs, illegal_gains"),
        (
            "outcome.measures",
            (
                "order to correct within a time limit; "
                "confiscation of the drugs unlawfully produced or sold and the illegal gains"
            ),
        ),
    ],
)
def test_a_path_leads_to_a_value(out: str, text: str) -> None:
    assert format_cell(SALE, out) == text


@pytest.mark.parametrize(
    "out",
    [
        "ref",
        "limitation.barred",
        "outcome.scope",
        "outcome.persons.0.fine.maximum",
        "outcome.persons.999999999.name",
        "outcome.measures.0.licences",  # of another kind of measure
        "outcome.fine.basis.income",  # of another kind of fine
        "alternatives.0.fine.maximum",
        "missing_facts",
        "fine.maximum",
        "explanation.0.text",
    ],
)
def test_what_could_stand_there_and_does_not_is_empty(out: str) -> None:
    assert format_cell(SALE, out) == ""
    assert find_value(SALE, out) is None


def test_a_person_is_found_by_its_place() -> None:
    # 82¶2: confiscation of the income, and a fine of 10 to 50 per cent of it.
    given = {"violation": "82-2", "severity": "severe", "person_role": "principal"}
    known = answer("penalty", **given, person_income="100000")
    assert format_cell(known, "outcome.persons.0.role") == "principal"
    assert format_cell(known, "outcome.persons.0.confiscated_income") == "100000.00"
    assert format_cell(known, "outcome.persons.0.fine.minimum") == "10000.00"
    assert format_cell(known, "outcome.persons.1.fine.minimum") == ""
    assert format_cell(answer("penalty", **given), "outcome.persons.0.fine.minimum") == ""


def test_a_clock_that_stands_has_an_empty_due_date() -> None:
    assert format_cell(STANDING) == format_cell(STANDING, "due", serial=True) == ""


def test_dates_are_serials_where_asked_and_where_there_are_any() -> None:
    # The 1st of January 2026 is 46023; the 5th of November is day 309 of the year.
    assert format_cell(REVIEW, serial=True) == "46331"
    assert format_cell(REVIEW, "step", serial=True) == "production-licence"
    days = {date(1900, 2, 28): "1900-02-28", date(1900, 3, 1): "61", date(9999, 12, 31): "2958465"}
    for day, text in days.items():
        assert format_cell(replace(REVIEW, due=day), serial=True) == text


def test_a_list_of_texts_is_joined() -> None:
    texts = [notice.text for notice in SALE.notices]
    assert format_cell(SALE, "notices") == "; ".join(texts)
    assert format_cell(UNKNOWN_SALE, "missing_facts") == "severity, activity, goods_value"
    assert format_cell(replace(REVIEW, notices=()), "notices") == ""
    explained = penaltycalc.expiry(penaltycalc.ExpiryRequest(term="drug-registration", start=DAY), RULEBOOK, CALENDAR)
    assert isinstance(explained.explanation, tuple)
    assert format_cell(explained, "explanation") == "; ".join(step.text for step in explained.explanation)


def test_a_value_is_no_formula_and_stays_as_it_is() -> None:
    assert format_cell(replace(REVIEW, ref="=1+1"), "ref") == "=1+1"


def test_more_than_a_cell_holds_is_a_fault_and_not_cut() -> None:
    assert format_cell(replace(REVIEW, ref="x" * 32_767), "ref") == "x" * 32_767
    assert message(replace(REVIEW, ref="x" * 32_768), "ref") == ("schema-cell-length", {"most": 32_767})


# ------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("out", "name", "nearest"),
    [
        ("outcom.fine", "outcom", "outcome"),
        ("outcome.fines.maximum", "fines", "fine"),
        ("maxmum", "maxmum", "maximum"),
        ("outcome.persons.0.fine.maximun", "maximun", "maximum"),
        ("outcome.measures.0.licence", "licence", "licences"),
        ("limitation.two_years.lastday", "lastday", "last_day"),
    ],
)
def test_a_name_that_no_answer_has_is_a_fault_with_the_nearest(out: str, name: str, nearest: str) -> None:
    assert message(SALE, out) == ("unknown-result-near", {"name": name, "nearest": nearest})


@pytest.mark.parametrize(
    ("out", "name"), [("violation.0", "0"), ("determined.year", "year"), ("minimum.x", "minimum"), ("outcome.", "")]
)
def test_a_name_that_is_like_none_is_a_fault_too(out: str, name: str) -> None:
    assert message(SALE, out)[1]["name"] == name


def test_only_a_penalty_has_a_fine_in_short() -> None:
    assert message(REVIEW, "maximum")[1]["name"] == "maximum"


@pytest.mark.parametrize("out", ["outcome.persons.role", "outcome.persons.-1.role", "outcome.persons.1234567890.role"])
def test_a_list_needs_the_place_of_an_element(out: str) -> None:
    assert message(SALE, out) == ("schema-element", {"name": "outcome.persons"})


@pytest.mark.parametrize("out", ["outcome.persons", "alternatives"])
def test_a_list_of_records_without_a_text_is_no_value(out: str) -> None:
    assert message(SALE, out) == ("schema-element", {"name": out})


def test_a_record_is_no_value() -> None:
    assert message(SALE, "outcome.fine") == (
        "schema-single-value",
        {"name": "outcome.fine", "names": "minimum, maximum, basis"},
    )
    assert message(SALE, "outcome.measures.0")[0] == "schema-single-value"
    assert message(SALE, "fine")[0] == "schema-single-value"  # also where it is not there


# ------------------------------------------------------------------------------- what is not determined


@pytest.mark.parametrize("out", ["", "minimum", "maximum", "outcome.tier", "outcome.fine.maximum", "fine.maximum"])
def test_the_outcome_of_an_undetermined_penalty_is_a_fault_that_names_what_is_missing(out: str) -> None:
    refused = fault(UNKNOWN_SALE, out)
    assert (refused.code, refused.status, refused.where) == ("fact-out-of-range", 422, ("severity",))
    names = tuple(Label("fact", name) for name in ("severity", "activity", "goods_value"))
    assert (refused.message, refused.facts) == ("facts-missing", {"names": names})


def test_alternatives_that_agree_on_the_fine_give_it() -> None:
    common: PenaltyAnswer = replace(UNKNOWN_SALE, fine=replace(SALE.outcome.fine, maximum=Money.parse("7")))
    assert (format_cell(common), format_cell(common, "minimum"), format_cell(common, "fine.maximum")) == (
        "7.00",
        "1000000.00",
        "7.00",
    )
    assert fault(common, "outcome.fine.maximum").message == "facts-missing"


def test_the_rest_of_an_undetermined_penalty_is_shown() -> None:
    assert format_cell(UNKNOWN_SALE, "determined") == "FALSE"
    assert format_cell(UNKNOWN_SALE, "alternatives.0.tier") == "first"
    assert format_cell(UNKNOWN_SALE, "limitation.applies") == ""


def test_a_tier_without_a_fine_has_an_empty_one() -> None:
    none = replace(SALE, outcome=replace(SALE.outcome, fine=None))
    assert (format_cell(none), format_cell(none, "outcome.fine.basis.kind")) == ("", "")


# --------------------------------------------------------- what would mislead as one bare value

TOO_LATE = {"conduct_from": "2026-06-01", "conduct_to": "2026-06-30", "discovered_on": "2031-07-01"}
BARRED = answer("penalty", violation="85-2", severity="severe", **TOO_LATE)
BARRED_AND_OPEN = answer("penalty", violation="84-1", **TOO_LATE)
BARRED_WITH_A_COMMON_FINE = answer("penalty", violation="85-2", **TOO_LATE)
NOT_EXEMPT = answer("penalty", violation="86-1", duties_fulfilled="false")
OPEN_EXEMPTION = answer("penalty", violation="86-1", duties_fulfilled="true")
EXEMPT = answer("penalty", violation="86-1", duties_fulfilled="true", did_not_know_proven="true")


@pytest.mark.parametrize("found", [BARRED, BARRED_AND_OPEN, BARRED_WITH_A_COMMON_FINE])
@pytest.mark.parametrize("out", ["", "  "])
def test_a_barred_penalty_is_a_fault_where_no_amount_is_named(found: PenaltyAnswer, out: str) -> None:
    refused = fault(found, out)
    assert (refused.code, refused.status, refused.where) == ("barred", 422, ())


def test_a_penalty_that_depends_on_harm_is_a_fault_where_no_amount_is_named() -> None:
    # APL 36: discovered after two years and within five, and nothing said of harm.
    found = answer("penalty", violation="85-2", severity="severe", **{**TOO_LATE, "discovered_on": "2028-07-01"})
    refused = fault(found, "")
    assert (refused.code, refused.where) == ("fact-out-of-range", ("life_health_or_financial_safety",))
    assert format_cell(found, "maximum") == "50000.00"
    assert format_cell(found, "limitation.depends_on_harm") == "TRUE"


def test_an_amount_of_a_barred_penalty_that_is_named_is_given_for_reference() -> None:
    for out in ("maximum", "outcome.fine.maximum"):
        assert format_cell(BARRED, out) == "50000.00"
    # DAR 85¶2 sets no lower bound, and that is an empty value, no refusal.
    assert format_cell(BARRED, "minimum") == ""
    assert format_cell(BARRED_WITH_A_COMMON_FINE, "maximum") == "50000.00"
    assert fault(BARRED_AND_OPEN, "maximum").code == "fact-out-of-range"
    for found in (BARRED, BARRED_AND_OPEN):
        assert format_cell(found, "limitation.barred") == "TRUE"
        assert format_cell(found, "penalty_excluded.reason") == "limitation"
        assert format_cell(found, "penalty_excluded.citation.article") == "36"
    assert format_cell(SALE, "penalty_excluded.reason") == ""


@pytest.mark.parametrize(
    "out", ["", "minimum", "maximum", "outcome.fine.minimum", "outcome.fine.maximum", "outcome.fine.basis.kind"]
)
def test_a_fine_on_which_others_decide_is_a_fault_and_no_empty_value(out: str) -> None:
    refused = fault(NOT_EXEMPT, out)
    assert (refused.code, refused.status, refused.where) == ("decided-elsewhere", 422, ())


def test_the_rest_of_a_failed_exemption_is_shown() -> None:
    assert format_cell(NOT_EXEMPT, "outcome.tier") == "not_exempt"
    assert [format_cell(NOT_EXEMPT, f"outcome.decided_by.{place}.article") for place in range(6)] == [
        *("116", "117", "118", "119", "80"),
        "",
    ]


@pytest.mark.parametrize("out", ["", "minimum", "maximum", "outcome.fine.maximum", "outcome.tier"])
def test_an_open_exemption_is_a_fault_that_names_what_is_missing(out: str) -> None:
    refused = fault(OPEN_EXEMPTION, out)
    assert (refused.code, refused.where) == ("fact-out-of-range", ("exemption_facts",))
    assert refused.facts == {"names": (Label("fact", "exemption_facts"),)}


def test_who_is_exempt_has_no_fine() -> None:
    assert [format_cell(EXEMPT, out) for out in ("", "minimum", "outcome.fine.maximum")] == ["", "", ""]


# ------------------------------------------------------------------------------------- every path


def test_a_path_is_known_before_the_answer_is() -> None:
    assert parse_path(PenaltyAnswer, "") == ("maximum",)
    assert parse_path(PenaltyAnswer, "explanation.0.text") == ("explanation", "0", "text")
    for found, default in DEFAULTS.items():
        assert parse_path(found, "") == (default,)


PARTS = """
    outcome fine persons measures alternatives missing_facts notices explanation provenance limitation 0 1 99 -1 text
    minimum maximum basis kind two_years last_day ban length years citation label due days used ledger renewal ref
    by_convention inputs x
"""
PATHS = st.lists(st.sampled_from(PARTS.split()), max_size=5).map(".".join)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    found=st.sampled_from([SALE, SEVERE_SALE, UNKNOWN_SALE, REVIEW, STANDING, REGISTRATION]),
    out=st.one_of(PATHS, st.text(max_size=20)),
    serial=st.booleans(),
)
def test_any_path_gives_a_text_or_a_fault(found: CellAnswer, out: str, *, serial: bool) -> None:
    with suppress(RequestError, LawRefuses):
        assert len(format_cell(found, out, serial=serial)) <= 32_767
        assert find_value(found, out) is not UNSET
