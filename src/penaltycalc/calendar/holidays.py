"""Where the days of the calendar come from: announced years, supplied notices, projection.

Announced years are those of the package chinese-calendar, from 2007 on, where it agrees with a
second source on every day. Supplied notices are files in the JSON form of holiday-cn, one for each
notice (通知). Every other year is projected from 全国年节及纪念日放假办法 through the package
holidays: its statutory days, and a working day off for each that falls on a weekend or on another
(assumed to be the next one); no swapped weekends, since only a notice can make them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import chinese_calendar
import msgspec
from msgspec import field

from penaltycalc.calendar.workdays import Coverage, Day, Status, Why, WorkingCalendar
from penaltycalc.errors import BadNotice
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.strict_json import find_repeated_names

FIRST: Final = date(2007, 1, 1)
"""First day on which the two sources agree throughout; before it one of them is known to be wrong."""

LAST: Final = date(2100, 12, 31)
"""Last day of the projection: the package holidays is silently empty from 2101 on."""

FINAL_THROUGH: Final = (12, 23)
"""The next year's notice may change the days after this one: it did in 2006, 2007, 2011 and 2018."""

SWAP_REACH: Final = 10
SWAP_DEPTH: Final = 2
"""How far a notice may move away from the projection.

Notices swap whole weekend days around a holiday (办法 6 and 7: made up on working days, six days of
work in a row at most), so the count of working days differs from the projection only around it:
since 2008 at most 8 days before and 9 days after, and never by more than 2. See docs/calendar.md
for how often the bracket built on this held.
"""

PACKAGED_SOURCE: Final = "chinese-calendar"
PROJECTION_SOURCE: Final = "holidays"

_ONE_DAY: Final = timedelta(1)


class NoticeDay(Record, frozen=True, kw_only=True):
    """One entry of a notice: a day off, or a day of work."""

    name: str
    date: date
    is_off_day: bool = field(name="isOffDay")


class NoticeFile(Record, frozen=True, kw_only=True):
    """A supplied notice, in the JSON form of holiday-cn; `papers` are the addresses of the notice."""

    schema_: str = field(name="$schema", default="")
    id_: str = field(name="$id", default="")
    year: int
    papers: tuple[str, ...] = ()
    days: tuple[NoticeDay, ...]


class Entry(msgspec.Struct, frozen=True):
    """Whether a day is off, the id or the name of its holiday, and the source that says so."""

    off: bool
    name: str
    source: str


Entries = dict[date, Entry]
Notices = Mapping[str, bytes]
"""Supplied notices: the content of each file by its name."""


def load_calendar(rulebook: Rulebook, notices: Path | None = None) -> WorkingCalendar:
    """The working-day calendar with the notices in a folder: `read_notices`, then `calendar_of`."""
    return build_calendar(rulebook, {} if notices is None else read_notices(notices))


def read_notices(folder: Path) -> dict[str, bytes]:
    """Every .json file of a folder as it is, in the order of their names; BadNotice where one cannot be read."""
    if not folder.is_dir():
        raise BadNotice(folder.name, "-", "not a folder")
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".json"))
    except OSError as fault:  # an empty folder would be read without a word, and all notices be gone
        raise BadNotice(folder.name, "-", fault.strerror or "unreadable") from None
    return {name: _content(folder / name) for name in names}


def _content(path: Path) -> bytes:
    try:
        path.name.encode()
        return path.read_bytes()
    except OSError as fault:
        raise BadNotice(path.name, "-", fault.strerror or "unreadable") from None
    except UnicodeEncodeError:
        raise BadNotice(ascii(path.name), "-", "its name is not UTF-8") from None


def build_calendar(rulebook: Rulebook, notices: Notices) -> WorkingCalendar:
    """The working-day calendar: announced years, these notices, projection beyond.

    A notice that reaches the statutory number of days off states its whole year and replaces it;
    one that does not only changes the days it names, and needs another that states the year.
    BadNotice, naming file and entry, where a file is malformed, contradicts another, or lies
    outside its year.
    """
    names = rulebook.wordings["zh"].holiday_ids()
    packaged = _packaged(names)
    supplied = _Supplied(names, rulebook, packaged)
    supplied.read(notices)
    source = _Source(packaged, supplied, names)
    return WorkingCalendar(source.coverage(), source.days_of, source.slack_of)


# --------------------------------------------------------------------------------- announced years


def _packaged(names: Mapping[str, str]) -> dict[int, Entries]:
    """The announced days by year of the day, as chinese-calendar has them."""
    years: dict[int, Entries] = {}
    constants = chinese_calendar.constants
    for off, table in ((True, constants.holidays), (False, constants.workdays)):
        for day, name in table.items():
            if day >= FIRST:
                years.setdefault(day.year, {})[day] = Entry(off, names.get(name, name), PACKAGED_SOURCE)
    return years


# -------------------------------------------------------------------------------- supplied notices


class _Supplied:
    """The supplied notices: whole years, and single days."""

    def __init__(self, names: Mapping[str, str], rulebook: Rulebook, packaged: Mapping[int, Entries]) -> None:
        self._names = names
        self._statutory = rulebook.rules.statutory_days
        self._packaged = packaged
        self._files: dict[date, tuple[str, bool]] = {}
        self.years: dict[int, Entries] = {}
        self.days: Entries = {}

    def read(self, notices: Notices) -> None:
        """Read notices in the order of their names."""
        partial: dict[int, str] = {}
        for name, content in sorted(notices.items()):
            notice = _read_notice(name, content)
            entries = self._checked(name, notice)
            if not entries:
                continue  # holiday-cn keeps an empty file for a year not yet announced: no coverage
            if self._states_the_year(notice):
                if notice.year in self.years:
                    raise BadNotice(name, str(notice.year), "another file states this year already")
                self.years[notice.year] = entries
            else:
                partial.setdefault(notice.year, name)
                self.days.update(entries)
        for year, file in partial.items():
            if year not in self.years and year not in self._packaged:
                needed = self._statutory.in_year(year)
                raise BadNotice(
                    file, str(year), f"fewer days off than the {needed} of the statute, and no other notice"
                )

    def _checked(self, file: str, notice: NoticeFile) -> Entries:
        if not FIRST.year <= notice.year <= LAST.year:
            raise BadNotice(file, f"year {notice.year}", f"outside {FIRST.year}-{LAST.year}")
        entries: Entries = {}
        for day in notice.days:
            in_december_before = day.date.year == notice.year - 1 and day.date.month == 12
            if day.date.year != notice.year and not in_december_before:
                raise BadNotice(file, day.date.isoformat(), f"outside the year {notice.year}")
            other = self._files.setdefault(day.date, (file, day.is_off_day))
            if other[1] != day.is_off_day:
                raise BadNotice(file, day.date.isoformat(), f"contradicts {other[0]}")
            entries[day.date] = Entry(day.is_off_day, self._names.get(day.name, day.name), file)
        return entries

    def _states_the_year(self, notice: NoticeFile) -> bool:
        given = {day.date: day.is_off_day for day in notice.days}
        off = sum(1 for day, is_off in given.items() if is_off and day.weekday() < 5)
        made_up = sum(1 for day, is_off in given.items() if not is_off and day.weekday() >= 5)
        return off - made_up >= self._statutory.in_year(notice.year)


def _read_notice(name: str, content: bytes) -> NoticeFile:
    try:
        for repeated in find_repeated_names(content):
            raise BadNotice(name, "-", f"{'/'.join(map(str, repeated.where))} is given twice")
        return msgspec.json.decode(content, type=NoticeFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        entry = re.search(r"`\$\.days\[(\d+)\]", str(fault))
        raise BadNotice(name, f"days[{entry.group(1)}]" if entry else "-", str(fault)) from None


# -------------------------------------------------------------------------------------- projection


def statutory_days(year: int, names: Mapping[str, str]) -> dict[date, list[str]]:
    """The statutory days off of a year, each with the ids of its holidays (two where they coincide)."""
    from holidays import country_holidays  # noqa: PLC0415  # on first use only: the import takes long

    days: dict[date, list[str]] = {}
    for day, listed in country_holidays("CN", years=year, observed=False, language="en_US").items():
        # Days off by a single notice (swaps, extensions, one-off commemorations) are no statutory days.
        ids = [names[f"holidays: {name}"] for name in listed.split("; ") if f"holidays: {name}" in names]
        if ids and day.year == year:
            days[day] = ids
    return days


def projected_year(year: int, names: Mapping[str, str]) -> Entries:
    """The days off of a year that is not announced.

    A statutory day on a weekend, and the second of two on one day, is made up on the next working
    day (办法 6; that it is the next one is an assumption).
    """
    statutory = statutory_days(year, names)
    entries = {day: Entry(off=True, name=ids[0], source=PROJECTION_SOURCE) for day, ids in statutory.items()}
    for day, ids in sorted(statutory.items()):
        made_up = len(ids) - (0 if day.weekday() >= 5 else 1)
        for name in ids[len(ids) - made_up :]:
            free = day + _ONE_DAY
            while free in entries or free.weekday() >= 5:
                free += _ONE_DAY
            entries[free] = Entry(off=True, name=name, source=PROJECTION_SOURCE)
    return entries


# ------------------------------------------------------------------------------------- all together


class _Source:
    """Each year's days, from whichever source decides them."""

    def __init__(self, packaged: Mapping[int, Entries], supplied: _Supplied, names: Mapping[str, str]) -> None:
        self._packaged = packaged
        self._supplied = supplied
        self._names = names
        self._covered = set(packaged) | set(supplied.years)
        self._projections: dict[int, Entries] = {}
        self._statutory: dict[int, frozenset[date]] = {}

    def coverage(self) -> Coverage:
        """How far the calendar is announced, and the digest of what it rests on."""
        last = FIRST.year
        while last + 1 in self._covered:
            last += 1
        version = importlib.metadata.version("holidays")
        files = tuple(sorted({entry.source for entry in self._supplied_entries().values()}))
        return Coverage(
            first=FIRST,
            last=LAST,
            official_through=date(last, *FINAL_THROUGH),
            digest=self._digest(version),
            sources=(PACKAGED_SOURCE, *files, f"{PROJECTION_SOURCE} {version}"),
            deepest_slack=SWAP_DEPTH,
        )

    def _supplied_entries(self) -> Entries:
        merged: Entries = {}
        for entries in self._supplied.years.values():
            merged.update(entries)
        return {**merged, **self._supplied.days}

    def _digest(self, version: str) -> str:
        content = {
            "official": [
                _row(day, entry) for year in sorted(self._packaged) for day, entry in _sorted(self._packaged[year])
            ],
            "supplied": [[*_row(day, entry), entry.source] for day, entry in _sorted(self._supplied_entries())],
            "supplied_years": sorted(self._supplied.years),
            "projection": [PROJECTION_SOURCE, version],
        }
        return f"sha256:{hashlib.sha256(msgspec.json.encode(content)).hexdigest()}"

    def days_of(self, year: int) -> list[Day]:
        """Every day of a year, in order."""
        return [self._day(day) for day in _days_of(year)] if year not in self._covered else self._covered_year(year)

    def _covered_year(self, year: int) -> list[Day]:
        """An announced year: days are official unless a supplied notice decides them."""
        final = year + 1 in self._covered
        by_supplied = year + 1 in self._supplied.years and year + 1 not in self._packaged
        horizon = date(year, *FINAL_THROUGH)
        days = []
        for day in _days_of(year):
            if day <= horizon or (final and not by_supplied):
                days.append(self._announced(day))
            elif final:
                # Only the next year's notice makes it final, also where it does not name the day.
                known = self._announced(day)
                days.append(known._replace(status="supplied", source=self._file_of(year + 1)))
            else:
                days.append(self._day(day))
        return days

    def _announced(self, day: date) -> Day:
        own = self._packaged.get(day.year)
        packaged = own.get(day) if own is not None else None
        decided = self._decided(day, packaged)
        status: Status = "official" if own is not None and _off(day, decided) == _off(day, packaged) else "supplied"
        source = PACKAGED_SOURCE if status == "official" else self._source_of(day, decided)
        return _day(day, decided, status, source)

    def _decided(self, day: date, packaged: Entry | None) -> Entry | None:
        """The entry that decides: a supplied day, a supplied year (the next one's for its December), the package."""
        if day in self._supplied.days:
            return self._supplied.days[day]
        following = self._supplied.years.get(day.year + 1, {})
        if day in following:
            return following[day]
        whole = self._supplied.years.get(day.year)
        return packaged if whole is None else whole.get(day)

    def _source_of(self, day: date, decided: Entry | None) -> str:
        return self._file_of(day.year) if decided is None else decided.source

    def _file_of(self, year: int) -> str:
        """The file that states a year."""
        return next(iter(self._supplied.years[year].values())).source

    def _day(self, day: date) -> Day:
        """A day that is not announced for good: what a single supplied day says of it stands."""
        if day in self._supplied.days:
            entry = self._supplied.days[day]
            return _day(day, entry, "supplied", entry.source)
        decided = self._decided(day, self._packaged.get(day.year, {}).get(day))
        if decided is None and day.year not in self._covered:
            decided = self._projection(day.year).get(day)
        return _day(day, decided, "projected", decided.source if decided else PROJECTION_SOURCE)

    def slack_of(self, day: date) -> int:
        """By how many working days the count through a projected day may still change."""
        near = any(abs((day - other).days) <= SWAP_REACH for other in self._holidays_near(day))
        return SWAP_DEPTH if near else 0

    def _projection(self, year: int) -> Entries:
        if year not in self._projections:
            self._projections[year] = projected_year(year, self._names)
        return self._projections[year]

    def _holidays_near(self, day: date) -> Iterable[date]:
        """The statutory days of the projected years around `day`."""
        for year in {(day - timedelta(SWAP_REACH)).year, day.year, (day + timedelta(SWAP_REACH)).year}:
            if year in self._covered or year > LAST.year:
                continue
            if year not in self._statutory:
                self._statutory[year] = frozenset(statutory_days(year, self._names))
            yield from self._statutory[year]


def _days_of(year: int) -> list[date]:
    start = date(year, 1, 1)
    return [start + timedelta(number) for number in range((date(year + 1, 1, 1) - start).days)]


def _sorted(entries: Entries) -> list[tuple[date, Entry]]:
    return sorted(entries.items())


def _row(day: date, entry: Entry) -> list[object]:
    return [day, entry.off, entry.name]


def _off(day: date, entry: Entry | None) -> bool:
    """Whether a day is off: as the entry says, else by the weekend."""
    return day.weekday() >= 5 if entry is None else entry.off


def _day(day: date, entry: Entry | None, status: Status, source: str) -> Day:
    weekend = day.weekday() >= 5
    working = not _off(day, entry)
    why: Why
    if working:
        why = "make_up_day" if weekend else "working_day"
    else:
        why = "public_holiday" if entry is not None else "weekend"
    named = entry is not None and (not working or weekend)
    return Day(working, why, entry.name if named and entry else None, status, source)
