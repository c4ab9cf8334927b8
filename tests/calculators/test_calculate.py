"""The three calculations, told apart by kind: what API, command line and batch dispatch on."""

from __future__ import annotations

import gc
import weakref
from datetime import date
from typing import Any, get_args

import pytest

import penaltycalc
from penaltycalc import (
    DeadlineAnswer,
    DeadlineRequest,
    ExpiryAnswer,
    ExpiryRequest,
    PenaltyAnswer,
    PenaltyRequest,
    Rulebook,
    WorkingCalendar,
    deadline,
    encode_answer,
    expiry,
    penalty,
)
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request, calculate

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


# ------------------------------------------------------------------------------ nothing is remembered


def test_a_rulebook_and_a_calendar_that_are_dropped_leave_nothing_behind() -> None:
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)
    for _, request, _ in REQUESTS:
        for lang in ("zh", "en"):
            calculate(request, rulebook, calendar, lang=lang)
    left: list[weakref.ref[Any]] = [weakref.ref(rulebook), weakref.ref(calendar)]
    del rulebook, calendar
    gc.collect()
    assert all(one() is None for one in left)


def test_languages_and_explanations_are_told_apart(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = ExpiryRequest(term="api-approval", start=date(2026, 6, 1))
    answers = [
        calculate(request, rulebook, calendar, lang=lang, explain=explain)
        for lang in ("zh", "en")
        for explain in (True, False)
    ]
    assert len(set(map(encode_answer, answers))) == 4
