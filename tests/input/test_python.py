"""Requests made in Python are checked as strictly as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

import penaltycalc
from penaltycalc import (
    ClockStop,
    Conduct,
    DeadlineRequest,
    ExpiryRequest,
    Granted,
    Harm,
    Money,
    PenaltyRequest,
    Readings,
    RequestError,
    ResponsiblePerson,
    Rulebook,
    WorkingCalendar,
)
from penaltycalc.input.python import check_request

DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12)  # noqa: DTZ001  # a time of day without a zone is what a caller passes by mistake


class StrSubclass(str):
    """A text of another type."""

    __slots__ = ()


PENALTIES: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    ({"goods_value": 200000}, ("goods_value",)),
    ({"goods_value": "200000"}, ("goods_value",)),
    ({"goods_value": Decimal(200000)}, ("goods_value",)),
    ({"goods_value": 200000.0}, ("goods_value",)),
    ({"goods_value": None}, ("goods_value",)),
    ({"violation": 79}, ("violation",)),
    ({"violation": "7" * 101}, ("violation",)),
    ({"severity": "grave"}, ("severity",)),
    ({"severity": ["severe"]}, ("severity",)),
    ({"rectified": 1}, ("rectified",)),
    ({"rectified": "true"}, ("rectified",)),
    ({"decision_effective_on": NOON}, ("decision_effective_on",)),
    ({"decision_effective_on": "2026-06-01"}, ("decision_effective_on",)),
    ({"conduct": {"from": DAY}}, ("conduct",)),
    ({"conduct": Conduct(from_=NOON)}, ("conduct", "from")),
    ({"conduct": Conduct(from_=DAY, to="2026-06-02")}, ("conduct", "to")),  # type: ignore[arg-type]  # the wrong type is meant
    ({"harm": Harm(harmful_consequence="no")}, ("harm", "harmful_consequence")),  # type: ignore[arg-type]  # the wrong type is meant
    ({"readings": Readings(severe_needs_failed_correction=1)}, ("readings", "severe_needs_failed_correction")),  # type: ignore[arg-type]  # the wrong type is meant
    ({"responsible_persons": [ResponsiblePerson(role="other")]}, ("responsible_persons",)),
    ({"responsible_persons": (ResponsiblePerson(role="boss"),)}, ("responsible_persons", 0, "role")),  # type: ignore[arg-type]  # the wrong type is meant
    ({"responsible_persons": ("other",)}, ("responsible_persons", 0)),
    (
        {"responsible_persons": (ResponsiblePerson(role="other", income_during_violation=5),)},  # type: ignore[arg-type]  # the wrong type is meant
        ("responsible_persons", 0, "income_during_violation"),
    ),
    ({"ref": "x" * 65}, ("ref",)),
    ({"assume_in_force": None}, ("assume_in_force",)),
    ({"assume_in_force": UNSET}, ("assume_in_force",)),
    ({"readings": UNSET}, ("readings",)),
    ({"responsible_persons": UNSET}, ("responsible_persons",)),
    ({"goods_value": Money("5") * -3}, ("goods_value",)),
    ({"goods_value": Money("99999999999") * 1000}, ("goods_value",)),
    ({"violation": StrSubclass("79-1-1")}, ("violation",)),
    ({"ref": "\ud800"}, ("ref",)),
]


@pytest.mark.parametrize(("facts", "path"), PENALTIES)
def test_a_fact_of_a_wrong_type_is_refused_at_its_place(
    facts: dict[str, Any], path: tuple[str | int, ...], rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    request = PenaltyRequest(**{"violation": "79-1-1", **facts})
    with pytest.raises(RequestError) as refusal:
        penaltycalc.penalty(request, rulebook, calendar)
    assert [fault.where for fault in refusal.value.faults] == [path]


def test_deadlines_and_expiries_are_checked_too(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    for number in (-5, 10_000, True, 5.0, "5"):
        step = DeadlineRequest(step="licence-decision", start=DAY, extension_working_days=number)  # type: ignore[arg-type]  # the wrong type is meant
        with pytest.raises(RequestError) as refusal:
            penaltycalc.deadline(step, rulebook, calendar)
        assert refusal.value.where == ("extension_working_days",)
    for years in (0, -1, True, 1000):
        term = ExpiryRequest(term="data-protection", start=DAY, granted=Granted(years=years))
        with pytest.raises(RequestError) as refusal:
            penaltycalc.expiry(term, rulebook, calendar)
        assert refusal.value.where == ("granted", "years")


def test_every_fault_is_listed(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    stops = tuple(ClockStop(from_=NOON, reason="coffee") for _ in range(2))  # type: ignore[arg-type]  # the wrong type is meant
    with pytest.raises(RequestError) as refusal:
        penaltycalc.deadline(DeadlineRequest(step="x", start=NOON, clock_stops=stops), rulebook, calendar)
    assert [fault.where for fault in refusal.value.faults] == [
        ("start",),
        ("clock_stops", 0, "from"),
        ("clock_stops", 0, "reason"),
        ("clock_stops", 1, "from"),
        ("clock_stops", 1, "reason"),
    ]


def test_a_missing_fact_that_is_required_is_refused() -> None:
    with pytest.raises(RequestError) as refusal:
        check_request(DeadlineRequest(step="x", start=UNSET), DeadlineRequest)  # type: ignore[arg-type]  # the wrong type is meant
    assert refusal.value.where == ("start",)


def test_another_kind_of_request_is_refused(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    with pytest.raises(RequestError):
        penaltycalc.penalty(DeadlineRequest(step="x", start=DAY), rulebook, calendar)  # type: ignore[arg-type]  # the wrong type is meant


@pytest.mark.parametrize("lang", ["de", "ZH", "", None])
def test_another_language_is_refused(lang: Any, rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = PenaltyRequest(violation="79-1-1")
    with pytest.raises(ValueError, match="zh, en"):
        penaltycalc.penalty(request, rulebook, calendar, lang=lang)
    with pytest.raises(ValueError, match="zh, en"):
        penaltycalc.deadline(DeadlineRequest(step="licence-delivery", start=DAY), rulebook, calendar, lang=lang)
    with pytest.raises(ValueError, match="zh, en"):
        penaltycalc.expiry(ExpiryRequest(term="api-approval", start=DAY), rulebook, calendar, lang=lang)


def test_a_request_that_fits_is_answered(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = PenaltyRequest(
        violation="82-2",
        severity="severe",
        conduct=Conduct(from_=DAY, to=DAY),
        harm=Harm(harmful_consequence=False),
        responsible_persons=(ResponsiblePerson(role="other", name="Y", income_during_violation=Money(5000)),),
    )
    assert penaltycalc.penalty(request, rulebook, calendar).determined
