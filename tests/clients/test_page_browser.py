"""The page at / in a browser that can reach nothing but the service: every flow, compared with the interface.

Needs playwright, which stands in the requirements of the outer ring only, and a chromium on the PATH;
without them these tests are skipped. With SCREENSHOTS=folder each view is also pictured.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import openpyxl
import pytest

from clients.pages import (
    CHROMIUM,
    SCREENSHOTS,
    asked,
    choose,
    day_in_words,
    labelled,
    opened,
    paste,
    picture,
    range_in_words,
    saved,
    settle,
    until,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

AXE = Path(__file__).parent / "axe"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FAST = 1000
"""Milliseconds in which the first view is complete, on loopback."""
LONG = 200
"""Milliseconds that the page may not answer its user."""

FINE = "#fines?violation=81-1&goods_value=30000&severity=severe&conduct_from=2026-05-20&conduct_to=2026-06-01"
OPEN = "#fines?violation=79-1-1&goods_value=85000"
PERSONS = (
    "#fines?violation=82-2&severity=severe&rectified=false&conduct_from=2026-05-20&conduct_to=2026-06-01"
    "&decision_effective_on=2026-10-10&persons=principal~1000&persons=other~"
)
STOPPED = (
    "#deadlines?step=production-licence&start=2026-09-18&as_of=2026-10-20"
    "&clock_stops=2026-10-12~2026-10-16~technical_review"
)
STOPPED_ICS = (
    "/v1/deadlines/production-licence/ics?start=2026-09-18&as_of=2026-10-20"
    "&clock_stops=2026-10-12/2026-10-16:technical_review&lang=zh"
)
PROJECTED = "#deadlines?step=production-licence&start=2026-12-08"
STANDING = "#deadlines?step=licence-decision&start=2026-06-01&clock_stops=2026-06-10~~hearing"
EXPIRY = "#expiries?term=drug-registration&start=2026-05-15&renewal_lead_months=6&as_of=2027-01-01"
YEAR = "#calendar?year=2026"
REFUSED = "#fines?violation=81-1&conduct_from=2025-01-01&conduct_to=2025-02-01"
VIEWS = {
    "empty": "#fines",
    "barred": f"{FINE}&discovered_on=2032-01-01",
    "exemption": "#fines?violation=86-1",
    "dropped": f"{FINE}&rectified=false",
    "unfinished": "#deadlines?step=production-licence&start=2026-09-18&clock_stops=2026-10-12~2026-10-16~",
    "window": "#expiries?term=drug-registration&start=2026-05-15&renewal_approved_on=2031-07-10&as_of=2030-12-01",
    "fine": FINE,
    "open": OPEN,
    "persons": PERSONS,
    "deadline": STOPPED,
    "projected": PROJECTED,
    "standing": STANDING,
    "expiry": EXPIRY,
    "year": YEAR,
    "refused": REFUSED,
    "batch": "#batch",
}


def explained(page: Any) -> list[str]:
    found: list[str] = page.locator(".steps li p").all_inner_texts()
    return found


def noticed(page: Any) -> set[str]:
    return set(page.locator(".notices li p").all_inner_texts())


# -------------------------------------------------------------------------------------------- fines


def test_a_fine_is_answered_as_one_types(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        choose(page, "wjpzsy")  # 未经批准使用其他医疗机构配制的制剂
        page.get_by_label("货值金额（元）").press_sequentially("30,000")
        page.get_by_text("情节严重", exact=True).first.click()
        page.get_by_label("行为开始日", exact=True).fill("2026年5月20日")
        page.get_by_label("行为终了日", exact=True).fill("20260601")
        settle(page)
        answer = asked(
            url,
            "/v1/penalties",
            {
                "violation": "81-1",
                "goods_value": "30000",
                "severity": "severe",
                "conduct": {"from": "2026-05-20", "to": "2026-06-01"},
            },
        )
        fine = answer["outcome"]["fine"]
        # 条例81, 药品管理法129: ten to thirty times, less than 50,000 counted as 50,000.
        assert (fine["minimum"], fine["maximum"]) == ("500000.00", "1500000.00")
        assert page.locator(".head .amount").inner_text() == "50万元以上150万元以下"
        assert page.locator(".measures li").all_inner_texts() == [one["text"] for one in answer["outcome"]["measures"]]
        assert explained(page) == [one["text"] for one in answer["explanation"]]
        assert noticed(page) == {one["text"] for one in answer["notices"]}
        cited = [one["label"] for one in answer["outcome"]["citations"]]
        assert page.locator(".head .cite").all_inner_texts() == cited
        assert "2028年6月1日" in page.locator("#limitation-title ~ dl").inner_text()
        page.locator(".provenance summary").click()
        assert answer["provenance"]["inputs"] in page.locator(".provenance").inner_text()
        assert urlsplit(page.url).fragment == FINE[1:]


def test_the_form_asks_for_just_what_the_violation_needs(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        facts = "[data-fact]"
        choose(page, "85-2")
        names = {one.get_attribute("data-fact") for one in page.locator(facts).all()}
        assert "severity" in names
        assert names & {"goods_value", "activity", "rectified", "scope", "duties_fulfilled"} == set()
        choose(page, "86-1")
        names = {one.get_attribute("data-fact") for one in page.locator(facts).all()}
        assert {"duties_fulfilled", "did_not_know_proven"} <= names
        assert names & {"severity", "goods_value", "persons", "discovered_on"} == set()


@pytest.mark.parametrize(
    ("text", "first"),
    [("79", "79-1-1"), ("81-2", "81-2-1"), ("制剂", "79-1-3"), ("jjzn", "85-2"), ("第八十七条", "87-1")],
)
def test_a_violation_is_found_by_article_word_and_initials(text: str, first: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        page.get_by_role("combobox").fill(text)
        assert page.get_by_role("option").first.locator(".id").inner_text() == first
        assert page.get_by_role("group").first.is_visible()


def test_today_is_never_filled_in_unseen(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{STOPPED.replace('&as_of=2026-10-20', '')}") as page:
        field = page.locator("#fact-as_of")
        assert field.input_value() == ""
        assert page.get_by_text("剩余", exact=True).count() == 0
        page.locator("summary", has_text="其他事实").click()
        page.get_by_role("button", name="填入今天").click()
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", field.input_value())


def test_open_facts_are_shown_as_alternatives_side_by_side(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{OPEN}") as page:
        answer = asked(url, "/v1/penalties", {"violation": "79-1-1", "goods_value": "85000"})
        assert page.locator(".alternative").count() == len(answer["alternatives"]) == 6
        amounts = page.locator(".alternative .amount").all_inner_texts()
        for shown, one in zip(amounts, answer["alternatives"], strict=True):
            assert shown == range_in_words(one["fine"])
        first, second = (page.locator(".alternative").nth(number).bounding_box() for number in (0, 1))
        assert first["y"] == second["y"]
        page.locator(".missing button").first.click()
        assert page.evaluate("document.activeElement.closest('[data-fact]').dataset.fact") == "severity"


def test_persons_bans_and_their_days_are_those_of_the_interface(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{PERSONS}") as page:
        persons = page.locator(".person").all_inner_texts()
        # 药品管理法126: ten to fifty per cent of 1,000 yuan, the income, and ten years to life from the decision.
        assert "100元以上500元以下" in persons[0]
        assert "1,000元" in persons[0]
        assert "2036年10月11日" in persons[0]
        assert labelled(url, "heading", "unknown") in persons[1]
        # That an income is missing, and that another law comes first for vaccines.
        assert page.locator(".notice.warning").count() == 2
        assert "2031年10月11日" in page.locator(".measures").inner_text()


def test_every_figure_of_the_growing_range_is_an_answer(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{FINE}") as page:
        page.locator("#growth-title").wait_for()
        page.locator("figure summary").first.click()
        rows = [row.split("\t") for row in page.locator("figure tbody tr").all_inner_texts()]
        assert len(rows) >= 5
        values = [row[0].replace(",", "") for row in rows]
        assert {"0", "30000", "50000"} <= set(values)
        for value, minimum, maximum in ([cell.replace(",", "") for cell in row] for row in rows):
            answer = asked(url, "/v1/penalties", {"violation": "81-1", "severity": "severe", "goods_value": value})
            assert (minimum, maximum) == (answer["outcome"]["fine"]["minimum"], answer["outcome"]["fine"]["maximum"])
        assert page.locator("[aria-labelledby=growth-title] .mark.deemed").count() == 1
        assert page.locator("[aria-labelledby=tiers-title] rect.bar").count() == 2
        assert page.locator("[aria-labelledby=tiers-title] rect.bar.active").count() == 1


def test_the_last_word_wins_however_late_an_older_answer_comes(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{FINE}") as page:

        def slowly(route: Any) -> None:
            if '"goods_value":"60000"' in (route.request.post_data or ""):
                time.sleep(0.8)
            route.continue_()

        page.context.route("**/v1/penalties*", slowly)
        field = page.get_by_label("货值金额（元）")
        field.fill("60000")
        page.wait_for_timeout(350)
        field.fill("70000")
        page.wait_for_timeout(1500)
        settle(page)
        assert page.locator(".head .amount").inner_text() == "70万元以上210万元以下"


# ------------------------------------------------------------------------------------------ refusals


def test_a_refusal_stands_beside_its_field_in_the_words_of_the_interface(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{FINE}") as page:
        field = page.get_by_label("货值金额（元）")
        field.fill("8万")
        settle(page)
        body = {"violation": "81-1", "goods_value": "8万"}
        message = asked(url, "/v1/penalties", body)["errors"][0]["message"]
        assert page.locator("#fact-goods_value-error").inner_text() == message
        assert field.get_attribute("aria-invalid") == "true"
        assert "fact-goods_value-error" in field.get_attribute("aria-describedby")
        assert page.locator(".amount").count() == 0
        assert field.evaluate("node => node === document.activeElement")
        page.keyboard.press("Enter")
        settle(page)
        assert page.evaluate("document.activeElement.classList.contains('problem')")
        page.get_by_role("button", name=message).click()
        assert field.evaluate("node => node === document.activeElement")
        field.fill("80000")
        settle(page)
        assert field.get_attribute("aria-invalid") is None
        assert page.locator(".amount").is_visible()


def test_conduct_before_the_law_is_refused_and_can_be_compared(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{REFUSED}") as page:
        assert page.locator("#fact-conduct_to-error").is_visible()
        page.get_by_role("button", name="假定当时已施行，再计算（仅供比较）").click()
        settle(page)
        assert page.locator(".notice.warning").count() >= 1
        assert "assume_in_force=true" in page.url


def test_a_day_that_is_none_is_refused_by_the_interface(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{EXPIRY}") as page:
        page.get_by_label("起始日", exact=True).fill("2026-02-30")
        page.keyboard.press("Tab")
        settle(page)
        answer = asked(url, "/v1/expiries", {"term": "drug-registration", "start": "2026-02-30"})
        assert page.locator("#fact-start-error").inner_text() == answer["errors"][0]["message"]


def test_the_page_says_that_nobody_answers_and_goes_on_when_somebody_does(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{FINE}", forgiven="net::ERR_FAILED") as page:
        page.context.route("**/v1/penalties*", lambda route: route.abort())
        page.get_by_label("货值金额（元）").fill("60000")
        page.get_by_role("heading", name="服务没有响应").wait_for()
        picture(page, "gone")
        page.context.unroute("**/v1/penalties*")
        page.get_by_role("button", name="重试").click()
        settle(page)
        assert page.locator(".head .amount").inner_text() == "60万元以上180万元以下"


# ------------------------------------------------------------------------------------------ deadlines


def test_a_deadline_is_shown_day_by_day(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{STOPPED}") as page:
        stop = {"from": "2026-10-12", "to": "2026-10-16", "reason": "technical_review"}
        body = {"step": "production-licence", "start": "2026-09-18", "as_of": "2026-10-20", "ledger": True}
        answer = asked(url, "/v1/deadlines", {**body, "clock_stops": [stop]})
        # Thirty working days from 2026-09-18, with the National Day holidays, two make-up days and five days stopped.
        assert answer["due"] == "2026-11-12"
        assert page.locator(".head .amount").inner_text() == "2026年11月12日（星期四）"
        assert f"{answer['days']['used']}个工作日" in page.locator(".head .figures").inner_text()
        for entry in answer["ledger"]:
            cell = page.locator(f'td[data-day="{entry["date"]}"]')
            text = cell.text_content()
            if "number" in entry:
                assert cell.locator(".mark").inner_text() == str(entry["number"])
            if entry["why"] == "public_holiday":
                assert entry["name"] in text
            if entry["why"] == "make_up_day":
                assert "调休上班" in text
            if entry["why"] == "clock_stopped":
                assert "停" in text
        due = page.locator('td[data-day="2026-11-12"]')
        assert "due" in due.get_attribute("class").split()
        assert "届满" in due.inner_text()
        page.locator("summary", has_text="逐日明细").click()
        assert page.locator(".ledger tbody tr").count() == len(answer["ledger"])
        assert explained(page) == [one["text"] for one in answer["explanation"]]


def test_projected_days_are_told_apart_without_colour(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{PROJECTED}") as page:
        answer = asked(url, "/v1/deadlines", {"step": "production-licence", "start": "2026-12-08", "ledger": True})
        for entry in answer["ledger"]:
            cell = page.locator(f'td[data-day="{entry["date"]}"]')
            assert ("推算" in cell.text_content()) == (entry["status"] == "projected"), entry
            dashed = cell.evaluate("node => getComputedStyle(node).borderTopStyle") == "dashed"
            assert dashed == (entry["status"] == "projected"), entry
        assert page.locator(".head .tag").first.inner_text() == "推算"


def test_a_clock_that_stands_has_no_due_date_and_no_event(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{STANDING}") as page:
        assert page.locator(".head .amount").inner_text() == "没有届满日"
        assert page.get_by_role("button", name="下载日历事件").count() == 0
        assert page.locator(".month td.due").count() == 0


def test_a_stop_is_added_and_removed_by_hand(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#deadlines?step=production-licence&start=2026-09-18") as page:
        assert page.locator(".head .amount").inner_text() == "2026年11月5日（星期四）"
        page.locator("summary", has_text="停止计时").click()
        page.get_by_role("button", name="添加停止计时").click()
        page.get_by_label("自（含当日）", exact=True).fill("2026-10-12")
        page.get_by_label("至（含当日）", exact=True).fill("2026-10-16")
        page.get_by_label("事由").select_option("technical_review")
        settle(page)
        page.locator(".head .amount", has_text="2026年11月12日").wait_for()
        page.get_by_role("button", name="删除第1段停止计时").click()
        page.locator(".head .amount", has_text="2026年11月5日").wait_for()


# ------------------------------------------------------------------------------- expiries and calendar


def test_an_expiry_is_shown_on_a_line_with_its_renewal(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{EXPIRY}") as page:
        body = {"term": "drug-registration", "start": "2026-05-15", "as_of": "2027-01-01"}
        answer = asked(url, "/v1/expiries", {**body, "renewal_lead": {"months": 6}})
        assert page.locator(".head .amount").inner_text() == "2031年5月14日（星期三）"
        listed = page.locator(".events li").all_inner_texts()
        days = [re.findall(r"\d{4}年\d+月\d+日", one)[0] for one in listed]
        renewal = answer["renewal"]
        wanted = [body["start"], body["as_of"], answer["last_day"], renewal["apply_by"]]
        wanted += [renewal["latest_by_licensing_law"], *renewal["window"].values()]
        assert days == [day_in_words(day) for day in sorted(wanted)]
        assert page.locator(".drawing").first.locator("circle.flag").count() == len(days)
        assert "2031年5月15日" in page.locator(".head .figures").inner_text()
        assert f"{answer['days_left']}日" in page.locator(".head .figures").inner_text()


def test_a_ceiling_asks_for_the_length_that_was_granted(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#expiries?term=orphan-exclusivity&start=2026-06-01") as page:
        page.get_by_label("核定年数").fill("9")
        settle(page)
        page.locator("#fact-granted_years-error").wait_for()
        body = {"term": "orphan-exclusivity", "start": "2026-06-01", "granted": {"years": 9}}
        assert (
            page.locator("#fact-granted_years-error").inner_text()
            == asked(url, "/v1/expiries", body)["errors"][0]["message"]
        )
        page.get_by_label("核定年数").fill("5")
        page.locator(".amount").wait_for()
        body["granted"] = {"years": 5}
        last_day = day_in_words(asked(url, "/v1/expiries", body)["last_day"])
        assert page.locator(".head .amount").inner_text().startswith(last_day)


def test_the_year_shows_each_day_off_and_what_it_rests_on(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#calendar") as page:
        rulebook = httpx.get(f"{url}/v1/rulebook").json()
        year = rulebook["calendar"]["official_through"][:4]
        assert page.get_by_label("年份").input_value() == year
        answer = httpx.get(f"{url}/v1/calendar/{year}").json()
        for day in answer["days"]:
            cell = page.locator(f'td[data-day="{day["date"]}"]')
            assert ("worked" if day["working"] else "holiday") in cell.get_attribute("class")
            assert day["name"] in cell.text_content()
        assert page.locator("td.worked, td.holiday").count() == len(answer["days"])
        assert str(answer["working_days"]) in page.locator(".head").inner_text()
        assert "chinese-calendar" in page.locator(".head").inner_text()
        page.get_by_role("button", name="下一年").click()
        page.get_by_role("heading", name=str(int(year) + 1), exact=True).wait_for()
        assert "holidays" in page.locator(".head").inner_text()
        page.get_by_label("年份").fill("1900")
        page.locator("#year-error").wait_for()
        assert page.locator("#year-error").inner_text() == httpx.get(f"{url}/v1/calendar/1900").json()["detail"]


@pytest.mark.parametrize(
    ("view", "path", "name"),
    [
        (
            STOPPED,
            STOPPED_ICS,
            "下载日历事件（ICS）",
        ),
        (
            EXPIRY,
            "/v1/expiries/drug-registration/ics?start=2026-05-15&renewal_lead_months=6&as_of=2027-01-01&lang=zh",
            "下载日历事件（ICS）",
        ),
        (YEAR, "/v1/calendar/2026/ics?lang=zh", "下载日历（ICS）"),
        (YEAR, "/v1/calendar/2026/csv?bom=true&lang=zh", "下载表格（CSV）"),
    ],
)
def test_what_is_downloaded_is_what_the_interface_sends(
    view: str, path: str, name: str, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/{view}") as page:
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert Path(download.value.path()).read_bytes() == httpx.get(f"{url}{path}").content


# ---------------------------------------------------------------------------------------------- batch


def table(rows: int) -> str:
    """A table as a spreadsheet puts it on the clipboard: own columns, Chinese heads, a row in a hundred refused."""
    lines = ["案号\t违法行为\t货值金额（元）\t情节"]
    for number in range(rows):
        goods = "?" if number % 100 == 99 else str(10_000 + 7 * number)
        lines.append(f"药罚〔2026〕{number}号\t81-1\t{goods}\t{'severe' if number % 2 else 'ordinary'}")
    return "\n".join(lines) + "\n"


def test_ten_thousand_pasted_rows_are_answered_while_the_page_stays_responsive(chromium: Any, url: str) -> None:
    rows = 10_000
    with opened(chromium, f"{url}/#batch") as page:
        page.evaluate("window.longest = 0")
        paste(page, table(rows))
        page.locator(".read", has_text="已读入10000行、4列。").wait_for()
        page.get_by_role("button", name="开始计算").click()
        page.locator(".count", has_text="共10000行，其中100行有误").wait_for(timeout=60_000)
        longest = page.evaluate("window.longest")
        assert longest < LONG, f"the page was busy for {longest} ms at a stretch"
        assert page.locator("tbody tr").count() == 100
        page.get_by_label("只看有误的行 (100)").check()
        assert page.locator("tbody tr").first.get_attribute("data-row") == "100"
        assert page.locator("tbody tr.bad").count() == 100
        picture(page, "batch-10000")
        content = list(csv.DictReader(io.StringIO(saved(page, "下载CSV").decode("utf-8-sig"))))
        assert len(content) == rows
        for number in (0, 1, 98, 99, 9_998):
            row = content[number]
            assert row["x_案号"] == f"药罚〔2026〕{number}号"
            body = {"violation": "81-1", "goods_value": row["goods_value"], "severity": row["severity"]}
            answer = asked(url, "/v1/penalties", body)
            if number % 100 == 99:
                assert row["problem_code"] == answer["code"] == "schema"
            else:
                assert row["fine_maximum"] == answer["outcome"]["fine"]["maximum"]
                assert row["inputs"] == answer["provenance"]["inputs"]


def test_a_table_is_answered_in_place_and_its_own_columns_stay_on_the_page(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.post_data or "") if "/v1/batch" in request.url else None)
        paste(
            page,
            "案号\tstep\tterm\tstart\tviolation\n甲\tproduction-licence\t\t2026/9/18\t\n"
            "乙\t\tdrug-registration\t2026年5月15日\t\n丙\t\t\t\t85-2\n丁\t\t\t\t82-9\n",
        )
        page.get_by_role("button", name="开始计算").click()
        page.locator(".count", has_text="共4行，其中1行有误").wait_for()
        outcomes = page.locator("td.outcome").all_inner_texts()
        assert "2026年11月5日" in outcomes[0]
        assert "2031年5月14日" in outcomes[1]
        assert outcomes[2].startswith("结论未定")
        assert asked(url, "/v1/penalties", {"violation": "82-9"})["detail"] in outcomes[3]
        assert "甲" not in "".join(sent)
        book = openpyxl.load_workbook(io.BytesIO(saved(page, "下载xlsx")))
        head, *rows = book.worksheets[0].iter_rows(values_only=True)
        found = [dict(zip(head, row, strict=True)) for row in rows]
        assert [one["x_案号"] for one in found] == ["甲", "乙", "丙", "丁"]
        assert str(found[0]["due"]) == "2026-11-05 00:00:00"
        assert found[3]["problem_code"] == "unknown-violation"


def workbook(path: Path) -> Path:
    """A workbook as an office keeps one: days as days, amounts as numbers, heads of its own."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["备注", "办理事项", "start", "as_of"])
    sheet.append(["一", "production-licence", dt.date(2026, 9, 18), None])
    sheet.append(["二", "licence-decision", dt.date(2026, 6, 1), dt.date(2026, 6, 5)])
    book.save(path)
    return path


def test_a_workbook_and_a_file_of_chinese_excel_are_read(chromium: Any, url: str, tmp_path: Path) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        page.locator("#file").set_input_files(str(workbook(tmp_path / "cases.xlsx")))
        page.locator(".read", has_text="已读入2行、4列。").wait_for()
        assert page.locator("tbody tr").first.locator("td").nth(3).inner_text() == "2026-09-18"
        page.get_by_role("button", name="开始计算").click()
        page.locator(".count", has_text="共2行，其中0行有误").wait_for()
        assert "2026年11月5日" in page.locator("td.outcome").first.inner_text()
        path = tmp_path / "cases.csv"
        path.write_bytes("案号;违法行为;情节\r\n甲;85-2;ordinary\r\n".encode("gb18030"))
        page.locator("#file").set_input_files(str(path))
        page.locator(".read", has_text="已读入1行、3列。").wait_for()
        page.get_by_role("button", name="开始计算").click()
        page.locator(".count", has_text="共1行，其中0行有误").wait_for()
        assert page.locator("tbody tr td").nth(1).inner_text() == "甲"
        (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
        page.locator("#file").set_input_files(str(tmp_path / "broken.xlsx"))
        page.locator(".setup .error", has_text="文件“broken.xlsx”不是xlsx文件").wait_for()


def test_a_batch_that_breaks_off_goes_on_where_it_stopped(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch", forgiven="net::ERR_FAILED") as page:
        calls: list[int] = []

        def breaking(route: Any) -> None:
            calls.append(1)
            if len(calls) == 3:
                route.abort()
            else:
                route.continue_()

        page.context.route("**/v1/batch/csv*", breaking)
        paste(page, table(2_000))
        page.get_by_role("button", name="开始计算").click()
        page.get_by_role("heading", name="服务没有响应").wait_for()
        assert page.locator(".count").inner_text() == "已停止：共2000行，已算1000行"
        page.get_by_role("button", name="继续").click()
        page.locator(".count", has_text="共2000行，其中20行有误").wait_for()
        assert len(calls) == 5


# ------------------------------------------------------------------------------------- keep and share


def test_a_link_restores_the_case_in_a_fresh_profile_without_names(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{PERSONS}") as page:
        page.locator("#fact-persons-0-name").fill("张三")
        page.locator("summary", has_text="自用编号和链接").click()
        page.get_by_label("自用编号").fill("药罚〔2026〕8号")
        settle(page)
        page.wait_for_timeout(400)
        settle(page)
        assert "张三" in page.locator(".person").first.inner_text()
        shown = page.locator(".answer").inner_text()
        page.get_by_role("button", name="复制链接").click()
        link = page.locator("#box-text").input_value()
        page.get_by_role("button", name="关闭").click()
        page.get_by_label("把编号和姓名写进链接").check()
        whole = page.url
    for part in ("张三", "%E5%BC%A0", "8%E5%8F%B7", "ref="):
        assert part not in link
    assert "ref=" in whole
    with opened(chromium, link) as fresh:
        assert fresh.locator("#fact-persons-0-name").input_value() == ""
        assert fresh.locator(".answer").inner_text().replace("张三", "") == re.sub("张三", "", shown)
    with opened(chromium, whole) as fresh:
        assert fresh.locator("#fact-persons-0-name").input_value() == "张三"
        assert fresh.locator("#fact-ref").input_value() == "药罚〔2026〕8号"


@pytest.mark.parametrize("view", [FINE, OPEN, STOPPED, EXPIRY, YEAR])
def test_a_link_opens_the_same_answer_and_reaches_no_log(view: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{view}") as page:
        assert page.url.endswith(view)
        assert page.locator(".head").is_visible()
        page.reload()
        settle(page)
        assert page.locator(".head").is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_text_for_a_document_is_chinese_with_articles_and_arithmetic(lang: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/?lang={lang}{FINE}") as page:
        page.get_by_role("button", name={"zh": "复制文书文字", "en": "Copy text for a document"}[lang]).click()
        text = page.locator("#box-text").input_value()
        article = "《中华人民共和国药品管理法实施条例》第八十一条第一款"
        assert f"事项：未经批准使用其他医疗机构配制的制剂（{article}）" in text
        assert "5万元的10倍为50万元，30倍为150万元" in text
        assert "罚款：50万元以上150万元以下。" in text
        assert "（《中华人民共和国药品管理法》第一百二十九条）" in text
        body = {"violation": "81-1", "goods_value": "30000", "severity": "severe"}
        answer = asked(url, "/v1/penalties", {**body, "conduct": {"from": "2026-05-20", "to": "2026-06-01"}})
        for number, step in enumerate(answer["explanation"], 1):
            assert f"{number}. {step['text']}" in text
        assert answer["provenance"]["inputs"] in text
        assert re.search("[A-Za-z]{4,}", text.split("计算工具：")[0]) is None


def test_a_key_is_asked_for_kept_for_the_session_and_sent_as_a_header(chromium: Any, url: str) -> None:
    key = secrets.token_urlsafe(12)
    problem = {
        "type": "urn:penaltycalc:problem:unauthorised", "title": "需要密钥", "status": 401, "detail": "没有密钥。",
        "instance": "/v1/violations", "code": "unauthorised", "errors": [],
    }  # fmt: skip
    sent: list[str] = []

    def guard(route: Any) -> None:
        sent.append(route.request.url)
        if route.request.headers.get("authorization") == f"Bearer {key}":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(problem))

    with opened(chromium, f"{url}/problems") as page:
        page.context.route("**/v1/**", guard)
        page.goto(f"{url}/{FINE}")
        page.get_by_role("dialog").wait_for()
        assert page.evaluate("document.activeElement.id") == "key"
        assert "没有密钥。" in page.get_by_role("dialog").inner_text()
        picture(page, "key")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="输入访问密钥").click()
        page.get_by_label("访问密钥", exact=True).fill(key)
        page.keyboard.press("Enter")
        page.locator(".amount").wait_for()
        settle(page)
        assert page.evaluate("JSON.stringify(localStorage) + document.cookie") == "{}"
        assert page.evaluate("Object.values(sessionStorage)") == [key]
        assert [one for one in sent if key in one] == []
        page.get_by_role("button", name="清除访问密钥").click()
        assert page.evaluate("Object.values(sessionStorage)") == []


# --------------------------------------------------------------------------------------------- for all


def test_the_languages_are_switched_without_losing_the_case(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{FINE}") as page:
        page.get_by_label("货值金额（元）").fill("60000")
        settle(page)
        page.get_by_role("link", name="English").click()
        page.get_by_role("heading", name="Legal consequences of a violation").first.wait_for()
        settle(page)
        page.locator(".amount").wait_for()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.get_by_label("Goods value (yuan)").input_value() == "60000"
        assert page.locator(".head .amount").inner_text() == "600,000 to 1,800,000 yuan"
        answer = asked(url, "/v1/penalties", {"violation": "81-1", "goods_value": "60000", "severity": "severe",
                       "conduct": {"from": "2026-05-20", "to": "2026-06-01"}}, "en")  # fmt: skip
        assert explained(page) == [one["text"] for one in answer["explanation"]]
        page.get_by_role("link", name="中文").click()
        page.locator(".amount", has_text="元").wait_for()


def test_the_page_is_worked_by_the_keyboard_alone(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        keys = page.keyboard
        keys.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "跳到正文"
        keys.press("Enter")
        keys.press("Tab")
        assert page.evaluate("document.activeElement.id") == "fact-violation"
        keys.press("ArrowDown")
        keys.press("End")
        keys.type("81")
        keys.press("Enter")
        settle(page)
        assert page.evaluate("document.activeElement.id") == "fact-violation"
        keys.press("Tab")
        keys.press("ArrowRight")
        keys.press("ArrowRight")
        keys.press("Tab")
        keys.type("30000")
        keys.press("Enter")
        until(page, "document.activeElement.id === 'answer'")
        assert page.locator(".head .amount").inner_text() == "50万元以上150万元以下"
        # What has the focus can be seen.
        keys.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_parts_of_the_page_have_addresses_and_go_back(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/{FINE}") as page:
        for name, title in (
            ("办理期限", "办理期限何时届满"),
            ("有效期", "证件有效期和保护期何时届满"),
            ("批量", "批量计算"),
        ):
            page.get_by_role("link", name=name, exact=True).click()
            settle(page)
            assert page.locator("h1").inner_text() == title
            assert page.evaluate("document.activeElement.tagName") == "H1"
            assert page.title().startswith(title)
        for _ in range(3):
            page.go_back()
        page.locator(".amount").wait_for()
        assert page.url.endswith(FINE)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_view_has_a_barrier(lang: str, scheme: str, name: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/?lang={lang}{VIEWS[name]}", color_scheme=scheme, bypass_csp=True) as page:
        if name == "batch":
            page.get_by_role("button", name={"zh": "填入示例", "en": "Fill in an example"}[lang]).click()
            page.get_by_role("button", name={"zh": "开始计算", "en": "Calculate"}[lang]).click()
            page.locator("tr.bad").wait_for()
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        if name == "empty":
            page.get_by_role("combobox").click()
        page.wait_for_timeout(300)
        picture(page, f"{name}-{lang}-{scheme}")
        page.add_script_tag(path=str(AXE / "axe.min.js"))
        found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
        told = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]]
        assert told == []
        assert len(found["passes"]) > 20


@pytest.mark.parametrize("width", [320, 360, 768, 1440, 2560])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_fits_every_screen(lang: str, width: int, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/?lang={lang}", viewport={"width": width, "height": 800}) as page:
        for name, view in VIEWS.items():
            page.evaluate("address => { location.hash = address; }", view)
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            if width in {360, 768}:
                picture(page, f"{name}-{lang}-{width}")


@pytest.mark.parametrize("name", ["fine", "persons", "deadline", "expiry", "year"])
def test_an_answer_is_printed_on_sheets_with_its_facts_and_without_the_form(
    name: str, chromium: Any, url: str, tmp_path: Path
) -> None:
    with opened(chromium, f"{url}/{VIEWS[name]}", color_scheme="dark") as page:
        path = Path(SCREENSHOTS or tmp_path) / f"{name}.pdf"
        page.wait_for_timeout(300)
        page.pdf(path=str(path), format="A4", prefer_css_page_size=True)
        assert path.read_bytes().startswith(b"%PDF")
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        for hidden in (".top", ".form", ".actions", "footer nav", ".intro"):
            assert page.locator(hidden).count() == 0 or not page.locator(hidden).first.is_visible()
        assert name == "year" or page.locator(".given").is_visible()


def test_the_first_view_is_complete_in_a_second(chromium: Any, url: str) -> None:
    # The quickest of some first views: the others tell how busy the machine was.
    assert min(first_view(chromium, url) for _ in range(5)) < FAST


def first_view(chromium: Any, url: str) -> float:
    """Milliseconds until a case and its pictures stand there, in a fresh profile."""
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    started = time.perf_counter()
    page.goto(f"{url}/{FINE}")
    page.locator("#growth-title").wait_for()
    took = (time.perf_counter() - started) * 1000
    context.close()
    return took


def test_the_files_of_axe_are_as_they_were_published() -> None:
    readme = (AXE / "README.md").read_text("utf-8")
    sums = {name: digest for digest, name in re.findall(r"^\| `([0-9a-f]{64})` \| `(.+)` \|$", readme, re.MULTILINE)}
    assert {path.name for path in AXE.iterdir()} == {*sums, "README.md"}
    for name, digest in sums.items():
        assert hashlib.sha256((AXE / name).read_bytes()).hexdigest() == digest, name
