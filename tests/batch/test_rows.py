"""Many calculations at once: order, references, problems in place, and the answers of the single calls."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, get_args

import msgspec
import pytest

import cases
from penaltycalc import Rulebook, WorkingCalendar, encode_answer
from penaltycalc.batch.rows import Batch, InvalidRow, parse_array, parse_line
from penaltycalc.calculators.calculate import Kind, calculate
from penaltycalc.conformance.kit import find_differences
from penaltycalc.errors import Malformed, RequestError, SchemaFault, TooLarge
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.records import encode_value

KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 65_536

SALE = {
    "kind": "penalty",
    "violation": "79-1-1",
    "goods_value": "85000.00",
    "activity": "wholesale",
    "severity": "ordinary",
}
LICENCE = {"kind": "deadline", "step": "production-licence", "start": "2026-09-18"}
REGISTRATION = {"kind": "expiry", "term": "drug-registration", "start": "2023-03-01"}


@pytest.fixture
def batch(rulebook: Rulebook, calendar: WorkingCalendar) -> Batch:
    return Batch(rulebook, calendar, lang="en", path="/v1/batch")


def array(*rows: Any) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def line(**row: Any) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def answers(batch: Batch, body: bytes) -> list[dict[str, Any]]:
    """The answers to a JSON array, as a client sees them."""
    found: list[dict[str, Any]] = json.loads(b"[" + batch.answer_json(parse_array(body), 0).content + b"]")
    return found


def only(batch: Batch, row: bytes) -> dict[str, Any]:
    """The answer to a batch of one row."""
    (found,) = answers(batch, b"[" + row + b"]")
    return found


def places(found: dict[str, Any]) -> list[tuple[str, str]]:
    assert found["kind"] == "problem"
    return [(fault["where"], fault["code"]) for fault in found["errors"]]


# ------------------------------------------------------------------------------------- answers


def test_rows_of_all_kinds_are_answered_in_their_order(batch: Batch) -> None:
    sale, licence, registration = answers(batch, array(SALE, LICENCE, REGISTRATION))
    assert sale["outcome"]["fine"]["minimum"] == "1000000.00"
    assert sale["outcome"]["fine"]["maximum"] == "2000000.00"
    assert licence["due"] == "2026-11-05"
    assert registration["last_day"] == "2028-02-29"
    assert [one["kind"] for one in (sale, licence, registration)] == ["penalty", "deadline", "expiry"]


def test_each_row_keeps_its_own_reference_also_where_its_facts_are_those_of_another(batch: Batch) -> None:
    rows = [{**LICENCE, "ref": f"R-{number}"} for number in range(5)] + [LICENCE]
    found = answers(batch, array(*rows))
    assert [one.get("ref") for one in found] == ["R-0", "R-1", "R-2", "R-3", "R-4", None]
    assert len({one["due"] for one in found}) == 1


def test_a_bad_row_is_answered_in_its_place_and_spoils_no_other(batch: Batch) -> None:
    before, bad, after = answers(batch, array(LICENCE, {**SALE, "violation": "79-1-9", "ref": "R-1"}, REGISTRATION))
    assert before["due"] == "2026-11-05"
    assert after["last_day"] == "2028-02-29"
    assert set(bad) == {"kind", "ref", "type", "title", "status", "detail", "instance", "code", "errors"}
    assert (bad["kind"], bad["ref"], bad["status"]) == ("problem", "R-1", 422)
    assert bad["code"] == "unknown-violation"
    assert bad["instance"] == "/v1/batch#/1"
    assert places(bad) == [("/violation", "unknown-violation")]


def test_a_row_in_a_later_block_is_counted_from_the_beginning(batch: Batch) -> None:
    answered = batch.answer_json(parse_array(array(SALE, {"kind": "penalty"})), 400)
    assert json.loads(b"[" + answered.content + b"]")[1]["instance"] == "/v1/batch#/401"


def test_rows_and_problems_are_counted(batch: Batch) -> None:
    answered = batch.answer_json(parse_array(array(SALE, {}, {**SALE, "violation": "x"}, {"kind": "penalty"})), 0)
    assert answered.rows == 4
    assert answered.problems == {"schema": 2, "unknown-violation": 1}


def test_rows_carry_the_digest_of_their_inputs_alone(batch: Batch) -> None:
    assert set(only(batch, json.dumps(SALE).encode())["provenance"]) == {"inputs"}
    assert (batch.provenance.rulebook, batch.provenance.calendar) == (batch.rulebook.digest, batch.calendar.digest)
    assert batch.provenance.inputs == ""


def test_a_barred_row_and_a_failed_exemption_say_so(batch: Batch) -> None:
    found = answers(
        batch,
        array(
            {
                "kind": "penalty",
                "violation": "85-2",
                "severity": "severe",
                "conduct": {"from": "2026-06-01", "to": "2026-06-30"},
                "discovered_on": "2031-07-01",
            },
            {"kind": "penalty", "violation": "86-1", "exemption_facts": {"duties_fulfilled": False}},
            {"kind": "penalty", "violation": "86-1", "exemption_facts": {"duties_fulfilled": True}},
        ),
    )
    # The reason stands before the outcome, whose fine is for reference only.
    assert list(found[0])[:4] == ["kind", "violation", "penalty_excluded", "determined"]
    assert found[0]["penalty_excluded"]["reason"] == "limitation"
    assert found[0]["outcome"]["fine"]["maximum"] == "50000.00"
    assert [one["article"] for one in found[1]["outcome"]["decided_by"]] == [116, 117, 118, 119, 80]
    assert found[1]["outcome"]["fine"] is None
    assert found[2]["missing_facts"] == ["exemption_facts"]
    assert [one.get("decided_by") is not None for one in found[2]["alternatives"]] == [False, True]


def test_explanations_come_only_where_they_are_wanted(
    batch: Batch, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    assert "explanation" not in only(batch, json.dumps(SALE).encode())
    wanted = Batch(rulebook, calendar, lang="en", explain=True)
    rules = [step["rule"] for step in only(wanted, json.dumps(SALE).encode())["explanation"]]
    assert "deemed-value" in rules


def test_the_day_of_files_of_answers_is_that_of_the_data(batch: Batch) -> None:
    # The regulation took effect on 2026-05-15, and nothing that answers rest on is newer.
    assert batch.data_date == date(2026, 5, 15)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_answered_as_the_single_call_but_for_its_provenance(
    kind: Kind, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    explained = Batch(rulebook, calendar, explain=True)
    for row in cases.rows(kind):
        request = parse_flat(kind, {**cases.facts(kind, row), "ref": row["id"]})
        body = msgspec.json.encode(request, enc_hook=encode_value)
        found = only(explained, body)
        assert found["ref"] == row["id"]
        if row["problem"]:
            assert (found["kind"], found["code"]) == ("problem", row["problem"])
            continue
        assert find_differences(cases.case(kind, row), found) == []
        single = cases.as_json(calculate(request, rulebook, calendar))
        assert found == {**single, "provenance": {"inputs": single["provenance"]["inputs"]}}


@pytest.mark.parametrize("kind", KINDS)
def test_an_array_and_lines_give_the_same_answers(kind: Kind, batch: Batch) -> None:
    requests = [parse_flat(kind, cases.facts(kind, row)) for row in cases.rows(kind)]
    lines = [msgspec.json.encode(request, enc_hook=encode_value) for request in requests]
    in_lines = batch.answer_ndjson(lines, 0, MOST)
    in_array = batch.answer_json(parse_array(b"[" + b",".join(lines) + b"]"), 0)
    assert in_lines.content == b"".join(
        encode_answer(one) + b"\n" for one in map(batch.answer_row, range(len(requests)), requests)
    )
    assert b",".join(in_lines.content.splitlines()) == in_array.content
    assert in_lines.problems == in_array.problems


def test_long_answers_are_as_short_ones(batch: Batch) -> None:
    stops = [{"from": f"2026-10-{day:02d}", "to": f"2026-10-{day:02d}", "reason": "hearing"} for day in range(12, 18)]
    persons = [{"role": "other"}] * 5
    for facts in (
        {**LICENCE, "ledger": True},
        {**LICENCE, "clock_stops": stops},
        {**SALE, "responsible_persons": persons},
    ):
        found = only(batch, json.dumps({**facts, "ref": "R"}).encode())
        assert (found["kind"], found["ref"], set(found["provenance"])) == (facts["kind"], "R", {"inputs"})


# ------------------------------------------------------------------------------ what is no batch


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "malformed-empty"),
        (b" ", "malformed-empty"),
        (b"[", "malformed"),
        (b"[{}", "malformed"),
        (b"[] x", "malformed"),
        (b"[{},]", "malformed"),
        (b"\xef\xbb\xbf[]", "malformed"),
        ("\u3000[]".encode(), "malformed"),
        (b"\x0b[]", "malformed"),
        (b'[{"kind":"penalty","violation":"\xff"}', "malformed-encoding"),
        (b'{"kind":"penalty","violation":"85-2"}', "schema-rows"),
        (b'"85-2"', "schema-rows"),
        (b"null", "schema-rows"),
    ],
)
def test_what_is_no_array_is_refused_as_a_whole(body: bytes, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_array(body)
    assert refused.value.message == message


def test_brackets_without_end_are_refused_as_a_whole() -> None:
    with pytest.raises(Malformed) as refused:
        parse_array(b"[" * 100_000)
    assert refused.value.message in {"malformed", "malformed-depth"}
    with pytest.raises(Malformed) as refused:
        parse_array(b"[" * 100_000 + b"]" * 100_000)
    assert refused.value.message == "malformed-depth"


def test_an_empty_array_has_an_empty_answer(batch: Batch) -> None:
    assert answers(batch, b"[]") == answers(batch, b" [ ] ") == []


@pytest.mark.parametrize("row", [SALE, 1])
def test_too_many_rows_are_refused_as_a_whole_good_or_bad(row: Any) -> None:
    assert len(parse_array(array(*[row] * 3), 3)) == 3
    with pytest.raises(TooLarge) as refused:
        parse_array(array(*[row] * 4), 3)
    assert (refused.value.message, refused.value.facts) == ("too-large-rows", {"limit": 3})


# ------------------------------------------------------------------------------------ bad rows


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (b"1", []),
        (b"null", []),
        (b"[]", []),
        (b'"penalty"', []),
        (b"{}", [("/kind", "schema")]),
        (b'{"violation":"85-2"}', [("/kind", "schema")]),
        (b'{"kind":"fine","violation":"85-2"}', [("/kind", "schema")]),
        (b'{"kind":1,"violation":"85-2"}', [("/kind", "schema")]),
        (b'{"kind":"penalty"}', [("/violation", "schema")]),
        (b'{"kind":"penalty","violation":"85-2","goods_value":85000}', [("/goods_value", "schema")]),
        (b'{"kind":"penalty","violation":"85-2","goods_value":null}', [("/goods_value", "schema")]),
        (b'{"kind":"expiry","term":"x","start":"2026-6-1"}', [("/start", "schema")]),
    ],
)
def test_a_row_that_does_not_fit_is_refused_at_its_place(
    row: bytes, found: list[tuple[str, str]], batch: Batch
) -> None:
    answer = only(batch, row)
    assert (answer["code"], answer["status"], answer["instance"]) == ("schema", 400, "/v1/batch#/0")
    assert places(answer) == found


def test_an_unknown_name_is_refused_with_the_nearest_one(batch: Batch) -> None:
    answer = only(batch, b'{"kind":"penalty","violation":"85-2","goods_valu":"1","ref":"R-1"}')
    assert (answer["code"], answer["ref"]) == ("unknown-field", "R-1")
    assert "goods_value" in answer["detail"]


def test_facts_in_flat_form_are_unknown_in_json(batch: Batch) -> None:
    answer = only(batch, b'{"kind":"penalty","violation":"85-2","conduct_from":"2026-06-01"}')
    assert places(answer) == [("/conduct_from", "unknown-field")]


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (b'{"kind":"penalty","violation":"85-2","violation":"85-1","ref":"R"}', "/violation"),
        (b'{"kind":"penalty","kind":"penalty","violation":"85-2","ref":"R"}', "/kind"),
        (b'{"kind":"penalty","violation":"85-2","sc\\u006fpe":"specialty","scope":"specialty","ref":"R"}', "/scope"),
        (b'{"kind":"penalty","violation":"85-2","conduct":{"from":"2026-06-01","from":"2026-06-02"},"ref":"R"}',
         "/conduct/from"),
    ],
)  # fmt: skip
def test_a_name_that_a_row_repeats_refuses_that_row_alone(row: bytes, where: str, batch: Batch) -> None:
    plain = json.dumps(LICENCE).encode()
    before, bad, after = answers(batch, b"[" + b",".join([plain, row, plain]) + b"]")
    assert before["due"] == after["due"] == "2026-11-05"
    assert (places(bad), bad["ref"]) == ([(where, "repeated-name")], "R")


def test_a_row_nested_too_deep_is_malformed_in_its_place(batch: Batch) -> None:
    deep = b'{"kind":"penalty","violation":"85-2","x":' + b"[" * 900 + b"]" * 900 + b"}"
    assert only(batch, deep)["code"] in {"malformed", "unknown-field"}
    line = b'{"kind":"penalty","violation":"85-2","x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    refused = parse_line(line, MOST)
    assert isinstance(refused, InvalidRow)
    assert refused.error.message == "malformed-depth"


def test_a_reference_of_a_bad_row_is_kept_only_where_it_is_one(batch: Batch) -> None:
    for ref, kept in (('"R"', "R"), ("7", None), (json.dumps("x" * 64), "x" * 64), (json.dumps("x" * 65), None)):
        row = f'{{"kind":"penalty","ref":{ref}}}'.encode()
        assert only(batch, row).get("ref") == kept
    assert "ref" not in only(batch, b"[7]")


@pytest.mark.parametrize(
    ("ref", "kept"), [('"z"', "z"), ('"\\ud800"', None), ('"z', None), ("[" * 100_000, None)], ids=range(4)
)
def test_a_reference_is_kept_where_only_the_rest_is_no_json(ref: str, kept: str | None) -> None:
    refused = parse_line(f'{{"kind":"deadline","extension_working_days":NaN,"ref":{ref}}}'.encode(), 200_000)
    assert isinstance(refused, InvalidRow)
    assert refused.error.code == "malformed"
    assert (refused.ref or None) == kept


def test_members_with_their_default_values_are_read_like_absent_ones(batch: Batch) -> None:
    spelled = {
        **LICENCE, "clock_stops": [], "extension_working_days": 0, "joint_filing": False, "ledger": False,
        "assume_in_force": False,
    }  # fmt: skip
    first, second = answers(batch, array(LICENCE, spelled))
    assert first == second
    empty = {**SALE, "responsible_persons": [], "readings": {}, "assume_in_force": False}
    first, second = answers(batch, array(SALE, empty))
    assert first == second


def test_a_whole_number_may_be_written_with_a_point(batch: Batch) -> None:
    row = b'{"kind":"expiry","term":"orphan-exclusivity","start":"2026-06-01","granted":{"years":5.0}}'
    assert only(batch, row)["last_day"] == "2031-06-01"


# --------------------------------------------------------------------------------------- lines


def test_a_line_is_read_as_strictly_as_a_row() -> None:
    for content, message in (
        (b"\n", "malformed-empty"),
        (b"{\n", "malformed"),
        (b'{"kind":"penalty","violation":"85-2"\n', "malformed"),
        (b'{"kind":"penalty","violation":"\xff"}\n', "malformed-encoding"),
        (b'{"kind":"penalty","violation":"85-2"}{}\n', "malformed"),
        (b'{"kind":"penalty","viol\0ation":"85-2"}\n', "malformed"),
        (b"7\n", "schema-object"),
    ):
        refused = parse_line(content, MOST)
        assert isinstance(refused, InvalidRow), content
        assert refused.error.message == message


def test_a_line_that_is_too_long_is_refused_whatever_it_holds(batch: Batch) -> None:
    row = line(**SALE)
    assert not isinstance(parse_line(row, len(row)), InvalidRow)
    refused = parse_line(row, len(row) - 1)
    assert isinstance(refused, InvalidRow)
    assert isinstance(refused.error, TooLarge)
    found = json.loads(batch.answer_ndjson([row], 3, len(row) - 1).content)
    assert (found["code"], found["status"], found["instance"]) == ("too-large", 413, "/v1/batch#/3")


def test_a_problem_is_told_in_the_language_of_the_batch(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    chinese = only(Batch(rulebook, calendar), b'{"kind":"penalty"}')
    assert chinese["detail"] == "缺少“违法行为（violation）”，请填写。"
    assert isinstance(parse_line(b'{"kind":"penalty"}', MOST), InvalidRow)
    assert issubclass(SchemaFault, RequestError)
