"""The three calculations, told apart by kind: what API, command line and batch dispatch on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import penaltycalc
import penaltycalc.calculators.calculate as calculations
from penaltycalc import (
    ClockStop,
    DeadlineAnswer,
    DeadlineRequest,
    ExpiryAnswer,
    ExpiryRequest,
    LawRefuses,
    Money,
    PenaltyAnswer,
    PenaltyRequest,
    ResponsiblePerson,
    Rulebook,
    WorkingCalendar,
    deadline,
    encode_answer,
    expiry,
    penalty,
)
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request, calculate
from penaltycalc.calendar import holidays

REQUESTS: list[tuple[Kind, Request, type[Answer]]] = [
    ("penalty", PenaltyRequest(violation="85-2"), PenaltyAnswer),
    ("deadline", DeadlineRequest(step="licence-delivery", start=date(2026, 6, 1)), DeadlineAnswer),
    ("expiry", ExpiryRequest(term="api-approval", start=date(2026, 6, 1)), ExpiryAnswer),
]


@pytest.mark.parametrize(("kind", "request_", "answer"), REQUESTS)
def test_each_kind_of_request_has_its_answer(
    kind: Kind, request_: Request, answer: type[Answer], rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    assert type(calculate(request_, rulebook, calendar)) is answer
    assert CALCULATIONS[kind].request is type(request_)
    assert CALCULATIONS[kind].answer is answer
    assert request_.__struct_config__.tag == answer.__struct_config__.tag == kind


@pytest.mark.parametrize("request_", [request for _, request, _ in REQUESTS])
def test_a_calculation_asked_for_by_its_kind_is_the_calculation_itself(
    request_: Request, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    for lang in ("zh", "en"):
        for explain in (True, False):
            if isinstance(request_, PenaltyRequest):
                own: Answer = penalty(request_, rulebook, calendar, lang=lang, explain=explain)
            elif isinstance(request_, DeadlineRequest):
                own = deadline(request_, rulebook, calendar, lang=lang, explain=explain)
            else:
                own = expiry(request_, rulebook, calendar, lang=lang, explain=explain)
            assert calculate(request_, rulebook, calendar, lang=lang, explain=explain) == own


def test_the_kinds_are_three_and_each_looks_up_its_own_subject() -> None:
    assert tuple(CALCULATIONS) == get_args(Kind)
    assert [one.subject for one in CALCULATIONS.values()] == ["violation", "step", "term"]
    for one in CALCULATIONS.values():
        assert one.subject in one.request.__struct_fields__


# ----------------------------------------------------------------------------- what is remembered


def kept() -> int:
    """How many answers are remembered."""
    return calculations._remembered.cache_info().currsize


@pytest.fixture(autouse=True)
def _forget() -> None:
    calculations._remembered.cache_clear()


def test_an_answer_is_remembered_without_its_reference(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    for ref in ("A-1", "A-2"):
        request = DeadlineRequest(step="licence-delivery", start=date(2026, 6, 1), ref=ref)
        answer = calculate(request, rulebook, calendar)
        assert answer == deadline(request, rulebook, calendar)
        assert answer.ref == ref
    assert kept() == 1


def test_an_answer_that_names_persons_is_not_remembered(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    persons = (ResponsiblePerson(role="principal", name="Li", income_during_violation=Money.parse("5000")),)
    request = PenaltyRequest(violation="79-1-1", responsible_persons=persons)
    assert calculate(request, rulebook, calendar) == penalty(request, rulebook, calendar)
    assert kept() == 0


def test_a_long_answer_is_not_remembered(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    day = date(2026, 6, 1)
    stops = tuple(ClockStop(from_=day, to=day, reason="hearing") for _ in range(calculations.MOST_STOPS + 1))
    for request in (
        DeadlineRequest(step="licence-decision", start=day, ledger=True),
        DeadlineRequest(step="licence-decision", start=day, clock_stops=stops),
    ):
        assert calculate(request, rulebook, calendar) == deadline(request, rulebook, calendar)
    assert kept() == 0


def test_what_is_remembered_is_of_one_calendar_and_one_rulebook(rulebook: Rulebook, tmp_path: Path) -> None:
    request = DeadlineRequest(step="production-licence", start=date(2026, 12, 1))
    before = calculate(request, rulebook, holidays.load_calendar(rulebook))
    notice = {
        "year": 2027,
        "days": [{"name": "x", "date": f"2027-01-{day:02d}", "isOffDay": True} for day in range(4, 30)],
    }
    (tmp_path / "2027.json").write_bytes(msgspec.json.encode(notice))
    supplied = holidays.load_calendar(rulebook, tmp_path)
    after = calculate(request, rulebook, supplied)
    assert after == deadline(request, rulebook, supplied)
    assert isinstance(before, DeadlineAnswer)
    assert isinstance(after, DeadlineAnswer)
    assert before.due != after.due
    assert calculate(request, penaltycalc.load_rulebook(), supplied) == after
    assert kept() == 3


def test_languages_and_explanations_are_told_apart(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = ExpiryRequest(term="api-approval", start=date(2026, 6, 1))
    answers = [
        calculate(request, rulebook, calendar, lang=lang, explain=explain)
        for lang in ("zh", "en")
        for explain in (True, False)
    ]
    assert len(set(map(encode_answer, answers))) == 4


def test_a_refusal_is_not_remembered(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = DeadlineRequest(step="licence-deliverie", start=date(2026, 6, 1))
    for _ in range(2):
        with pytest.raises(LawRefuses) as refused:
            calculate(request, rulebook, calendar)
        refused.value.where = ("changed",)
    assert kept() == 0
