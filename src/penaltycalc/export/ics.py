"""Answers as events to subscribe to (RFC 5545, RFC 7986): all-day, the same bytes for the same answer and data.

An event carries no address of the question: that would hold its facts, a reference, perhaps a key,
and events are passed on to others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from icalendar import Calendar, Event
from icalendar.prop import vText
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from penaltycalc._version import __version__
from penaltycalc.calculators.calendar_queries import CalendarDay, CalendarYear
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.explain import find_data_date
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import NoDate
from penaltycalc.export import text
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language, Wording

NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:penaltycalc:ics")
"""What the UIDs of events are made in. It never changes: a subscribed event would be there twice."""

DAILY: Final = timedelta(days=1)


class Entry(NamedTuple):
    """An all-day event from `first` through `last`, both included.

    `key` stays from one answer to the next, so that the event moves instead of being there twice.
    """

    key: str
    first: date
    last: date
    summary: str
    description: str
    projected: bool


def write_deadline_event(given: DeadlineAnswer, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> bytes:
    """The due date as a calendar of one event; NoDate where there is none."""
    if given.due is None:
        raise NoDate(("step",), given.step)
    wording = rulebook.wordings[lang]
    summary = _summary(wording, "deadline", wording.title("step", given.step), given.ref)
    entry = Entry(
        key=_key("deadline", given.step, given.ref, given.provenance.inputs),
        first=given.due,
        last=given.due,
        summary=summary,
        description=text.format_answer(replace(given, ledger=UNSET), rulebook, lang),
        projected=given.status == "projected",
    )
    return _written(summary, [entry], find_data_date(rulebook, calendar), lang)


def write_expiry_event(given: ExpiryAnswer, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> bytes:
    """The last day of a term as a calendar of one event."""
    wording = rulebook.wordings[lang]
    summary = _summary(wording, "expiry", wording.title("term", given.term), given.ref)
    entry = Entry(
        key=_key("expiry", given.term, given.ref, given.provenance.inputs),
        first=given.last_day,
        last=given.last_day,
        summary=summary,
        description=text.format_answer(given, rulebook, lang),
        projected=False,  # the last day counts no working days
    )
    return _written(summary, [entry], find_data_date(rulebook, calendar), lang)


def write_year_feed(given: CalendarYear, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> bytes:
    """The days off and make-up days of a year: an event for each run of days off, one for each make-up day."""
    wording = rulebook.wordings[lang]
    name = wording.label("feed", "year").format(year=given.year)
    notices = [notice.text for notice in given.notices]
    entries = [_of_run(run, notices, wording) for run in _runs(given.days)]
    return _written(name, entries, find_data_date(rulebook, calendar), lang, "\n".join(notices))


# ---------------------------------------------------------------------------------------- the entries


def _key(kind: str, id: str, ref: str | UnsetType, inputs: str) -> str:
    """What an event is known by: the caller's reference; without one (an empty one tells no cases apart) the facts."""
    return f"{kind}:{id}:ref:{ref}" if ref else f"{kind}:{id}:inputs:{inputs}"


def _summary(wording: Wording, kind: str, title: str, ref: str | UnsetType) -> str:
    said = wording.label("feed", kind).format(title=title)
    return wording.label("feed", "with_ref").format(title=said, ref=ref) if ref else said


def _runs(days: Sequence[CalendarDay]) -> Iterator[list[CalendarDay]]:
    """Consecutive days off of the same holiday together, each make-up day by itself."""
    run: list[CalendarDay] = []
    for day in days:
        if run and not _continues(run[-1], day):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _continues(before: CalendarDay, day: CalendarDay) -> bool:
    follows = day.date - before.date == DAILY and day.name == before.name
    return follows and not before.working and not day.working


def _of_run(run: list[CalendarDay], notices: list[str], wording: Wording) -> Entry:
    first, last = run[0], run[-1]
    statuses = list(dict.fromkeys(day.status for day in run))
    sources = dict.fromkeys(day.source for day in run)
    lines = [
        f"{wording.label('heading', 'status')}: {', '.join(wording.label('status', one) for one in statuses)}",
        f"{wording.label('heading', 'provenance')}: {', '.join(sources)}",
        *(notices if statuses != ["official"] else ()),
    ]
    return Entry(
        key=f"calendar:{first.date}",
        first=first.date,
        last=last.date,
        summary=wording.label("feed", "make_up_day" if first.working else "day_off").format(name=first.name),
        description="\n".join(lines),
        projected="projected" in statuses,
    )


# ---------------------------------------------------------------------------------------- the writing


def _written(name: str, entries: list[Entry], made: date, lang: Language, description: str = "") -> bytes:
    feed = Calendar()
    feed.add("prodid", Exact(f"-//penaltycalc//penaltycalc {__version__}//{lang.upper()}"))
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("name", Exact(name))
    feed.add("x-wr-calname", Exact(name))  # what clients read that do not know NAME
    if description:
        feed.add("description", Exact(description))
    # RFC 7986 wants the kind of value named here; the library leaves it out.
    feed.add("refresh-interval", DAILY, {"VALUE": "DURATION"})
    for entry in entries:
        feed.add_component(_event(entry, made))
    written: bytes = feed.to_ical()
    return written


def _event(entry: Entry, made: date) -> Event:
    event = Event()
    event.add("uid", str(uuid5(NAMESPACE, entry.key)))
    # DTSTAMP tells newer editions of an event apart, so it is when the data took effect, not the clock.
    event.add("dtstamp", datetime.combine(made, time.min, UTC))
    event.add("dtstart", entry.first)
    if entry.last < date.max:  # no day follows it; without an end the event is of one day
        event.add("dtend", entry.last + DAILY)  # not included
    event.add("summary", Exact(entry.summary))
    event.add("description", Exact(entry.description))
    # A supplied day repeats an announcement, so that it stands as an official one does.
    event.add("status", "TENTATIVE" if entry.projected else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


class Exact(vText):
    r"""A text that comes back as it went in.

    The library takes a backslash before a capital N for a line break (C:\New), and writes control
    characters, which RFC 5545 does not allow.
    """

    __slots__ = ()

    def to_ical(self) -> bytes:
        """The text escaped, in UTF-8; line breaks of any kind are one kind, control characters are marked as such."""
        return _BREAKS.sub("\n", self).translate(_ESCAPED).encode()


_BREAKS: Final = re.compile("\r\n|[\r\x85\u2028\u2029]")
"""Line breaks besides the newline. The last three may stand in a text, but some readers end a line at them."""

_ESCAPED: Final = {
    **{number: "\ufffd" for number in (*range(0x20), 0x7F) if chr(number) not in "\t\n"},
    **str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"}),
}
