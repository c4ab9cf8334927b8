"""Where the days of the calendar come from: announced years, supplied notices, projection.

Announced years are those of the package chinese-calendar, from 2007 on, where it agrees with a
second source on every day; corrections.toml names the days off that it does not list as the notices
do. Supplied notices are files in the JSON form of holiday-cn, one for each notice (通知). Every other
year is projected from 全国年节及纪念日放假办法 through the package holidays: its statutory days, and a
working day off for each that falls on a weekend or on another (assumed to be the next one); no
swapped weekends, since only a notice can make them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import chinese_calendar
import msgspec
import msgspec.toml

from penaltycalc.calendar.entries import FIRST, LAST, Entries, Entry
from penaltycalc.calendar.notices import Notices, SuppliedNotices, read_notices
from penaltycalc.calendar.projection import (
    PROJECTION_SOURCE,
    SWAP_DEPTH,
    SWAP_REACH,
    list_statutory_days,
    project_year,
)
from penaltycalc.calendar.workdays import Coverage, Day, Status, Why, WorkingCalendar
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook

FINAL_THROUGH: Final = (12, 23)
"""The next year's notice may change the days after this one: it did in 2006, 2007, 2011 and 2018."""

PACKAGED_SOURCE: Final = "chinese-calendar"

_CORRECTIONS: Final = Path(__file__).with_name("corrections.toml")


def load_calendar(rulebook: Rulebook, notices: Path | None = None) -> WorkingCalendar:
    """The working-day calendar with the notices in a folder: `read_notices`, then `build_calendar`."""
    return build_calendar(rulebook, {} if notices is None else read_notices(notices))


def build_calendar(rulebook: Rulebook, notices: Notices) -> WorkingCalendar:
    """The working-day calendar: announced years, these notices, projection beyond.

    A notice that reaches the statutory number of days off states its whole year and replaces it;
    one that does not only changes the days it names, and needs another that states the year.
    BadNotice, naming file and entry, where a file is malformed, contradicts another, or lies
    outside its year.
    """
    # The sources name holidays in different words; from here on a holiday is known by its id.
    names = rulebook.wordings["zh"].holiday_ids()
    packaged = _read_packaged_days(names)
    supplied = SuppliedNotices(names, rulebook, packaged)
    supplied.read(notices)
    source = CalendarSource(packaged, supplied, names)
    return WorkingCalendar(source.describe_coverage(), source.list_days, source.find_uncertainty, source.is_statutory)


# --------------------------------------------------------------------------------- announced years


class NamedDay(Record, frozen=True, kw_only=True):
    """A weekend day off that its notice names and the package does not list; `holiday` is an id, `notice` a title."""

    day: date
    holiday: str
    notice: str


class UnnamedDays(Record, frozen=True, kw_only=True):
    """Weekend days off that the package lists and their notice, of that title, does not name."""

    days: tuple[date, ...]
    notice: str


class Corrections(Record, frozen=True, kw_only=True):
    """What is listed otherwise than the package has it."""

    named: tuple[NamedDay, ...]
    unnamed: tuple[UnnamedDays, ...]


def _read_packaged_days(names: Mapping[str, str]) -> dict[int, Entries]:
    """The announced days by year of the day, as chinese-calendar has them, less what it lists amiss."""
    years: dict[int, Entries] = {}
    constants = chinese_calendar.constants
    for off, table in ((True, constants.holidays), (False, constants.workdays)):
        for day, name in table.items():
            if day >= FIRST:
                years.setdefault(day.year, {})[day] = Entry(off, names.get(name, name), PACKAGED_SOURCE)
    _correct_listed_days(years)
    return years


def _correct_listed_days(years: dict[int, Entries]) -> None:
    """List the days off that the notices name, and no others; whether a day is worked stays as it is."""
    corrections = msgspec.toml.decode(_CORRECTIONS.read_bytes(), type=Corrections)
    for named in corrections.named:
        # A year that the package does not have stays one that is not announced.
        entry = Entry(off=True, name=named.holiday, source=PACKAGED_SOURCE)
        years.get(named.day.year, {}).setdefault(named.day, entry)
    for unnamed in corrections.unnamed:
        for day in unnamed.days:
            years.get(day.year, {}).pop(day, None)


# ------------------------------------------------------------------------------------- all together


class CalendarSource:
    """Gives each year's days, and says of each day which source decides it.

    Projected years and their statutory days are worked out once each: a calendar asks for a year when
    a question first reaches it, and for the uncertainty of days around its ends once more.
    """

    def __init__(self, packaged: Mapping[int, Entries], supplied: SuppliedNotices, names: Mapping[str, str]) -> None:
        self._packaged = packaged
        self._supplied = supplied
        self._names = names
        self._covered = set(packaged) | set(supplied.years)
        self._projections: dict[int, Entries] = {}
        self._statutory: dict[int, frozenset[date]] = {}

    def describe_coverage(self) -> Coverage:
        """How far the calendar is announced, and the digest of what it rests on."""
        # Only announced years in a row count: official days after a missing year do not extend the coverage.
        last = FIRST.year
        while last + 1 in self._covered:
            last += 1
        version = importlib.metadata.version("holidays")
        files = tuple(sorted({entry.source for entry in self._merge_supplied().values()}))
        return Coverage(
            first=FIRST,
            last=LAST,
            official_through=date(last, *FINAL_THROUGH),
            digest=self._digest_days(version),
            sources=(PACKAGED_SOURCE, *files, f"{PROJECTION_SOURCE} {version}"),
            greatest_uncertainty=SWAP_DEPTH,
        )

    def _merge_supplied(self) -> Entries:
        merged: Entries = {}
        for entries in self._supplied.years.values():
            merged.update(entries)
        return {**merged, **self._supplied.days}

    def _digest_days(self, version: str) -> str:
        # The digest covers what decides days, and nothing of how it is stored: names of files only where they
        # stand as the source of a day. The projection enters by its version, since its days follow from it.
        content = {
            "official": [
                [day, entry.off, entry.name]
                for year in sorted(self._packaged)
                for day, entry in sorted(self._packaged[year].items())
            ],
            "supplied": [
                [day, entry.off, entry.name, entry.source] for day, entry in sorted(self._merge_supplied().items())
            ],
            "supplied_years": sorted(self._supplied.years),
            "projection": [PROJECTION_SOURCE, version],
        }
        return f"sha256:{hashlib.sha256(msgspec.json.encode(content)).hexdigest()}"

    def list_days(self, year: int) -> list[Day]:
        """Every day of a year, in order."""
        if year in self._covered:
            return self._list_covered_year(year)
        return [self._describe_open_day(day) for day in _list_dates(year)]

    def _list_covered_year(self, year: int) -> list[Day]:
        """An announced year: days are official unless a supplied notice decides them."""
        # A notice of the next year may still name days of this December, so a year is final only when the next
        # one is announced too.
        final = year + 1 in self._covered
        by_supplied = year + 1 in self._supplied.years and year + 1 not in self._packaged
        horizon = date(year, *FINAL_THROUGH)
        days = []
        for day in _list_dates(year):
            # Three kinds of days: those that no notice can change any more, those that the next year's supplied
            # notice settled, and those that are still open.
            if day <= horizon or (final and not by_supplied):
                days.append(self._describe_announced_day(day))
            elif final:
                # Only the next year's notice makes it final, also where it does not name the day.
                announced = self._describe_announced_day(day)
                days.append(announced._replace(status="supplied", source=self._find_file(year + 1)))
            else:
                days.append(self._describe_open_day(day))
        return days

    def _describe_announced_day(self, day: date) -> Day:
        """A day that is announced for good; it stays official where a supplied notice only repeats the package."""
        year = self._packaged.get(day.year)
        packaged = year.get(day) if year is not None else None
        decisive = self._find_entry(day, packaged)
        status: Status = "supplied"
        if year is not None and _is_off(day, decisive) == _is_off(day, packaged):
            status = "official"
        source = PACKAGED_SOURCE if status == "official" else self._find_source(day, decisive)
        return _make_day(day, decisive, status, source)

    def _find_entry(self, day: date, packaged: Entry | None) -> Entry | None:
        """The entry that decides: a supplied day, a supplied year (the next one's for its December), the package."""
        if day in self._supplied.days:
            return self._supplied.days[day]
        # New Year holidays often begin in December: then the next year's notice names the day.
        following = self._supplied.years.get(day.year + 1, {})
        if day in following:
            return following[day]
        whole = self._supplied.years.get(day.year)
        return packaged if whole is None else whole.get(day)

    def _find_source(self, day: date, decisive: Entry | None) -> str:
        return self._find_file(day.year) if decisive is None else decisive.source

    def _find_file(self, year: int) -> str:
        """The file that states a year."""
        return next(iter(self._supplied.years[year].values())).source

    def _describe_open_day(self, day: date) -> Day:
        """A day that is not announced for good: what a single supplied day says of it stands."""
        if day in self._supplied.days:
            entry = self._supplied.days[day]
            return _make_day(day, entry, "supplied", entry.source)
        # December of the last announced year: what is announced stands, but may still change.
        decisive = self._find_entry(day, self._packaged.get(day.year, {}).get(day))
        if decisive is None and day.year not in self._covered:
            decisive = self._project(day.year).get(day)
        return _make_day(day, decisive, "projected", decisive.source if decisive else PROJECTION_SOURCE)

    def find_uncertainty(self, day: date) -> int:
        """By how many working days the count through a projected day may still change."""
        # Away from holidays a notice moves nothing, so the count is certain there even in a projected year.
        near = any(abs((day - other).days) <= SWAP_REACH for other in self._list_statutory_days_near(day))
        return SWAP_DEPTH if near else 0

    def is_statutory(self, day: date) -> bool:
        """Whether the statute takes `day` off, in a year that is not announced."""
        return day in self._list_statutory_days_near(day)

    def _project(self, year: int) -> Entries:
        if year not in self._projections:
            self._projections[year] = project_year(year, self._names)
        return self._projections[year]

    def _list_statutory_days_near(self, day: date) -> Iterable[date]:
        """The statutory days of the projected years around `day`."""
        for year in {(day - timedelta(SWAP_REACH)).year, day.year, (day + timedelta(SWAP_REACH)).year}:
            if year in self._covered or year > LAST.year:
                continue
            if year not in self._statutory:
                self._statutory[year] = frozenset(list_statutory_days(year, self._names))
            yield from self._statutory[year]


def _list_dates(year: int) -> list[date]:
    start = date(year, 1, 1)
    return [start + timedelta(number) for number in range((date(year + 1, 1, 1) - start).days)]


def _is_off(day: date, entry: Entry | None) -> bool:
    """Whether a day is off: as the entry says, else by the weekend."""
    return day.weekday() >= 5 if entry is None else entry.off


def _make_day(day: date, entry: Entry | None, status: Status, source: str) -> Day:
    weekend = day.weekday() >= 5
    working = not _is_off(day, entry)
    why: Why
    if working:
        why = "make_up_day" if weekend else "working_day"
    else:
        why = "public_holiday" if entry is not None else "weekend"
    # A name says why a day is unusual: a holiday on a day off, or the holiday that a make-up day is for. A
    # working day that a notice merely confirms has none.
    named = entry is not None and (not working or weekend)
    return Day(working, why, entry.name if named and entry else None, status, source)
