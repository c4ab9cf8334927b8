"""The page at / in a browser: what excludes a penalty, who else decides, and when to renew stand before all figures."""

from __future__ import annotations

from typing import Any

import pytest

from clients.pages import CHROMIUM, asked, copied, day_in_words, labelled, opened, paste, range_in_words, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

EXCLUDED = "已超过追责期限，不再给予行政处罚"
REFERENCE = "仅供参考"
LIMITATION = "《中华人民共和国行政处罚法》第三十六条第一款"

CONDUCT = "&conduct_from=2026-05-20&conduct_to=2026-06-01"
# APL 36: two years end on 2028-06-01, five on 2031-06-01.
BARRED = f"#fines?violation=81-1&goods_value=30000&severity=severe{CONDUCT}&discovered_on=2032-01-01"
IN_TIME = f"#fines?violation=81-1&goods_value=30000&severity=severe{CONDUCT}&discovered_on=2028-06-01"
BARRED_OPEN = f"#fines?violation=81-1&goods_value=30000{CONDUCT}&discovered_on=2032-01-01"
# 药品管理法129: ten to thirty times, less than 50,000 counted as 50,000.
AMOUNT = "50万元以上150万元以下"


def font_size(locator: Any) -> float:
    size: float = locator.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    return size


# ------------------------------------------------------------------------------------- time-barred


def test_that_a_case_is_time_barred_is_said_before_any_amount(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{BARRED}") as page:
        head = page.locator(".head")
        lines = [line for line in head.inner_text().split("\n") if line]
        assert lines[:4] == ["处罚", EXCLUDED, LIMITATION, REFERENCE]
        amounts = head.locator(".amount")
        assert amounts.all_inner_texts() == [EXCLUDED, AMOUNT]
        assert font_size(amounts.nth(1)) < font_size(amounts.nth(0))
        assert page.locator("[role=status].sr").last.inner_text().startswith(f"结果已更新：{EXCLUDED}；{REFERENCE}：")
        # Each part that shows measures or amounts says that they are for reference only.
        page.locator("#growth-title").wait_for()
        for title in ("tiers-title", "growth-title"):
            assert page.locator(f"#{title}").inner_text().endswith(REFERENCE)
            drawing = page.locator(f"[aria-labelledby={title}] .drawing").first
            assert drawing.get_attribute("aria-label").startswith(REFERENCE)
        assert REFERENCE in page.locator("[aria-labelledby=consequences-title]").inner_text()
        text = copied(page)
        assert f"{EXCLUDED}（{LIMITATION}）。\n以下情形、措施和数额仅供参考" in text
        assert text.index(EXCLUDED) < text.index("罚款：")


def test_of_a_time_barred_case_the_possibilities_too_are_for_reference_only(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{BARRED_OPEN}") as page:
        assert page.locator(".head .amount").first.inner_text() == EXCLUDED
        assert page.locator(".head .reference h3").inner_text() == "事实不全，结论未定"
        hints = page.locator(".alternative > .hint").all_inner_texts()
        assert hints == [f"可能的结果1 {REFERENCE}", f"可能的结果2 {REFERENCE}"]
        text = copied(page)
        assert text.index(EXCLUDED) < text.index("结论未定")


def test_a_case_in_time_says_nothing_of_the_kind(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{IN_TIME}") as page:
        assert page.locator(".head .amount").all_inner_texts() == [AMOUNT]
        assert REFERENCE not in page.locator(".answer").inner_text()
        text = copied(page)
        assert EXCLUDED not in text
        # 条例81¶1 and 药品管理法129, 139: all provisions on which the penalty rests.
        bases = ("药品管理法实施条例》第八十一条第一款", "药品管理法》第一百二十九条", "药品管理法》第一百三十九条")
        line = "、".join(f"《中华人民共和国{one}" for one in bases)
        assert f"依据：{line}。" in text
        assert page.locator(".head .cite").all_inner_texts() == line.split("、")


def test_a_time_barred_row_of_a_table_says_so_before_its_amount(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        paste(
            page,
            "violation\tgoods_value\tseverity\tconduct_from\tconduct_to\tdiscovered_on\tduties_fulfilled\n"
            "81-1\t30000\tsevere\t2026-05-20\t2026-06-01\t2032-01-01\t\n"
            "86-1\t\t\t\t\t\tFALSE\n",
        )
        page.get_by_role("button", name="开始计算").click()
        page.locator(".count", has_text="共2行，其中0行有误").wait_for()
        settle(page)
        barred, elsewhere = page.locator("td.outcome").all_inner_texts()
        assert barred.split("\n")[0] == EXCLUDED
        assert barred.endswith(f"{REFERENCE}：{AMOUNT}")
        assert elsewhere == labelled(url, "heading", "decided_elsewhere")
        assert "limitation" not in page.locator("tbody").inner_text().replace("limitation-", "")


# ------------------------------------------------------------------------------- where others decide


def test_an_exemption_with_open_facts_shows_both_outcomes_and_never_no_fine(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#fines?violation=86-1") as page:
        assert page.locator("#head-title").inner_text() == "事实不全，结论未定"
        elsewhere = labelled(url, "heading", "decided_elsewhere")
        assert page.locator(".alternative .amount").all_inner_texts() == ["免予处罚", elsewhere]
        answer = asked(url, "/v1/penalties", {"violation": "86-1"})
        cited = [one["label"] for one in answer["alternatives"][1]["decided_by"]]
        assert page.locator(".alternative").nth(1).locator(".cite").all_inner_texts() == cited
        assert "不处罚款" not in page.locator(".answer").inner_text().replace("免予处罚，不处罚款", "")
        assert "不处罚款" not in copied(page).replace("免予处罚，不处罚款", "")
        page.locator(".missing button").click()
        assert page.evaluate("document.activeElement.closest('[data-fact]').dataset.fact") == "duties_fulfilled"


def test_who_is_not_exempt_is_told_which_articles_decide(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#fines?violation=86-1&duties_fulfilled=false") as page:
        assert page.locator(".head .amount").inner_text() == labelled(url, "heading", "decided_elsewhere")
        assert page.locator("[aria-labelledby=consequences-title]").count() == 0
        assert "不处罚款" not in page.locator(".answer").inner_text()
        elsewhere = labelled(url, "heading", "decided_elsewhere")
        assert f"处罚：{elsewhere}。\n决定处罚的条款：《中华人民共和国药品管理法》第一百一十六条、" in copied(page)
        page.locator("#fact-duties_fulfilled label", has_text="是").click()
        page.locator("#fact-did_not_know_proven label", has_text="是").click()
        settle(page)
        assert page.locator(".head .amount").inner_text() == "免予处罚"
        assert "\n处罚：免予处罚。" in copied(page)


def test_an_article_that_punishes_nobody_sets_no_fine(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#fines?violation=87-1") as page:
        assert page.locator(".head .amount").inner_text() == "本条不设罚款"
        # There is only one tier, so it is no first one.
        assert page.locator(".head .tag").all_inner_texts() == [labelled(url, "tier", "single")]
        assert "不处罚款" not in page.locator(".answer").inner_text()
        assert "罚款：本条不设罚款。" in copied(page)


def test_a_tier_without_a_fine_says_that_none_is_imposed(chromium: Any, url: str) -> None:
    # 条例80¶1: order to correct and warning; the fine comes only where it was not corrected.
    with opened(chromium, f"{url}/#fines?violation=80-1-1&rectified=true") as page:
        assert page.locator("#head-title").inner_text() == "罚款"
        assert page.locator(".head .amount").inner_text() == "不处罚款"
        # There is a warning all the same, so that no penalty at all would be wrong.
        assert "罚款：不处罚款。\n措施：" in copied(page)


def test_a_tier_bears_the_name_that_fits_its_article(chromium: Any, url: str) -> None:
    # 条例83¶1: what has to fail is that the conditions of the filing are met again in time.
    with opened(chromium, f"{url}/#fines?violation=83-1&rectified=false&scope=institution") as page:
        assert page.locator(".head .tag.tier").inner_text() == "逾期仍不符合备案条件"
        assert "适用情形：逾期仍不符合备案条件。" in copied(page)


def test_a_fine_that_all_outcomes_share_is_shown_though_their_deemed_values_differ(chromium: Any, url: str) -> None:
    # The deemed value depends on the activity; a goods value above all of them leads to the same fine.
    facts = {"violation": "79-1-1", "goods_value": "1200000000", "severity": "ordinary"}
    with opened(chromium, f"{url}/#fines?violation=79-1-1&goods_value=1200000000&severity=ordinary") as page:
        answer = asked(url, "/v1/penalties", facts)
        assert (answer["determined"], "deemed_value" in answer["fine"]["basis"]) == (False, False)
        assert page.locator(".head .amount").inner_text() == range_in_words(answer["fine"])
        assert page.locator(".head .basis").inner_text().startswith("12亿元的")


def test_an_outcome_names_its_activity_in_brackets_behind_its_tier(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#fines?violation=79-1-1&goods_value=85000&severity=severe") as page:
        titles = page.locator(".alternative h3").all_inner_texts()
        assert titles == ["情节严重（生产）", "情节严重（批发）", "情节严重（零售）"]
        assert "可能的结果2：情节严重（批发）\n" in copied(page)


# -------------------------------------------------------------------------------------------- renewal

# Last day 2031-08-31; six to two months before it, at month ends: 2031-02-28 to 2031-06-30.
LICENCE = "#expiries?term=distribution-licence&start=2026-09-01&as_of=2031-07-05"


def test_the_days_to_apply_come_first_and_the_general_day_last_and_smaller(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{LICENCE}") as page:
        card = page.locator(".renewal")
        assert card.locator("dd").first.inner_text() == "2031年2月28日（星期五）至2031年6月30日（星期一）"
        text = card.inner_text()
        assert f"批发：{labelled(url, 'authority', 'provincial')}" in text
        assert text.rstrip().split("\n")[-1].startswith("最迟申请日（行政许可法一般规定）：2031年8月1日")
        assert font_size(card.locator("ul.hint")) < font_size(card.locator("dd").first)
        assert card.locator("ul.hint li").count() == 2
        text = copied(page)
        assert "申请期间：2031年2月28日至2031年6月30日。" in text
        assert text.index("申请期间：") < text.index("最迟申请日（行政许可法一般规定）：2031年8月1日")
        wholesale = f"批发：{labelled(url, 'authority', 'provincial')}"
        assert f"延续申请的受理机关：县级以上地方人民政府药品监督管理部门（{wholesale}）。" in text


def test_a_day_whose_holidays_are_not_announced_says_so_wherever_it_stands(chromium: Any, url: str) -> None:
    # Thirty working days before 2031-05-31 (条例30, ALL 42); nothing is announced for that year.
    with opened(chromium, f"{url}/#expiries?term=production-licence&start=2026-06-01") as page:
        name, projected = "最迟受理日（审批来得及办结）", labelled(url, "status", "projected")
        (line,) = [one for one in page.locator(".renewal ul.hint li").all_inner_texts() if one.startswith(name)]
        remark = UNSETTLED.format("2030年11月30日").replace("（", f"（{projected}，")
        assert line == f"{name}：2031年4月16日（星期三）{remark}"
        assert f"{name}：2031年4月16日{remark}。" in copied(page)


def test_the_timeline_draws_the_days_to_apply_as_a_band(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{LICENCE}") as page:
        listed = [one.split("\n") for one in page.locator(".events li").all_inner_texts()]
        names = [one[1] for one in listed]
        assert names == ["起始日", "申请期间首日", "申请期间届满日", "查询日", "最迟申请日（行政许可法一般规定）",
                         "最迟受理日（审批来得及办结）", "届满日"]  # fmt: skip
        assert [listed[at][2].split("（")[0] for at in (1, 2)] == ["2031年2月28日", "2031年6月30日"]
        drawings = page.locator(".drawing")
        assert drawings.count() == 2
        for drawing in drawings.all():
            band = drawing.locator("line.rail.window")
            flags = [float(one.get_attribute("x")) for one in drawing.locator("text.flag").all()]
            numbers = [one.text_content() for one in drawing.locator("text.flag").all()]
            # The band reaches from the flag of its first day to that of its last.
            assert float(band.get_attribute("x1")) == flags[numbers.index("2")]
            assert float(band.get_attribute("x2")) == flags[numbers.index("3")]


def test_the_term_after_re_registration_follows_the_day_of_its_approval(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#expiries?term=drug-registration&start=2026-06-01") as page:
        assert "再注册后的有效期" not in page.locator(".answer").inner_text()
        page.locator("summary", has_text="其他事实").click()
        page.get_by_label("再注册批准日", exact=True).fill("2031-07-10")
        settle(page)
        # NMPA notice 2024 no. 38: an approval after the end starts the new term.
        assert "2031年7月10日（星期四）至2036年7月9日（星期三）" in page.locator(".renewal").inner_text()
        assert "再注册后的有效期：2031年7月10日至2036年7月9日。" in copied(page)


@pytest.mark.parametrize(
    ("term", "end"),
    [
        ("api-approval", "证件方式"),
        ("production-licence", "证件方式"),
        ("data-protection", "民法典方式"),
    ],
)
def test_the_form_names_the_convention_of_the_term_and_offers_the_approval_where_it_matters(
    term: str, end: str, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/#expiries?term={term}&start=2026-06-01") as page:
        options = page.locator("#fact-convention label").all_inner_texts()
        assert options == [f"该项的计算方式（{end}）", "证件方式（对应日的前一日）", "民法典方式（对应日）"]
        assert page.locator("#fact-renewal_approved_on").count() == (1 if term == "api-approval" else 0)
        answer = asked(url, "/v1/expiries", {"term": term, "start": "2026-06-01"})
        assert page.locator(".head .amount").inner_text().startswith(day_in_words(answer["last_day"]))


def test_the_lead_of_the_former_regulation_is_shown_as_such(chromium: Any, url: str) -> None:
    # 原条例8: six months before the end; last day 2031-05-31.
    with opened(chromium, f"{url}/#expiries?term=production-licence&start=2026-06-01") as page:
        assert "最迟申请日（按原条例提前期，现行条例未规定）\n2030年11月30日" in page.locator(".renewal").inner_text()


def test_consent_counts_as_given_from_the_day_after_the_due_date(chromium: Any, url: str) -> None:
    # Accepted 2026-08-03: due 2026-10-30, deemed from the day after, a Saturday.
    with opened(chromium, f"{url}/#deadlines?step=clinical-trial-application&start=2026-08-03") as page:
        assert page.locator(".head .amount").inner_text().startswith("2026年10月30日")
        assert "自2026年10月31日（星期六）起" in page.locator(".head .figures").inner_text()
        assert "逾期后果：期满未通知的视为同意（自2026年10月31日起）。" in copied(page)


def test_a_clock_that_stands_leaves_no_due_date_in_the_text_for_documents(chromium: Any, url: str) -> None:
    address = "#deadlines?step=licence-decision&start=2026-06-01&clock_stops=2026-06-10~~hearing"
    with opened(chromium, f"{url}/{address}") as page:
        assert "\n没有届满日：仍在停止计时，或者条文只要求及时办理。\n" in copied(page)


LATE = "（晚于应当申请的{}，仅供参考）"
UNSETTLED = "（晚于按原条例提前期的{}，现行条例未规定，请核实）"
BY_LAW = "最迟申请日（行政许可法一般规定）"
BY_LEAD = "最迟申请日（按提前期）"


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        # The window of distribution licences closes on 2031-06-30, before 30 days ahead of the end (ALL 50¶1).
        ("distribution-licence&start=2026-09-01", {BY_LAW: ("2031-08-01", LATE.format("2031年6月30日"))}),
        # A lead that ends before the window opens sets no day; one that ends after it closed comes too late.
        (
            "distribution-licence&start=2026-09-01&renewal_lead_months=9",
            {BY_LAW: ("2031-08-01", LATE.format("2031年6月30日"))},
        ),
        (
            "distribution-licence&start=2026-09-01&renewal_lead_months=1",
            {
                BY_LAW: ("2031-08-01", LATE.format("2031年6月30日")),
                BY_LEAD: ("2031-07-31", LATE.format("2031年6月30日")),
            },
        ),
        # Beside a window the six months of the former Regulation (its Art. 17), 2026-01-15, make no day late.
        ("distribution-licence&start=2021-07-16", {BY_LAW: ("2026-06-15", LATE.format("2026年5月15日"))}),
        # Without one they are to be checked; a caller's lead takes their place.
        ("production-licence&start=2026-06-01", {BY_LAW: ("2031-05-01", UNSETTLED.format("2030年11月30日"))}),
        (
            "production-licence&start=2026-06-01&renewal_lead_months=3",
            {BY_LAW: ("2031-05-01", LATE.format("2031年2月28日"))},
        ),
        ("glp-certificate&start=2026-09-01", {BY_LAW: ("2031-08-01", "")}),
    ],
)
def test_a_day_later_than_the_one_to_apply_says_so_on_the_page_and_in_the_text_for_documents(
    facts: str, lines: dict[str, tuple[str, str]], chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/#expiries?term={facts}") as page:
        settle(page)
        shown = page.locator(".renewal ul.hint li").all_inner_texts()
        text = copied(page)
    for name, (day, remark) in lines.items():
        (line,) = [one for one in shown if one.startswith(name)]
        assert day_in_words(day) in line
        assert line.endswith(remark or "）")  # without a remark the day of the week is the last
        assert ("晚于" in line) == bool(remark)
        assert f"{name}：{day_in_words(day)}{remark}" in text
