"""What holds for all facts, not only for the worked cases."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

import penaltycalc
from penaltycalc import (
    ClockStop,
    Conduct,
    DeadlineAnswer,
    DeadlineRequest,
    ExemptionFacts,
    ExpiryAnswer,
    ExpiryRequest,
    Granted,
    Harm,
    LawRefuses,
    Money,
    PenaltyAnswer,
    PenaltyRequest,
    Readings,
    RenewalLead,
    ResponsiblePerson,
    encode_answer,
)
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request, calculate
from penaltycalc.calculators.penalties import Fine, Outcome
from penaltycalc.input.flat import parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.rules import clauses

# The same examples on every run, and few enough for every day.
properties = settings(
    derandomize=True,
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

RULEBOOK = penaltycalc.load_rulebook()
CALENDAR = penaltycalc.load_calendar(RULEBOOK)
KINDS: tuple[Kind, ...] = get_args(Kind)


# ----------------------------------------------------------------------------------------- strategies


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A fact that is given or not."""
    return st.one_of(st.just(UNSET), strategy)


def of(literal: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(literal))


# Around what matters: nothing, the deemed values, the fen, the largest amount.
money = st.one_of(st.integers(0, 20_000_00), st.integers(9_900_00, 10_100_00), st.integers(0, 99_999_999_999_99)).map(
    Money.from_fen
)
recent = st.dates(date(2026, 5, 15), date(2027, 12, 31))
countable = st.dates(date(2007, 1, 1), date(2099, 12, 31))
any_day = st.one_of(recent, countable, st.dates(date(1949, 1, 1), date(9999, 12, 31)))
ref = st.text(max_size=64).filter(lambda text: text.isprintable())


@st.composite
def conducts(draw: st.DrawFn) -> Conduct:
    first = draw(recent)
    return Conduct(from_=first, to=draw(maybe(st.dates(first, first + timedelta(400)))))


persons = st.builds(
    ResponsiblePerson,
    role=of(clauses.Role),
    name=maybe(st.text("某甲乙 AB", max_size=10)),
    income_during_violation=maybe(money),
)
penalties = st.builds(
    PenaltyRequest,
    violation=st.sampled_from(list(RULEBOOK.violations)),
    goods_value=maybe(money),
    activity=maybe(of(clauses.Activity)),
    severity=maybe(st.sampled_from(["ordinary", "severe"])),
    rectified=maybe(st.booleans()),
    scope=maybe(of(clauses.Scope)),
    conduct=maybe(conducts()),
    decision_effective_on=maybe(st.dates(date(2028, 6, 1), date(2040, 1, 1))),
    discovered_on=maybe(st.dates(date(2028, 3, 1), date(2028, 5, 31))),
    harm=maybe(
        st.builds(
            Harm,
            life_health_or_financial_safety=maybe(st.booleans()),
            harmful_consequence=maybe(st.booleans()),
        )
    ),
    responsible_persons=st.lists(persons, max_size=3).map(tuple),
    exemption_facts=maybe(
        st.builds(ExemptionFacts, duties_fulfilled=maybe(st.booleans()), did_not_know_proven=maybe(st.booleans()))
    ),
    readings=st.builds(
        Readings,
        severe_needs_failed_correction=st.booleans(),
        obstruction_suspension_replaces_fine=st.booleans(),
    ),
    assume_in_force=st.booleans(),
    ref=maybe(ref),
)


@st.composite
def stops(draw: st.DrawFn, step: str, start: date, *, closed: bool = False) -> ClockStop:
    first = draw(st.dates(start - timedelta(20), start + timedelta(90)))
    last = st.dates(first, first + timedelta(30))
    return ClockStop(
        from_=first,
        to=draw(last if closed else maybe(last)),
        reason=draw(st.sampled_from(list(RULEBOOK.step(step).stop_reasons))),
    )


COUNTED = [name for name in RULEBOOK.steps if name != "urgent-import"]
STOPPABLE = [name for name in COUNTED if RULEBOOK.step(name).stop_reasons]


@st.composite
def deadlines(draw: st.DrawFn) -> DeadlineRequest:
    step = draw(st.sampled_from(list(RULEBOOK.steps)))
    start = draw(st.one_of(recent, st.dates(date(2027, 1, 1), date(2098, 12, 31))))
    return DeadlineRequest(
        step=step,
        start=start,
        clock_stops=draw(st.lists(stops(step, start), max_size=4).map(tuple)) if step in STOPPABLE else (),
        extension_working_days=draw(st.integers(0, 10)) if step == "licence-decision" else 0,
        joint_filing=draw(st.booleans()),
        as_of=draw(maybe(st.dates(start, start + timedelta(200)))),
        ledger=draw(st.booleans()),
        assume_in_force=draw(st.booleans()),
        ref=draw(maybe(ref)),
    )


@st.composite
def expiries(draw: st.DrawFn) -> ExpiryRequest:
    term = draw(st.sampled_from(list(RULEBOOK.terms)))
    start = draw(st.one_of(recent, st.dates(date(2026, 5, 15), date(2200, 12, 31))))
    lead = st.builds(RenewalLead, months=st.integers(1, 24), days=maybe(st.integers(1, 60)))
    length = st.builds(
        Granted, years=maybe(st.integers(1, 1)), months=maybe(st.integers(1, 11)), days=st.integers(1, 9)
    )
    return ExpiryRequest(
        term=term,
        start=start,
        convention=draw(st.sampled_from(["certificate", "civil-code"])),
        granted=draw(maybe(length)) if RULEBOOK.term(term).row.ceiling else UNSET,
        ended_on=draw(maybe(st.dates(start, start + timedelta(4000)))),
        renewal_lead=draw(maybe(lead)),
        as_of=draw(maybe(any_day.filter(lambda day: day >= date(1949, 10, 1)))),
        ref=draw(maybe(ref)),
    )


requests: st.SearchStrategy[Any] = st.one_of(penalties, deadlines(), expiries())


def answer(request: Request, **how: Any) -> Answer:
    """The answer; an example that the law refuses is no example."""
    try:
        return calculate(request, RULEBOOK, CALENDAR, **how)
    except LawRefuses:
        assume(False)
        raise


def due(request: DeadlineRequest) -> date:
    found = answer(request)
    assert isinstance(found, DeadlineAnswer)
    assert found.due is not None
    return found.due


def written(request: Request) -> dict[str, Any]:
    """A request as the JSON that a client would send."""
    decoded: dict[str, Any] = json.loads(encode_answer(request))
    return decoded


def outcomes(found: Answer) -> list[Outcome]:
    """The outcome of an answer, or its alternatives."""
    assert isinstance(found, PenaltyAnswer)
    return [found.outcome] if found.outcome else list(found.alternatives or ())


def fines(found: PenaltyAnswer) -> list[Fine]:
    """Every fine of an answer, those of persons too."""
    own = [one.fine for one in outcomes(found) if one.fine is not None]
    return [
        *own,
        *([found.fine] if found.fine else []),
        *(one.fine for case in outcomes(found) for one in case.persons),
    ]


# ------------------------------------------------------------------------------------------ penalties


@properties
@given(penalties)
def test_no_minimum_lies_above_its_maximum(request: PenaltyRequest) -> None:
    found = answer(request)
    assert isinstance(found, PenaltyAnswer)
    for fine in fines(found):
        if fine.minimum is not None:
            assert fine.maximum is not None
            assert fine.minimum <= fine.maximum


@properties
@given(penalties, money, money)
def test_more_goods_value_never_lowers_a_bound(request: PenaltyRequest, one: Money, other: Money) -> None:
    less, more = (
        outcomes(answer(msgspec.structs.replace(request, goods_value=value))) for value in sorted((one, other))
    )
    for low, high in zip(less, more, strict=True):
        assert (low.fine is None) == (high.fine is None)
        if low.fine is not None and high.fine is not None:
            for below, above in ((low.fine.minimum, high.fine.minimum), (low.fine.maximum, high.fine.maximum)):
                assert (below is None) == (above is None)
                assert below is None or above is None or below <= above


@properties
@given(penalties)
def test_an_answer_is_determined_or_names_what_is_missing(request: PenaltyRequest) -> None:
    found = answer(request)
    assert isinstance(found, PenaltyAnswer)
    assert found.determined == (found.outcome is not UNSET) == (found.missing_facts is UNSET)
    assert found.determined == (found.alternatives is UNSET)
    if found.missing_facts:
        # Of the two facts of an exemption one may be stated while the other is missing.
        facts = (getattr(request, fact) for fact in found.missing_facts)
        stated = [fact for fact in facts if fact is not UNSET and not isinstance(fact, ExemptionFacts)]
        assert stated == []


@properties
@given(penalties)
def test_a_penalty_is_excluded_exactly_where_it_is_barred(request: PenaltyRequest) -> None:
    found = answer(request)
    assert isinstance(found, PenaltyAnswer)
    barred = found.limitation is not UNSET and found.limitation.barred is True
    assert (found.penalty_excluded is not UNSET) == barred
    # What is excluded is nevertheless computed, for reference: the outcomes are those of a case in time.
    in_time = answer(msgspec.structs.replace(request, discovered_on=UNSET))
    assert outcomes(found) == outcomes(in_time)


@properties
@given(penalties.map(lambda request: msgspec.structs.replace(request, violation="86-1")))
def test_an_exemption_is_open_until_its_facts_settle_it(request: PenaltyRequest) -> None:
    found = answer(request)
    facts = request.exemption_facts or ExemptionFacts()
    stated = [facts.duties_fulfilled, facts.did_not_know_proven]
    expected = ["not_exempt"] if False in stated else ["exempt"] if stated == [True, True] else ["exempt", "not_exempt"]
    assert [one.tier for one in outcomes(found)] == expected
    assert [one.decided_by is UNSET for one in outcomes(found)] == [tier == "exempt" for tier in expected]


@properties
@given(penalties)
def test_every_measure_of_an_answer_has_a_text(request: PenaltyRequest) -> None:
    for outcome in outcomes(answer(request)):
        assert all(measure.text for measure in outcome.measures)


# --------------------------------------------------------------------------------------- the calendar


@properties
@given(countable, st.integers(1, 300))
def test_adding_and_subtracting_lead_back_to_a_working_day(day: date, number: int) -> None:
    start = CALENDAR.roll_forward(day)
    reached = CALENDAR.add(start, number)
    assert CALENDAR.is_working(reached)
    assert CALENDAR.subtract(reached, number) == start


@properties
@given(countable, st.integers(1, 300))
def test_counting_and_adding_agree(day: date, number: int) -> None:
    reached = CALENDAR.add(day, number)
    assert CALENDAR.count(day, reached) == number
    assert CALENDAR.count(day, reached - timedelta(1)) == number - 1
    assert CALENDAR.find_nth_last(reached, 1) == reached


@properties
@given(countable, st.integers(0, 200))
def test_a_count_is_that_of_its_days_one_by_one(day: date, length: int) -> None:
    days = [day + timedelta(number) for number in range(1, length + 1)]
    assert CALENDAR.count(day, day + timedelta(length)) == sum(CALENDAR.is_working(one) for one in days)


@properties
@given(countable, st.integers(0, 200))
def test_the_weakest_status_is_that_of_its_days_one_by_one(day: date, length: int) -> None:
    last = min(day + timedelta(length), CALENDAR.last)
    order = ["official", "supplied", "projected"]
    statuses = [CALENDAR.describe_day(day + timedelta(number)).status for number in range((last - day).days + 1)]
    assert CALENDAR.find_status(day, last) == max(statuses, key=order.index)


# ------------------------------------------------------------------------------------------ deadlines


@st.composite
def counting(draw: st.DrawFn) -> tuple[DeadlineRequest, ClockStop]:
    """A step with stops that are over, and one more."""
    step = draw(st.sampled_from(STOPPABLE))
    start = draw(st.one_of(recent, st.dates(date(2027, 1, 1), date(2098, 12, 31))))
    closed = stops(step, start, closed=True)
    request = DeadlineRequest(step=step, start=start, clock_stops=tuple(draw(st.lists(closed, max_size=4))))
    return request, draw(closed)


@properties
@given(counting())
def test_the_same_stop_twice_counts_once(example: tuple[DeadlineRequest, ClockStop]) -> None:
    request, more = example
    once, twice = (
        msgspec.structs.replace(request, clock_stops=(*request.clock_stops, *(more,) * times)) for times in (1, 2)
    )
    assert due(once) == due(twice)


@properties
@given(counting())
def test_the_due_date_is_the_last_of_the_days_counted_one_by_one(example: tuple[DeadlineRequest, ClockStop]) -> None:
    request, _ = example
    left, day = RULEBOOK.step(request.step).row.length, request.start
    assert isinstance(left, int)
    while left:
        day += timedelta(1)
        stopped = any(stop.from_ <= day <= stop.to for stop in request.clock_stops if stop.to is not UNSET)
        left -= CALENDAR.is_working(day) and not stopped
    assert due(request) == day


@properties
@given(deadlines())
def test_the_order_of_stops_changes_neither_date_nor_days_nor_digest(request: DeadlineRequest) -> None:
    turned = msgspec.structs.replace(request, clock_stops=request.clock_stops[::-1])
    one, other = answer(request), answer(turned)
    assert isinstance(one, DeadlineAnswer)
    assert isinstance(other, DeadlineAnswer)
    for name in ("due", "status", "earliest", "latest", "days", "on_lapse", "ledger", "provenance"):
        assert getattr(one, name) == getattr(other, name)


@properties
@given(deadlines())
def test_a_due_date_lies_in_its_bracket(request: DeadlineRequest) -> None:
    found = answer(request)
    assert isinstance(found, DeadlineAnswer)
    bracketed = found.due is not None and found.status == "projected"
    assert (found.earliest is not UNSET) == (found.latest is not UNSET) == bracketed
    if found.due is not None and found.earliest and found.latest:
        assert request.start < found.earliest <= found.due <= found.latest


@properties
@given(deadlines())
def test_days_used_and_left_make_up_the_length(request: DeadlineRequest) -> None:
    found = answer(request)
    assert isinstance(found, DeadlineAnswer)
    if found.days and isinstance(found.days.used, int) and isinstance(found.days.left, int):
        assert found.days.used + found.days.left == found.days.length
        assert found.days.used >= 0
        assert found.days.left >= 0
        assert not found.days.overdue or found.days.left == 0


@properties
@given(deadlines())
def test_the_ledger_numbers_the_days_through_the_due_date(request: DeadlineRequest) -> None:
    found = answer(msgspec.structs.replace(request, ledger=True))
    assert isinstance(found, DeadlineAnswer)
    assume(found.ledger is not UNSET)
    assert found.ledger
    assert found.days
    numbers = [day.number for day in found.ledger if day.counted]
    assert numbers == list(range(1, len(numbers) + 1))
    if found.due is not None:
        assert found.ledger[-1].date == found.due
        assert len(numbers) == found.days.length


# ------------------------------------------------------------------------------------------- expiries


@properties
@given(expiries())
def test_the_civil_code_never_ends_before_the_certificate(request: ExpiryRequest) -> None:
    found = answer(request)
    assert isinstance(found, ExpiryAnswer)
    both = found.by_convention
    assert both.certificate <= both.civil_code <= both.certificate + timedelta(1)
    assert found.last_day <= both.civil_code
    if found.renewal:
        assert found.renewal.latest_by_licensing_law == found.last_day - timedelta(30)
        assert not found.renewal.apply_by or found.renewal.apply_by <= found.renewal.latest_by_licensing_law


# -------------------------------------------------------------------------------------- every answer


@properties
@given(requests)
def test_the_last_step_of_an_explanation_gives_the_answer(request: Request) -> None:
    found = answer(request)
    assert found.explanation
    last = found.explanation[-1]
    assert last.rule == "result"
    if isinstance(found, DeadlineAnswer):
        assert last.after == ("none" if found.due is None else found.due.isoformat())
    elif isinstance(found, ExpiryAnswer):
        assert last.after == found.last_day.isoformat()
    elif not found.outcome:
        assert last.after == "undetermined"
    else:
        fine = found.outcome.fine
        if found.outcome.decided_by is not UNSET:
            assert last.after == "decided_elsewhere"
        elif fine is None:
            assert last.after == "none"
        else:
            assert last.after == f"{'' if fine.minimum is None else fine.minimum}..{fine.maximum}"


@properties
@given(requests)
def test_only_the_result_is_told_last_and_once(request: Request) -> None:
    found = answer(request)
    assert found.explanation
    assert [step.rule for step in found.explanation].count("result") == 1


@properties
@given(requests, maybe(ref))
def test_the_digest_of_the_facts_depends_on_neither_reference_nor_language(request: Request, other: Any) -> None:
    again = msgspec.structs.replace(request, ref=other)
    assert answer(request, lang="zh").provenance == answer(again, lang="en").provenance


@properties
@given(penalties)
def test_the_digest_of_the_facts_does_not_depend_on_how_money_is_written(request: PenaltyRequest) -> None:
    assume(request.goods_value is not UNSET)
    content = written(request)
    exact = answer(decode_json(json.dumps(content).encode(), PenaltyRequest))
    content["goods_value"] = content["goods_value"].rstrip("0").rstrip(".") or "0"
    assert answer(decode_json(json.dumps(content).encode(), PenaltyRequest)).provenance == exact.provenance


@properties
@given(requests, requests)
def test_other_facts_have_another_digest(one: Request, other: Request) -> None:
    plain = [msgspec.structs.replace(request, ref=UNSET) for request in (one, other)]
    plain = [
        msgspec.structs.replace(request, ledger=False) if isinstance(request, DeadlineRequest) else request
        for request in plain
    ]
    assume(plain[0] != plain[1])
    assume(not all(isinstance(request, DeadlineRequest) and len(request.clock_stops) > 1 for request in plain))
    assert answer(plain[0]).provenance.inputs != answer(plain[1]).provenance.inputs


@properties
@given(requests)
def test_the_same_request_gives_the_same_bytes(request: Request) -> None:
    body = json.dumps(written(request)).encode()
    read = decode_json(body, type(request))
    assert read == request
    assert encode_answer(answer(read)) == encode_answer(answer(decode_json(body, type(request))))
    assert encode_answer(answer(read)) == encode_answer(answer(request))


def without_texts(value: Any) -> Any:
    """An answer without what people read."""
    if isinstance(value, dict):
        return {key: without_texts(inner) for key, inner in value.items() if key not in ("text", "tier_title")}
    if isinstance(value, list):
        return [without_texts(inner) for inner in value]
    return value


@properties
@given(requests)
def test_the_languages_differ_in_texts_only(request: Request) -> None:
    zh, en = (json.loads(encode_answer(answer(request, lang=lang))) for lang in ("zh", "en"))
    for content in (zh, en):
        for day in content.get("ledger", []):
            day.pop("name", None)  # the name of a holiday is a text too
    assert without_texts(zh) == without_texts(en)
    assert zh["notices"] == [] or zh != en


@properties
@given(requests)
def test_leaving_the_explanation_out_changes_nothing_else(request: Request) -> None:
    full, short = (json.loads(encode_answer(answer(request, explain=explain))) for explain in (True, False))
    assert "explanation" not in short
    del full["explanation"]
    assert full == short


# -------------------------------------------------------------------------------------- the flat form


def flat(request: Request) -> dict[str, str]:
    """A request in flat form, written out by hand."""
    content = written(request)
    del content["kind"]
    facts: dict[str, Any] = {}
    for name, prefix in (("conduct", "conduct_"), ("granted", "granted_"), ("renewal_lead", "renewal_lead_")):
        facts |= {f"{prefix}{part}": value for part, value in content.pop(name, {}).items()}
    for name in ("harm", "exemption_facts", "readings"):
        facts |= content.pop(name, {})
    for person in content.pop("responsible_persons", []):
        names = {"role": "person_role", "name": "person_name", "income_during_violation": "person_income"}
        facts |= {names[part]: value for part, value in person.items()}
    if content.get("clock_stops"):
        facts["clock_stops"] = ";".join(
            f"{stop['from']}/{stop.get('to', '')}:{stop['reason']}" for stop in content.pop("clock_stops")
        )
    facts |= content
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in facts.items()}


def has_a_flat_form(request: Request) -> bool:
    """One person has one, and so has a nested record that says something."""
    if not isinstance(request, PenaltyRequest):
        return True
    empty = (request.harm == Harm(), request.exemption_facts == ExemptionFacts())
    return len(request.responsible_persons) < 2 and not any(empty)


@properties
@given(requests)
def test_the_flat_form_and_the_body_give_the_same_request(request: Request) -> None:
    assume(has_a_flat_form(request))
    kind = next(name for name in KINDS if CALCULATIONS[name].request is type(request))
    assert parse_flat(kind, flat(request)) == request


# ------------------------------------------------------------------------------------ nothing unforeseen


def is_answered_or_refused_by_place(request: Request) -> bool:
    """Whether a request is answered with reasons, or refused with the place of each fault."""
    try:
        found = calculate(request, RULEBOOK, CALENDAR)
    except LawRefuses as refused:
        return all(fault.where for fault in refused.faults)
    return bool(found.explanation)


@properties
@given(st.sampled_from(COUNTED), any_day, st.lists(st.tuples(any_day, maybe(any_day)), max_size=3), maybe(any_day))
def test_any_day_is_answered_or_refused(step: str, start: date, intervals: list[tuple[date, Any]], as_of: Any) -> None:
    given_stops = tuple(ClockStop(from_=first, to=last, reason="hearing") for first, last in intervals)
    request = DeadlineRequest(step=step, start=start, clock_stops=given_stops, as_of=as_of)
    assert is_answered_or_refused_by_place(request)


@properties
@given(st.sampled_from(list(RULEBOOK.terms)), any_day, maybe(st.integers(1, 999)), maybe(any_day), maybe(any_day))
def test_any_term_is_answered_or_refused(term: str, start: date, years: Any, ended_on: Any, as_of: Any) -> None:
    granted = UNSET if years is UNSET else Granted(years=years)
    request = ExpiryRequest(term=term, start=start, granted=granted, ended_on=ended_on, as_of=as_of)
    assert is_answered_or_refused_by_place(request)


@properties
@given(st.sampled_from(list(RULEBOOK.violations)), any_day, maybe(any_day), maybe(any_day), maybe(any_day))
def test_any_conduct_is_answered_or_refused(
    violation: str, first: date, last: Any, discovered: Any, decided: Any
) -> None:
    request = PenaltyRequest(
        violation=violation,
        conduct=Conduct(from_=first, to=last),
        discovered_on=discovered,
        decision_effective_on=decided,
    )
    assert is_answered_or_refused_by_place(request)


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_the_law_answers_on_every_month_in_force(kind: Kind) -> None:
    rows = {"penalty": RULEBOOK.violations, "deadline": RULEBOOK.steps, "expiry": RULEBOOK.terms}[kind]
    for name in rows:
        for month in range(12 * 15):
            day = date(2026 + (month + 5) // 12, (month + 5) % 12 + 1, 1)
            if kind == "penalty":
                request: Request = PenaltyRequest(violation=name, conduct=Conduct(from_=day, to=day))
            elif kind == "deadline":
                request = DeadlineRequest(step=name, start=day)
            else:
                request = ExpiryRequest(term=name, start=day)
            assert calculate(request, RULEBOOK, CALENDAR, explain=False).notices is not None
