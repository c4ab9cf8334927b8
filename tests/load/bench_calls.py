"""Measures the calculators in-process: decoded, calculated and encoded, over requests of which no two are alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec

import penaltycalc
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request, calculate
from penaltycalc.input.json import decode_json
from penaltycalc.rules.records import decode_value

PATHS: Final[dict[Kind, str]] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}


class CallTimes(NamedTuple):
    """Microseconds of one request; `msgspec` is what msgspec alone takes to decode it and to encode the answer."""

    explained: float
    unexplained: float
    msgspec: float


def make_facts(kind: Kind, index: int) -> dict[str, object]:
    """The facts of a request; other facts for each index below 6,000, about the same violation, step or term."""
    day = date(2026, 5, 15) + timedelta(index % 120)
    if kind == "penalty":
        return {
            "violation": "79-1-1",
            "goods_value": f"{500 + index * 97}.{index % 100:02d}",
            "activity": ("wholesale", "retail")[index // 8 % 2],
            "severity": ("ordinary", "severe")[index // 4 % 2],
            "conduct": {"from": day, "to": day},
        }
    if kind == "deadline":
        return {"step": "production-licence", "start": day, "as_of": day + timedelta(index // 120)}
    start, as_of = date(2020, 1, 1) + timedelta(index), date(2026, 6, 1) + timedelta(index % 7)
    return {"term": "drug-registration", "start": start, "as_of": as_of}


def make_body(kind: Kind, index: int) -> bytes:
    """The facts as JSON."""
    return msgspec.json.encode(make_facts(kind, index))


def measure_calls(number: int, rounds: int) -> dict[Kind, CallTimes]:
    """The times of each calculation: medians of rounds in which all take their turn."""
    rulebook = penaltycalc.load_rulebook()
    calendar = penaltycalc.load_calendar(rulebook)

    def answer(body: bytes, kind: Kind, *, explain: bool) -> bytes:
        request: Request = decode_json(body, CALCULATIONS[kind].request)
        return penaltycalc.encode_answer(calculate(request, rulebook, calendar, explain=explain))

    def make_calls(kind: Kind) -> tuple[Callable[[int], object], ...]:
        bodies = [make_body(kind, index) for index in range(number)]
        decoder = msgspec.json.Decoder(CALCULATIONS[kind].request, dec_hook=decode_value)
        answers = [calculate(decoder.decode(body), rulebook, calendar) for body in bodies]
        return (
            lambda index: answer(bodies[index], kind, explain=True),
            lambda index: answer(bodies[index], kind, explain=False),
            lambda index: (decoder.decode(bodies[index]), penaltycalc.encode_answer(answers[index])),
        )

    calls = {kind: make_calls(kind) for kind in PATHS}
    samples = [{kind: [_time_call(call, number) for call in calls[kind]] for kind in PATHS} for _ in range(rounds)]
    medians = {kind: map(statistics.median, zip(*(sample[kind] for sample in samples), strict=True)) for kind in PATHS}
    return {kind: CallTimes(*times) for kind, times in medians.items()}


def _time_call(call: Callable[[int], object], number: int) -> float:
    """The median microseconds of a call over this many requests."""
    clock, times = time.perf_counter_ns, []
    for index in range(number):
        started = clock()
        call(index)
        times.append(clock() - started)
    return statistics.median(times) / 1000
