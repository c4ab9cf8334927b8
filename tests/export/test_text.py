"""Answers as text for a terminal: what stands in their lines."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import words
from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.calculators.calculate import Kind, calculate
from penaltycalc.calculators.calendar_queries import YearQuery, describe_year
from penaltycalc.calculators.catalogue import describe_rulebook
from penaltycalc.export.text import format_answer, format_calendar, format_rulebook
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.wording import LANGUAGES, Language

Lines = Callable[..., list[str]]


@pytest.fixture
def lines(rulebook: Rulebook, calendar: WorkingCalendar) -> Lines:
    """The lines of an answer to these facts."""

    def answer(kind: Kind, lang: Language = "zh", **facts: str) -> list[str]:
        found = calculate(parse_flat(kind, facts), rulebook, calendar, lang=lang)
        return format_answer(found, rulebook, lang).splitlines()

    return answer


def test_an_answer_begins_with_its_title_and_ends_with_what_it_rests_on(lines: Lines) -> None:
    found = lines("deadline", step="licence-delivery", start="2026-09-24")
    assert found[:2] == ["行政许可证件颁发、送达", "届满日（含当日）：2026年10月15日"]
    assert [line.partition(" sha256:")[0] for line in found[-3:]] == ["  法律数据", "  日历数据", "  事实校验码"]
    assert lines("expiry", "en", term="drug-registration", start="2026-06-01")[0] == "Drug registration certificate"


def test_the_days_between_which_a_projected_day_may_lie_are_told_in_words(lines: Lines) -> None:
    # The notice for 2027 may swap weekend days and working days around New Year.
    found = lines("deadline", step="production-licence", start="2026-11-18")
    assert "放假安排公布后可能为：2026年12月28日至2027年1月4日" in found
    found = lines("deadline", "en", step="production-licence", start="2026-11-18")
    assert "Once announced it may be: 2026-12-28 to 2027-01-04" in found


def test_a_projected_day_that_no_notice_can_move_is_told_to_be_the_same(lines: Lines) -> None:
    # From 12 July to 26 July 2027 no statutory day is within ten days: both ends of the bracket are the due date.
    found = lines("deadline", step="licence-delivery", start="2027-07-12")
    assert found[1:4] == ["届满日（含当日）：2027年7月26日", "放假安排：推算", "无论放假如何安排，届满日都不变"]
    assert [line for line in found if line.startswith("放假安排公布后可能为")] == []
    found = lines("deadline", "en", step="licence-delivery", start="2027-07-12")
    assert found[1:4] == [
        "Due date (inclusive): 2027-07-26",
        "Holidays: projected",
        "The due date is the same whatever is announced",
    ]
    assert [line for line in found if line.startswith("Once announced")] == []


def test_a_latest_day_that_the_calendar_does_not_reach_is_left_out(lines: Lines) -> None:
    found = lines("deadline", step="clinical-trial-application", start="2100-09-30")
    (line,) = [line for line in found if line.startswith("放假安排公布后可能为")]
    assert line.startswith("放假安排公布后可能为：自2100年12月")
    assert line.endswith("日起")


def test_both_conventions_are_named(lines: Lines) -> None:
    found = lines("expiry", term="drug-registration", start="2026-06-01")
    assert "两种计算方式：证件方式2031年5月31日，民法典方式2031年6月1日" in found
    found = lines("expiry", "en", term="drug-registration", start="2026-06-01")
    assert "By both methods: certificate method 2031-05-31, Civil Code method 2031-06-01" in found


def test_a_tier_has_the_title_of_its_row(lines: Lines) -> None:
    assert "适用情形：逾期仍不符合备案条件" in lines("penalty", violation="83-1", rectified="false", scope="specialty")
    assert "适用情形：不分情形" in lines("penalty", violation="87-1")


def test_what_an_outcome_assumes_stands_behind_its_tier(lines: Lines) -> None:
    assert [line for line in lines("penalty", violation="83-2") if line.startswith("  适用情形")] == [
        "  适用情形：不分情形（相关药物临床试验专业）",
        "  适用情形：不分情形（药物临床试验机构）",
    ]
    assert [line for line in lines("penalty", "en", violation="83-2") if line.startswith("  Tier")] == [
        "  Tier: single tier (the clinical trial specialty concerned)",
        "  Tier: single tier (the clinical trial institution)",
    ]


@pytest.mark.parametrize(
    ("facts", "zh", "en"),
    [
        # DAR 85¶1: 20,000 to 200,000 yuan for each person.
        (
            {"violation": "85-1", "goods_value": "0", "person_name": "某甲"},
            "责任人员（其他责任人员某甲）：处2万元以上20万元以下罚款",
            "Person (other responsible person 某甲): fine of 20,000 to 200,000 yuan",
        ),
        # DAL 126: a share of an income that was not given, and the income itself.
        (
            {"violation": "82-2"},
            (
                "责任人员（其他责任人员）：罚款数额未算出；没收违法行为发生期间自本单位所获收入；"
                "10年直至终身禁止从事药品生产经营等活动"
            ),
            (
                "Person (other responsible person): amount of the fine not computed; "
                "confiscation of the income from the unit during the violation; "
                "ban on drug production, trade and other activities for 10 years to life"
            ),
        ),
    ],
)
def test_the_line_of_a_person_begins_with_who_it_is(facts: dict[str, str], zh: str, en: str, lines: Lines) -> None:
    for lang, heading, line in (("zh", "责任人员", zh), ("en", "Person", en)):
        found = lines("penalty", lang, severity="severe", person_role="other", **facts)
        assert [one for one in found if one.startswith(heading)] == [line]


def test_a_number_of_days_stands_beside_its_unit(lines: Lines) -> None:
    facts = {
        "step": "licence-decision",
        "start": "2026-06-01",
        "extension_working_days": "5",
        "clock_stops": "2026-06-03/2026-06-10:hearing",
        "as_of": "2026-07-30",
    }
    # 20 and 5 days end on 15 July, with six days of the stop left out; 16 to 30 July are eleven working days.
    assert "期限25个工作日，已用25个工作日，剩余0个工作日，逾期11个工作日" in lines("deadline", **facts)
    assert (
        "Length: 25 (working days), used: 25 (working days), left: 0 (working days), overdue: 11 (working days)"
    ) in lines("deadline", "en", **facts)
    # From 1 May to 31 May 2031, the last day.
    facts = {"term": "drug-registration", "start": "2026-06-01", "as_of": "2031-05-01"}
    assert "剩余天数：30日" in lines("expiry", **facts)
    assert "Days left: 30" in lines("expiry", "en", **facts)


@pytest.mark.parametrize(
    ("year", "zh", "en"),
    [
        (2025, "2025年：已公布", "2025: announced"),
        # The notice for 2027 may still change the last days of 2026.
        (
            2026,
            "2026年：2026年12月23日及以前已公布，此后为推算",
            "2026: announced through 2026-12-23, projected after that",
        ),
        (2027, "2027年：推算", "2027: projected"),
    ],
)
def test_a_year_begins_with_what_is_announced_of_it(
    year: int, zh: str, en: str, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    heads: dict[Language, str] = {"zh": zh, "en": en}
    for lang, head in heads.items():
        found = describe_year(YearQuery(year=year), rulebook, calendar, lang=lang)
        assert format_calendar(found, rulebook, lang).splitlines()[0] == head


def test_the_two_limits_of_a_case_are_joined_in_words(lines: Lines) -> None:
    found = lines("penalty", violation="84-1", conduct_from="2026-06-01", conduct_to="2026-06-30")
    (line,) = [line for line in found if line.startswith("追责期限")]
    assert line == "追责期限届满日（2年、5年）：2028年6月30日、2031年6月30日（适用哪个期限未定）"


TOO_LATE = {"conduct_from": "2026-06-01", "conduct_to": "2026-06-30", "discovered_on": "2031-07-01"}
AMOUNT = re.compile(r"\d[万亿]?元|\d yuan")


@pytest.mark.parametrize(
    ("lang", "says"),
    [("zh", "已超过追责期限，不再给予行政处罚"), ("en", "The limitation period has passed: no penalty is imposed")],
)
@pytest.mark.parametrize("facts", [{"violation": "85-2", "severity": "severe"}, {"violation": "84-1"}])
def test_that_a_case_is_time_barred_stands_before_every_amount(
    facts: dict[str, str], lang: Language, says: str, lines: Lines
) -> None:
    found = lines("penalty", lang, **facts, **TOO_LATE)
    assert found[1].startswith(says)
    assert "《中华人民共和国行政处罚法》第三十六条" in found[1]
    assert AMOUNT.search(found[0]) is None
    assert any(AMOUNT.search(line) for line in found)
    assert not lines("penalty", lang, **facts)[1].startswith(says)


def test_a_penalty_names_all_that_it_rests_on_in_the_order_of_a_decision(lines: Lines) -> None:
    law, regulation = "《中华人民共和国药品管理法》", "《中华人民共和国药品管理法实施条例》"
    (line,) = [
        line
        for line in lines("penalty", violation="81-1", severity="severe", goods_value="1")
        if line.startswith("依据：")
    ]
    assert line == f"依据：{regulation}第八十一条第一款、{law}第一百二十九条、{law}第一百三十九条"
    assert f"依据：{regulation}第八十四条第一款" in lines("penalty", violation="84-1", severity="severe")


@pytest.mark.parametrize(
    ("lang", "measure", "ban"),
    [
        ("zh", "药品经营许可证等", "10年直至终身禁止从事药品生产经营等活动"),
        ("en", "distribution licence, and others", "trade and other activities for 10 years to life"),
    ],
)
def test_lists_that_the_law_leaves_open_end_so(lang: Language, measure: str, ban: str, lines: Lines) -> None:
    found = lines("penalty", lang, violation="82-2", severity="severe")
    assert [line for line in found if line.endswith(measure)] != []
    assert len([line for line in found if ban in line and not line.startswith("  ")]) == 4  # one for each role


@pytest.mark.parametrize(
    ("lang", "article", "second"), [("zh", "第一百一十六条", "可能的结果2"), ("en", "116", "Possible outcome 2")]
)
def test_nothing_says_that_who_is_not_exempt_pays_nothing(
    lang: Language, article: str, second: str, lines: Lines
) -> None:
    decided = lines("penalty", lang, violation="86-1", duties_fulfilled="false")
    assert [line for line in decided if words.find_no_fine(line)] == []
    assert any(article in line for line in decided[:6])
    # While it is open, the second possibility is the one without an exemption; the first one has no line on a fine.
    open_ = lines("penalty", lang, violation="86-1", duties_fulfilled="true")
    result = open_[: open_.index("")]
    assert [line for line in result if words.find_no_fine(line)] == []
    assert any(article in line for line in result[result.index(second) :])
    assert not any(article in line for line in result[: result.index(second)])


def test_notices_have_no_codes(lines: Lines) -> None:
    notices = [line for line in lines("penalty", violation="84-1") if line.startswith(("  提示：", "  警示："))]
    assert len(notices) > 3
    assert [line for line in notices if line.endswith(("law-as-of)", "bounds-included)"))] == []


def test_the_rulebook_is_described_in_the_language_asked_for(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    zh = format_rulebook(describe_rulebook(rulebook, calendar, "zh"), rulebook.wordings["zh"])
    en = format_rulebook(describe_rulebook(rulebook, calendar, "en"), rulebook.wordings["en"])
    assert "  已公布2007年1月1日至2026年12月23日，推算至2100年12月31日" in zh.splitlines()
    assert "  announced from 2007-01-01 to 2026-12-23, projected to 2100-12-31" in en.splitlines()
    assert zh.splitlines()[1].startswith("法律数据 sha256:")
    assert en.splitlines()[1].startswith("Law data sha256:")


def test_a_day_after_the_one_to_apply_is_marked(lines: Lines) -> None:
    found = lines("expiry", term="distribution-licence", start="2026-09-01")
    assert found.index("申请期间：2031年2月28日至6月30日（含首尾两日）") < found.index(
        "最迟申请日（行政许可法一般规定）：2031年8月1日（晚于应当申请的2031年6月30日，仅供参考）"
    )
    found = lines("expiry", "en", term="drug-registration", start="2026-06-01", renewal_lead_months="12")
    assert "Apply by (with lead time): 2030-05-31" in found


def test_a_regulator_that_answers_itself_is_not_said_to_be_fined_nothing(lines: Lines) -> None:
    for lang in LANGUAGES:
        found = "\n".join(lines("penalty", lang, violation="87-1"))
        assert not re.search(r"罚款：|Fine: |不处罚款|No fine in this tier", found)


def test_a_case_between_the_limits_says_so_before_its_amounts(lines: Lines) -> None:
    facts = {"conduct_from": "2026-06-01", "conduct_to": "2026-06-10", "discovered_on": "2028-06-11"}
    found = lines("penalty", violation="85-2", severity="severe", **facts)
    assert (
        found[1] == "是否超过追责期限尚未确定，取决于是否涉及公民生命健康安全、金融安全且有危害后果；以下以未超过为前提"
    )
