"""When a licence or a protection ends: hard edges, sentences and refusals beside the worked cases."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

import laws
from penaltycalc import ExpiryAnswer, ExpiryRequest, Granted, LawRefuses, RenewalLead, Rulebook, WorkingCalendar, expiry


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.fixture
def ask(rulebook: Rulebook, calendar: WorkingCalendar) -> Any:
    """Answers a term from a day with its facts, in English unless asked otherwise."""

    def answer(term: str, start: str, lang: Any = "en", **facts: Any) -> ExpiryAnswer:
        return expiry(ExpiryRequest(term=term, start=day(start), **facts), rulebook, calendar, lang=lang)

    return answer


def refusal(ask: Any, term: str, start: str, **facts: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    with pytest.raises(LawRefuses) as refused:
        ask(term, start, **facts)
    return [(fault.code, fault.where) for fault in refused.value.faults]


def codes(answer: ExpiryAnswer) -> list[str]:
    return [notice.code for notice in answer.notices]


def texts(answer: ExpiryAnswer) -> dict[str, str]:
    assert answer.explanation
    return {step.rule: step.text for step in answer.explanation}


# ---------------------------------------------------------------------------------- both conventions


@pytest.mark.parametrize(
    ("start", "certificate", "civil_code"),
    [
        ("2026-06-01", "2031-05-31", "2031-06-01"),
        ("2023-03-01", "2028-02-29", "2028-03-01"),
        ("2028-02-29", "2033-02-28", "2033-02-28"),  # no corresponding day: both end the month
        ("2027-02-28", "2032-02-27", "2032-02-28"),
        ("2027-01-01", "2031-12-31", "2032-01-01"),
    ],
)
def test_the_last_day_by_both_conventions(start: str, certificate: str, civil_code: str, ask: Any) -> None:
    by_default = ask("production-licence", start)
    assert (by_default.by_convention.certificate, by_default.by_convention.civil_code) == (
        day(certificate),
        day(civil_code),
    )
    assert by_default.last_day == day(certificate)
    assert ask("production-licence", start, convention="civil-code").last_day == day(civil_code)


def test_every_rule_is_told_with_what_it_did(ask: Any) -> None:
    answer = ask("distribution-licence", "2026-06-01", renewal_lead=RenewalLead(months=6), as_of=day("2026-12-01"))
    assert [(step.rule, step.before, step.after) for step in answer.explanation] == [
        ("applicable-law", "2026-06-01", "dar"),
        ("length", UNSET, "P5Y"),
        ("convention", "2026-06-01", "2031-05-31"),
        ("renewal-window", "2031-05-31", "2030-11-30..2031-03-31"),
        ("renewal-lead", "2031-05-31", "2030-11-30"),
        ("renewal", "2031-05-31", "2031-05-01"),
        ("review-window", "2031-05-31", "2031-05-04"),
        ("days-left", "2026-12-01", "1642"),
        ("result", UNSET, "2031-05-31"),
    ]


def test_the_sentences_name_the_length_as_people_write_it(ask: Any) -> None:
    facts: dict[str, Any] = {"granted": Granted(years=3, months=2, days=1)}
    english = texts(ask("orphan-exclusivity", "2026-06-01", **facts))
    assert english["length"] == "Granted: 3 years 2 months 1 day; the law allows up to 7 years."
    chinese = texts(ask("orphan-exclusivity", "2026-06-01", lang="zh", **facts))
    assert chinese["length"] == "核定期限为3年2个月1日，法定最长期限为7年。"
    assert chinese["result"] == "结论：2029年8月2日届满，含当日。"


def test_a_month_without_the_corresponding_day_is_told(ask: Any) -> None:
    assert "没有对应日" in texts(ask("production-licence", "2028-02-29", lang="zh"))["convention"]
    assert (
        "no corresponding day" in texts(ask("production-licence", "2028-02-29", convention="civil-code"))["convention"]
    )
    assert "no corresponding day" not in texts(ask("production-licence", "2028-03-01"))["convention"]


def test_an_answer_is_chinese_unless_asked_otherwise(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    request = ExpiryRequest(term="production-licence", start=day("2026-06-01"))
    assert expiry(request, rulebook, calendar) == expiry(request, rulebook, calendar, lang="zh")


SHORTER_BEFORE = """
[[term]]
id = "glp-certificate"
citation = { article = 7, paragraph = 2 }
in_force_from = 2020-01-01
in_force_until = 2026-05-14
length = { years = 3 }
convention = "certificate"
issued_before = "warning"

[[term]]
id = "glp-certificate"
"""


def test_the_length_in_force_on_the_first_day_counts(tmp_path: Path, calendar: WorkingCalendar) -> None:
    own = '\n[[term]]\nid = "glp-certificate"\n'
    amended = laws.amended(tmp_path, "law/regulation.toml", own, SHORTER_BEFORE)
    for start, last in (("2026-05-14", "2029-05-13"), ("2026-05-15", "2031-05-14")):
        request = ExpiryRequest(term="glp-certificate", start=day(start))
        assert expiry(request, amended, calendar).last_day == day(last)


# ---------------------------------------------------------------------------------- granted lengths


@pytest.mark.parametrize(
    ("granted", "convention", "last"),
    [
        (Granted(years=7), "certificate", "2033-05-31"),
        (Granted(months=84), "certificate", "2033-05-31"),
        (Granted(months=84), "civil-code", "2033-06-01"),
        (Granted(years=6, months=12), "certificate", "2033-05-31"),
        (Granted(days=1), "certificate", "2026-06-01"),
        (Granted(days=1), "civil-code", "2026-06-02"),
        (Granted(days=2557), "civil-code", "2033-06-01"),  # seven years with two leap days, 2028 and 2032
    ],
)
def test_a_granted_length_up_to_the_cap_is_taken(granted: Granted, convention: Any, last: str, ask: Any) -> None:
    answer = ask("orphan-exclusivity", "2026-06-01", granted=granted, convention=convention)
    assert answer.last_day == day(last)
    assert "ceiling-assumed" not in codes(answer)


@pytest.mark.parametrize("granted", [Granted(years=7, days=1), Granted(months=85), Granted(days=2558)])
def test_a_day_more_than_the_cap_is_refused(granted: Granted, ask: Any) -> None:
    with pytest.raises(LawRefuses) as refused:
        ask("orphan-exclusivity", "2026-06-01", granted=granted, convention="civil-code")
    assert (refused.value.code, refused.value.where) == ("over-the-cap", ("granted",))
    assert refused.value.facts["cap"] == day("2033-06-01")


def test_nothing_granted_means_the_ceiling_with_a_warning(ask: Any) -> None:
    answer = ask("data-protection", "2026-06-01")
    assert answer.last_day == day("2032-06-01")
    (notice,) = (one for one in answer.notices if one.code == "ceiling-assumed")
    assert (notice.level, "6 years" in notice.text) == ("warning", True)


def test_a_length_that_the_law_fixes_cannot_be_granted(ask: Any) -> None:
    assert refusal(ask, "drug-registration", "2026-06-01", granted=Granted(years=5)) == [
        ("fact-out-of-range", ("granted",))
    ]


def test_an_empty_length_is_refused(ask: Any) -> None:
    assert refusal(ask, "orphan-exclusivity", "2026-06-01", granted=Granted(), renewal_lead=RenewalLead()) == [
        ("fact-out-of-range", ("granted",)),
        ("fact-out-of-range", ("renewal_lead",)),
    ]


# ----------------------------------------------------------------------------------------- early end


@pytest.mark.parametrize(
    ("ended_on", "last", "early", "note"),
    [
        ("2026-06-01", "2026-06-01", True, "ended-early"),
        ("2031-05-30", "2031-05-30", True, "ended-early"),
        ("2031-05-31", "2031-05-31", False, None),
        ("2031-06-01", "2031-05-31", False, "ended-after-term"),
    ],
)
def test_a_term_may_end_sooner_but_not_later(ended_on: str, last: str, early: bool, note: str | None, ask: Any) -> None:
    answer = ask("production-licence", "2026-06-01", ended_on=day(ended_on))
    assert (answer.last_day, answer.ended_early) == (day(last), early)
    assert [code for code in codes(answer) if code.startswith("ended")] == ([note] if note else [])
    assert (answer.renewal is UNSET) == early
    assert answer.by_convention.certificate == day("2031-05-31")


@pytest.mark.parametrize(
    ("ended_on", "lang", "result"),
    [
        ("2031-05-30", "zh", "结论：提前于2031年5月30日终止，当日仍有效。"),
        ("2031-05-30", "en", "Result: it ended early; the last valid day is 2031-05-30."),
        ("2031-05-31", "zh", "结论：2031年5月31日届满，含当日。"),
        ("2031-05-31", "en", "Result: the last day is 2031-05-31, inclusive."),
    ],
)
def test_the_result_of_a_term_that_ended_early_says_so(ended_on: str, lang: str, result: str, ask: Any) -> None:
    answer = ask("production-licence", "2026-06-01", lang=lang, ended_on=day(ended_on))
    assert (answer.explanation[-1].rule, answer.explanation[-1].after) == ("result", ended_on)
    assert answer.explanation[-1].text == result


def test_an_end_on_the_last_day_is_told_to_change_nothing(ask: Any) -> None:
    told = texts(ask("production-licence", "2026-06-01", ended_on=day("2031-05-31")))
    assert told["early-end"] == "The end given, 2031-05-31, is not before the last day 2031-05-31 and changes nothing."


# ------------------------------------------------------------------------------------------- renewal


def test_renewal_is_applied_for_thirty_days_before_the_last_valid_day(ask: Any) -> None:
    # The example of the contract: last day 14 May 2031.
    answer = ask("production-licence", "2026-05-15")
    assert (answer.last_day, answer.renewal.latest_by_licensing_law) == (day("2031-05-14"), day("2031-04-14"))
    assert answer.renewal.apply_by is UNSET
    assert "renewal-lead-unknown" not in codes(answer)
    unknown = ask("glp-certificate", "2026-05-15")
    assert (unknown.renewal.window, unknown.renewal.usual_apply_by) == (UNSET, UNSET)
    assert "renewal-lead-unknown" in codes(unknown)


@pytest.mark.parametrize(
    ("lead", "apply_by", "short"),
    [
        (RenewalLead(months=6), "2030-11-30", False),  # November has no 31st
        (RenewalLead(days=31), "2031-04-30", False),
        (RenewalLead(days=30), "2031-05-01", False),
        (RenewalLead(days=29), "2031-05-01", True),  # the licensing law stands
        (RenewalLead(months=1), "2031-04-30", False),
        (RenewalLead(months=1, days=1), "2031-04-29", False),
    ],
)
def test_a_lead_moves_the_application_forward_only(lead: RenewalLead, apply_by: str, short: bool, ask: Any) -> None:
    answer = ask("production-licence", "2026-06-01", renewal_lead=lead)
    assert answer.renewal.latest_by_licensing_law == day("2031-05-01")
    assert answer.renewal.apply_by == day(apply_by)
    assert ("renewal-lead-too-short" in codes(answer)) == short
    assert "renewal-lead-unknown" not in codes(answer)


def test_the_review_fits_when_accepted_the_day_before_its_first_counted_day(ask: Any) -> None:
    # Distribution licences count 20 working days: 5 to 30 May 2031. Production licences count 30, of which the
    # ten more are 30, 29, 28, 25, 24, 23, 22, 21, 18 and 17 April.
    distribution = ask("distribution-licence", "2026-06-01").renewal
    assert (distribution.review_fits_until, distribution.review_status) == (day("2031-05-04"), "projected")
    assert ask("production-licence", "2026-06-01").renewal.review_fits_until == day("2031-04-16")


def test_a_review_window_in_announced_days_is_official(ask: Any) -> None:
    answer = ask("production-licence", "2021-09-01")
    assert answer.last_day == day("2026-08-31")
    assert answer.renewal.review_status == "official"
    assert "projected" not in codes(answer)


@pytest.mark.parametrize("start", ["2096-01-02", "2001-12-31", "1949-10-01"])
def test_a_review_window_outside_the_calendar_is_noted_and_left_out(start: str, ask: Any) -> None:
    answer = ask("production-licence", start)
    assert (answer.renewal.review_fits_until, answer.renewal.review_status) == (UNSET, UNSET)
    assert "review-window-outside-calendar" in codes(answer)


def test_who_renews(ask: Any) -> None:
    registration = ask("drug-registration", "2026-06-01").renewal.renewed_by
    assert (registration.authority, registration.foreign_holder_authority) == ("provincial", "national")
    assert registration.citation.label == "《中华人民共和国药品管理法实施条例》第十七条第二款"
    distribution = ask("distribution-licence", "2026-06-01").renewal.renewed_by
    assert (distribution.authority, distribution.foreign_holder_authority) == ("local_county_or_above", UNSET)


def test_a_protection_cannot_be_renewed(ask: Any) -> None:
    answer = ask("data-protection", "2026-06-01", renewal_lead=RenewalLead(months=6))
    assert answer.renewal is UNSET
    assert "fact-not-used" in codes(answer)


# ----------------------------------------------------------------------------------------- days left


@pytest.mark.parametrize(
    ("as_of", "left", "note"),
    [
        ("2031-05-31", 0, None),
        ("2031-05-30", 1, None),
        ("2031-06-01", 0, "expired"),
        ("2026-06-01", 1825, None),  # five years of 365 days and one leap day, less the first day itself
        ("2026-05-31", 1826, "not-yet-begun"),
    ],
)
def test_days_left_after_a_day(as_of: str, left: int, note: str | None, ask: Any) -> None:
    answer = ask("production-licence", "2026-06-01", as_of=day(as_of))
    assert answer.days_left == left
    assert [code for code in codes(answer) if code in {"expired", "not-yet-begun"}] == ([note] if note else [])


def test_without_a_day_no_days_are_counted(ask: Any) -> None:
    assert ask("production-licence", "2026-06-01").days_left is UNSET


# ------------------------------------------------------------------------------- before the commencement


@pytest.mark.parametrize(
    ("term", "code", "level"),
    [
        ("production-licence", "issued-before-commencement", "info"),
        ("drug-registration", "issued-before-commencement", "info"),
        ("glp-certificate", "former-rule-unknown", "warning"),
        ("hospital-preparation-registration", "former-rule-unknown", "warning"),
        ("data-protection", "former-data-protection", "warning"),
    ],
)
def test_what_was_issued_before_the_commencement_is_noted(term: str, code: str, level: str, ask: Any) -> None:
    (notice,) = (one for one in ask(term, "2026-05-14").notices if one.code == code)
    assert notice.level == level
    assert code not in codes(ask(term, "2026-05-15"))


@pytest.mark.parametrize("term", ["paediatric-exclusivity", "orphan-exclusivity"])
def test_what_did_not_exist_before_the_commencement_is_refused(term: str, ask: Any) -> None:
    assert refusal(ask, term, "2026-05-14") == [("not-in-force", ("start",))]
    assert "exclusivity-start-chosen" in codes(ask(term, "2026-05-15"))


# ------------------------------------------------------------------------------------------ refusals


def test_days_out_of_reach_are_refused_all_together(ask: Any) -> None:
    before = day("1949-09-30")
    assert refusal(ask, "production-licence", "1949-09-30", ended_on=before, as_of=before) == [
        ("outside-calendar", ("start",)),
        ("outside-calendar", ("ended_on",)),
        ("outside-calendar", ("as_of",)),
    ]


def test_an_end_before_the_start_is_refused(ask: Any) -> None:
    assert refusal(ask, "production-licence", "2026-06-01", ended_on=day("2026-05-31")) == [
        ("dates-out-of-order", ("ended_on",))
    ]


def test_faults_of_another_kind_wait_for_those_before_them(ask: Any) -> None:
    facts: dict[str, Any] = {"ended_on": day("2026-05-31"), "granted": Granted(years=5)}
    assert refusal(ask, "production-licence", "2026-06-01", **facts) == [("dates-out-of-order", ("ended_on",))]


def test_a_term_that_ends_after_the_year_9999_is_refused(ask: Any) -> None:
    assert ask("production-licence", "9994-12-31").last_day == day("9999-12-30")
    assert refusal(ask, "production-licence", "9995-01-01") == [("outside-calendar", ("start",))]


def test_a_granted_length_that_cannot_be_reached_is_refused(ask: Any) -> None:
    assert refusal(ask, "data-protection", "9990-01-01", granted=Granted(years=999)) == [
        ("outside-calendar", ("start",))
    ]


@pytest.mark.parametrize(
    ("lead", "convention"),
    [
        (RenewalLead(months=9999, days=99_999), UNSET),  # counted back from 2031 it lies in the year 924
        (RenewalLead(months=61), "civil-code"),
        # Five years before 2031-05-31 is 2026-05-31, a day before the certificate.
        (RenewalLead(months=60), UNSET),
        (RenewalLead(days=1826), UNSET),
    ],
)
def test_a_lead_that_reaches_back_before_the_start_is_refused(lead: RenewalLead, convention: Any, ask: Any) -> None:
    assert refusal(ask, "production-licence", "2026-06-01", renewal_lead=lead, convention=convention) == [
        ("fact-out-of-range", ("renewal_lead",))
    ]


@pytest.mark.parametrize(
    ("lead", "convention"),
    [
        (RenewalLead(months=60), "civil-code"),  # by the Civil Code the last day is the anniversary of the start
        (RenewalLead(days=1825), UNSET),  # five times 365 days and a leap day, less the first day itself
    ],
)
def test_a_lead_may_reach_back_to_the_start(lead: RenewalLead, convention: Any, ask: Any) -> None:
    answer = ask("production-licence", "2026-06-01", renewal_lead=lead, convention=convention)
    assert answer.renewal.apply_by == day("2026-06-01")


def test_the_longest_lead_is_refused_on_the_earliest_term(ask: Any) -> None:
    # 30 September 1954 less 833 years and 3 months is 30 June 1121, less 99,999 days a day in the year 847.
    lead = RenewalLead(months=9999, days=99_999)
    assert refusal(ask, "production-licence", "1949-10-01", renewal_lead=lead) == [
        ("fact-out-of-range", ("renewal_lead",))
    ]


def test_an_unknown_term_is_refused(ask: Any) -> None:
    assert refusal(ask, "licence", "2026-06-01") == [("unknown-term", ("term",))]


# ---------------------------------------------------------------------------------- what answers carry


def test_the_reference_is_no_part_of_the_facts(ask: Any) -> None:
    plain = ask("production-licence", "2026-06-01")
    other = ask("production-licence", "2026-06-01", ref="案-7")
    assert (other.ref, plain.ref) == ("案-7", UNSET)
    assert plain.provenance.inputs == other.provenance.inputs
