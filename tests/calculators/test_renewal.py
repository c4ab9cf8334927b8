"""Renewal: windows, usual leads, late applications and renewed terms, beside the worked cases."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from penaltycalc import ExpiryAnswer, ExpiryRequest, Granted, RenewalLead, Rulebook, WorkingCalendar, expiry


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.fixture
def ask(rulebook: Rulebook, calendar: WorkingCalendar) -> Any:
    """Answers a term from a day with its facts, in English unless asked otherwise."""

    def answer(term: str, start: str, lang: Any = "en", **facts: Any) -> ExpiryAnswer:
        return expiry(ExpiryRequest(term=term, start=day(start), **facts), rulebook, calendar, lang=lang)

    return answer


def notice_of(answer: ExpiryAnswer, code: str) -> Any:
    (notice,) = (one for one in answer.notices if one.code == code)
    return notice


def codes(answer: ExpiryAnswer) -> set[str]:
    return {notice.code for notice in answer.notices}


REGISTRATION, API, DISTRIBUTION = "drug-registration", "api-approval", "distribution-licence"
PRODUCTION, HOSPITAL = "production-licence", "hospital-preparation-licence"
DAR, FORMER = "《中华人民共和国药品管理法实施条例》", "《中华人民共和国药品管理法实施条例（2024年修订）》"
LICENSING = "《中华人民共和国行政许可法》"


# ------------------------------------------------------------------------------------ days, one by one


def count_back(last: date, number: int) -> date:
    """The same day some months earlier, or that month's last day: written anew for this test."""
    year, month = divmod(last.year * 12 + last.month - 1 - number, 12)
    return date(year, month + 1, min(last.day, months.monthrange(year, month + 1)[1]))


def days_of_four_years() -> Iterator[date]:
    first = date(2027, 1, 1)
    yield from (first + timedelta(number) for number in range(4 * 365 + 1))


@pytest.mark.parametrize(
    ("term", "opens", "closes"), [(REGISTRATION, 12, 6), (API, 12, 6), (DISTRIBUTION, 6, 2)], ids=str
)
@pytest.mark.parametrize("convention", ["certificate", "civil-code"])
def test_on_every_day_the_window_lies_whole_months_before_the_end(
    term: str, opens: int, closes: int, convention: Any, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    for start in days_of_four_years():
        request = ExpiryRequest(term=term, start=start, convention=convention)
        answer: Any = expiry(request, rulebook, calendar, explain=False)
        window, last = answer.renewal.window, answer.last_day
        assert (window.opens, window.closes) == (count_back(last, opens), count_back(last, closes)), start


@pytest.mark.parametrize("term", [PRODUCTION, HOSPITAL])
def test_on_every_day_the_usual_day_lies_six_months_before_the_end(
    term: str, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    for start in days_of_four_years():
        answer: Any = expiry(ExpiryRequest(term=term, start=start), rulebook, calendar, explain=False)
        assert answer.renewal.usual_apply_by == count_back(answer.last_day, 6), start


@pytest.mark.parametrize("term", [REGISTRATION, API])
def test_between_two_terms_approved_in_time_no_day_is_lost(
    term: str, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    for start in days_of_four_years():
        request = ExpiryRequest(term=term, start=start, renewal_approved_on=start + timedelta(1_700))
        answer: Any = expiry(request, rulebook, calendar, explain=False)
        following = answer.renewal.next_term
        assert following.start == answer.last_day + timedelta(1)
        renewed = expiry(ExpiryRequest(term=term, start=following.start), rulebook, calendar, explain=False)
        assert following.last_day == renewed.last_day


# ----------------------------------------------------------------------------- levels and provisions

LATE: dict[str, Any] = {"as_of": day("2031-08-01")}


LEVELS: list[tuple[str, dict[str, Any], str, str, str]] = [
    (DISTRIBUTION, {}, "renewal-window", "warning", f"{LICENSING}第五十条第一款"),
    (REGISTRATION, {}, "renewal-window", "warning", f"{LICENSING}第五十条第一款"),
    (API, {}, "renewal-window", "warning", f"{LICENSING}第五十条第一款"),
    (DISTRIBUTION, LATE, "renewal-window-closed", "warning", f"{LICENSING}第五十条第一款"),
    (API, {"as_of": day("2026-09-01")}, "renewal-window-not-open", "info", f"{LICENSING}第五十条第一款"),
    (REGISTRATION, {}, "renewal-window-domestic-only", "info", f"{DAR}第十七条第二款"),
    (PRODUCTION, {}, "renewal-lead-usual", "warning", f"{FORMER}第八条"),
    (HOSPITAL, {}, "renewal-lead-usual", "warning", f"{FORMER}第二十二条"),
    (PRODUCTION, LATE, "apply-by-passed", "warning", f"{LICENSING}第五十条第一款"),
    ("glp-certificate", {}, "renewal-deemed-granted", "warning", f"{LICENSING}第五十条第二款"),
    (REGISTRATION, {}, "renewal-deemed-granted", "warning", f"{LICENSING}第五十条第二款"),
    (PRODUCTION, {}, "renewal-deemed-granted", "warning", f"{LICENSING}第五十条第二款"),
    (API, {"renewal_approved_on": day("2031-03-10")}, "renewed-term", "warning", f"{DAR}第十七条第一款"),
    (DISTRIBUTION, {}, "renewal-authority-by-business", "info", "《中华人民共和国药品管理法》第五十一条第一款"),
    (
        "hospital-preparation-registration",
        {},
        "review-window-default-period",
        "warning",
        f"{LICENSING}第四十二条第一款",
    ),
]


@pytest.mark.parametrize(
    ("term", "facts", "code", "level", "label"), LEVELS, ids=[f"{term}-{code}" for term, _, code, *_ in LEVELS]
)
def test_a_notice_has_its_level_and_cites_what_it_rests_on(
    term: str, facts: dict[str, Any], code: str, level: str, label: str, ask: Any
) -> None:
    notice = notice_of(ask(term, "2026-09-01", **facts), code)
    assert (notice.level, notice.citation.label) == (level, label)


@pytest.mark.parametrize(
    ("term", "article"),
    [(PRODUCTION, "第八条"), (DISTRIBUTION, "第十七条"), (HOSPITAL, "第二十二条"), (REGISTRATION, "第四十一条第一款")],
)
def test_what_was_issued_before_the_commencement_names_the_article_that_gave_it_its_length(
    term: str, article: str, ask: Any
) -> None:
    assert notice_of(ask(term, "2026-05-14"), "issued-before-commencement").citation.label == FORMER + article


# ------------------------------------------------------------------------------------- what is told


def test_a_window_is_told_with_its_source_and_both_days(ask: Any) -> None:
    assert notice_of(ask(DISTRIBUTION, "2026-09-01", lang="zh"), "renewal-window").text.startswith(
        "按国家市场监督管理总局令第84号（据地方通告转述），应当在2031年2月28日至2031年6月30日之间提出申请"
    )
    assert notice_of(ask(REGISTRATION, "2026-09-01"), "renewal-window").text.startswith(
        "Under NMPA notice 2024 no. 38 (excerpt), apply from 2030-08-31 to 2031-02-28;"
    )


def test_a_late_application_is_told_with_both_days(ask: Any) -> None:
    text = notice_of(ask(PRODUCTION, "2026-09-01", lang="zh", **LATE), "apply-by-passed").text
    assert text.startswith("查询日2031年8月1日已过按原条例提前期的申请日2031年2月28日；")


def test_a_usual_lead_is_told_as_people_write_it(ask: Any) -> None:
    chinese = notice_of(ask(HOSPITAL, "2026-09-01", lang="zh"), "renewal-lead-usual").text
    assert "届满前6个月申请，即2031年2月28日" in chinese
    assert (
        "6 months before the end, which is 2031-02-28"
        in notice_of(ask(HOSPITAL, "2026-09-01"), "renewal-lead-usual").text
    )


@pytest.mark.parametrize(("approved", "variant"), [("2031-05-31", "not after"), ("2031-06-01", "after the old term")])
def test_a_renewed_term_is_told_with_what_it_runs_from(approved: str, variant: str, ask: Any) -> None:
    answer = ask(REGISTRATION, "2026-06-01", renewal_approved_on=day(approved))
    (step,) = (one for one in answer.explanation if one.rule == "next-term")
    assert (step.before, step.after) == (approved, "2031-06-01..2036-05-31")
    assert variant in step.text


# ------------------------------------------------------------------------------------ who renews


def test_a_distribution_licence_is_renewed_by_two_authorities_with_both_provisions(ask: Any) -> None:
    by = ask(DISTRIBUTION, "2026-06-01").renewal.renewed_by
    assert (by.authority, by.wholesale_authority) == ("local_county_or_above", "provincial")
    assert [citation.label for citation in by.citations] == [
        f"{DAR}第四十二条第三款",
        "《中华人民共和国药品管理法》第五十一条第一款",
    ]
    assert by.citation == by.citations[0]
    assert ask(PRODUCTION, "2026-06-01").renewal.renewed_by.wholesale_authority is UNSET


# ------------------------------------------------------------------------- facts that say too little


@pytest.mark.parametrize("term", [PRODUCTION, "data-protection", "hospital-preparation-registration"])
def test_an_approval_is_not_used_where_no_renewed_term_is_known(term: str, ask: Any) -> None:
    answer = ask(term, "2026-06-01", renewal_approved_on=day("2028-01-01"))
    assert "fact-not-used" in codes(answer)
    assert "renewed-term" not in codes(answer)


def test_neither_lead_nor_approval_is_used_of_a_term_that_ended_sooner(ask: Any) -> None:
    facts: dict[str, Any] = {"renewal_approved_on": day("2028-01-01"), "renewal_lead": RenewalLead(months=6)}
    answer = ask(REGISTRATION, "2026-06-01", ended_on=day("2029-01-01"), **facts)
    assert [notice.code for notice in answer.notices].count("fact-not-used") == 2


@pytest.mark.parametrize(
    ("granted", "shorter"),
    [
        (None, False),
        (Granted(years=6), False),
        (Granted(months=72), False),
        (Granted(years=5, months=11), True),
        (Granted(days=2190), True),  # a day less: 2025-06-01 to 2031-06-01 are 2191 days
    ],
)
def test_only_a_shorter_length_is_one_that_the_former_data_protection_did_not_know(
    granted: Granted | None, shorter: bool, ask: Any
) -> None:
    facts: dict[str, Any] = {} if granted is None else {"granted": granted}
    notice = notice_of(ask("data-protection", "2025-06-01", **facts), "former-data-protection")
    assert (notice.level, notice.citation.label) == ("warning", f"{FORMER}第三十四条第二款")
    assert ("had no shorter length" in notice.text) == shorter


# ------------------------------------------------------------------------- days that come too late


def steps_of(answer: ExpiryAnswer, rule: str) -> list[str]:
    assert answer.explanation
    return [step.text for step in answer.explanation if step.rule == rule]


def test_a_lead_too_short_for_the_law_does_not_hide_the_usual_day(ask: Any) -> None:
    answer = ask(PRODUCTION, "2026-06-01", renewal_lead=RenewalLead(days=10), as_of=day("2031-01-01"))
    assert answer.renewal
    assert (answer.renewal.apply_by, answer.renewal.usual_apply_by) == (day("2031-05-01"), day("2030-11-30"))
    assert answer.renewal.days_to_apply == (day("2031-05-01"), day("2030-11-30"))
    assert "2030-11-30" in notice_of(answer, "apply-by-passed").text


@pytest.mark.parametrize(
    ("term", "start", "to_apply", "told"),
    [
        (
            "glp-certificate",
            "2026-09-01",
            "2031-08-01",
            "2031年8月1日",
        ),  # ALL 50: 30 days; 20 working days leave more
        (DISTRIBUTION, "2026-09-01", "2031-06-30", "2031年6月30日"),  # the window closes two months before
        (PRODUCTION, "2026-06-01", "2030-11-30", "2030年11月30日"),  # the lead of the former Regulation
    ],
)
def test_no_sentence_calls_a_day_the_last_one_that_lies_after_the_day_to_apply(
    term: str, start: str, to_apply: str, told: str, ask: Any
) -> None:
    answer = ask(term, start, lang="zh")
    assert answer.renewal
    assert day(to_apply) in answer.renewal.days_to_apply
    (review,) = steps_of(answer, "review-window")
    # What only the former Regulation asked for is not called a duty.
    assert (f"晚于按原条例提前期算出的{told}" if term == PRODUCTION else f"晚于应当申请的{told}") in review
    assert "最迟" not in review


def test_once_approved_nobody_is_late_and_nothing_has_lapsed(ask: Any) -> None:
    approved = {"renewal_approved_on": day("2031-03-10")}
    waiting = ask(REGISTRATION, "2026-06-01", as_of=day("2031-04-01"))
    assert "renewal-window-closed" in codes(waiting)
    settled = ask(REGISTRATION, "2026-06-01", as_of=day("2031-04-01"), **approved)
    assert "renewal-window-closed" not in codes(settled)
    # Before the approval the window still matters.
    assert "renewal-window-closed" in codes(ask(REGISTRATION, "2026-06-01", as_of=day("2031-03-09"), **approved))
    # The renewed term runs from 2031-06-01 through 2036-05-31.
    assert "expired" not in codes(ask(REGISTRATION, "2026-06-01", as_of=day("2036-05-31"), **approved))
    assert "expired" in codes(ask(REGISTRATION, "2026-06-01", as_of=day("2036-06-01"), **approved))


def test_before_the_windows_rule_the_former_regulation_decides(ask: Any) -> None:
    # Former DAR 17 and 41¶1: six months before the end. The departmental rule is taken from 2026-05-15 on.
    last_former = ask(DISTRIBUTION, "2021-07-15")
    assert last_former.renewal
    assert (last_former.last_day, last_former.renewal.window) == (day("2026-07-14"), UNSET)
    assert last_former.renewal.usual_apply_by == day("2026-01-14")
    first = ask(DISTRIBUTION, "2021-07-16")
    assert first.renewal
    assert first.renewal.window
    assert (first.renewal.window.opens, first.renewal.window.closes) == (day("2026-01-15"), day("2026-05-15"))
    # The six months had run while the former Regulation was in force, but the window is open until its own last day.
    assert first.renewal.usual_apply_by == day("2026-01-15")
    assert first.renewal.days_to_apply == (day("2026-05-15"), UNSET)
    last_of_both, window_alone = ask(DISTRIBUTION, "2021-11-15"), ask(DISTRIBUTION, "2021-11-16")
    assert (last_of_both.last_day, last_of_both.renewal.usual_apply_by) == (day("2026-11-14"), day("2026-05-14"))
    assert window_alone.renewal.usual_apply_by is UNSET


def test_an_approval_that_starts_no_new_term_here_leaves_every_warning(ask: Any) -> None:
    # Of a production licence the text knows no term after renewal, so a day of approval says nothing.
    late = {"as_of": day("2031-05-20")}
    warned = codes(ask(PRODUCTION, "2026-06-01", **late))
    told = codes(ask(PRODUCTION, "2026-06-01", renewal_approved_on=day("2031-03-10"), **late))
    assert "apply-by-passed" in warned
    assert "apply-by-passed" in told


def test_what_is_late_by_law_in_force_is_not_told_as_late_by_the_former_rule_alone(ask: Any) -> None:
    # Last day 2026-07-14: 30 days before it 2026-06-14 (ALL 50¶1), six months 2026-01-14 (former DAR 17).
    text = steps_of(ask(DISTRIBUTION, "2021-07-15", lang="zh"), "review-window")[0]
    assert "晚于应当申请的2026年6月14日" in text
    between = notice_of(ask(PRODUCTION, "2026-06-01", lang="zh", as_of=day("2031-01-10")), "apply-by-passed").text
    assert between.startswith("查询日2031年1月10日已过按原条例提前期的申请日2030年11月30日；")
    after_both = notice_of(ask(PRODUCTION, "2026-06-01", lang="zh", as_of=day("2031-05-02")), "apply-by-passed").text
    assert after_both.startswith("查询日2031年5月2日已过申请日2031年5月1日；")


def test_a_former_lead_that_ends_before_the_former_regulation_began_is_not_named(ask: Any) -> None:
    # Last days 2003-03-14 and 2003-03-15: six months before them 2002-09-14 and 2002-09-15, its first day.
    before, first = ask(PRODUCTION, "1998-03-15"), ask(PRODUCTION, "1998-03-16")
    assert (before.last_day, before.renewal.usual_apply_by) == (day("2003-03-14"), UNSET)
    assert (first.last_day, first.renewal.usual_apply_by) == (day("2003-03-15"), day("2002-09-15"))


def test_a_lead_before_the_window_makes_nobody_late(ask: Any) -> None:
    early = {"renewal_lead": RenewalLead(months=9)}
    waiting = ask(DISTRIBUTION, "2026-09-01", as_of=day("2031-01-15"), **early)
    assert {"renewal-window-not-open", "renewal-lead-before-window"} <= codes(waiting)
    assert "apply-by-passed" not in codes(waiting)
    assert waiting.renewal.days_to_apply == (day("2031-06-30"), UNSET)
    too_late = ask(DISTRIBUTION, "2026-09-01", as_of=day("2031-07-01"), **early)
    assert "2031-06-30" in notice_of(too_late, "apply-by-passed").text


def test_a_lead_after_the_window_is_not_told_as_the_day_to_apply(ask: Any) -> None:
    answer = ask(DISTRIBUTION, "2026-09-01", renewal_lead=RenewalLead(months=1), as_of=day("2031-08-05"))
    # The lead ends on 2031-07-31, a month after the window closed.
    (step,) = steps_of(answer, "renewal-lead")
    assert "2031-07-31" in step
    assert "2031-06-30" in step
    assert "2031-06-30" in notice_of(answer, "apply-by-passed").text


def test_a_lead_too_short_for_a_term_without_any_other_leaves_the_lead_unknown(ask: Any) -> None:
    assert "renewal-lead-unknown" in codes(ask("glp-certificate", "2026-09-01", renewal_lead=RenewalLead(days=10)))


def test_a_lead_outside_the_window_is_told(ask: Any) -> None:
    early = ask(DISTRIBUTION, "2026-09-01", renewal_lead=RenewalLead(months=9))
    assert "renewal-lead-before-window" in codes(early)
    on_the_first_day = ask(DISTRIBUTION, "2026-09-01", renewal_lead=RenewalLead(months=6))
    assert not {"renewal-lead-before-window", "renewal-lead-after-window"} & codes(on_the_first_day)


def test_a_former_protection_of_a_fixed_length_is_not_called_a_ceiling(ask: Any) -> None:
    assert "ceiling-assumed" not in codes(ask("data-protection", "2026-05-14"))
    assert "ceiling-assumed" in codes(ask("data-protection", "2026-05-15"))
