"""The page at / in a browser: facts of one case never decide another, and a result never stands beside other facts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from clients.pages import CHROMIUM, asked, choose, day_in_words, opened, paste, settle, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

ONLINE = (
    "#fines?violation=79-1-4&goods_value=85000&activity=retail&severity=severe"
    "&conduct_from=2026-05-20&conduct_to=2026-06-01&discovered_on=2026-07-01"
)
STOPPED = (
    "#deadlines?step=production-licence&start=2026-09-18&as_of=2026-10-20"
    "&clock_stops=2026-10-12~2026-10-16~technical_review"
)
CHANGED = "事实已改动，正在重新计算……"
UNFINISHED = "有一项还没有选择，选择后显示结果"

EVERY_FACT = {
    "goods_value": "85000", "activity": "retail", "severity": "severe", "rectified": "false", "scope": "specialty",
    "conduct_from": "2026-05-20", "conduct_to": "2026-06-01", "decision_effective_on": "2026-10-10",
    "discovered_on": "2026-07-01", "life_health_or_financial_safety": "true", "harmful_consequence": "true",
    "duties_fulfilled": "true", "did_not_know_proven": "true", "severe_needs_failed_correction": "true",
    "obstruction_suspension_replaces_fine": "true", "persons": "principal~1000~", "assume_in_force": "true",
    "start": "2026-09-18", "as_of": "2026-10-20", "clock_stops": "2026-10-12~2026-10-16~correction",
    "extension_working_days": "5", "joint_filing": "true", "convention": "civil-code", "granted_years": "3",
    "granted_months": "1", "granted_days": "1", "ended_on": "2027-01-01", "renewal_lead_months": "6",
    "renewal_lead_days": "1", "renewal_approved_on": "2031-07-10",
}  # fmt: skip
"""A value for each fact that a link may hold."""


def facts_of(address: str) -> dict[str, str]:
    """The facts of a case in the address of the page."""
    return dict(parse_qsl(urlsplit(address).fragment.partition("?")[2], keep_blank_values=True))


def link(view: str, facts: dict[str, str]) -> str:
    return f"#{view}?" + "&".join(f"{name}={value}" for name, value in facts.items())


def hold(page: Any, path: str) -> list[Any]:
    """Keep back what is asked under a path until it is continued, to look at the page meanwhile."""
    held: list[Any] = []

    def keep(route: Any) -> None:
        held.append(route)

    page.context.route(f"**{path}*", keep)
    return held


def release(page: Any, path: str, held: list[Any]) -> None:
    page.context.unroute(f"**{path}*")
    for route in held:
        route.continue_()
    settle(page)


def requests_of(page: Any, path: str) -> list[dict[str, Any]]:
    """The bodies that are sent to a path from now on."""
    bodies: list[dict[str, Any]] = []
    page.on(
        "request",
        lambda request: bodies.append(request.post_data_json) if urlsplit(request.url).path == path else None,
    )
    return bodies


# ---------------------------------------------------------------------------------------- another case


def test_another_violation_starts_empty(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{ONLINE}") as page:
        page.locator("summary", has_text="自用编号和链接").click()
        page.locator("#fact-ref").fill("药罚8号")
        settle(page)
        page.get_by_label("把编号和姓名写进链接").check()
        assert facts_of(page.url)["ref"] == "药罚8号"
        sent = requests_of(page, "/v1/penalties")
        choose(page, "81-1")
        assert facts_of(page.url) == {"violation": "81-1"}
        assert [one for one in page.locator("form input[type=text]").all() if one.input_value()][1:] == []
        assert page.get_by_role("radio", name="情节严重").is_checked() is False
        assert page.locator("#link-personal").is_checked() is False
        assert sent == [{"violation": "81-1"}]
        # 条例81: without severity and goods value neither tier nor amount is settled.
        assert page.locator("#head-title").inner_text() == "事实不全，结论未定"


def test_the_dates_of_the_case_before_are_kept_only_on_request(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{ONLINE}") as page:
        choose(page, "81-1")
        line = page.locator(".remarks")
        offered = ["行为开始日 2026-05-20", "行为终了日 2026-06-01", "发现日 2026-07-01"]
        assert line.locator("li").all_inner_texts() == offered
        line.get_by_role("button", name="沿用这些日期").click()
        settle(page)
        dates = {"conduct_from": "2026-05-20", "conduct_to": "2026-06-01", "discovered_on": "2026-07-01"}
        assert facts_of(page.url) == {"violation": "81-1", **dates}
        assert page.locator("#fact-conduct_from").input_value() == "2026-05-20"
        assert line.inner_text() == ""
        # The offer is made once, and only for dates that the violation uses.
        choose(page, "82-1")
        assert line.get_by_role("button").count() == 1
        choose(page, "83-1")
        assert line.inner_text() == ""
        assert facts_of(page.url) == {"violation": "83-1"}


def test_the_offer_of_dates_ends_when_one_is_entered(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{ONLINE}") as page:
        choose(page, "81-1")
        page.locator("label", has_text="情节严重").click()
        assert page.locator(".remarks").get_by_role("button").count() == 1
        page.locator("#fact-conduct_from").press_sequentially("2026")
        assert page.locator(".remarks").inner_text() == ""


@pytest.mark.parametrize(
    ("address", "other", "left"),
    [
        (
            STOPPED,
            "distribution-licence-change",
            {"step": "distribution-licence-change", "start": "2026-09-18", "as_of": "2026-10-20"},
        ),
        (
            "#expiries?term=orphan-exclusivity&start=2026-06-01&granted_years=5&ended_on=2028-01-01&as_of=2027-01-01",
            "data-protection",
            {"term": "data-protection", "start": "2026-06-01", "as_of": "2027-01-01"},
        ),
    ],
)
def test_another_step_or_term_starts_empty_and_may_take_its_start_along(
    address: str, other: str, left: dict[str, str], chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/{address}") as page:
        choose(page, other)
        assert facts_of(page.url) == dict([next(iter(left.items()))])
        assert page.locator(".amount").count() == 0
        page.get_by_role("button", name="沿用这些日期").click()
        settle(page)
        assert facts_of(page.url) == left
        assert page.locator(".amount").count() == 1


# ------------------------------------------------------------------------------------------------ links


def test_a_link_drops_what_its_violation_does_not_use_and_says_so(chromium: Any, url: str) -> None:
    # 条例81¶1 asks neither for the activity nor for a correction.
    address = "#fines?violation=81-1&goods_value=30000&severity=severe&activity=retail&rectified=false&nonsense=1"
    with opened(chromium, f"{url}/problems") as page:
        sent = requests_of(page, "/v1/penalties")
        page.goto(f"{url}/{address}")
        settle(page)
        kept = {"violation": "81-1", "goods_value": "30000", "severity": "severe"}
        assert sent == [kept]
        assert facts_of(page.url) == kept
        text = page.locator(".remarks").inner_text()
        assert text == "链接中下列内容与本项无关，已略去：所处环节、是否按期改正、无法识别的内容。"
        page.get_by_role("button", name="复制链接").click()
        assert facts_of(page.locator("#box-text").input_value()) == kept


def test_a_link_that_names_members_of_every_object_is_read_like_any_other(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#fines?violation=81-1&toString=1&__proto__=2&constructor=3") as page:
        assert facts_of(page.url) == {"violation": "81-1"}
        assert page.locator("#head-title").is_visible()


@pytest.mark.parametrize(
    ("view", "subject", "catalogue"),
    [("fines", "violation", "violations"), ("deadlines", "step", "steps"), ("expiries", "term", "terms")],
)
def test_for_every_row_a_link_holds_just_what_the_form_shows(
    view: str, subject: str, catalogue: str, chromium: Any, url: str
) -> None:
    items = httpx.get(f"{url}/v1/{catalogue}").json()["items"]
    with opened(chromium, f"{url}/#{view}") as page:
        for item in items:
            page.evaluate(
                "address => { location.hash = address; }", link(view, {subject: item["id"], **EVERY_FACT, "ref": "8"})
            )
            until(page, f"document.getElementById('fact-{subject}')?.value === {json.dumps(item['title'])}")
            shown = {one.get_attribute("data-fact") for one in page.locator("form [data-fact]").all()}
            parts = {"role", "income_during_violation", "name", "from", "to", "reason", "personal"}
            assert set(facts_of(page.url)) == (shown - parts) | {subject}, item["id"]


# ------------------------------------------------------------------------------- nothing is chosen by default


def test_a_stop_has_no_reason_until_one_is_chosen(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#deadlines?step=production-licence&start=2026-09-18") as page:
        sent = requests_of(page, "/v1/deadlines")
        page.locator("summary", has_text="停止计时").click()
        page.get_by_role("button", name="添加停止计时").click()
        settle(page)
        reason = page.get_by_label("事由")
        assert (reason.input_value(), reason.locator("option").first.inner_text()) == ("", "请选择")
        # An empty row is no stop: the answer is the one without, and the link does not mention it.
        assert page.locator(".head .amount").inner_text() == "2026年11月5日（星期四）"
        assert facts_of(page.url) == {"step": "production-licence", "start": "2026-09-18"}
        page.get_by_label("自（含当日）", exact=True).fill("2026-10-12")
        settle(page)
        assert page.locator(".answer h2").inner_text() == UNFINISHED
        assert page.locator(".amount").count() == 0
        error = page.locator("#fact-clock_stops-0-reason-error")
        assert error.inner_text() == "请选择停止计时的事由"
        assert reason.get_attribute("aria-invalid") == "true"
        page.locator(".answer").get_by_role("button", name="请选择停止计时的事由").click()
        assert reason.evaluate("node => node === document.activeElement")
        assert [one for one in sent if "clock_stops" in one] == []
        reason.select_option("technical_review")
        settle(page)
        assert error.is_visible() is False
        assert sent[-1]["clock_stops"] == [{"from": "2026-10-12", "reason": "technical_review"}]


def test_a_person_has_no_role_until_one_is_chosen(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#fines?violation=82-1&severity=severe") as page:
        sent = requests_of(page, "/v1/penalties")
        page.locator("summary", has_text="责任人员").click()
        for _ in range(2):
            page.get_by_role("button", name="添加责任人员").click()
        settle(page)
        assert page.locator("#fact-persons-0-role").input_value() == ""
        assert page.locator(".head .amount").count() == 1
        # The second row is filled, the first stays empty: places in the request are not those in the form.
        page.locator("#fact-persons-1-income_during_violation").fill("8万")
        settle(page)
        assert page.locator("#fact-persons-1-role-error").inner_text() == "请选择责任人员的身份"
        assert page.locator("#fact-persons-0-role-error").is_visible() is False
        assert page.locator(".amount").count() == 0
        assert [one for one in sent if "responsible_persons" in one] == []
        page.locator("#fact-persons-1-role").select_option("other")
        settle(page)
        assert sent[-1]["responsible_persons"] == [{"role": "other", "income_during_violation": "8万"}]
        assert page.locator("#fact-persons-1-income_during_violation-error").is_visible()
        assert facts_of(page.url)["persons"] == "other~8万"


def test_a_reason_that_the_step_does_not_know_is_not_sent(chromium: Any, url: str) -> None:
    address = "#deadlines?step=production-licence&start=2026-09-18&clock_stops=2026-10-12~2026-10-16~no-such-reason"
    with opened(chromium, f"{url}/{address}") as page:
        assert page.locator("#fact-clock_stops-0-reason").input_value() == ""
        assert page.locator(".answer h2").inner_text() == UNFINISHED
        assert "no-such-reason" not in page.url


# ------------------------------------------------------------------------- a result belongs to its facts

CASES = [
    ("#fines?violation=81-1&goods_value=30000&severity=severe", "/v1/penalties", "#fact-goods_value", "60000"),
    ("#deadlines?step=production-licence&start=2026-09-18", "/v1/deadlines", "#fact-start", "2026-10-18"),
    ("#expiries?term=drug-registration&start=2026-05-15", "/v1/expiries", "#fact-start", "2026-06-15"),
    ("#calendar?year=2025", "/v1/calendar/", "#year", "2024"),
]


@pytest.mark.parametrize(("address", "path", "field", "value"), CASES)
def test_no_result_can_be_read_beside_other_facts(
    address: str, path: str, field: str, value: str, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/{address}") as page:
        head = page.locator(".answer .head")
        before = head.inner_text()
        held = hold(page, path)
        page.locator(field).fill(value)
        # At once, before the pause of typing is over and before anything was asked.
        assert head.is_visible() is False
        assert page.locator(".changed").inner_text() == CHANGED
        assert page.locator("[role=status]").all_inner_texts().count("") == page.locator("[role=status]").count()
        page.wait_for_timeout(400)
        assert head.is_visible() is False
        release(page, path, held)
        assert head.is_visible()
        assert head.inner_text() != before
        assert page.locator(".changed").count() == 0


def test_an_answer_on_its_way_is_not_shown_beside_newer_facts(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{CASES[0][0]}") as page:
        field = page.locator("#fact-goods_value")
        held = hold(page, "/v1/penalties")
        field.fill("60000")
        until(page, "document.querySelector('[aria-busy]')")
        page.wait_for_timeout(400)
        assert len(held) == 1
        page.context.unroute("**/v1/penalties*")
        # The older answer comes within the pause after which the newer facts are asked.
        field.press("End")
        field.press("0")
        held[0].continue_()
        # 条例81, 药品管理法129: ten to thirty times 600,000.
        newest = "600万元以上1,800万元以下"
        for _ in range(8):
            amount = page.locator(".head .amount")
            assert not amount.is_visible() or amount.inner_text() == newest
            page.wait_for_timeout(20)
        settle(page)
        assert page.locator(".head .amount").inner_text() == newest


def test_a_day_that_is_being_typed_hides_the_result_until_it_is_complete(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#deadlines?step=production-licence&start=2026-09-18") as page:
        field = page.locator("#fact-start")
        amount = page.locator(".head .amount")
        field.press("End")
        field.press("Backspace")
        assert amount.is_visible() is False
        page.wait_for_timeout(400)
        assert page.locator(".changed").inner_text() == "日期尚未填完，填完后显示结果。"
        field.press("8")
        settle(page)
        assert amount.inner_text() == "2026年11月5日（星期四）"
        field.fill("2026/9/1")
        assert amount.is_visible() is False
        page.keyboard.press("Tab")
        settle(page)
        assert field.input_value() == "2026-09-01"
        day = asked(url, "/v1/deadlines", {"step": "production-licence", "start": "2026-09-01"})["due"]
        assert amount.inner_text().startswith(day_in_words(day))


# ---------------------------------------------------------------------------------------------- batch

TABLE = "violation\tgoods_value\tseverity\n81-1\t30000\tsevere\n"
# 药品管理法129: ten to thirty times, less than 50,000 counted as 50,000.
FIRST = "50万元以上150万元以下"


def calculated(page: Any, text: str) -> None:
    page.locator("#table").fill(text)
    page.get_by_role("button", name="开始计算").click()
    page.locator(".count", has_text="行有误").wait_for()


def test_what_is_in_the_box_is_calculated_even_when_it_was_typed_this_moment(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        calculated(page, TABLE)
        assert page.locator("td.outcome").inner_text() == FIRST
        # Typing and pressing follow each other without the pause after which a table is read.
        page.evaluate(
            """text => {
          const box = document.getElementById("table");
          box.value = text;
          box.dispatchEvent(new InputEvent("input", { bubbles: true }));
          [...document.querySelectorAll(".setup button")].find(one => one.textContent === "开始计算").click();
        }""",
            TABLE.replace("30000", "90000"),
        )
        page.locator(".count", has_text="共1行，其中0行有误").wait_for()
        settle(page)
        assert page.locator("td.outcome").inner_text() == "90万元以上270万元以下"
        assert page.locator("tbody td").nth(2).inner_text() == "90000"


def test_no_result_stays_once_the_table_is_edited(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        calculated(page, TABLE)
        page.locator("#table").press("End")
        assert page.locator("td.outcome").is_visible()
        page.locator("#table").press("1")
        assert page.locator("td.outcome").is_visible() is False
        settle(page)
        assert page.locator("td.outcome").all_inner_texts() == ["待计算", "待计算"]
        assert page.get_by_role("button", name="下载CSV").count() == 0


def test_a_calculation_that_runs_ends_when_the_table_is_edited(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch", forgiven="net::ERR_ABORTED") as page:
        held = hold(page, "/v1/batch/csv")
        page.locator("#table").fill(TABLE)
        page.get_by_role("button", name="开始计算").click()
        until(page, "document.querySelector('progress')")
        page.locator("#table").fill(TABLE.replace("30000", "90000"))
        assert page.locator("progress").is_visible() is False
        page.context.unroute("**/v1/batch/csv*")
        for route in held:
            route.continue_()
        settle(page)
        page.wait_for_timeout(300)
        assert page.locator("td.outcome").all_inner_texts() == ["待计算"]


def test_a_file_takes_the_place_of_the_table_in_the_box(chromium: Any, url: str, tmp_path: Path) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        calculated(page, TABLE)
        broken = tmp_path / "broken.xlsx"
        broken.write_bytes(b"PK\x03\x04 no workbook")
        page.locator("#file").set_input_files(str(broken))
        page.locator(".setup .error", has_text="文件“broken.xlsx”不是xlsx文件").wait_for()
        assert page.locator("td.outcome").count() == 0
        assert page.locator("#table").input_value() == ""
        # A long table is read from the clipboard; what was typed just before does not come after it.
        rows = "".join(f"81-1\t{10_000 + number}\tsevere\n" for number in range(400))
        page.evaluate("""() => {
          const box = document.getElementById("table");
          box.value = "violation";
          box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }""")
        paste(page, "violation\tgoods_value\tseverity\n" + rows)
        page.wait_for_timeout(500)
        assert page.locator(".read").inner_text() == "已读入400行、3列。"


def test_the_table_and_its_results_come_back_together(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        calculated(page, TABLE)
        page.get_by_role("link", name="年历", exact=True).click()
        settle(page)
        page.get_by_role("link", name="批量", exact=True).click()
        settle(page)
        assert page.locator("#table").input_value() == TABLE
        assert page.locator("td.outcome").inner_text() == FIRST
        assert re.search(r"[?&]", urlsplit(page.url).fragment) is None
