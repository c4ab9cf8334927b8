"""Events to subscribe to: the same bytes for the same answer, in lines that every client reads."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from types import SimpleNamespace
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from icalendar import Calendar, Event
from msgspec.structs import replace

from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.calculators.calendar_queries import CalendarYear, YearQuery, describe_year
from penaltycalc.calculators.deadlines import DeadlineAnswer, DeadlineRequest, deadline
from penaltycalc.calculators.expiries import ExpiryAnswer, ExpiryRequest, expiry
from penaltycalc.calculators.explain import find_data_date
from penaltycalc.errors import NoDate
from penaltycalc.export import ics
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.wording import Language


class Writer:
    """Asks and writes, from the packaged law and calendar."""

    def __init__(self, rulebook: Rulebook, calendar: WorkingCalendar) -> None:
        self.data = (rulebook, calendar)

    def answer(self, lang: Language = "zh", **facts: str) -> DeadlineAnswer:
        request = cast(DeadlineRequest, parse_flat("deadline", {"step": "production-licence", **facts}))
        return deadline(request, *self.data, lang=lang)

    def deadline(self, lang: Language = "zh", **facts: str) -> bytes:
        return ics.write_deadline_event(self.answer(lang, **facts), *self.data, lang)

    def expires(self, lang: Language = "zh", **facts: str) -> ExpiryAnswer:
        request = cast(ExpiryRequest, parse_flat("expiry", {"term": "drug-registration", **facts}))
        return expiry(request, *self.data, lang=lang)

    def expiry(self, lang: Language = "zh", **facts: str) -> bytes:
        return ics.write_expiry_event(self.expires(lang, **facts), *self.data, lang)

    def days(self, year: int, lang: Language = "zh") -> CalendarYear:
        return describe_year(YearQuery(year=year), *self.data, lang=lang)

    def year(self, year: int, lang: Language = "zh") -> bytes:
        return ics.write_year_feed(self.days(year, lang), *self.data, lang)


@pytest.fixture(scope="module")
def write(rulebook: Rulebook, calendar: WorkingCalendar) -> Writer:
    return Writer(rulebook, calendar)


def lines(content: bytes) -> list[bytes]:
    """The lines of a feed, after checking that each is one of RFC 5545."""
    assert content.endswith(b"\r\n")
    found = content.removesuffix(b"\r\n").split(b"\r\n")
    for line in found:
        assert 0 < len(line) <= 75
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        line.decode()  # no character is cut in two
    return found


def properties(content: bytes) -> list[tuple[str, str]]:
    """Name with parameters, and value, of each property; read here, without the library that wrote them."""
    lines(content)
    unfolded = content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    pairs = [line.partition(":") for line in unfolded]
    return [(name, re.sub(r"\\(.)", lambda at: "\n" if at[1] == "n" else at[1], value)) for name, _, value in pairs]


def of(content: bytes, name: str) -> list[str]:
    """Every value of a property, in order."""
    return [value for known, value in properties(content) if known == name]


def event(content: bytes) -> Event:
    """The only event, as the library reads it back."""
    (found,) = Calendar.from_ical(content).events
    return found


# --------------------------------------------------------------------------------- an event of a day


def test_a_due_date_is_an_event_of_that_whole_day(write: Writer) -> None:
    content = write.deadline(start="2026-09-18")
    assert of(content, "DTSTART;VALUE=DATE") == ["20261105"]
    assert of(content, "DTEND;VALUE=DATE") == ["20261106"]  # the day after, not included
    assert of(content, "TRANSP") == ["TRANSPARENT"]
    assert of(content, "STATUS") == ["CONFIRMED"]
    assert of(content, "SUMMARY") == ["届满日：药品生产许可"]


def test_a_last_day_at_the_end_of_a_year_and_a_month_ends_on_the_day_after(write: Writer) -> None:
    content = write.expiry(start="2023-03-01")
    assert of(content, "DTSTART;VALUE=DATE") == ["20280229"]
    assert of(content, "DTEND;VALUE=DATE") == ["20280301"]
    assert of(write.expiry(start="2027-01-01"), "DTEND;VALUE=DATE") == ["20320101"]


def test_the_last_day_of_all_has_no_day_after_it(write: Writer) -> None:
    content = write.expiry(start="9994-12-31", convention="civil-code")
    assert of(content, "DTSTART;VALUE=DATE") == ["99991231"]
    assert of(content, "DTEND;VALUE=DATE") == []


def test_a_feed_says_what_it_is_and_when_to_come_back(write: Writer) -> None:
    found = properties(write.deadline(start="2026-09-18", ref="case 7", lang="en"))
    assert found[:2] == [("BEGIN", "VCALENDAR"), ("VERSION", "2.0")]
    assert ("METHOD", "PUBLISH") in found
    assert ("NAME", "Due date: Drug production licence (case 7)") in found
    assert ("X-WR-CALNAME", "Due date: Drug production licence (case 7)") in found
    assert ("REFRESH-INTERVAL;VALUE=DURATION", "P1D") in found
    (maker,) = (value for name, value in found if name == "PRODID")
    assert re.fullmatch(r"-//penaltycalc//penaltycalc [\d.]+//EN", maker)
    assert [name for name, _ in found].count("BEGIN") == 2


def test_a_title_carries_the_reference_in_both_languages(write: Writer) -> None:
    assert of(write.deadline(start="2026-09-18", ref="案7"), "SUMMARY") == ["届满日：药品生产许可（案7）"]
    assert of(write.expiry(start="2023-03-01", ref="7", lang="en"), "SUMMARY") == [
        "Last day: Drug registration certificate (7)"
    ]


def test_the_description_tells_notices_and_the_numbered_explanation(write: Writer) -> None:
    for lang in ("zh", "en"):
        answer = write.answer(lang, start="2026-09-18")
        (told,) = of(write.deadline(lang, start="2026-09-18"), "DESCRIPTION")
        assert isinstance(answer.explanation, tuple)
        for number, step in enumerate(answer.explanation, 1):
            assert f"{number}. {step.text}" in told
        for notice in answer.notices:
            assert notice.text in told


def test_a_ledger_is_no_part_of_an_event(write: Writer) -> None:
    assert write.deadline(start="2026-09-18") == write.deadline(start="2026-09-18", ledger="true")


def test_a_projected_due_date_is_tentative_and_names_the_days_between_which_it_may_move(write: Writer) -> None:
    # 19 November to 30 December has thirty days from Monday to Friday; those after the 23rd wait for the notice.
    content = write.deadline(start="2026-11-18")
    assert of(content, "DTSTART;VALUE=DATE") == ["20261230"]
    assert of(content, "STATUS") == ["TENTATIVE"]
    answer = write.answer(start="2026-11-18")
    assert (answer.earliest, answer.latest) == (date(2026, 12, 28), date(2027, 1, 4))
    assert "放假安排公布后可能为：2026年12月28日至2027年1月4日\n" in of(content, "DESCRIPTION")[0]


def test_a_supplied_day_repeats_an_announcement_and_stands(write: Writer) -> None:
    supplied = replace(write.answer(start="2026-11-18"), status="supplied")
    assert of(ics.write_deadline_event(supplied, *write.data, "zh"), "STATUS") == ["CONFIRMED"]


def test_a_licence_tells_when_to_renew_and_its_last_day_is_certain(write: Writer) -> None:
    content = write.expiry("en", start="2026-05-15", renewal_lead_months="6")
    (told,) = of(content, "DESCRIPTION")
    assert "Latest day to apply (general rule of the licensing law): 2031-04-14" in told
    assert "Apply by (with lead time): 2030-11-14" in told
    assert of(content, "STATUS") == ["CONFIRMED"]


@pytest.mark.parametrize(
    "facts",
    [
        {"step": "urgent-import", "start": "2026-09-18"},
        {"start": "2026-09-18", "clock_stops": "2026-10-12/:technical_review"},
    ],
)
def test_without_a_due_date_there_is_no_event(facts: dict[str, str], write: Writer) -> None:
    with pytest.raises(NoDate) as refused:
        write.deadline("zh", **facts)
    assert (refused.value.code, refused.value.status, refused.value.where) == ("no-date", 422, ("step",))


# --------------------------------------------------------------------------------------- who is who


def uid(content: bytes) -> UUID:
    (found,) = of(content, "UID")
    return UUID(found)


def test_an_event_is_known_by_its_reference_and_moves_with_the_facts(write: Writer) -> None:
    first = write.deadline(start="2026-09-18", ref="case 7")
    # Two working days later: Sunday the 20th is made up and Monday the 21st is worked, so 5 November becomes the 9th.
    later = write.deadline(start="2026-09-21", ref="case 7")
    # Five working days of a stop: Thursday 5 November becomes Thursday the 12th.
    stopped = write.deadline(start="2026-09-18", ref="case 7", clock_stops="2026-10-12/2026-10-16:technical_review")
    assert uid(first) == uid(later) == uid(stopped)
    days = [of(content, "DTSTART;VALUE=DATE")[0] for content in (first, later, stopped)]
    assert days == ["20261105", "20261109", "20261112"]


def test_an_event_keeps_its_name_for_good(write: Writer) -> None:
    namespace = uuid5(NAMESPACE_URL, "urn:penaltycalc:ics")
    assert uid(write.deadline(start="2026-09-18", ref="case 7")) == uuid5(
        namespace, "deadline:production-licence:ref:case 7"
    )
    assert uid(write.expiry(start="2023-03-01", ref="案 7")) == uuid5(namespace, "expiry:drug-registration:ref:案 7")


def test_another_reference_step_or_kind_is_another_event(write: Writer) -> None:
    contents = [
        write.deadline(start="2026-09-18", ref="case 7"),
        write.deadline(start="2026-09-18", ref="case 8"),
        write.deadline(step="distribution-licence", start="2026-09-18", ref="case 7"),
        write.expiry(start="2026-09-18", term="production-licence", ref="case 7"),
    ]
    assert len({uid(content) for content in contents}) == 4


def test_without_a_reference_the_facts_make_the_event(write: Writer) -> None:
    first = write.deadline(start="2026-09-18")
    assert uid(first) == uid(write.deadline("en", start="2026-09-18"))
    assert uid(first) != uid(write.deadline(start="2026-09-21"))
    assert uid(first) == uid(write.deadline(start="2026-09-18", ref=""))  # an empty one tells no cases apart


def test_a_name_shows_neither_reference_nor_facts(write: Writer) -> None:
    found = uid(write.deadline(start="2026-09-18", ref="case 7"))
    assert found.version == 5


# --------------------------------------------------------------------------------------- the same bytes


def test_the_same_answer_gives_the_same_bytes(write: Writer) -> None:
    assert write.deadline(start="2026-09-18") == write.deadline(start="2026-09-18")
    assert write.year(2027) == write.year(2027)


def test_the_stamp_is_the_newest_commencement(write: Writer) -> None:
    assert of(write.deadline(start="2026-09-18"), "DTSTAMP") == ["20260515T000000Z"]
    assert set(of(write.year(2010), "DTSTAMP")) == {"20260515T000000Z"}


def test_the_stamp_moves_on_with_the_holidays_of_another_year(rulebook: Rulebook) -> None:
    announced = cast(WorkingCalendar, SimpleNamespace(official_through=date(2027, 12, 23)))
    assert find_data_date(rulebook, announced) == date(2027, 1, 1)


def test_no_address_stands_in_an_event(write: Writer) -> None:
    for content in (write.deadline(start="2026-09-18", ref="case 7"), write.year(2026)):
        assert b"http" not in content
        assert b"URL" not in content


# ------------------------------------------------------------------------------------------- texts

TEXTS = [
    "受理〔2026〕第15号，甲公司；乙公司、丙\\丁",
    "a,b;c\\d\ne",
    "C:\\New\\n\\N\\,\\;",
    "\\",
    "👩‍👩‍👧‍👦📅,;\n\\",
    "字" * 64,
    "😀" * 64,
    "é" * 63 + ";",
    "%2C %5C ^n ^^ \" ' : = |",
    "  begins and ends with spaces  ",
    "tab\there",
    "\ufeffmark",
    "{ref} {0} %s",
    "x\nBEGIN:VEVENT\nDTSTART:19700101",
]


@pytest.mark.parametrize("ref", TEXTS)
def test_a_reference_comes_back_exactly(ref: str, write: Writer) -> None:
    content = write.deadline(start="2026-09-18", ref=ref)
    assert of(content, "SUMMARY") == [f"届满日：药品生产许可（{ref}）"]
    assert str(event(content)["SUMMARY"]) == f"届满日：药品生产许可（{ref}）"
    assert [name for name, _ in properties(content)].count("BEGIN") == 2


def test_wherever_a_long_line_is_folded_no_character_is_cut(write: Writer) -> None:
    for length in range(65):
        lines(write.deadline(start="2026-09-18", ref="x" * length + "药" * (64 - length)))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_line_breaks_are_of_one_kind(line_break: str, write: Writer) -> None:
    content = write.deadline(start="2026-09-18", ref=f"a{line_break}b")
    assert of(content, "SUMMARY") == ["届满日：药品生产许可（a\nb）"]
    assert len(content.decode().splitlines()) == len(lines(content))  # as some readers part lines


def test_control_characters_are_marked_as_such(write: Writer) -> None:
    content = write.deadline(start="2026-09-18", ref="a\x00\x07\x7fb")
    assert of(content, "SUMMARY") == ["届满日：药品生产许可（a\ufffd\ufffd\ufffdb）"]


# ----------------------------------------------------------------------------------------- a year

# The State Council's arrangement for 2026: first and last day of each holiday, and the days made up.
OFF_2026 = [
    ("元旦", "20260101", "20260103"),
    ("春节", "20260215", "20260223"),
    ("清明节", "20260404", "20260406"),
    ("劳动节", "20260501", "20260505"),
    ("端午节", "20260619", "20260621"),
    ("中秋节", "20260925", "20260927"),
    ("国庆节", "20261001", "20261007"),
]
MADE_UP_2026 = [
    ("元旦", "20260104"),
    ("春节", "20260214"),
    ("春节", "20260228"),
    ("劳动节", "20260509"),
    ("国庆节", "20260920"),
    ("国庆节", "20261010"),
]


def spans(content: bytes) -> list[tuple[str, str, str]]:
    """Title, first and last day of each event."""
    return [
        (str(one["SUMMARY"]), one.DTSTART.strftime("%Y%m%d"), last(one).strftime("%Y%m%d"))
        for one in Calendar.from_ical(content).events
    ]


def last(one: Any) -> date:
    return date.fromordinal(one.DTEND.toordinal() - 1)


def test_a_year_has_an_event_for_each_holiday_and_each_day_made_up(write: Writer) -> None:
    off = [(f"{name}放假", first, last) for name, first, last in OFF_2026]
    made_up = [(f"调休上班（{name}）", day, day) for name, day in MADE_UP_2026]
    assert sorted(spans(write.year(2026))) == sorted(off + made_up)


def test_a_holiday_over_a_weekend_is_one_event(write: Writer) -> None:
    # 端午节：6月4日至6日放假公休; 6 June 2011 is a Monday.
    assert [one for one in spans(write.year(2011)) if "端午节" in one[0]] == [("端午节放假", "20110604", "20110606")]


def test_the_events_of_a_year_are_named_by_their_first_days_in_any_language(write: Writer) -> None:
    chinese, english = write.year(2026), write.year(2026, "en")
    assert of(chinese, "UID") == of(english, "UID")
    assert len(set(of(chinese, "UID"))) == 13
    assert of(english, "SUMMARY")[:2] == ["Day off: New Year's Day", "Make-up day: New Year's Day"]
    assert of(chinese, "NAME") == ["2026年放假和调休"]


def test_announced_days_are_confirmed_and_projected_ones_tentative(write: Writer) -> None:
    announced, projected = write.year(2025, "en"), write.year(2027, "en")
    assert set(of(announced, "STATUS")) == {"CONFIRMED"}
    assert "DESCRIPTION" not in [name for name, _ in properties(announced)[:8]]
    assert of(announced, "DESCRIPTION")[0] == "Holidays: announced\nSource: chinese-calendar"
    assert set(of(projected, "STATUS")) == {"TENTATIVE"}
    for told in of(projected, "DESCRIPTION"):
        assert "Holidays are certain through 2026-12-23 " in told
    assert len(of(projected, "DESCRIPTION")) == len(of(projected, "UID")) + 1  # the calendar's own first


def test_a_run_that_is_supplied_in_part_names_both_and_stands(write: Writer) -> None:
    given = write.days(2026, "en")
    first = replace(given.days[0], status="supplied", source="2026.json")
    content = ics.write_year_feed(replace(given, days=(first, *given.days[1:3])), *write.data, "en")
    assert of(content, "STATUS") == ["CONFIRMED"]
    assert of(content, "DESCRIPTION")[1].startswith(
        "Holidays: supplied notice, announced\nSource: 2026.json, chinese-calendar\n"
    )


def test_holidays_that_touch_are_events_of_their_own(write: Writer) -> None:
    given = write.days(2026)
    first, second, third = given.days[:3]
    content = ics.write_year_feed(replace(given, days=(first, second, replace(third, name="春节"))), *write.data, "zh")
    assert spans(content) == [("元旦放假", "20260101", "20260102"), ("春节放假", "20260103", "20260103")]


@pytest.mark.parametrize("year", [2007, 2020, 2025, 2026, 2050, 2100])
def test_every_year_is_written_in_lines_of_the_standard(year: int, write: Writer) -> None:
    for lang in ("zh", "en"):
        content = write.year(year, lang)
        lines(content)
        days = sum((one.DTEND - one.DTSTART).days for one in Calendar.from_ical(content).events)
        assert days == len(write.days(year).days)


# ------------------------------------------------------------------------------------- the room


def test_no_answer_loads_the_library() -> None:
    program = "import sys, penaltycalc, penaltycalc.cli; print('icalendar' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert run.stdout == "False\n"
