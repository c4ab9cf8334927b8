"""Supplied notices (放假通知): files in the JSON form of holiday-cn, read and checked.

A notice that reaches the statutory number of days off states its whole year and replaces it; one that
does not only changes the days it names, and needs another that states the year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec
from msgspec import field

from penaltycalc.calendar.entries import FIRST, LAST, Entries, Entry
from penaltycalc.errors import BadNotice, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.strict_json import find_repeated_names

Notices = Mapping[str, bytes]
"""Supplied notices: the content of each file by its name."""


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


def read_notices(folder: Path) -> dict[str, bytes]:
    """Every .json file of a folder as it is, in the order of their names; BadNotice where one cannot be read."""
    if not folder.is_dir():
        raise BadNotice(folder.name, "-", Reason("fault-no-folder"))
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".json"))
    except OSError as fault:  # an empty folder would be read without a word, and all notices be gone
        raise BadNotice(folder.name, "-", describe_fault(fault)) from None
    return {name: _read_file(folder / name) for name in names}


def _read_file(path: Path) -> bytes:
    try:
        path.name.encode()
        return path.read_bytes()
    except OSError as fault:
        raise BadNotice(path.name, "-", describe_fault(fault)) from None
    except UnicodeEncodeError:
        raise BadNotice(ascii(path.name), "-", Reason("fault-file-name")) from None


class SuppliedNotices:
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
        # By year, the first file that names single days of it: named in the error where no file states the year.
        partial: dict[int, str] = {}
        for name, content in sorted(notices.items()):
            notice = _decode_notice(name, content)
            entries = self._check_days(name, notice)
            if not entries:
                continue  # holiday-cn keeps an empty file for a year not yet announced: no coverage
            if self._states_whole_year(notice):
                if notice.year in self.years:
                    raise BadNotice(name, str(notice.year), Reason("fault-year-twice"))
                self.years[notice.year] = entries
            else:
                partial.setdefault(notice.year, name)
                self.days.update(entries)
        # Checked at the end, since files may come in any order: the one that states the year may be the last.
        for year, file in partial.items():
            if year not in self.years and year not in self._packaged:
                needed = self._statutory.count_in(year)
                raise BadNotice(file, str(year), Reason("fault-year-in-part", {"least": needed}))

    def _check_days(self, file: str, notice: NoticeFile) -> Entries:
        if not FIRST.year <= notice.year <= LAST.year:
            years = {"first": str(FIRST.year), "last": str(LAST.year)}
            raise BadNotice(file, f"year {notice.year}", Reason("fault-outside-years", years))
        entries: Entries = {}
        for day in notice.days:
            # The New Year holiday may begin in the December before, and no notice reaches further.
            in_december_before = day.date.year == notice.year - 1 and day.date.month == 12
            if day.date.year != notice.year and not in_december_before:
                raise BadNotice(file, day.date.isoformat(), Reason("fault-outside-year", {"year": str(notice.year)}))
            # Two files may repeat each other; where they differ, nobody can say which one is right.
            first_file, is_off_there = self._files.setdefault(day.date, (file, day.is_off_day))
            if is_off_there != day.is_off_day:
                raise BadNotice(file, day.date.isoformat(), Reason("fault-contradicts", {"file": first_file}))
            entries[day.date] = Entry(day.is_off_day, self._names.get(day.name, day.name), file)
        return entries

    def _states_whole_year(self, notice: NoticeFile) -> bool:
        is_off_day = {day.date: day.is_off_day for day in notice.days}
        # A notice that gives at least the statutory days, net of make-up days, arranges the whole year. One that
        # gives fewer is an adjustment: read as a whole year it would take holidays away.
        off = sum(1 for day, is_off in is_off_day.items() if is_off and day.weekday() < 5)
        made_up = sum(1 for day, is_off in is_off_day.items() if not is_off and day.weekday() >= 5)
        return off - made_up >= self._statutory.count_in(notice.year)


def _decode_notice(name: str, content: bytes) -> NoticeFile:
    try:
        for repeated in find_repeated_names(content):
            field = "/".join(map(str, repeated.where))
            raise BadNotice(name, "-", Reason("fault-repeated-name", {"field": field}))
        return msgspec.json.decode(content, type=NoticeFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        entry = re.search(r"`\$\.days\[(\d+)\]", str(fault))
        raise BadNotice(name, f"days[{entry.group(1)}]" if entry else "-", describe_fault(fault)) from None
