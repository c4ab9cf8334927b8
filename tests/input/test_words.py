"""How people and spreadsheets write facts: read where a form has one meaning, left alone where not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cases
from penaltycalc import Conduct, Money, PenaltyRequest, Rulebook
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.calculators.calendar_queries import ShiftQuery
from penaltycalc.errors import FactOutOfRange, LawRefuses, PenaltycalcError, RequestError, UnknownQuery
from penaltycalc.input.flat import FlatField, list_flat_fields, parse_flat
from penaltycalc.input.words import decode_words, normalize_fact, parse_words

KINDS: tuple[Kind, ...] = get_args(Kind)
FIELDS: dict[str, FlatField] = {name: field for kind in KINDS for name, field in list_flat_fields(kind).items()}


def refused(field: str, text: str) -> bool:
    """Whether a text is left as it came."""
    return normalize_fact(FIELDS[field], text) == text


# ------------------------------------------------------------------------------------------- dates

# Excel counts days from 1 January 1900 as 1, with a 29th of February 1900 that never was: the 1st of
# January 2026 is 46023, and 100 days on is the 11th of April.
DATES = [
    ("2026-2-8", "2026-02-08"),
    ("2026-02-8", "2026-02-08"),
    ("2026/2/8", "2026-02-08"),
    ("2026/02/08", "2026-02-08"),
    ("2026.2.8", "2026-02-08"),
    ("20260208", "2026-02-08"),
    ("2026年2月8日", "2026-02-08"),
    ("2026年02月08日", "2026-02-08"),
    ("46023", "2026-01-01"),
    ("46123", "2026-04-11"),
    ("46123.0", "2026-04-11"),
    ("10000", "1927-05-18"),
    ("2026-02-08 00:00:00", "2026-02-08"),
    ("2026-02-08T00:00:00", "2026-02-08"),
    ("2026/2/8 0:00", "2026-02-08"),
    (" 2026-02-08", "2026-02-08"),
    ("2026-02-8 ", "2026-02-08"),
    ("\u30002026-2-8\u00a0", "2026-02-08"),
    ("２０２６－２－８", "2026-02-08"),
    ("２０２６／２／８", "2026-02-08"),
    ("2028-2-29", "2028-02-29"),
]


@pytest.mark.parametrize(("text", "day"), DATES)
def test_a_day_with_its_year_first_is_read(text: str, day: str) -> None:
    assert normalize_fact(FIELDS["start"], text) == day


@pytest.mark.parametrize(
    "text",
    [
        "1/2/2026",  # the 1st of February, or the 2nd of January
        "8.2.2026",
        "26-2-8",
        "2026-2",
        "2026-2/8",
        "2026-2-30",
        "2026/13/1",
        "0000-1-1",
        "2027年2月29日",
        "20260230",
        "2026-02-08 09:30:00",
        "2026-02-08T00:00:01",
        "2026-02-08T00:00:00Z",
        "2026-02-08 title",
        "46123.5",
        "9999",
        "461234",
        "-46123",
        "0x1",
        "٢٠٢٦-٠٢-٠٨",
        "tomorrow",
    ],
)
def test_a_day_that_does_not_exist_or_that_could_be_another_is_left_alone(text: str) -> None:
    assert refused("start", text)


# ------------------------------------------------------------------------------------------- money


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("1,234.5", "1234.5"),
        ("1,234", "1234"),
        ("12,345,678.90", "12345678.90"),
        ("¥85000", "85000"),
        ("￥85,000.00", "85000.00"),
        ("¥ 85000", "85000"),
        ("85000元", "85000"),
        ("85,000 元", "85000"),
        ("８５０００．５", "85000.5"),
        ("８５，０００", "85000"),
        (" 85000\u00a0", "85000"),
    ],
)
def test_money_may_have_thousands_signs_and_full_width_digits(text: str, yuan: str) -> None:
    assert normalize_fact(FIELDS["goods_value"], text) == yuan


@pytest.mark.parametrize(
    "text",
    [
        "1,5",
        "12,34",
        "1,2345",
        "1234,567",
        "1,234,56",
        ",123",
        "0,123",
        "1.234,5",
        "8.5万元",
        "85000万",
        "-85000",
        "(85000)",
        "+85000",
        "1e5",
        "85000.505",
        "007",
        "$85000",
        "10²",
        "①",
        "1 234",
        "",
        "元",
    ],
)
def test_money_that_could_be_another_amount_is_left_alone(text: str) -> None:
    assert refused("goods_value", text)


# ------------------------------------------------------------------------- yes and no, numbers, choices


@pytest.mark.parametrize("text", ["TRUE", "True", "1", "yes", "YES", "是", " true ", "１", "ＴＲＵＥ"])
def test_yes_is_said_in_several_ways(text: str) -> None:
    assert normalize_fact(FIELDS["rectified"], text) == "true"


@pytest.mark.parametrize("text", ["FALSE", "False", "0", "no", "No", "否", "false\u3000"])
def test_no_is_said_in_several_ways(text: str) -> None:
    assert normalize_fact(FIELDS["rectified"], text) == "false"


@pytest.mark.parametrize("text", ["2", "-1", "y", "不是", "未知", "truefalse"])
def test_what_is_neither_yes_nor_no_is_left_alone(text: str) -> None:
    assert refused("rectified", text)


@pytest.mark.parametrize(("text", "number"), [("20.0", "20"), ("20.00", "20"), (" 20", "20"), ("２０", "20")])
def test_a_whole_number_may_have_places_that_are_nought(text: str, number: str) -> None:
    assert normalize_fact(FIELDS["extension_working_days"], text) == number


@pytest.mark.parametrize("text", ["20.5", "1,000", "1e2", "twenty", "二十", "1234567890"])
def test_what_is_no_whole_number_is_left_alone(text: str) -> None:
    assert refused("extension_working_days", text)


def test_a_negative_number_is_read_for_a_shift_back_only() -> None:
    assert decode_words(ShiftQuery, {"start": "2026/10/9", "days": "－５"}).days == -5
    with pytest.raises(RequestError):
        parse_words("deadline", {"step": "licence-decision", "start": "2026-6-1", "extension_working_days": "-5.0"}, ())


@pytest.mark.parametrize(
    ("text", "choice"), [("Severe", "severe"), ("SEVERE", "severe"), (" severe", "severe"), ("ｓｅｖｅｒｅ", "severe")]
)
def test_a_choice_may_be_in_any_case(text: str, choice: str) -> None:
    assert normalize_fact(FIELDS["severity"], text) == choice


def test_a_choice_that_there_is_not_is_left_alone() -> None:
    assert refused("severity", "Very Severe")


# -------------------------------------------------------------------------------------- clock stops


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("2026-6-3/2026-6-10:hearing", "2026-06-03/2026-06-10:hearing"),
        (
            "２０２６－６－３／２０２６－６－１０：hearing；2026-7-1/：testing",
            "2026-06-03/2026-06-10:hearing;2026-07-01/:testing",
        ),
        (" 20260603 / 46183 : Hearing ; 2026.7.1/ :testing", "2026-06-03/2026-06-10:hearing;2026-07-01/:testing"),
        ("2026-06-03 00:00:00/2026-06-10 00:00:00:hearing", "2026-06-03/2026-06-10:hearing"),
        ("2026年6月3日/:hearing", "2026-06-03/:hearing"),
    ],
)
def test_clock_stops_may_have_lenient_days_and_full_width_signs(text: str, stops: str) -> None:
    assert normalize_fact(FIELDS["clock_stops"], text) == stops


@pytest.mark.parametrize("text", ["hearing", "2026-6-3:hearing", "2026-6-3/2026-6-10", "2026-6-3/:hearing;", ""])
def test_what_is_no_list_of_stops_is_left_alone(text: str) -> None:
    assert refused("clock_stops", text)


def test_slashes_within_the_days_of_a_stop_are_refused() -> None:
    with pytest.raises(RequestError):
        parse_words(
            "deadline", {"step": "licence-decision", "start": "2026-6-1", "clock_stops": "2026/6/3/:hearing"}, ()
        )


# ---------------------------------------------------------------------------------------------- ids


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("79-1-1", "79-1-1"),
        ("79-1-1 无证生产、销售", "79-1-1"),
        (" 79-1-1", "79-1-1"),
        ("79-1-1\u3000无证生产", "79-1-1"),
        ("７９－１－１", "79-1-1"),
        ("1979-01-01", "79-1-1"),
        ("1979-01-01 00:00:00", "79-1-1"),
        ("1979/1/1", "79-1-1"),
        ("1979年1月2日", "79-1-2"),
        ("28856", "79-1-1"),
        ("28859.0", "79-1-4"),
        ("1981-01-01", "81-1"),
        ("1981-02-01", "81-2-1"),
        ("1981-02-02", "81-2-2"),
        ("1982/2/1", "82-2"),
        ("1987-01-01", "87-1"),
    ],
)
def test_an_id_is_found_with_its_title_and_as_the_date_that_a_spreadsheet_made_of_it(
    text: str, id: str, rulebook: Rulebook
) -> None:
    assert normalize_fact(FIELDS["violation"], text, rulebook.violations) == id


@pytest.mark.parametrize(
    "text", ["1979-01-05", "1979-02-30", "2079-01-01", "1988-01-01", "28860", "1/1/1979", "79-1-9"]
)
def test_a_date_that_stands_for_no_violation_is_left_alone(text: str, rulebook: Rulebook) -> None:
    assert normalize_fact(FIELDS["violation"], text, rulebook.violations) == text


def test_a_date_that_stands_for_two_violations_is_left_alone() -> None:
    both = ("81-1", "81-1-1", "81-13", "annex")
    assert normalize_fact(FIELDS["violation"], "1981-01-01", both) == "1981-01-01"
    assert normalize_fact(FIELDS["violation"], "1981-01-01", both[1:]) == "81-1-1"


def test_no_two_violations_of_the_law_become_the_same_date(rulebook: Rulebook) -> None:
    for known in rulebook.violations:
        year, month, *day = map(int, known.split("-"))
        turned = date(1900 + year, month, *(day or [1]))
        assert normalize_fact(FIELDS["violation"], turned.isoformat(), rulebook.violations) == known


def test_a_date_is_an_id_of_violations_only(rulebook: Rulebook) -> None:
    assert (
        normalize_fact(FIELDS["step"], "production-licence 药品生产许可", rulebook.violations) == "production-licence"
    )
    assert normalize_fact(FIELDS["step"], "1979-01-01", rulebook.violations) == "1979-01-01"
    assert normalize_fact(FIELDS["term"], " ", rulebook.violations) == " "


@pytest.mark.parametrize("field", ["ref", "person_name"])
@pytest.mark.parametrize("text", ["２０２６", " A ", "1979/1/1", "1,234"])
def test_free_text_is_never_changed(field: str, text: str) -> None:
    assert refused(field, text)


# ---------------------------------------------------------------------------------------- requests


def test_a_request_is_read_as_people_write_it(rulebook: Rulebook) -> None:
    facts = {
        "violation": "28856",
        "goods_value": "￥85,000",
        "conduct_from": "2026年6月1日",
        "severity": "",
        "rectified": " ",
        "activity": "\u3000",
    }
    expected = PenaltyRequest(
        violation="79-1-1",
        goods_value=Money.parse("85000"),
        conduct=Conduct(from_=date(2026, 6, 1)),
    )
    assert parse_words("penalty", facts, rulebook.violations) == expected


def faults(kind: Kind, **facts: str) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(PenaltycalcError) as error:
        parse_words(kind, facts, ())
    return [(fault.code, fault.where) for fault in error.value.faults]


def test_what_is_not_read_is_refused_with_the_fault_of_the_strict_reading() -> None:
    found = faults("penalty", violation="79-1-1", goods_value="1,5", conduct_from="1/2/2026")
    assert found == [("schema", ("goods_value",)), ("schema", ("conduct_from",))]


def test_blank_text_is_a_fact_not_given() -> None:
    assert faults("penalty", violation=" ") == [("schema", ("violation",))]
    assert faults("penalty", violation="79-1-1", conduct_from="", conduct_to="2026-6-1") == [
        (FactOutOfRange.code, ("conduct_to",))
    ]


def test_an_unknown_name_is_refused_also_where_it_is_blank() -> None:
    assert faults("penalty", violation="79-1-1", goodsvalue="") == [(UnknownQuery.code, ("goodsvalue",))]


# -------------------------------------------------------------------------------- what holds for all

properties = settings(derandomize=True, max_examples=300, deadline=None)

LIKE_FACTS = st.text(st.sampled_from("0123456789-/.,:;年月日¥￥元 TtrueFALSE是否１２\u3000"), max_size=24)
STRICT = st.one_of(
    st.dates().map(date.isoformat),
    st.from_regex(r"(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["true", "false", "ordinary", "civil-code", "directly_responsible_manager", "79-1-1", "81-1"]),
    st.from_regex(r"-?[0-9]{1,9}", fullmatch=True),
    st.tuples(st.dates(), st.dates()).map(lambda days: f"{days[0]}/{days[1]}:hearing;{days[1]}/:testing"),
    st.text(max_size=64),
)
REQUIRED = {"penalty": {"violation": "79-1-1"}, "deadline": {"step": "s", "start": "2026-06-01"}}
REQUIRED["expiry"] = {"term": "t", "start": "2026-06-01"}


@properties
@given(st.sampled_from(KINDS), st.data())
def test_what_is_valid_strictly_is_never_changed(kind: Kind, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(list_flat_fields(kind).keys() - {CALCULATIONS[kind].subject})))
    text = data.draw(STRICT.filter(lambda text: bool(text.strip())))
    facts = {**REQUIRED[kind], name: text}
    try:
        strict = parse_flat(kind, facts)
    except (RequestError, LawRefuses):
        return
    assert normalize_fact(list_flat_fields(kind)[name], text) == text
    assert parse_words(kind, facts, ("79-1-1",)) == strict


@pytest.mark.parametrize("kind", KINDS)
def test_the_facts_of_the_worked_cases_are_read_as_they_stand(kind: Kind, rulebook: Rulebook) -> None:
    for row in cases.rows(kind):
        facts = cases.facts(kind, row)
        assert parse_words(kind, facts, rulebook.violations) == parse_flat(kind, facts)
        for name, text in facts.items():
            assert normalize_fact(FIELDS[name], text, rulebook.violations) == text


@properties
@given(st.sampled_from(sorted(FIELDS)), st.one_of(LIKE_FACTS, st.text(max_size=40)))
def test_whatever_is_written_is_read_or_left_and_reading_twice_changes_nothing(name: str, text: str) -> None:
    once = normalize_fact(FIELDS[name], text, ("79-1-1", "81-1"))
    assert normalize_fact(FIELDS[name], once, ("79-1-1", "81-1")) == once


@properties
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(sorted(FIELDS)), LIKE_FACTS, max_size=4))
def test_nothing_that_is_written_breaks_the_reading(kind: Kind, facts: dict[str, str]) -> None:
    with suppress(RequestError, LawRefuses):
        assert isinstance(parse_words(kind, facts, ("79-1-1",)), CALCULATIONS[kind].request)
