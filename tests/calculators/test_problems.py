"""Errors as whoever asked sees them: a problem for a request, a problem in a row."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from penaltycalc import Rulebook, encode_answer
from penaltycalc.calculators.problems import (
    Fault,
    Problem,
    RowProblem,
    build_problem,
    error_message,
    fault_message,
    problem_for_row,
)
from penaltycalc.errors import FactOutOfRange, Label, Malformed, OverTheCap, SchemaFault, UnknownField, UnknownQuery
from penaltycalc.rules.wording import Wording


@pytest.fixture
def wording(rulebook: Rulebook) -> Wording:
    return rulebook.wordings["en"]


def test_a_problem_says_what_is_wrong_and_where_in_the_body(wording: Wording) -> None:
    error = OverTheCap(("granted", "years"), "over-the-cap-extension", 11, 10)
    assert build_problem(error, wording, instance="/v1/expiries", in_body=True, status=422) == Problem(
        type="urn:penaltycalc:problem:over-the-cap",
        title=wording.problem("over-the-cap")[0],
        status=422,
        detail="An extension of 11 working days is more than the 10 allowed.",
        instance="/v1/expiries",
        code="over-the-cap",
        errors=(
            Fault(
                where="/granted/years",
                code="over-the-cap",
                message="An extension of 11 working days is more than the 10 allowed.",
            ),
        ),
    )


def test_the_problem_of_a_row_keeps_its_reference_and_the_status_of_its_error(wording: Wording) -> None:
    found = problem_for_row(
        OverTheCap(("granted",), "over-the-cap-extension", 11, 10), wording, instance="/v1/batch#/7", ref="R-7"
    )
    assert isinstance(found, RowProblem)
    assert (found.ref, found.status, found.code, found.instance) == ("R-7", 422, "over-the-cap", "/v1/batch#/7")
    assert encode_answer(found).startswith(
        b'{"kind":"problem","ref":"R-7","type":"urn:penaltycalc:problem:over-the-cap"'
    )


def test_a_row_without_a_reference_has_none(wording: Wording) -> None:
    found = problem_for_row(Malformed(), wording, instance="#/0", ref=UNSET)
    assert b'"ref"' not in encode_answer(found)
    assert found.errors == ()
    assert found.detail == error_message(Malformed(), wording)


def test_a_place_in_a_body_is_a_json_pointer_with_its_escapes(wording: Wording) -> None:
    error = UnknownField(("readings", "a/b~c"), "a/b~c", ())
    assert build_problem(error, wording, instance="/", in_body=True, status=400).errors[0].where == "/readings/a~1b~0c"
    assert problem_for_row(error, wording, instance="#/0", ref=UNSET).errors[0].where == "/readings/a~1b~0c"


def test_a_place_in_a_query_is_its_name(wording: Wording) -> None:
    named = UnknownQuery(("asof",), "asof", ())
    assert build_problem(named, wording, instance="/", in_body=False, status=400).errors[0].where == "asof"
    deep = SchemaFault(("clock_stops", 0, "from"), message="schema-date", given="x")
    assert build_problem(deep, wording, instance="/", in_body=False, status=400).errors[0].where == "clock_stops.0.from"


def test_the_query_of_a_request_with_a_body_is_no_place_in_the_body(wording: Wording) -> None:
    error = UnknownQuery(("explane",), "explane", ["explain"])
    error.in_query = True
    assert build_problem(error, wording, instance="/", in_body=True, status=400).errors[0].where == "explane"


def test_at_most_a_hundred_faults_are_listed(wording: Wording) -> None:
    faults = [SchemaFault((f"f{number}",), message="schema-date", given="x") for number in range(150)]
    assert (
        len(build_problem(faults[0].add_faults(faults[1:]), wording, instance="/", in_body=True, status=400).errors)
        == 100
    )


# ------------------------------------------------------------------------------- labels among the facts


def missing(*labels: Label) -> FactOutOfRange:
    return FactOutOfRange(("severity",), message="facts-missing", names=labels)


def test_codes_are_told_by_their_labels_with_the_code_in_brackets(rulebook: Rulebook) -> None:
    error = missing(Label("fact", "goods_value"), Label("stop_reason", "testing"), Label("term", "api-approval"))
    assert error_message(error, rulebook.wordings["zh"]) == (
        "还缺少货值金额（goods_value）、检测（testing）、化学原料药批准证书（api-approval），结果不能确定。"
    )
    # The English label of testing is the code itself, which stands there once.
    assert error_message(error, rulebook.wordings["en"]) == (
        "The result is not determined; still missing: "
        "goods value (goods_value), testing, Chemical API approval certificate (api-approval)."
    )


def test_a_place_in_a_request_is_told_by_the_label_of_its_fact(rulebook: Rulebook) -> None:
    error = missing(Label("fact", "conduct.from", "from"), Label("fact", "clock_stops.to", "to", alone=True))
    assert error_message(error, rulebook.wordings["zh"]) == "还缺少行为开始日（from）、停止计时结束日，结果不能确定。"


def test_what_has_no_label_is_told_as_it_is_written(rulebook: Rulebook) -> None:
    error = missing(Label("fact", "colour"), Label("measure", "caning"), Label("violation", "1-1", alone=True))
    assert error_message(error, rulebook.wordings["zh"]) == "还缺少colour、caning、1-1，结果不能确定。"


def test_a_sentence_stands_behind_the_place_that_it_is_about(rulebook: Rulebook) -> None:
    zh = rulebook.wordings["zh"]
    assert fault_message(Malformed(), zh) == error_message(Malformed(), zh)
    stop = SchemaFault(("clock_stops", 0, "from"), message="length-empty")
    assert fault_message(stop, zh) == "停止计时开始日（clock_stops.0.from）：年、月、日至少填一项。"
    assert fault_message(stop, zh, "--clock-stops") == "停止计时开始日（--clock-stops）：年、月、日至少填一项。"
    column = SchemaFault(("days_left",), message="length-empty")
    assert fault_message(column, zh) == "剩余（days_left）：年、月、日至少填一项。"
    own = SchemaFault(("x_note",), message="length-empty")
    assert fault_message(own, zh) == "x_note：年、月、日至少填一项。"
