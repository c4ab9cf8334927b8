"""The three calculations, told apart by kind: what API, command line and batch dispatch on."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

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
    expiry,
    penalty,
)
from penaltycalc.calculations import CALCULATIONS, Answer, Kind, Request, calculate

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
