"""Measures the calculators in-process, beside libraries that do a part of the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

import chinese_calendar
import lexdays
import numpy as np
from asking import body
from cn_workdays.workcalc import calculator as cnworkdays

import penaltycalc
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request, calculate
from penaltycalc.input.json import decode_json

KINDS: Final[tuple[Kind, ...]] = ("penalty", "deadline", "expiry")
START: Final = date(2026, 3, 2)


class Timed(NamedTuple):
    """A call to be timed: its name, what it does with the n-th request, and over how many requests."""

    name: str
    call: Callable[[int], object]
    number: int


def microseconds(timed: Timed) -> float:
    """The median time of a call over different requests, in microseconds."""
    clock = time.perf_counter_ns
    taken = []
    for index in range(timed.number):
        started = clock()
        timed.call(index)
        taken.append(clock() - started)
    return statistics.median(taken) / 1000


def in_process(number: int, rounds: int) -> Iterator[tuple[str, float]]:
    """Name and time of each call: the median of several rounds, in each of which all calls take their turn."""
    calls = [*_calculations(number), *_days(number)]
    figures: dict[str, list[float]] = {timed.name: [] for timed in calls}
    for _ in range(rounds):
        for timed in calls:
            figures[timed.name].append(microseconds(timed))
    for name, taken in figures.items():
        yield name, statistics.median(taken)


def _calculations(number: int) -> Iterator[Timed]:
    """Each calculation, decoded and encoded: of facts that no request had before, and of the same facts again."""
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)

    def answering(given: list[bytes], kind: Kind, *, explain: bool) -> Callable[[int], bytes]:
        def answer(index: int) -> bytes:
            request: Request = decode_json(given[index % len(given)], CALCULATIONS[kind].request)
            return penaltycalc.encode_answer(calculate(request, rulebook, calendar, explain=explain))

        return answer

    for kind in KINDS:
        given = [body(kind, index).encode() for index in range(number)]
        yield Timed(f"one explained {kind}, no two alike", answering(given, kind, explain=True), number)
        yield Timed(f"one {kind} without explanation, no two alike", answering(given, kind, explain=False), number)
        yield Timed(f"one explained {kind}, asked again", answering(given[:1], kind, explain=True), number)


def _days(number: int) -> Iterator[Timed]:
    calendar = penaltycalc.load_calendar(penaltycalc.load_rulebook())
    days = [START + timedelta(index % 200) for index in range(number)]
    yield Timed("add 20 working days", lambda index: calendar.add(days[index], 20), number)
    first = date(2007, 1, 1)
    yield Timed("count the working days of 20 years", lambda index: calendar.count(first, days[index]), number)
    american, few = lexdays.calendar("us"), min(number, 300)
    yield Timed("lexdays: add 20 business days", lambda index: american.add_business_days(days[index], 20), few)
    yield Timed(
        "lexdays: one explained deadline",
        lambda index: lexdays.compute("us/frcp", days[index].isoformat(), "P20D").explain("en"),
        few,
    )
    yield Timed("chinese-calendar: find_workday(20)", lambda index: chinese_calendar.find_workday(20, days[index]), few)
    # It knows the holidays of its own years only, and adds within them.
    yield Timed("cnworkdays: add 20", lambda index: cnworkdays.calculate_working_date(days[index % 60], 20), few)
    holidays = np.array(
        [day for day in chinese_calendar.constants.holidays if day.weekday() < 5], dtype="datetime64[D]"
    )
    business = np.busdaycalendar(holidays=holidays)  # it knows no working weekends
    numbers = np.array(days, dtype="datetime64[D]")
    yield Timed(
        "numpy: busday_offset(20), one day",
        lambda index: np.busday_offset(numbers[index], 20, "forward", busdaycal=business),
        few,
    )
    whole = np.tile(numbers, 1 + 1_000_000 // len(numbers))[:1_000_000]
    yield Timed(
        "numpy: busday_offset(20), a million days",
        lambda _: np.busday_offset(whole, 20, "forward", busdaycal=business),
        1,
    )
