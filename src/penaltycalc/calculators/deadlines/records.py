"""A step and its start as a caller states them, and when the step is due as an answer states it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import replace

from penaltycalc.calculators.explain import Explanation, Provenance
from penaltycalc.calendar.workdays import Status, Why
from penaltycalc.rules.records import Record, Tagged
from penaltycalc.rules.rows import Lapse, StopReason, Unit
from penaltycalc.rules.texts import Notice

# ----------------------------------------------------------------------------------- the request


class ClockStop(Record, frozen=True, kw_only=True):
    """Days on which the clock is stopped, both included; no `to`: it is still stopped.

    The reasons are those of DAR 88 and ALL 45.
    """

    from_: date = field(name="from")
    to: date | UnsetType = UNSET
    reason: StopReason


class DeadlineRequest(Tagged, tag="deadline", omit_defaults=True, frozen=True, kw_only=True):
    """A step, and the day of the event that it runs from; that day is not counted.

    `extension_working_days` (延长): of `licence-decision` only. `joint_filing`: of
    `narcotic-import-permit` only. `as_of`: the day on which days used, left and overdue are asked
    for. `ledger`: whether to list every day. `ref` is echoed.
    """

    step: Annotated[str, Meta(max_length=100)]
    start: date
    clock_stops: Annotated[tuple[ClockStop, ...], Meta(max_length=1000)] = ()
    extension_working_days: Annotated[int, Meta(ge=0, le=9999)] = 0
    joint_filing: bool = False
    as_of: date | UnsetType = UNSET
    ledger: bool = False
    assume_in_force: bool = False
    ref: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


# ------------------------------------------------------------------------------------ the answer


class DayCount(Record, omit_defaults=True, frozen=True, kw_only=True):
    """The length of the step and how far it has run, in its unit.

    `length` includes an extension. `used` counts from the day after the start through the earlier
    of `as_of` and the due date, less stops; with a clock that stands, through the day before it
    stopped. `left` is the rest, `overdue` the days after the due date through `as_of`, 0 when not.
    """

    length: int
    unit: Unit
    used: int | UnsetType = UNSET
    left: int | UnsetType = UNSET
    overdue: int | UnsetType = UNSET


class OnLapse(Record, frozen=True, kw_only=True):
    """What the lapse of the time means; `effective_on` is the day from which it holds, where one is known."""

    effect: Lapse
    effective_on: date | UnsetType = UNSET


class LedgerDay(Record, frozen=True, kw_only=True):
    """One day of the period: whether it counts, its running number, and why.

    `why` is `start_day`, `clock_stopped`, or what the calendar says; `name` the holiday that the
    day belongs to.
    """

    date: date
    counted: bool
    number: int | UnsetType = UNSET
    why: Literal["start_day", "clock_stopped", "calendar_day", "rolled"] | Why
    name: str | UnsetType = UNSET
    status: Status


class DeadlineAnswer(Tagged, tag="deadline", frozen=True, kw_only=True):
    """When a step is due, that day included.

    `due` is null when the clock stands or the law says only "promptly" (及时). `status` is that of
    the least certain day used; `earliest` and `latest` bracket a projected due date. `official_through`
    is the day through which the calendar is announced.
    """

    ref: str | UnsetType = UNSET
    step: str
    due: date | None
    status: Status | UnsetType = UNSET
    earliest: date | UnsetType = UNSET
    latest: date | UnsetType = UNSET
    official_through: date
    days: DayCount | UnsetType = UNSET
    on_lapse: OnLapse | UnsetType = UNSET
    ledger: tuple[LedgerDay, ...] | UnsetType = UNSET
    notices: tuple[Notice, ...]
    explanation: tuple[Explanation, ...] | UnsetType = UNSET
    provenance: Provenance


def strip_facts(request: DeadlineRequest) -> DeadlineRequest:
    """The facts alone, for the digest of the inputs: without `ref` and `ledger`, stops in their order in time."""
    if request.ref is UNSET and not request.ledger and len(request.clock_stops) < 2:
        return request
    # The reason breaks ties, so that the digest does not depend on the order the caller chose.
    stops = tuple(sorted(request.clock_stops, key=lambda stop: (stop.from_, end_of(stop), stop.reason)))
    return replace(request, ref=UNSET, ledger=False, clock_stops=stops)


def sort_stops(stops: Iterable[ClockStop]) -> list[ClockStop]:
    """Clock stops by their first days, then by their last ones; equal ones stay as the caller ordered them."""
    return sorted(stops, key=lambda stop: (stop.from_, end_of(stop)))


def end_of(stop: ClockStop) -> date:
    """The last day of a stop, included; the last date there is where the clock is still stopped."""
    return stop.to if isinstance(stop.to, date) else date.max
