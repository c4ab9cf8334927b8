"""Answers as all-day events to subscribe to (RFC 5545, RFC 7986); the same answer and data give the same bytes.

An event does not hold the address that it was fetched from. The address contains the facts of the case, a reference
and perhaps a key, and calendars pass events on to others.
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
"""The namespace of the UIDs of events. It must never change, or every subscribed event would appear twice."""

DAILY: Final = timedelta(days=1)


class Entry(NamedTuple):
    """An all-day event from `first` through `last`, both included.

    `key` stays the same from one answer to the next, so that the event moves and does not appear twice.
    """

    key: str
    first: date
    last: date
    summary: str
    description: str
    projected: bool


def write_deadline_event(
    answer: DeadlineAnswer, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language
) -> bytes:
    """Write the due date as a calendar of one event; NoDate where the answer has none."""
    if answer.due is None:
        raise NoDate(("step",), answer.step)
    wording = rulebook.wordings[lang]
    summary = _format_summary(wording, "deadline", wording.title("step", answer.step), answer.ref)
    entry = Entry(
        key=_make_key("deadline", answer.step, answer.ref, answer.provenance.inputs),
        first=answer.due,
        last=answer.due,
        summary=summary,
        # The ledger has a line for every day: calendars show a description in a small window.
        description=text.format_answer(replace(answer, ledger=UNSET), rulebook, lang),
        projected=answer.status == "projected",
    )
    return _encode_feed(summary, [entry], find_data_date(rulebook, calendar), lang)


def write_expiry_event(answer: ExpiryAnswer, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> bytes:
    """Write the last day of a term as a calendar of one event."""
    wording = rulebook.wordings[lang]
    summary = _format_summary(wording, "expiry", wording.title("term", answer.term), answer.ref)
    entry = Entry(
        key=_make_key("expiry", answer.term, answer.ref, answer.provenance.inputs),
        first=answer.last_day,
        last=answer.last_day,
        summary=summary,
        description=text.format_answer(answer, rulebook, lang),
        projected=False,  # the last day counts no working days
    )
    return _encode_feed(summary, [entry], find_data_date(rulebook, calendar), lang)


def write_year_feed(year: CalendarYear, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> bytes:
    """Write the days off and make-up days of a year: an event for each run of days off and for each make-up day."""
    wording = rulebook.wordings[lang]
    name = wording.label("feed", "year").format(year=year.year)
    notices = [notice.text for notice in year.notices]
    entries = [_build_entry(run, notices, wording) for run in _split_runs(year.days)]
    return _encode_feed(name, entries, find_data_date(rulebook, calendar), lang, "\n".join(notices))


# ---------------------------------------------------------------------------------------- the entries


def _make_key(kind: str, id: str, ref: str | UnsetType, inputs: str) -> str:
    """Make the key of an event: from the caller's reference, or from the facts where there is none or it is empty."""
    return f"{kind}:{id}:ref:{ref}" if ref else f"{kind}:{id}:inputs:{inputs}"


def _format_summary(wording: Wording, kind: str, title: str, ref: str | UnsetType) -> str:
    summary = wording.label("feed", kind).format(title=title)
    return wording.label("feed", "with_ref").format(title=summary, ref=ref) if ref else summary


def _split_runs(days: Sequence[CalendarDay]) -> Iterator[list[CalendarDay]]:
    """Split days into runs: consecutive days off of the same holiday together, each make-up day by itself."""
    run: list[CalendarDay] = []
    for day in days:
        if run and not _is_same_holiday(run[-1], day):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _is_same_holiday(before: CalendarDay, day: CalendarDay) -> bool:
    follows = day.date - before.date == DAILY and day.name == before.name
    return follows and not before.working and not day.working


def _build_entry(run: list[CalendarDay], notices: list[str], wording: Wording) -> Entry:
    first, last = run[0], run[-1]
    statuses = list(dict.fromkeys(day.status for day in run))
    sources = dict.fromkeys(day.source for day in run)
    separator = wording.label("heading", "list_separator")
    certainty = separator.join(wording.label("status", status) for status in statuses)
    lines = [
        text.join_line(wording.label("heading", "status"), certainty, wording),
        text.join_line(wording.label("heading", "source"), separator.join(sources), wording),
        *(notices if statuses != ["official"] else ()),
    ]
    return Entry(
        # An announcement may change length, name and status of a run: the event stays the same one.
        key=f"calendar:{first.date}",
        first=first.date,
        last=last.date,
        summary=wording.label("feed", "make_up_day" if first.working else "day_off").format(name=first.name),
        description="\n".join(lines),
        projected="projected" in statuses,
    )


# ---------------------------------------------------------------------------------------- the writing


def _encode_feed(name: str, entries: list[Entry], data_date: date, lang: Language, description: str = "") -> bytes:
    feed = Calendar()
    feed.add("prodid", ExactText(f"-//penaltycalc//penaltycalc {__version__}//{lang.upper()}"))
    feed.add("version", "2.0")
    # PUBLISH makes these events to look at: REQUEST would be an invitation that asks for a reply.
    feed.add("method", "PUBLISH")
    feed.add("name", ExactText(name))
    feed.add("x-wr-calname", ExactText(name))  # what clients read that do not know NAME
    if description:
        feed.add("description", ExactText(description))
    # RFC 7986 requires the kind of value to be named here; the library leaves it out.
    feed.add("refresh-interval", DAILY, {"VALUE": "DURATION"})
    for entry in entries:
        feed.add_component(_build_event(entry, data_date))
    content: bytes = feed.to_ical()
    return content


def _build_event(entry: Entry, data_date: date) -> Event:
    event = Event()
    event.add("uid", str(uuid5(NAMESPACE, entry.key)))
    # DTSTAMP tells which of two editions of an event is newer. It is the day on which the data took effect, not the
    # time of the clock, so that the same answer gives the same bytes.
    event.add("dtstamp", datetime.combine(data_date, time.min, UTC))
    # A day without a time is the same in every time zone; midnight could fall on the day before.
    event.add("dtstart", entry.first)
    if entry.last < date.max:  # no day follows the last one; an event without an end lasts one day
        event.add("dtend", entry.last + DAILY)  # the end is not included
    event.add("summary", ExactText(entry.summary))
    event.add("description", ExactText(entry.description))
    # A supplied day repeats an announcement, so it is as certain as an official one.
    event.add("status", "TENTATIVE" if entry.projected else "CONFIRMED")
    # Without this an event counts as busy time (RFC 5545), and its owner as engaged for the whole day.
    event.add("transp", "TRANSPARENT")
    return event


class ExactText(vText):
    r"""A text that a reader gets back as it was written.

    The library takes a backslash before a capital N for a line break (as in C:\New), and it writes control
    characters, which RFC 5545 does not allow.
    """

    __slots__ = ()

    def to_ical(self) -> bytes:
        """Escape the text, in UTF-8; line breaks of any kind become one kind, and control characters U+FFFD."""
        # Breaks come first, or a carriage return would become U+FFFD.
        # The rest is one pass, so that no backslash that it wrote is escaped again.
        return _BREAKS.sub("\n", self).translate(_ESCAPED).encode()


# The pair CR LF stands first in the pattern, or it would be taken for two line breaks.
_BREAKS: Final = re.compile("\r\n|[\r\x85\u2028\u2029]")
"""Line breaks besides the newline. The last three may stand in a text, but some readers end a line at them."""

_ESCAPED: Final = {
    **{number: "\ufffd" for number in (*range(0x20), 0x7F) if chr(number) not in "\t\n"},
    **str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"}),
}
