"""The working-day calendar: adds and counts working days; knows no law.

Days are numbered from the first day of the range. `_rank[i]` is the number of working days through
day i and `_working[k]` the day of the k-th working day, so that counting is one subtraction and adding
one look-up, however long the span. Announced years are laid out at once, projected years when a
question first reaches them: laying out a year takes half a millisecond, and there are almost a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from threading import Lock
from typing import Final, Literal, NamedTuple

from penaltycalc.errors import OutsideCalendar, Path

Status = Literal["official", "supplied", "projected"]
Why = Literal["working_day", "make_up_day", "weekend", "public_holiday"]

STATUSES: Final[tuple[Status, ...]] = ("official", "supplied", "projected")


class Day(NamedTuple):
    """What the calendar knows of a day.

    `name` is the id of the holiday that a day off or a make-up day belongs to, `source` where the
    day comes from.
    """

    working: bool
    why: Why
    name: str | None
    status: Status
    source: str


class Coverage(NamedTuple):
    """What a calendar rests on; all days included.

    From `first` through `last` days can be counted; from `first` through `official_through` they
    are announced, in the package or in supplied notices. No day has an uncertainty above
    `greatest_uncertainty`.
    """

    first: date
    last: date
    official_through: date
    digest: str
    sources: tuple[str, ...]
    greatest_uncertainty: int


class WorkingCalendar:
    """Working days (工作日) from `first` through `last`, both included."""

    def __init__(
        self,
        coverage: Coverage,
        list_days_of: Callable[[int], Sequence[Day]],
        find_uncertainty: Callable[[date], int],
        is_statutory: Callable[[date], bool],
    ) -> None:
        """`list_days_of(year)` gives each day of a year in order; it is called once for each year.

        `find_uncertainty(day)` gives, for a projected day, by how many working days the count through it
        may still change, either way, when its year is announced; `is_statutory(day)` says
        of such a day whether the statute takes it off.
        """
        self.coverage = coverage
        self.first, self.last = coverage.first, coverage.last
        self.official_through = coverage.official_through
        self.digest = coverage.digest
        self._base = coverage.first.toordinal()
        self._list_days_of = list_days_of
        self._find_uncertainty = find_uncertainty
        self._is_statutory = is_statutory
        self._uncertainties: dict[int, int] = {}
        self._lock = Lock()
        self._days: list[Day] = []
        self._rank: list[int] = []
        self._working: list[int] = []
        self._supplied: list[int] = []
        self._projected: list[int] = []
        self._next_year = coverage.first.year
        # Announced years are cheap to lay out and most questions stay within them.
        self._lay_out(coverage.official_through.year)

    # ------------------------------------------------------------------------- asking for days

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day; OutsideCalendar if it is outside the range."""
        return self._days[self._find_index(day)].working

    def describe_day(self, day: date) -> Day:
        """All that is known of `day`; OutsideCalendar if it is outside the range."""
        return self._days[self._find_index(day)]

    def count(self, after: date, through: date) -> int:
        """The number of working days after `after` through `through`; 0 where `through` is not later."""
        if through <= after:
            return 0
        last = self._find_index(through)
        return self._rank[last] - self._rank[self._find_index(after)]

    def add(self, day: date, working_days: int) -> date:
        """The n-th working day after `day`, for n of 1 or more; OutsideCalendar beyond the range."""
        # The n-th working day after `day` has the number of working days through `day`, plus n.
        position = self._rank[self._find_index(day)] + working_days
        while position > len(self._working):
            if self._next_year > self.last.year:
                raise self.build_outside_error((), day)
            self._lay_out(min(self._next_year + _AHEAD, self.last.year))
        return date.fromordinal(self._working[position - 1])

    def subtract(self, day: date, working_days: int) -> date:
        """The n-th working day before `day`, for n of 1 or more; OutsideCalendar before the range."""
        index = self._find_index(day)
        # `day` itself is not counted: where it is a working day, the count through it is one too many.
        return self._find_nth(self._rank[index] - self._days[index].working - working_days, day)

    def find_nth_last(self, through: date, working_days: int) -> date:
        """The n-th last of the working days through `through`, itself included, for n of 1 or more."""
        return self._find_nth(self._rank[self._find_index(through)] - working_days, through)

    def _find_nth(self, position: int, day: date) -> date:
        # A negative place would silently pick a working day from the end of the list.
        if position < 0:
            raise self.build_outside_error((), day)
        return date.fromordinal(self._working[position])

    def roll_forward(self, day: date) -> date:
        """`day` itself if it is a working day, else the next one."""
        return day if self.is_working(day) else self.add(day, 1)

    def find_uncertainty(self, day: date) -> int:
        """By how many working days the count through `day` may still change: 0 unless projected."""
        index = self._find_index(day)
        # Near the ends of a bracket the same days are asked about again and again, each time for two years of
        # statutory days. What is stored says something about the calendar alone, never about a request.
        if index not in self._uncertainties:
            self._uncertainties[index] = self._find_uncertainty(day) if self._days[index].status == "projected" else 0
        return self._uncertainties[index]

    def may_be_worked(self, day: date) -> bool:
        """Whether `day` is a working day, or may become one when its year is announced."""
        return self.is_working(day) or (self.find_uncertainty(day) > 0 and not self._is_statutory(day))

    def find_status(self, first: date, last: date) -> Status:
        """The status of the least certain day from `first` through `last`: projected < supplied < official."""
        end = self._find_index(last)
        start = self._find_index(first)
        # Like `_rank`, these lists count the days of a status through each day: a difference above zero means
        # that the span holds one. The least certain status is looked for first.
        for prefix, status in ((self._projected, STATUSES[2]), (self._supplied, STATUSES[1])):
            if prefix[end] - (prefix[start - 1] if start else 0):
                return status
        return "official"

    def list_supplied_files(self, first: date, last: date) -> list[str]:
        """The files of supplied notices that decide days from `first` through `last`, in order."""
        start, end = self._find_index(first), self._find_index(last)
        if not self._supplied[end] - (self._supplied[start - 1] if start else 0):
            return []
        return sorted({day.source for day in self._days[start : end + 1] if day.status == "supplied"})

    def list_named_days(self, year: int) -> list[tuple[date, Day]]:
        """The public holidays and make-up days of a year, in order."""
        start = date(year, 1, 1)
        first, last = self._find_index(start), self._find_index(date(year, 12, 31))
        return [
            (start + timedelta(index - first), self._days[index])
            for index in range(first, last + 1)
            if self._days[index].name is not None
        ]

    def build_outside_error(self, where: Path, day: date) -> OutsideCalendar:
        """The error of a day that this calendar does not reach."""
        return OutsideCalendar(where, day, self.first, self.last)

    # -------------------------------------------------------------------------------- laying out

    def _find_index(self, day: date) -> int:
        index = day.toordinal() - self._base
        if 0 <= index < len(self._rank):
            return index
        if not self.first <= day <= self.last:
            raise self.build_outside_error((), day)
        self._lay_out(day.year)
        return index

    def _lay_out(self, through_year: int) -> None:
        """Append the years through `through_year`; `_rank` comes last, for readers without the lock."""
        with self._lock:
            while self._next_year <= through_year:
                days = self._list_days_of(self._next_year)
                rank = len(self._working)
                supplied, projected = (self._supplied[-1], self._projected[-1]) if self._rank else (0, 0)
                ordinal = self._base + len(self._days)
                working, ranks, supplieds, projecteds = [], [], [], []
                for number, day in enumerate(days):
                    if day.working:
                        rank += 1
                        working.append(ordinal + number)
                    # True counts as 1.
                    supplied += day.status == "supplied"
                    projected += day.status == "projected"
                    ranks.append(rank)
                    supplieds.append(supplied)
                    projecteds.append(projected)
                # A reader without the lock takes the length of `_rank` for the number of days laid out, so everything
                # else must be there before `_rank` grows.
                self._days.extend(days)
                self._supplied.extend(supplieds)
                self._projected.extend(projecteds)
                self._working.extend(working)
                self._rank.extend(ranks)
                self._next_year += 1


_AHEAD: Final = 3
"""How many years to lay out at a time when adding runs past the days laid out so far."""
