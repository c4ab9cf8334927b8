"""Where the days of the calendar come from: announced years, supplied notices, projection."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from penaltycalc import BadNotice, Rulebook, WorkingCalendar, load_calendar
from penaltycalc.calendar.holidays import build_calendar
from penaltycalc.calendar.notices import read_notices
from penaltycalc.calendar.projection import list_statutory_days, project_year
from penaltycalc.errors import Fact, OutsideCalendar, Reason

BROKEN = Path(__file__).parents[2] / "fixtures" / "broken"
ZOO = tomllib.loads((BROKEN / "notices.toml").read_text("utf-8"))["fault"]
FULL_2027 = json.loads((BROKEN / "notices" / "2027-in-full.json").read_text("utf-8"))

Notice = dict[str, Any]


def notice(year: int, off: Iterable[str] = (), on: Iterable[str] = (), name: str = "开斋节") -> Notice:
    """A notice with days off and days of work, written month-day or in full."""
    written = [(day, True) for day in off] + [(day, False) for day in on]
    days = [
        {"name": name, "date": day if len(day) > 5 else f"{year}-{day}", "isOffDay": is_off} for day, is_off in written
    ]
    return {"year": year, "papers": [], "days": days}


PLAIN_2026 = notice(
    2026,
    [
        "01-01",
        "02-16",
        "02-17",
        "02-18",
        "02-19",
        "04-06",
        "05-01",
        "05-04",
        "06-19",
        "09-25",
        "10-01",
        "10-02",
        "10-05",
    ],
    name="放假",
)
"""The statutory days of 2026, made up on the next working day, without any swap."""

PLAIN_2028 = notice(
    2028,
    [
        "01-03",
        "01-25",
        "01-26",
        "01-27",
        "01-28",
        "04-04",
        "05-01",
        "05-02",
        "05-29",
        "10-02",
        "10-03",
        "10-04",
        "10-05",
    ],
    name="放假",
)
"""The statutory days of 2028 in the same way."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notices"
    made.mkdir()
    return made


def supplied(rulebook: Rulebook, folder: Path, **files: Notice) -> WorkingCalendar:
    """The calendar with these notices, each by the name of its file."""
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return load_calendar(rulebook, folder)


def refused(rulebook: Rulebook, folder: Path) -> dict[str, Fact]:
    with pytest.raises(BadNotice) as bad:
        load_calendar(rulebook, folder)
    return bad.value.facts


def span(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(number) for number in range((end - start).days + 1)]


# ------------------------------------------------------------------------------------ announced years

OFF_2026 = [
    *span("2026-01-01", "2026-01-03"),
    *span("2026-02-15", "2026-02-23"),
    *span("2026-04-04", "2026-04-06"),
    *span("2026-05-01", "2026-05-05"),
    *span("2026-06-19", "2026-06-21"),
    *span("2026-09-25", "2026-09-27"),
    *span("2026-10-01", "2026-10-07"),
]
MAKE_UP_2026 = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def test_the_days_of_2026_are_those_of_its_notice(calendar: WorkingCalendar) -> None:
    named = calendar.list_named_days(2026)
    assert [day for day, known in named if not known.working] == OFF_2026
    assert [day.isoformat() for day, known in named if known.working] == MAKE_UP_2026


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("2011-06-04", "2011-06-06", "dragon_boat"),  # 6月4日至6日放假公休; the 5th is a Sunday
        ("2012-06-22", "2012-06-24", "dragon_boat"),  # 6月22日至24日放假公休; the 23rd is a Saturday
        ("2015-09-03", "2015-09-05", "victory_day_2015"),  # 9月3日至5日调休放假; the 5th is a Saturday
    ],
)
def test_a_weekend_day_that_a_notice_names_is_listed_with_its_holiday(
    first: str, last: str, name: str, calendar: WorkingCalendar
) -> None:
    listed = [
        day for day, known in calendar.list_named_days(int(first[:4])) if known.name == name and not known.working
    ]
    assert listed == span(first, last)
    assert {calendar.describe_day(day).why for day in listed} == {"public_holiday"}


def test_a_weekend_that_a_notice_does_not_name_is_a_weekend(calendar: WorkingCalendar) -> None:
    # 清明节：4月5日放假，与周末连休. 5 April 2019 is a Friday.
    assert [calendar.describe_day(day).why for day in span("2019-04-05", "2019-04-07")] == [
        "public_holiday",
        "weekend",
        "weekend",
    ]


def test_an_announced_day_off_says_why_and_from_where(calendar: WorkingCalendar) -> None:
    assert calendar.describe_day(date(2026, 6, 19)) == (
        False,
        "public_holiday",
        "dragon_boat",
        "official",
        "chinese-calendar",
    )
    assert calendar.describe_day(date(2026, 5, 9)) == (
        True,
        "make_up_day",
        "labour_day",
        "official",
        "chinese-calendar",
    )
    assert calendar.describe_day(date(2026, 6, 13)) == (False, "weekend", None, "official", "chinese-calendar")
    assert calendar.describe_day(date(2026, 6, 12)) == (True, "working_day", None, "official", "chinese-calendar")


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2015-09-03", False),  # parade day, by a second notice
        ("2015-09-06", True),
        ("2019-05-03", False),  # Labour Day extended, by a second notice
        ("2019-04-28", True),
        ("2019-05-05", True),
        ("2020-01-31", False),  # Spring Festival extended, by a second notice
        ("2020-02-01", False),
        ("2007-12-29", True),  # Decembers that the next year's notice changed
        ("2007-12-31", False),
        ("2011-12-31", True),
        ("2018-12-29", True),
        ("2018-12-31", False),
    ],
)
def test_later_notices_are_in_the_announced_years(day: str, *, working: bool, calendar: WorkingCalendar) -> None:
    known = calendar.describe_day(date.fromisoformat(day))
    assert (known.working, known.status) == (working, "official")


def test_the_official_days_end_on_23_december_of_the_last_announced_year(calendar: WorkingCalendar) -> None:
    assert calendar.official_through == date(2026, 12, 23)
    statuses = [
        calendar.describe_day(day).status for day in (date(2025, 12, 31), date(2026, 12, 23), date(2026, 12, 24))
    ]
    assert statuses == ["official", "official", "projected"]


def test_the_calendar_runs_from_2007_through_2100(calendar: WorkingCalendar) -> None:
    assert not calendar.is_working(date(2007, 1, 1))
    assert calendar.is_working(date(2100, 12, 31))
    for outside in (date(2006, 12, 31), date(2101, 1, 1)):
        with pytest.raises(OutsideCalendar) as refusal:
            calendar.is_working(outside)
        assert refusal.value.facts == {"day": outside, "first": date(2007, 1, 1), "last": date(2100, 12, 31)}


def test_the_coverage_names_its_sources(calendar: WorkingCalendar) -> None:
    assert calendar.coverage.sources == ("chinese-calendar", "holidays 0.109")
    assert calendar.list_supplied_files(date(2007, 1, 1), date(2026, 12, 31)) == []
    assert calendar.digest.startswith("sha256:")


# ---------------------------------------------------------------------------------------- projection


def test_2027_is_projected_with_days_on_weekends_made_up_on_the_next_working_day(calendar: WorkingCalendar) -> None:
    projected = {day.isoformat(): known.name for day, known in calendar.list_named_days(2027)}
    assert projected == {
        "2027-01-01": "new_year",  # Friday
        "2027-02-05": "spring_festival",  # New Year's Eve, a Friday
        "2027-02-06": "spring_festival",  # Saturday
        "2027-02-07": "spring_festival",  # Sunday
        "2027-02-08": "spring_festival",
        "2027-02-09": "spring_festival",  # made up
        "2027-02-10": "spring_festival",  # made up
        "2027-04-05": "qingming",  # Monday
        "2027-05-01": "labour_day",  # Saturday
        "2027-05-02": "labour_day",  # Sunday
        "2027-05-03": "labour_day",  # made up
        "2027-05-04": "labour_day",  # made up
        "2027-06-09": "dragon_boat",  # Wednesday
        "2027-09-15": "mid_autumn",  # Wednesday
        "2027-10-01": "national_day",  # Friday
        "2027-10-02": "national_day",  # Saturday
        "2027-10-03": "national_day",  # Sunday
        "2027-10-04": "national_day",  # made up
        "2027-10-05": "national_day",  # made up
    }


def test_a_projected_day_says_so(calendar: WorkingCalendar) -> None:
    assert calendar.describe_day(date(2027, 2, 9)) == (
        False,
        "public_holiday",
        "spring_festival",
        "projected",
        "holidays",
    )
    assert calendar.describe_day(date(2027, 2, 11)) == (True, "working_day", None, "projected", "holidays")
    assert calendar.describe_day(date(2026, 12, 27)) == (False, "weekend", None, "projected", "holidays")


def days_off(calendar: WorkingCalendar, first: str, last: str) -> list[str]:
    return [day.isoformat() for day in span(first, last) if not calendar.is_working(day) and day.weekday() < 5]


def test_mid_autumn_inside_the_national_days_is_made_up_too(calendar: WorkingCalendar) -> None:
    # 1 October 2028 is a Sunday, 3 October is both: two days are made up.
    assert days_off(calendar, "2028-09-25", "2028-10-13") == ["2028-10-02", "2028-10-03", "2028-10-04", "2028-10-05"]
    # 1 October 2031, a Wednesday, is both: one day is made up, after the weekend.
    assert days_off(calendar, "2031-09-22", "2031-10-10") == ["2031-10-01", "2031-10-02", "2031-10-03", "2031-10-06"]


def test_days_off_that_only_a_notice_made_are_no_list_statutory_days(rulebook: Rulebook) -> None:
    names = rulebook.wordings["zh"].holiday_ids()
    statutory = list_statutory_days(2015, names)
    assert len(statutory) == 11
    assert date(2015, 9, 3) not in statutory
    assert date(2015, 9, 3) not in project_year(2015, names)


def test_two_holidays_on_one_day_are_both_named(rulebook: Rulebook) -> None:
    names = rulebook.wordings["zh"].holiday_ids()
    assert sorted(list_statutory_days(2028, names)[date(2028, 10, 3)]) == ["mid_autumn", "national_day"]


# -------------------------------------------------------------------------------- how far it may move


def test_the_count_may_move_only_near_a_holiday_that_is_not_announced(calendar: WorkingCalendar) -> None:
    # Dragon Boat 2027 is on 9 June; the last holiday before it was on 2 May.
    slack = {
        day: calendar.find_uncertainty(date.fromisoformat(day)) for day in ("2027-05-29", "2027-05-30", "2027-06-09")
    }
    assert slack == {"2027-05-29": 0, "2027-05-30": 2, "2027-06-09": 2}
    assert [calendar.find_uncertainty(date(2027, 6, day)) for day in (19, 20)] == [2, 0]


def test_an_announced_day_does_not_move(calendar: WorkingCalendar) -> None:
    assert calendar.find_uncertainty(date(2026, 10, 1)) == 0
    assert calendar.find_uncertainty(date(2026, 12, 23)) == 0


def test_the_last_days_of_the_announced_year_may_move_with_the_new_year(calendar: WorkingCalendar) -> None:
    assert calendar.find_uncertainty(date(2026, 12, 24)) == 2


def test_the_end_of_the_calendar_asks_no_year_beyond_it(calendar: WorkingCalendar) -> None:
    assert calendar.find_uncertainty(date(2100, 12, 31)) == 0


# ---------------------------------------------------------------------------------- supplied notices


def test_a_notice_states_its_whole_year(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, notice_2027=FULL_2027)
    assert calendar.official_through == date(2027, 12, 23)
    assert calendar.list_supplied_files(date(2027, 1, 1), date(2027, 12, 23)) == ["notice_2027.json"]
    assert calendar.coverage.sources == ("chinese-calendar", "notice_2027.json", "holidays 0.109")
    source = "notice_2027.json"
    assert calendar.describe_day(date(2027, 1, 31)) == (True, "make_up_day", "spring_festival", "supplied", source)
    assert calendar.describe_day(date(2027, 2, 12)) == (False, "public_holiday", "spring_festival", "supplied", source)
    assert calendar.describe_day(date(2027, 3, 1)) == (True, "working_day", None, "supplied", source)
    assert calendar.describe_day(date(2027, 12, 24)).status == "projected"


def test_a_notice_settles_the_last_days_of_the_year_before(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, notice_2027=FULL_2027)
    assert [calendar.describe_day(date(2026, 12, day)).status for day in (23, 24, 31)] == [
        "official",
        "supplied",
        "supplied",
    ]
    assert calendar.describe_day(date(2026, 12, 25)).source == "notice_2027.json"


def test_a_notice_may_name_days_of_the_december_before(rulebook: Rulebook, folder: Path) -> None:
    with_december = {
        **FULL_2027,
        "days": [*FULL_2027["days"], *notice(2027, ["2026-12-31"], ["2026-12-27"], "元旦")["days"]],
    }
    calendar = supplied(rulebook, folder, notice_2027=with_december)
    source = "notice_2027.json"
    assert calendar.describe_day(date(2026, 12, 27)) == (True, "make_up_day", "new_year", "supplied", source)
    assert calendar.describe_day(date(2026, 12, 31)) == (False, "public_holiday", "new_year", "supplied", source)


def test_a_notice_may_even_change_an_official_december(rulebook: Rulebook, folder: Path) -> None:
    changed = {**FULL_2027, "days": [*FULL_2027["days"], *notice(2027, ["2026-12-01"])["days"]]}
    calendar = supplied(rulebook, folder, notice_2027=changed)
    assert calendar.describe_day(date(2026, 12, 1)) == (
        False,
        "public_holiday",
        "开斋节",
        "supplied",
        "notice_2027.json",
    )


def test_a_notice_of_a_packaged_year_replaces_it(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, plain=PLAIN_2026)
    assert calendar.official_through == date(2026, 12, 23)
    # Off in the package, and no longer:
    assert calendar.describe_day(date(2026, 2, 20)) == (True, "working_day", None, "supplied", "plain.json")
    # A make-up day in the package, and no longer:
    assert calendar.describe_day(date(2026, 2, 14)) == (False, "weekend", None, "supplied", "plain.json")
    # Off in both:
    assert calendar.describe_day(date(2026, 1, 1))[3:] == ("official", "chinese-calendar")
    # Named by neither:
    assert calendar.describe_day(date(2026, 3, 4)) == (True, "working_day", None, "official", "chinese-calendar")


def test_a_single_day_changes_nothing_else(rulebook: Rulebook, folder: Path, calendar: WorkingCalendar) -> None:
    local = supplied(rulebook, folder, local=notice(2026, ["03-20"]))
    assert local.describe_day(date(2026, 3, 20)) == (False, "public_holiday", "开斋节", "supplied", "local.json")
    others = [day for day in span("2026-01-01", "2026-12-31") if day != date(2026, 3, 20)]
    assert [local.describe_day(day) for day in others] == [calendar.describe_day(day) for day in others]


def test_a_single_day_that_repeats_an_official_one_is_official(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, again=notice(2026, ["06-19"], ["05-09"]))
    for day in (date(2026, 6, 19), date(2026, 5, 9)):
        assert calendar.describe_day(day)[3:] == ("official", "chinese-calendar")


def test_a_single_day_after_the_horizon_is_supplied_while_its_neighbours_are_projected(
    rulebook: Rulebook, folder: Path
) -> None:
    calendar = supplied(rulebook, folder, local=notice(2026, ["12-28"]))
    assert calendar.describe_day(date(2026, 12, 28)) == (False, "public_holiday", "开斋节", "supplied", "local.json")
    assert [calendar.describe_day(date(2026, 12, day)).status for day in (27, 29)] == ["projected", "projected"]


def test_a_single_day_stands_over_the_notice_of_its_year(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, a_local=notice(2027, ["03-10"]), b_2027=FULL_2027)
    assert calendar.describe_day(date(2027, 3, 10)) == (False, "public_holiday", "开斋节", "supplied", "a_local.json")
    assert calendar.list_supplied_files(date(2026, 1, 1), date(2027, 12, 23)) == ["a_local.json", "b_2027.json"]


def test_two_files_may_name_the_same_day_if_they_agree(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, one=notice(2026, ["03-20"]), two=notice(2026, ["03-20", "05-27"]))
    assert [calendar.is_working(day) for day in (date(2026, 3, 20), date(2026, 5, 27))] == [False, False]


def test_a_year_after_a_gap_does_not_extend_the_official_days(rulebook: Rulebook, folder: Path) -> None:
    calendar = supplied(rulebook, folder, notice_2028=PLAIN_2028)
    assert calendar.official_through == date(2026, 12, 23)
    assert calendar.describe_day(date(2027, 6, 9)).status == "projected"
    assert calendar.describe_day(date(2028, 5, 29)) == (False, "public_holiday", "放假", "supplied", "notice_2028.json")


def test_a_december_day_of_a_year_that_is_not_announced_stays_though_projected(
    rulebook: Rulebook, folder: Path
) -> None:
    with_december = {**PLAIN_2028, "days": [*PLAIN_2028["days"], *notice(2028, ["2027-12-31"], name="元旦")["days"]]}
    calendar = supplied(rulebook, folder, notice_2028=with_december)
    assert calendar.describe_day(date(2027, 12, 31)) == (
        False,
        "public_holiday",
        "new_year",
        "projected",
        "notice_2028.json",
    )


def test_an_empty_notice_is_no_coverage(rulebook: Rulebook, folder: Path, calendar: WorkingCalendar) -> None:
    with_empty = supplied(rulebook, folder, notice_2027=notice(2027))
    assert with_empty.coverage == calendar.coverage


def test_the_schema_of_holiday_cn_may_be_named(rulebook: Rulebook, folder: Path) -> None:
    named = {"$schema": "https://example.org/schema.json", "$id": "https://example.org/2027.json", **FULL_2027}
    assert supplied(rulebook, folder, notice_2027=named).official_through == date(2027, 12, 23)


def test_only_json_files_are_read(rulebook: Rulebook, folder: Path, calendar: WorkingCalendar) -> None:
    (folder / "README.txt").write_text("not a notice", "utf-8")
    assert load_calendar(rulebook, folder).coverage == calendar.coverage


# -------------------------------------------------------------------------------------------- digest


def test_the_digest_depends_on_every_supplied_day(rulebook: Rulebook, folder: Path, calendar: WorkingCalendar) -> None:
    changed = [
        supplied(rulebook, folder, a=notice(2027, [day]), b=FULL_2027).digest for day in ("2027-03-10", "2027-03-11")
    ]
    assert len({calendar.digest, *changed}) == 3


def test_the_digest_tells_a_day_off_from_a_day_of_work(rulebook: Rulebook, folder: Path) -> None:
    off = supplied(rulebook, folder, local=notice(2026, ["03-20"])).digest
    assert supplied(rulebook, folder, local=notice(2026, [], ["03-20"])).digest != off


def test_the_digest_does_not_depend_on_the_order_of_days_or_on_addresses(rulebook: Rulebook, folder: Path) -> None:
    digest = supplied(rulebook, folder, notice_2027=FULL_2027).digest
    turned = {**FULL_2027, "papers": ["https://example.org/"], "days": FULL_2027["days"][::-1]}
    assert supplied(rulebook, folder, notice_2027=turned).digest == digest


def test_calendars_of_one_digest_say_the_same_of_every_day(rulebook: Rulebook, folder: Path) -> None:
    one = supplied(rulebook, folder, one=notice(2026, ["03-20"]))
    (folder / "one.json").unlink()
    two = supplied(rulebook, folder, two=notice(2026, ["03-20"]))
    # Answers name the files, and the same digests promise the same bytes.
    assert (one.digest == two.digest) == (one.describe_day(date(2026, 3, 20)) == two.describe_day(date(2026, 3, 20)))


# ------------------------------------------------------------------------------------------- the zoo


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault["name"]) for fault in ZOO])
def test_a_broken_notice_is_refused_by_file_and_entry(fault: dict[str, Any], rulebook: Rulebook, folder: Path) -> None:
    for file in fault["files"]:
        shutil.copy(BROKEN / "notices" / file, folder)
    told = refused(rulebook, folder)
    assert (told["file"], told["entry"]) == (fault.get("reported", fault["files"][0]), fault["entry"])
    assert [word for word in fault["says"] if word not in str(told["fault"])] == []


def test_every_file_of_the_zoo_is_used_and_every_fault_has_a_name_of_its_own() -> None:
    used = {file for fault in ZOO for file in fault["files"]}
    assert used == {path.name for path in (BROKEN / "notices").iterdir()}
    assert len({fault["name"] for fault in ZOO}) == len(ZOO)


def test_a_notice_that_is_not_utf_8_is_refused(rulebook: Rulebook, folder: Path) -> None:
    (folder / "gbk.json").write_bytes(json.dumps(notice(2026, ["03-20"]), ensure_ascii=False).encode("gb18030"))
    told = refused(rulebook, folder)
    assert (told["file"], told["entry"]) == ("gbk.json", "-")
    assert "utf-8" in str(told["fault"])


def test_a_notice_that_cannot_be_read_is_refused(rulebook: Rulebook, folder: Path) -> None:
    (folder / "2027.json").mkdir()
    assert refused(rulebook, folder) == {
        "file": "2027.json",
        "entry": "-",
        "fault": Reason("fault-is-folder", {"original": "Is a directory"}),
    }


def test_a_folder_that_is_not_there_is_refused(rulebook: Rulebook, folder: Path) -> None:
    assert refused(rulebook, folder / "absent") == {"file": "absent", "entry": "-", "fault": Reason("fault-no-folder")}


def test_a_file_in_place_of_the_folder_is_refused(rulebook: Rulebook, folder: Path) -> None:
    (folder / "2027.json").write_text("{}", "utf-8")
    assert refused(rulebook, folder / "2027.json")["fault"] == Reason("fault-no-folder")


def test_a_folder_that_cannot_be_listed_is_refused_and_not_taken_for_an_empty_one(
    rulebook: Rulebook, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    assert refused(rulebook, folder) == {
        "file": "notices",
        "entry": "-",
        "fault": Reason("fault-not-permitted", {"original": "Permission denied"}),
    }


def test_a_file_whose_name_no_answer_could_carry_is_refused(rulebook: Rulebook, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.json")).write_text(json.dumps(FULL_2027), "utf-8")
    assert refused(rulebook, folder)["fault"] == Reason("fault-file-name")


def test_a_calendar_is_made_of_notices_as_they_are_read(rulebook: Rulebook, folder: Path) -> None:
    digest = supplied(rulebook, folder, notice_2027=FULL_2027).digest
    (folder / "README.txt").write_text("no notice", "utf-8")
    assert list(read_notices(folder)) == ["notice_2027.json"]
    assert build_calendar(rulebook, read_notices(folder)).digest == digest
    assert build_calendar(rulebook, {}).digest == load_calendar(rulebook).digest != digest
