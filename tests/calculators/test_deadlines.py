"""When a step is due: hard edges, sentences and refusals beside the worked cases of fixtures/cases."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

import cases
import laws
from penaltycalc import ClockStop, DeadlineAnswer, DeadlineRequest, LawRefuses, Rulebook, WorkingCalendar, deadline
from penaltycalc.calculators.deadlines import DayCount, OnLapse
from penaltycalc.calculators.deadlines.certainty import find_bracket
from penaltycalc.calculators.deadlines.clock import Clock, Interval
from penaltycalc.calculators.problems import error_message
from penaltycalc.calendar.workdays import Coverage, Day, Status, Why
from penaltycalc.errors import Label

# June 2026: the 1st is a Monday; the Dragon Boat Festival takes Friday the 19th off.


def day(text: str) -> date:
    return date.fromisoformat(text)


def stop(first: str, last: str | None = None, reason: Any = "hearing") -> ClockStop:
    return ClockStop(from_=day(first), to=day(last) if last else UNSET, reason=reason)


@pytest.fixture
def ask(rulebook: Rulebook, calendar: WorkingCalendar) -> Any:
    """Answers a step from a day with its facts, in English unless asked otherwise."""

    def answer(step: str, start: str, lang: Any = "en", **facts: Any) -> DeadlineAnswer:
        return deadline(DeadlineRequest(step=step, start=day(start), **facts), rulebook, calendar, lang=lang)

    return answer


def refusal(ask: Any, step: str, start: str, **facts: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(LawRefuses) as refused:
        ask(step, start, **facts)
    return [(fault.code, fault.where) for fault in refused.value.faults]


def codes(answer: DeadlineAnswer) -> list[str]:
    return [notice.code for notice in answer.notices]


def told(answer: DeadlineAnswer) -> list[tuple[str, object, str]]:
    assert answer.explanation
    return [(one.rule, one.before, one.after) for one in answer.explanation]


def test_an_answer_is_chinese_unless_asked_otherwise(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = DeadlineRequest(step="licence-decision", start=day("2026-06-01"))
    assert deadline(request, rulebook, calendar) == deadline(request, rulebook, calendar, lang="zh")


SHORTER_BEFORE = """
[[step]]
id = "announcement-correction"
citation = { article = 68 }
in_force_from = 2019-12-01
in_force_until = 2026-05-14
length = 3
unit = "working_day"
starts_from = "confirmation_of_error"

[[step]]
id = "announcement-correction"
"""


def test_the_length_in_force_on_the_day_of_the_event_counts(tmp_path: Path, calendar: WorkingCalendar) -> None:
    own = '\n[[step]]\nid = "announcement-correction"\n'
    amended = laws.amended(tmp_path, "law/regulation.toml", own, SHORTER_BEFORE)
    # 14 May 2026 is a Thursday.
    for start, due in (("2026-05-14", "2026-05-19"), ("2026-05-15", "2026-05-22")):
        request = DeadlineRequest(step="announcement-correction", start=day(start))
        assert deadline(request, amended, calendar).due == day(due)


# ---------------------------------------------------------------------------------- the explanation


def test_every_rule_is_told_with_what_it_did(ask: Any) -> None:
    answer = ask(
        "licence-decision",
        "2026-06-01",
        extension_working_days=5,
        clock_stops=(stop("2026-06-03", "2026-06-10"),),
        as_of=day("2026-07-30"),
    )
    assert answer.due == day("2026-07-15")
    assert told(answer) == [
        ("applicable-law", "2026-06-01", "all"),
        ("length", UNSET, "20"),
        ("extension", "20", "25"),
        ("start-day", "2026-06-01", "2026-06-02"),
        ("clock-stop", "2026-06-03/2026-06-10", "6"),
        ("working-days", "25", "2026-07-15"),
        ("as-of", "2026-07-30", "25"),
        ("result", UNSET, "2026-07-15"),
    ]
    # 16 to 30 July: eleven working days.
    assert answer.days == DayCount(length=25, unit="working_day", used=25, left=0, overdue=11)


def test_the_sentences_name_event_unit_and_reason(ask: Any) -> None:
    facts: dict[str, Any] = {"clock_stops": (stop("2026-06-17", "2026-06-18"),)}
    zh = {one.rule: one.text for one in ask("preparation-transfer-use", "2026-06-15", lang="zh", **facts).explanation}
    en = {one.rule: one.text for one in ask("preparation-transfer-use", "2026-06-15", **facts).explanation}
    assert zh["length"] == "期限为5个工作日，自受理申请之日起（当日不计入）。"
    assert en["length"] == "5 working days, from the day of acceptance of the application (not counted)."
    assert zh["clock-stop"] == (
        "2026年6月17日至6月18日（含首尾两日）因听证停止计时，扣除2个工作日（与其他停止计时重叠的只扣一次）。"
    )
    assert zh["result"] == "结论：期限于2026年6月25日届满，含当日（放假安排：已公布）。"
    assert en["result"] == "Result: due on 2026-06-25, inclusive (holidays: announced)."


@pytest.mark.parametrize(
    ("stops", "chinese", "english"),
    [
        (
            ("2026-06-17", "2026-06-18"),
            "2026年6月17日至6月18日（含首尾两日）因听证停止计时，扣除2个工作日（与其他停止计时重叠的只扣一次）。",
            (
                "2026-06-17 to 2026-06-18 (inclusive): the clock is stopped for hearing; "
                "left out (working days, days in two stops only once): 2."
            ),
        ),
        # A single day has no ends that might be left out.
        (
            ("2026-06-17", "2026-06-17"),
            "2026年6月17日因听证停止计时，扣除1个工作日（与其他停止计时重叠的只扣一次）。",
            ("2026-06-17: the clock is stopped for hearing; left out (working days, days in two stops only once): 1."),
        ),
        (
            ("2026-06-17",),
            "自2026年6月17日起因听证停止计时，尚未恢复。",
            "From 2026-06-17 the clock is stopped for hearing, with no end yet.",
        ),
        (
            ("2027-01-04", "2027-01-05"),
            "2027年1月4日至1月5日（含首尾两日）因听证的停止计时不在计时期间内，不影响期限。",
            (
                "The stop for hearing, 2027-01-04 to 2027-01-05 (inclusive), "
                "is outside the running period and changes nothing."
            ),
        ),
        (
            ("2027-01-04",),
            "自2027年1月4日起因听证的停止计时不在计时期间内，不影响期限。",
            "The stop for hearing, from 2027-01-04, is outside the running period and changes nothing.",
        ),
    ],
)
def test_the_days_of_a_stop_are_told_in_words(stops: tuple[str, ...], chinese: str, english: str, ask: Any) -> None:
    for lang, sentence in (("zh", chinese), ("en", english)):
        answer = ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop(*stops),), lang=lang)
        (step,) = [one for one in answer.explanation if one.rule == "clock-stop"]
        assert step.text == sentence
        # The value keeps the form that programs read.
        assert step.before == f"{stops[0]}/{stops[1] if len(stops) > 1 else ''}"


def test_each_rule_cites_where_it_stands(ask: Any) -> None:
    answer = ask(
        "production-licence", "2026-06-01", clock_stops=(stop("2026-06-17", "2026-06-18", "technical_review"),)
    )
    cited = {one.rule: one.citation.label for one in answer.explanation if one.citation}
    assert cited == {
        "applicable-law": "《中华人民共和国药品管理法实施条例》第八十九条",
        "length": "《中华人民共和国药品管理法实施条例》第三十条第一款",
        "start-day": "《中华人民共和国民法典》第二百零一条第一款",
        "clock-stop": "《中华人民共和国药品管理法实施条例》第八十八条",
        "working-days": "《中华人民共和国药品管理法实施条例》第三十条第一款",
    }


def test_the_days_of_the_licensing_law_are_working_days_by_its_article_82(ask: Any) -> None:
    answer = ask("licence-delivery", "2026-06-01")
    (counting,) = (one for one in answer.explanation if one.rule == "working-days")
    assert counting.citation.label == "《中华人民共和国行政许可法》第八十二条"


def test_a_rest_day_at_the_end_is_told_after_the_count_that_reached_it(ask: Any) -> None:
    # Day 7 after Friday 12 June is Friday 19 June, a holiday; then a weekend.
    answer = ask("retest-application", "2026-06-12")
    assert told(answer)[1:] == [
        ("length", UNSET, "7"),
        ("start-day", "2026-06-12", "2026-06-13"),
        ("calendar-days", "7", "2026-06-19"),
        ("rest-day-roll", "2026-06-19", "2026-06-22"),
        ("result", UNSET, "2026-06-22"),
    ]


def test_the_retest_is_in_force_by_the_law_not_by_the_commencement_of_the_regulation(ask: Any) -> None:
    answer = ask("retest-application", "2026-05-14")
    (law,) = (one for one in answer.explanation if one.rule == "applicable-law")
    assert "2019-12-01" in law.text
    # Article 89 of the Regulation sets 15 May 2026, not 1 December 2019: that is Article 102 of the Law.
    assert law.citation is UNSET or law.citation.instrument == "dal"


def test_a_step_without_a_date_of_its_instrument_checks_none(ask: Any) -> None:
    answer = ask("temporary-import-reply", "2020-06-01")
    assert "applicable-law" not in [rule for rule, _, _ in told(answer)]


# --------------------------------------------------------------------------------------- clock stops


@pytest.mark.parametrize(
    ("stops", "due"),
    [
        ((), "2026-06-23"),
        ((stop("2026-06-03", "2026-06-03"),), "2026-06-24"),  # both ends are the same day
        ((stop("2026-06-06", "2026-06-07"),), "2026-06-23"),  # a weekend stops nothing
        ((stop("2026-06-16", "2026-06-30"),), "2026-07-07"),  # ten days before, five after
        ((stop("2026-06-23", "2026-06-23"),), "2026-06-24"),  # on the due date itself it still counts
        ((stop("2026-06-24", "2026-06-30"),), "2026-06-23"),  # after the due date it changes nothing
        ((stop("2026-05-25", "2026-06-01"),), "2026-06-23"),  # through the start: that day is not counted anyway
        ((stop("2026-05-25", "2026-06-02"),), "2026-06-24"),  # cut at the start
        ((stop("2026-06-02", "2026-06-02"),), "2026-06-24"),
        ((stop("2026-06-03", "2026-06-05"), stop("2026-06-04", "2026-06-08")), "2026-06-29"),  # four days, not six
        ((stop("2026-06-03", "2026-06-10"), stop("2026-06-04", "2026-06-05")), "2026-07-01"),  # one inside the other
        ((stop("2026-06-03", "2026-06-04"), stop("2026-06-05", "2026-06-08")), "2026-06-29"),  # side by side
        ((stop("2026-06-23", "2026-06-24"), stop("2026-06-26", "2026-06-26")), "2026-06-25"),
    ],
)
def test_days_on_which_the_clock_is_stopped_are_not_counted(stops: Any, due: str, ask: Any) -> None:
    assert ask("distribution-licence-change", "2026-06-01", clock_stops=stops).due == day(due)
    assert ask("distribution-licence-change", "2026-06-01", clock_stops=stops[::-1]).due == day(due)


@pytest.mark.parametrize(
    ("stops", "noted"),
    [
        ((stop("2026-06-03", "2026-06-05"), stop("2026-06-05", "2026-06-08")), ["stops-overlap"]),
        ((stop("2026-06-03", "2026-06-05"), stop("2026-06-06", "2026-06-08")), []),
        ((stop("2026-06-03", "2026-06-05"), stop("2026-06-05")), ["stops-overlap"]),
        ((stop("2026-06-03", "2026-06-05"), stop("2026-06-06")), []),
        ((stop("2026-05-25", "2026-06-01"),), ["stop-outside-period"]),
        ((stop("2026-06-24"),), ["stop-outside-period"]),
        ((stop("2026-05-25", "2026-06-02"),), ["stop-begins-before-start"]),
        ((stop("2026-06-01", "2026-06-02"),), []),
    ],
)
def test_how_a_stop_was_read_is_noted(stops: Any, noted: list[str], ask: Any) -> None:
    answer = ask("distribution-licence-change", "2026-06-01", clock_stops=stops)
    assert [code for code in codes(answer) if code.startswith("stop") and "reason" not in code] == noted


def test_a_reason_by_reading_or_by_analogy_is_noted(ask: Any) -> None:
    changed = "distribution-licence-change"
    reading = ask(changed, "2026-06-01", clock_stops=(stop("2026-06-03", "2026-06-03", "technical_review"),))
    assert "stop-reason-interpretive" in codes(reading)
    analogy = ask(changed, "2026-06-01", clock_stops=(stop("2026-06-03", "2026-06-03"),))
    assert "stop-reason-by-analogy" in codes(analogy)
    direct = ask("licence-decision", "2026-06-01", clock_stops=(stop("2026-06-03", "2026-06-03"),))
    assert [code for code in codes(direct) if code.startswith("stop")] == []


def test_a_stop_without_effect_is_told_with_no_days_taken_out(ask: Any) -> None:
    stops = (stop("2026-05-25", "2026-06-01"), stop("2026-06-24", "2026-06-30"), stop("2026-07-20"))
    answer = ask("distribution-licence-change", "2026-06-01", clock_stops=stops)
    assert [after for rule, _, after in told(answer) if rule == "clock-stop"] == ["0", "0", "0"]


# ------------------------------------------------------------------------------- a clock that stands


def test_while_the_clock_stands_there_is_no_due_date(ask: Any) -> None:
    answer = ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop("2026-06-17"),))
    assert (answer.due, answer.status) == (None, "official")
    assert answer.days == DayCount(length=5, unit="working_day", used=1, left=4)
    assert "clock-standing" in codes(answer)
    assert told(answer)[-2:] == [("clock-stop", "2026-06-17/", "open"), ("result", UNSET, "none")]
    assert cases.as_json(answer)["due"] is None


@pytest.mark.parametrize(
    ("as_of", "used"), [("2026-06-15", 0), ("2026-06-16", 1), ("2026-06-17", 1), ("2026-12-01", 1)]
)
def test_a_clock_that_stands_uses_no_more_days(as_of: str, used: int, ask: Any) -> None:
    answer = ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop("2026-06-17"),), as_of=day(as_of))
    assert answer.days == DayCount(length=5, unit="working_day", used=used, left=5 - used, overdue=0)


def test_a_clock_that_stands_from_the_start_has_used_nothing(ask: Any) -> None:
    for first in ("2026-06-01", "2026-06-15", "2026-06-16"):
        answer = ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop(first),))
        assert (answer.due, answer.days.used, answer.days.left) == (None, 0, 5)


def test_the_first_of_two_open_stops_decides(ask: Any) -> None:
    answer = ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop("2026-06-18"), stop("2026-06-17")))
    assert answer.days.used == 1


def test_a_closed_stop_is_cut_where_the_clock_stands(ask: Any) -> None:
    stops = (stop("2026-06-16", "2026-06-30"), stop("2026-06-17"), stop("2026-07-01", "2026-07-02"))
    answer = ask("preparation-transfer-use", "2026-06-15", clock_stops=stops)
    assert (answer.due, answer.days.used) == (None, 0)
    assert "stops-overlap" in codes(answer)


def test_an_open_stop_on_the_due_date_still_stops_it(ask: Any) -> None:
    # Without it, day 5 is Tuesday 23 June.
    assert ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop("2026-06-23"),)).due is None
    after = ask("preparation-transfer-use", "2026-06-15", clock_stops=(stop("2026-06-24"),))
    assert (after.due, "clock-standing" in codes(after)) == (day("2026-06-23"), False)


def test_a_clock_may_stand_on_days_that_are_projected(ask: Any) -> None:
    answer = ask("licence-delivery", "2026-12-21", clock_stops=(), as_of=day("2026-12-22"))
    assert answer.status == "projected"
    standing = ask("licence-decision", "2026-12-21", clock_stops=(stop("2026-12-30"),))
    assert (standing.due, standing.status) == (None, "projected")
    assert "projected" in codes(standing)


def test_what_a_lapse_would_mean_is_told_while_the_clock_stands(tmp_path: Path, calendar: WorkingCalendar) -> None:
    own = 'on_lapse = "acceptance_deemed"'
    amended = laws.amended(tmp_path, "law/administrative-licensing-law.toml", own, f"licensing_law_stops = true\n{own}")
    stops = (stop("2026-06-03"),)
    request = DeadlineRequest(step="application-completeness", start=day("2026-06-01"), clock_stops=stops)
    answer = deadline(request, amended, calendar)
    assert answer.due is None
    assert answer.on_lapse == OnLapse(effect="acceptance_deemed", effective_on=day("2026-06-01"))


# ------------------------------------------------------------------------------------------- as of


@pytest.mark.parametrize(
    ("as_of", "used", "left", "overdue"),
    [
        ("2026-06-15", 0, 5, 0),
        ("2026-06-16", 1, 4, 0),
        ("2026-06-21", 3, 2, 0),  # 16, 17, 18 June
        ("2026-06-23", 5, 0, 0),
        ("2026-06-24", 5, 0, 1),
        ("2026-06-28", 5, 0, 3),  # a Sunday
    ],
)
def test_days_used_left_and_overdue(as_of: str, used: int, left: int, overdue: int, ask: Any) -> None:
    answer = ask("preparation-transfer-use", "2026-06-15", as_of=day(as_of))
    assert answer.days == DayCount(length=5, unit="working_day", used=used, left=left, overdue=overdue)


@pytest.mark.parametrize(
    ("as_of", "used", "overdue"),
    [("2026-06-18", 6, 0), ("2026-06-19", 7, 0), ("2026-06-21", 7, 0), ("2026-06-22", 7, 0), ("2026-06-28", 7, 6)],
)
def test_calendar_days_are_overdue_from_the_day_that_the_end_moved_to(
    as_of: str, used: int, overdue: int, ask: Any
) -> None:
    # Day 7 is the holiday of 19 June; the last day moves to Monday the 22nd.
    answer = ask("retest-application", "2026-06-12", as_of=day(as_of))
    assert answer.days == DayCount(length=7, unit="calendar_day", used=used, left=7 - used, overdue=overdue)


def test_days_overdue_that_are_not_announced_are_noted(ask: Any) -> None:
    assert "projected" in codes(ask("licence-delivery", "2026-06-01", as_of=day("2027-01-15")))
    assert "projected" not in codes(ask("licence-delivery", "2026-06-01", as_of=day("2026-12-23")))


# ------------------------------------------------------------------------------------------- ledger


def test_the_ledger_lists_every_day_with_its_reason(ask: Any) -> None:
    answer = ask("preparation-transfer-use", "2026-06-15", ledger=True, clock_stops=(stop("2026-06-17", "2026-06-18"),))
    assert [(one.date.day, one.counted, one.number, one.why, one.name) for one in answer.ledger] == [
        (15, False, UNSET, "start_day", UNSET),
        (16, True, 1, "working_day", UNSET),
        (17, False, UNSET, "clock_stopped", UNSET),
        (18, False, UNSET, "clock_stopped", UNSET),
        (19, False, UNSET, "public_holiday", "Dragon Boat Festival"),
        (20, False, UNSET, "public_holiday", "Dragon Boat Festival"),
        (21, False, UNSET, "public_holiday", "Dragon Boat Festival"),
        (22, True, 2, "working_day", UNSET),
        (23, True, 3, "working_day", UNSET),
        (24, True, 4, "working_day", UNSET),
        (25, True, 5, "working_day", UNSET),
    ]
    assert {one.status for one in answer.ledger} == {"official"}


def test_the_ledger_of_calendar_days_shows_the_days_moved_over(ask: Any) -> None:
    answer = ask("retest-application", "2026-06-12", ledger=True)
    assert [(one.date.day, one.number, one.why) for one in answer.ledger][6:] == [
        (18, 6, "calendar_day"),
        (19, 7, "calendar_day"),
        (20, UNSET, "rolled"),
        (21, UNSET, "rolled"),
        (22, UNSET, "rolled"),
    ]


def test_the_ledger_of_a_clock_that_stands_ends_the_day_before(ask: Any) -> None:
    answer = ask("preparation-transfer-use", "2026-06-15", ledger=True, clock_stops=(stop("2026-06-17"),))
    assert [(one.date.day, one.number) for one in answer.ledger] == [(15, UNSET), (16, 1)]
    at_once = ask("preparation-transfer-use", "2026-06-15", ledger=True, clock_stops=(stop("2026-06-15"),))
    assert [one.date.day for one in at_once.ledger] == [15]


def test_a_make_up_day_counts_and_says_whose_it_is(ask: Any) -> None:
    # Saturday 10 October 2026 is worked for the National Day.
    answer = ask("licence-delivery", "2026-10-09", lang="zh", ledger=True)
    assert [(one.date.day, one.why, one.name) for one in answer.ledger][1:3] == [
        (10, "make_up_day", "国庆节"),
        (11, "weekend", UNSET),
    ]


def test_without_asking_there_is_no_ledger(ask: Any) -> None:
    assert ask("licence-delivery", "2026-10-09").ledger is UNSET


# ----------------------------------------------------------------------------- lapse, promptly, joint


def test_the_lapse_of_the_completeness_notice_counts_back_to_the_receipt(ask: Any) -> None:
    answer = ask("application-completeness", "2026-06-15")
    assert (answer.on_lapse.effect, answer.on_lapse.effective_on) == ("acceptance_deemed", day("2026-06-15"))
    assert ask("licence-delivery", "2026-06-15").on_lapse is UNSET


@pytest.mark.parametrize(
    ("start", "due", "effective_on"),
    [
        ("2026-06-01", "2026-08-25", "2026-08-26"),
        ("2026-08-03", "2026-10-30", "2026-10-31"),  # a Saturday: the effect of the law waits for no working day
        ("2026-11-02", "2027-01-26", "2027-01-27"),  # projected: New Year alone is taken out
    ],
)
def test_consent_counts_as_given_from_the_day_after(start: str, due: str, effective_on: str, ask: Any) -> None:
    answer = ask("clinical-trial-application", start)
    assert (answer.due, answer.on_lapse.effect) == (day(due), "consent_deemed")
    assert answer.on_lapse.effective_on == day(effective_on)
    (notice,) = (one for one in answer.notices if one.code == "deemed-consent")
    assert notice.text.endswith(f" Interpretation: consent is deemed given from the day after, {effective_on}.")


def test_without_a_due_date_no_consent_has_a_day(tmp_path: Path, calendar: WorkingCalendar) -> None:
    # No reason stops this clock in the law as it stands.
    own = 'on_lapse = "consent_deemed"'
    amended = laws.amended(
        tmp_path, "law/drug-administration-law.toml", own, f'clock_stops = ["technical_review"]\n{own}'
    )
    request = DeadlineRequest(
        step="clinical-trial-application",
        start=day("2026-06-01"),
        clock_stops=(stop("2026-06-03", reason="technical_review"),),
    )
    answer = deadline(request, amended, calendar, lang="en")
    assert (answer.due, answer.on_lapse) == (None, OnLapse(effect="consent_deemed"))
    (notice,) = (one for one in answer.notices if one.code == "deemed-consent")
    assert "Reading" not in notice.text


@pytest.mark.parametrize(
    ("step", "label"),
    [
        ("urgent-import", "《中华人民共和国药品管理法实施条例》第四十七条"),
        ("temporary-import-reply", "《临床急需药品临时进口工作方案》第六部分"),
    ],
)
def test_a_province_that_decides_has_its_own_procedure(step: str, label: str, ask: Any) -> None:
    (notice,) = (one for one in ask(step, "2026-06-15").notices if one.code == "provincial-procedure")
    assert (notice.level, notice.citation.label) == ("info", label)


def test_promptly_has_no_date_and_no_days(ask: Any) -> None:
    answer = ask("urgent-import", "2026-06-15")
    assert (answer.due, answer.status, answer.days) == (None, UNSET, UNSET)
    assert {"promptly", "licensing-law-may-cap", "health-authority-heard", "provincial-procedure"} == set(codes(answer))
    assert told(answer)[-1] == ("result", UNSET, "none")


def test_a_joint_filing_runs_from_the_feedback(ask: Any) -> None:
    joint = ask("narcotic-import-permit", "2026-06-15", joint_filing=True)
    assert (joint.due, codes(joint)) == (day("2026-06-18"), ["joint-filing", "civil-code-by-analogy"])
    (length,) = (one for one in joint.explanation if one.rule == "length")
    assert (
        length.text == "3 working days, from the day of the written feedback from the health authority (not counted)."
    )
    assert length.citation.label == "《临床急需药品临时进口工作方案》第三部分第（二）项"
    alone = ask("narcotic-import-permit", "2026-06-15")
    assert codes(alone) == ["reading-start-event", "civil-code-by-analogy"]
    assert "fact-not-used" in codes(ask("licence-delivery", "2026-06-15", joint_filing=True))


def test_a_joint_filing_leaves_out_the_reading_on_its_start_alone(tmp_path: Path, calendar: WorkingCalendar) -> None:
    own = 'notices = ["reading-start-event"]'
    more = 'notices = ["reading-start-event", "office-hours"]'
    amended = laws.amended(tmp_path, "law/plan.toml", own, more)
    request = DeadlineRequest(step="narcotic-import-permit", start=day("2026-06-15"), joint_filing=True)
    assert codes(deadline(request, amended, calendar)) == ["joint-filing", "office-hours", "civil-code-by-analogy"]


# --------------------------------------------------------------------------------------- projection


def test_a_projected_day_comes_with_a_bracket(ask: Any) -> None:
    # Day 10 after 17 December is the 31st. Around New Year a notice may move two working days: the count
    # through the 29th is 8, and through 5 January 2027 it is 12.
    answer = ask("licence-delivery", "2026-12-17")
    assert (answer.due, answer.status) == (day("2026-12-31"), "projected")
    assert (answer.earliest, answer.latest) == (day("2026-12-29"), day("2027-01-05"))
    assert answer.official_through == day("2026-12-23")


@pytest.mark.parametrize("stops", [(), (stop("2027-01-04", "2027-01-08"),), (stop("2027-01-04"),)])
def test_a_stop_after_the_due_date_does_not_move_its_bracket(stops: Any, ask: Any) -> None:
    # Day 20 after 3 December is the 31st; the rest is as above.
    answer = ask("licence-decision", "2026-12-03", clock_stops=stops)
    assert (answer.due, answer.earliest, answer.latest) == (day("2026-12-31"), day("2026-12-29"), day("2027-01-05"))


def test_far_from_any_holiday_only_the_start_and_the_stops_can_move(ask: Any) -> None:
    # From 12 July to 26 July 2027 no statutory day is within ten days.
    answer = ask("licence-delivery", "2027-07-12")
    assert (answer.due, answer.earliest, answer.latest) == (day("2027-07-26"),) * 3


def test_the_bracket_of_a_day_that_moves_to_a_working_day(ask: Any) -> None:
    # Day 7 is 1 January 2027; projected, the next working day is Monday the 4th.
    answer = ask("retest-application", "2026-12-25")
    assert (answer.due, answer.status) == (day("2027-01-04"), "projected")
    # Saturday the 2nd may become a day of work, New Year's Day never. At the latest Friday the 8th: two days may be off
    # before the end of the year and two after it, so that only the fifth working day is certain to be one.
    assert (answer.earliest, answer.latest) == (day("2027-01-02"), day("2027-01-08"))
    # Day 7 is Sunday 13 June 2027, four days after the Dragon Boat Festival: it may be a day of work for a day off.
    answer = ask("retest-application", "2027-06-06")
    assert (answer.due, answer.earliest, answer.latest) == (day("2027-06-14"), day("2027-06-13"), day("2027-06-18"))
    # Only the end is projected: a week earlier nothing is.
    assert ask("retest-application", "2026-12-14").status == "official"


def test_a_bracket_takes_in_the_edges_of_every_stop(calendar: WorkingCalendar) -> None:
    start, due = day("2027-07-12"), day("2027-07-26")
    clock = Clock(calendar, "working_day", start, [], None)
    assert find_bracket(clock, 10, due) == (due, due)
    # The start lies around the Dragon Boat Festival and may move the count by two days. The stop, 8 to 10 June, takes
    # out two working days (the 9th is off): all three may be off. Before the stop and after it two days each may be
    # lost, but around one holiday no more than four.
    early = Clock(calendar, "working_day", day("2027-05-31"), [Interval(day("2027-06-08"), day("2027-06-10"))], None)
    # 1 to 4 and 7 June are days 1 to 5, 11 June is day 6, 18 June day 11, 25 June day 16, 1 July day 20, 7 July day 24.
    assert find_bracket(early, 20, day("2027-07-01")) == (day("2027-06-25"), day("2027-07-07"))


def weekdays(
    *, supplied: Collection[str] = (), unsettled: Collection[str] = (), through: str = "2030-01-01"
) -> WorkingCalendar:
    """The weekdays of 2030 and 2031, announced `through` a day; counts through `unsettled` days may be off by two."""

    def known(one: date) -> Day:
        status: Status = "official" if one <= day(through) else "projected"
        why: Why = "weekend" if one.weekday() >= 5 else "working_day"
        if str(one) in supplied:
            return Day(one.weekday() < 5, why, None, "supplied", f"{one}.json")
        return Day(one.weekday() < 5, why, None, status, "made up")

    def days_of(year: int) -> list[Day]:
        return [known(date(year, 1, 1) + timedelta(number)) for number in range(365)]

    coverage = Coverage(day("2030-01-01"), day("2031-12-31"), day(through), "sha256:0", ("made up",), 2)
    return WorkingCalendar(coverage, days_of, lambda one: 2 if str(one) in unsettled else 0, lambda _: False)


MARCH = [f"2030-03-{number:02d}" for number in range(1, 32)]


@pytest.mark.parametrize(
    ("unsettled", "gained", "lost"),
    [
        ([], 0, 0),
        (["2030-03-04"], 2, 2),  # the start
        # The day before the stop, a Sunday: the first day of the stop may be off, and no working day lies before it.
        (["2030-03-10"], 1, 0),
        # The last day of the stop: this day may be off, and the next one too.
        (["2030-03-13"], 1, 1),
        (["2030-03-05", "2030-03-11", "2030-03-12", "2030-03-14"], 0, 0),  # days at no edge
        (["2030-03-04", "2030-03-13"], 3, 3),  # two seasons
        # Both edges of the stop: all its three days may be off. Only the 14th lies between an edge and a certain day.
        (MARCH[9:13], 3, 1),
        # The same, and two days before the stop and two after it may be lost.
        (MARCH[4:20], 3, 4),
        # The start too: two more, but no more than four around one holiday.
        (MARCH[3:13], 4, 4),
        # The due date too: two more. But no day counts more than once, so 22 March is the first that can be day 15.
        (MARCH, 4, 4),
    ],
)
def test_each_edge_in_an_unsettled_season_widens_a_bracket(unsettled: list[str], gained: int, lost: int) -> None:
    clock = Clock(
        weekdays(unsettled=unsettled),
        "working_day",
        day("2030-03-04"),
        [Interval(day("2030-03-11"), day("2030-03-13"))],
        None,
    )
    due = clock.find_day(15)
    assert due == day("2030-03-28")  # 5 to 8, 14 and 15, 18 to 22, 25 to 28 March
    earliest, latest = find_bracket(clock, 15, due)
    assert latest is not None
    assert (clock.count(earliest), clock.count(latest)) == (15 - gained, 15 + lost)


def test_no_more_days_are_lost_before_a_stop_than_lie_there() -> None:
    # Uncertain are 1 to 10 March 2030. The clock is stopped from the day after the start, Monday the 4th, to Friday the
    # 8th: none can be lost before the stop. Two may be lost with the start, and one after the stop, the 11th, so that
    # day 8, the 20th, is the latest; 11 to 15 March are days 1 to 5.
    clock = Clock(
        weekdays(unsettled=MARCH[:10]),
        "working_day",
        day("2030-03-04"),
        [Interval(day("2030-03-05"), day("2030-03-08"))],
        None,
    )
    # The days that are not stopped are the 9th, 10th, 11th, 12th and 13th: none counts twice.
    assert find_bracket(clock, 5, day("2030-03-15")) == (day("2030-03-13"), day("2030-03-20"))


def test_a_stop_before_the_due_date_changes_no_earlier_day(ask: Any) -> None:
    # Spring Festival 2027 takes 5 to 10 February off. Day 18 after 12 January is 11 February, day 20 the 15th: with two
    # more before the 11th the step is due then, and a stop on the 15th does not change that.
    for stops in ((), (stop("2027-02-15", "2027-02-15"),)):
        answer = ask("licence-decision", "2027-01-12", clock_stops=stops)
        assert answer.earliest == day("2027-02-11")


def test_an_edge_that_another_stop_covers_keeps_the_bracket(ask: Any) -> None:
    # The Dragon Boat Festival is on 9 June 2027: uncertain are the days from 30 May through 19 June. Day 20 after
    # 24 May is Tuesday 22 June; day 18 is Friday the 18th, and two more may lie before it.
    answer = ask("licence-decision", "2027-05-24")
    assert (answer.due, answer.earliest, answer.latest) == (day("2027-06-22"), day("2027-06-18"), day("2027-06-22"))
    # Stopped on Saturday the 19th, two days that count may be lost before it and worked on it: day 22 is the 24th. A
    # stop on Sunday the 20th too, where nothing is uncertain, leaves what is lost before the 19th as it is.
    saturday, sunday = stop("2027-06-19", "2027-06-19"), stop("2027-06-20", "2027-06-20")
    for stops in ((saturday,), (saturday, sunday), (stop("2027-06-19", "2027-06-20"),)):
        answer = ask("licence-decision", "2027-05-24", clock_stops=stops)
        assert (answer.due, answer.earliest, answer.latest) == (day("2027-06-22"), day("2027-06-18"), day("2027-06-24"))


def test_stops_side_by_side_are_one_stop(rulebook: Rulebook) -> None:
    # Where they meet is no edge, so that an unsettled season there moves nothing.
    calendar = weekdays(unsettled=["2030-03-12"])
    for stops in (
        (stop("2030-03-11", "2030-03-14"),),
        (stop("2030-03-11", "2030-03-12"), stop("2030-03-13", "2030-03-14")),
    ):
        request = DeadlineRequest(step="licence-decision", start=day("2030-03-04"), clock_stops=stops)
        answer = deadline(request, rulebook, calendar)
        assert (answer.due, answer.earliest, answer.latest) == (day("2030-04-05"),) * 3


def test_a_season_may_begin_with_the_calendar() -> None:
    clock = Clock(weekdays(unsettled=["2030-01-01"], through="2029-12-31"), "working_day", day("2030-01-01"), [], None)
    # Day 8 is Friday the 11th; two days either way.
    assert find_bracket(clock, 8, day("2030-01-11")) == (day("2030-01-09"), day("2030-01-15"))


def test_working_days_are_as_certain_as_the_weakest_and_calendar_days_as_the_last(rulebook: Rulebook) -> None:
    # Monday 4 March 2030: the tenth working day is Monday the 18th, the seventh day Monday the 11th.
    def status(step: str, supplied: str) -> object:
        calendar = weekdays(supplied=[supplied], through="2031-12-31")
        return deadline(DeadlineRequest(step=step, start=day("2030-03-04")), rulebook, calendar).status

    found = {one: status("licence-delivery", one) for one in ("2030-03-04", "2030-03-05", "2030-03-18", "2030-03-19")}
    assert list(found.values()) == ["official", "supplied", "supplied", "official"]
    found = {one: status("retest-application", one) for one in ("2030-03-10", "2030-03-11", "2030-03-12")}
    assert list(found.values()) == ["official", "supplied", "official"]


def test_days_overdue_that_a_supplied_notice_decides_are_noted(rulebook: Rulebook) -> None:
    calendar = weekdays(supplied=["2030-03-20"], through="2031-12-31")

    def noted(as_of: str) -> bool:
        request = DeadlineRequest(step="licence-delivery", start=day("2030-03-04"), as_of=day(as_of))
        return "supplied" in codes(deadline(request, rulebook, calendar))

    found = {as_of: noted(as_of) for as_of in ("2030-03-18", "2030-03-19", "2030-03-20", "2030-03-25")}
    assert list(found.values()) == [False, False, True, True]


def test_days_overdue_are_traced_to_their_own_files(rulebook: Rulebook) -> None:
    calendar = weekdays(supplied=["2030-03-18", "2030-03-19"], through="2031-12-31")
    request = DeadlineRequest(step="licence-delivery", start=day("2030-03-04"), as_of=day("2030-03-20"))
    answer = deadline(request, rulebook, calendar, lang="en")
    assert [notice.text for notice in answer.notices if notice.code == "supplied"] == [
        "Some days follow holiday notices that your organisation supplied: 2030-03-18.json.",
        "Some days follow holiday notices that your organisation supplied: 2030-03-19.json.",
    ]


def test_many_stops_around_one_holiday_widen_a_bracket_no_further(calendar: WorkingCalendar) -> None:
    days = [day(f"2027-06-{number:02d}") for number in (2, 4, 8, 10, 14, 16)]
    many = Clock(calendar, "working_day", day("2027-05-31"), [Interval(one, one) for one in days], None)
    reached = many.find_day(30)
    assert reached is not None
    earliest, latest = find_bracket(many, 30, reached)
    assert latest is not None
    assert (many.count(earliest), many.count(latest)) == (30 - 4, 30 + 4)


def test_a_thousand_stops_are_answered_by_look_ups(ask: Any) -> None:
    first = day("2027-01-05")
    stops = tuple(
        ClockStop(from_=first + timedelta(27 * number), to=first + timedelta(27 * number + 20), reason="hearing")
        for number in range(1000)
    )
    answer = ask("licence-decision", "2027-01-04", clock_stops=stops, ledger=True)
    # Six days free after each stop of 21: 20 working days lie in the gaps after the first few stops.
    assert answer.due < day("2027-07-31")
    assert len(answer.explanation) > 1000


def test_a_bracket_that_leaves_the_calendar_has_no_latest_day(calendar: WorkingCalendar, ask: Any) -> None:
    clock = Clock(calendar, "working_day", day("2100-09-20"), [], None)
    last = day("2100-12-31")
    length = clock.count(last)
    earliest, latest = find_bracket(clock, length, last)
    assert latest is None
    assert earliest <= last
    answer = ask("clinical-trial-application", "2100-09-30")
    assert (answer.latest, "latest-outside-calendar" in codes(answer)) == (UNSET, True)


def test_a_clock_until_a_day_keeps_the_stops_that_have_begun_by_then(calendar: WorkingCalendar) -> None:
    stops = [Interval(day(one), day(one)) for one in ("2026-06-16", "2026-06-17", "2026-06-18")]
    clock = Clock(calendar, "working_day", day("2026-06-15"), stops, day("2026-06-23"))
    until = clock.until(day("2026-06-17"))
    assert (until.stops, until.stopped_from) == (stops[:2], None)


@pytest.mark.parametrize(
    ("as_of", "used"),
    [
        ("2026-06-02", 1),
        ("2026-06-03", 1),
        ("2026-06-04", 1),  # within the first stop
        ("2026-06-05", 2),
        ("2026-06-08", 3),
        ("2026-06-09", 3),
        ("2026-06-10", 3),  # within the second
        ("2026-06-12", 4),
    ],
)
def test_days_used_within_and_between_stops(as_of: str, used: int, ask: Any) -> None:
    stops = (stop("2026-06-03", "2026-06-04"), stop("2026-06-09", "2026-06-11"))
    answer = ask("licence-decision", "2026-06-01", clock_stops=stops, as_of=day(as_of), ledger=True)
    assert answer.days.used == used
    stopped = [one.date.day for one in answer.ledger if one.why == "clock_stopped"]
    assert stopped == [3, 4, 9, 10, 11]


def test_a_clock_counts_days_in_its_unit(calendar: WorkingCalendar) -> None:
    clock = Clock(calendar, "calendar_day", day("2026-06-15"), [], None)
    assert clock.count_between(day("2026-06-15"), day("2026-06-22")) == 7
    assert clock.count_between(day("2026-06-22"), day("2026-06-15")) == 0
    assert clock.count(day("2026-06-22")) == 7
    assert clock.find_day(7) == day("2026-06-22")


# ---------------------------------------------------------------------------------------- refusals


def test_the_day_before_the_commencement_is_refused_and_the_day_itself_is_not(ask: Any) -> None:
    assert refusal(ask, "production-licence", "2026-05-14") == [("not-in-force", ("start",))]
    assert ask("production-licence", "2026-05-15").due
    assumed = ask("production-licence", "2026-05-14", assume_in_force=True)
    assert "assumed-in-force" in codes(assumed)


# What governed each step of the Regulation through 2026-05-14, and what it said (FDAR is the version of 2024-12-06).
FORMER = [
    ("production-licence", ["第三条"], "自收到申请之日起30个工作日"),
    ("production-licence-change", ["第四条"], "自收到申请之日起15个工作日"),
    ("distribution-licence", ["第十二条"], "自受理申请之日起20个工作日"),
    ("distribution-licence-change", ["第十六条"], "自收到申请之日起15个工作日"),
    ("hospital-preparation-licence", ["第二十条第二款"], "各自收到申请之日起30个工作日"),
    ("hospital-preparation-licence-change", ["第二十一条第一款"], "各自收到申请之日起15个工作日"),
    ("preparation-transfer-use", ["第二十四条第二款", "第二十四条第三款"], "须经批准，未规定天数"),
    ("announcement-correction", ["第五十四条第一款"], "5日（非工作日）"),
    ("urgent-import", ["第三十六条"], "须经批准，未规定天数"),
]
NONE_BEFORE = [
    "glp-qualification",
    "trial-sponsor-change",
    "reference-drug-import",
    "registration-transfer",
    "herb-first-import",
]


@pytest.mark.parametrize(("step", "provisions", "said"), FORMER)
def test_a_start_before_the_regulation_names_what_governed_the_step_then(
    step: str, provisions: list[str], said: str, ask: Any, rulebook: Rulebook
) -> None:
    with pytest.raises(LawRefuses) as refused:
        ask(step, "2026-05-14")
    sentences = {lang: error_message(refused.value, wording) for lang, wording in rulebook.wordings.items()}
    assert said in sentences["zh"]
    named = [f"《中华人民共和国药品管理法实施条例（2024年修订）》{provision}" for provision in provisions]
    assert all(one in sentences["zh"] for one in (*named, "2026年5月14日", "2026年5月15日", "assume_in_force"))
    assert all(one in sentences["en"] for one in (*named, "2026-05-14", "2026-05-15", "assume_in_force"))


@pytest.mark.parametrize("step", NONE_BEFORE)
def test_a_step_that_the_former_regulation_did_not_know_names_the_default_period(
    step: str, ask: Any, rulebook: Rulebook
) -> None:
    with pytest.raises(LawRefuses) as refused:
        ask(step, "2026-05-14")
    sentence = error_message(refused.value, rulebook.wordings["zh"])
    assert "《中华人民共和国行政许可法》第四十二条第一款" in sentence
    assert "条例没有该事项" in sentence


@pytest.mark.parametrize(
    ("step", "start", "named", "revised"),
    [
        ("distribution-licence", "2024-12-06", "第十二条", False),  # the revision of that day is the text at hand
        ("distribution-licence", "2024-12-05", "第十二条", True),
        ("distribution-licence", "2002-09-15", "第十二条", True),  # the first day of the former Regulation
        ("distribution-licence", "2002-09-14", "", False),
        ("glp-qualification", "2010-01-04", "《中华人民共和国行政许可法》第四十二条第一款", False),
        ("glp-qualification", "2004-06-30", "", False),  # 行政许可法 began on the next day
    ],
)
def test_a_former_provision_is_named_for_its_own_time_only(
    step: str, start: str, named: str, revised: bool, ask: Any, rulebook: Rulebook
) -> None:
    with pytest.raises(LawRefuses) as refused:
        ask(step, start)
    sentence = error_message(refused.value, rulebook.wordings["zh"])
    assert ("第" in sentence) == bool(named)
    assert named in sentence
    assert ("修订日2024年12月6日" in sentence) == revised


def test_every_step_of_the_regulation_is_among_them_but_the_one_that_the_law_knew_already(rulebook: Rulebook) -> None:
    own = {step for step in rulebook.steps if rulebook.step(step).instrument.id == "dar"}
    assert own == {*(step for step, _, _ in FORMER), *NONE_BEFORE, "retest-application"}


def test_a_reason_that_the_step_does_not_know_is_refused_with_those_it_does(ask: Any) -> None:
    stops = (
        stop("2026-06-03", reason="registration_review"),
        stop("2026-06-03"),
        stop("2026-06-03", reason="technical_review"),
    )
    with pytest.raises(LawRefuses) as refused:
        ask("herb-first-import", "2026-06-01", clock_stops=stops)
    assert [(fault.code, fault.where) for fault in refused.value.faults] == [
        ("reason-not-allowed", ("clock_stops", 0, "reason")),
        ("reason-not-allowed", ("clock_stops", 2, "reason")),
    ]
    allowed = refused.value.facts["allowed"]
    assert isinstance(allowed, tuple)
    assert allowed[:2] == (Label("stop_reason", "hearing"), Label("stop_reason", "bidding"))


def test_an_extension_is_allowed_to_the_default_decision_and_up_to_its_cap(ask: Any) -> None:
    assert ask("licence-decision", "2026-06-01", extension_working_days=10).days.length == 30
    place = ("extension_working_days",)
    assert refusal(ask, "licence-decision", "2026-06-01", extension_working_days=11) == [("over-the-cap", place)]
    assert refusal(ask, "licence-delivery", "2026-06-01", extension_working_days=1) == [
        ("extension-not-allowed", place)
    ]
    assert ask("licence-delivery", "2026-06-01", extension_working_days=0).due


def test_days_out_of_order_are_refused_all_together(ask: Any) -> None:
    stops = (stop("2026-06-05", "2026-06-04"), stop("2026-06-05", "2026-06-05"), stop("2026-07-05", "2026-07-04"))
    assert refusal(ask, "herb-first-import", "2026-06-01", clock_stops=stops, as_of=day("2026-05-31")) == [
        ("dates-out-of-order", ("clock_stops", 0, "to")),
        ("dates-out-of-order", ("clock_stops", 2, "to")),
        ("dates-out-of-order", ("as_of",)),
    ]


def test_days_that_nothing_can_concern_are_refused_all_together(ask: Any) -> None:
    stops = (stop("2006-12-31", "2101-01-01"),)
    before = day("1949-09-30")
    assert refusal(ask, "herb-first-import", "1949-09-30", clock_stops=stops, as_of=before) == [
        ("outside-calendar", ("start",)),
        ("outside-calendar", ("clock_stops", 0, "from")),
        ("outside-calendar", ("clock_stops", 0, "to")),
        ("outside-calendar", ("as_of",)),
    ]


def test_days_outside_the_calendar_are_refused_where_working_days_are_counted(ask: Any) -> None:
    assert refusal(ask, "licence-delivery", "2006-12-31") == [("outside-calendar", ("start",))]
    assert refusal(ask, "licence-delivery", "2101-01-01", as_of=day("2101-02-01")) == [
        ("outside-calendar", ("start",)),
        ("outside-calendar", ("as_of",)),
    ]


def test_days_may_lie_on_the_first_and_the_last_day_of_the_calendar(ask: Any) -> None:
    stops = (stop("2007-01-01", "2007-01-02"), stop("2100-12-30", "2100-12-31"))
    answer = ask("distribution-licence-change", "2026-06-01", clock_stops=stops, as_of=day("2100-12-31"))
    assert answer.due == day("2026-06-23")
    at_the_end = ask("licence-delivery", "2100-12-17", as_of=day("2100-12-31"))
    assert (at_the_end.due, at_the_end.days.overdue) == (day("2100-12-31"), 0)
    # 1 to 3 January 2007 were days off; ten working days after them end on the 17th.
    answer = ask("licence-delivery", "2007-01-01", as_of=day("2007-01-01"))
    assert (answer.due, answer.days.used) == (day("2007-01-17"), 0)


def test_calendar_days_are_overdue_beyond_the_calendar(ask: Any) -> None:
    answer = ask("retest-application", "2026-06-12", as_of=day("2101-01-01"))
    assert answer.days.overdue == (day("2101-01-01") - day("2026-06-22")).days


@pytest.mark.parametrize(
    ("step", "start"),
    [("licence-delivery", "2100-12-31"), ("licence-delivery", "2100-12-20"), ("retest-application", "2100-12-30")],
)
def test_a_count_that_runs_out_of_the_calendar_is_refused_by_its_start(step: str, start: str, ask: Any) -> None:
    assert refusal(ask, step, start) == [("outside-calendar", ("start",))]


def test_a_last_day_that_moves_out_of_the_calendar_is_the_one_that_is_told(ask: Any) -> None:
    with pytest.raises(LawRefuses) as refused:
        ask("retest-application", "2100-12-31")
    assert (refused.value.where, refused.value.facts["day"]) == (("start",), day("2101-01-07"))


def test_an_unknown_step_is_refused(ask: Any) -> None:
    assert refusal(ask, "licence", "2026-06-01") == [("unknown-step", ("step",))]


# ------------------------------------------------------------------------------- what answers carry


@pytest.mark.parametrize("extra", [{"ref": "案-7"}, {"ledger": True}, {"ref": "案-7", "ledger": True}])
def test_reference_and_ledger_are_no_part_of_the_facts(extra: dict[str, Any], ask: Any) -> None:
    plain = ask("licence-delivery", "2026-06-01")
    other = ask("licence-delivery", "2026-06-01", **extra)
    assert other.ref == extra.get("ref", UNSET)
    assert plain.provenance.inputs == other.provenance.inputs


def test_the_order_of_stops_is_no_part_of_the_facts(ask: Any) -> None:
    stops = (stop("2026-06-03", "2026-06-04"), stop("2026-06-08", "2026-06-09"))
    inputs = {
        ask("licence-decision", "2026-06-01", clock_stops=given).provenance.inputs
        for given in (stops, stops[::-1], stops[:1], stops[1:])
    }
    assert len(inputs) == 3
