"""How the page at / says amounts, days, persons and faults to people, and that its example can be calculated."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from clients.pages import CHROMIUM, copied, day_in_words, opened, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

OPEN_STOP = "&clock_stops=2026-10-12~~hearing"
PERSON = "&persons=principal~30000.40~张三"


@pytest.mark.parametrize(
    ("typed", "chinese", "english"),
    [
        ("500000", "即50万元", "= 500,000 yuan"),
        ("500000.00", "即50万元", "= 500,000 yuan"),
        ("12000.04", "即12,000.04元", "= 12,000.04 yuan"),
        ("0.5", "即0.50元", "= 0.50 yuan"),
        ("0", "即0元", "= 0 yuan"),
        ("85000", "即85,000元", "= 85,000 yuan"),
        ("10000", "即1万元", "= 10,000 yuan"),
        ("10000.01", "即10,000.01元", "= 10,000.01 yuan"),
        ("12340000", "即1,234万元", "= 12,340,000 yuan"),
        ("100000000", "即1亿元", "= 100,000,000 yuan"),
        ("120000000", "即12,000万元", "= 120,000,000 yuan"),
        ("1200000000.00", "即12亿元", "= 1,200,000,000 yuan"),
        ("100000000.01", "即100,000,000.01元", "= 100,000,000.01 yuan"),
        # More digits than a binary number keeps.
        ("99999999999999990000", "即9,999,999,999,999,999万元", "= 99,999,999,999,999,990,000 yuan"),
    ],
)
def test_an_amount_is_said_as_it_was_typed(typed: str, chinese: str, english: str, chromium: Any, url: str) -> None:
    for lang, echo in (("zh", chinese), ("en", english)):
        with opened(chromium, f"{url}/?lang={lang}#fines?violation=81-1") as page:
            page.locator("#fact-goods_value").fill(typed)
            assert page.locator(".echo").first.inner_text() == echo


def test_the_text_for_documents_joins_a_role_with_its_name_and_says_days_and_amounts_in_words(
    chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/#fines?violation=82-2&severity=severe&rectified=false{PERSON}") as page:
        settle(page)
        text = copied(page)
    assert "责任人员1：主要负责人张三，违法行为发生期间自本单位所获收入30,000.40元" in text
    assert "责任人员（主要负责人张三）：罚款" in text
    assert "自本单位所获收入30,000.40元" in text


def test_a_step_names_the_event_that_it_runs_from(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#deadlines?step=production-licence&start=2026-09-18{OPEN_STOP}") as page:
        assert page.get_by_label("受理申请之日（当日不计入）", exact=True).input_value() == "2026-09-18"
        assert (
            "所填事实：受理申请之日（当日不计入）：2026年9月18日；停止计时1：自2026年10月12日（含当日）起，尚未恢复，听证。"
            in copied(page)
        )


@pytest.mark.parametrize(
    ("address", "control"),
    [
        ("fines?violation=81-1&goods_value=8万", "goods_value"),
        ("fines?violation=81-1&conduct_from=2026-02-30", "conduct_from"),
        ("fines?violation=81-1&conduct_from=2026-06-02&conduct_to=2026-06-01", "conduct_to"),
        ("fines?violation=81-1&discovered_on=x", "discovered_on"),
        ("fines?violation=82-1&persons=~~&persons=other~8万~", "persons-1-income_during_violation"),
        ("deadlines?step=production-licence&start=2026-09-18&as_of=2026-01-01", "as_of"),
        ("deadlines?step=licence-decision&start=2026-06-01&extension_working_days=x", "extension_working_days"),
        (
            "deadlines?step=production-licence&start=2026-09-18&clock_stops=2026-10-12~2026-10-10~hearing",
            "clock_stops-0-to",
        ),
        ("deadlines?step=production-licence&start=2026-09-18&clock_stops=~2026-10-10~hearing", "clock_stops-0-from"),
        ("expiries?term=orphan-exclusivity&start=2026-06-01&granted_years=x", "granted_years"),
        ("expiries?term=orphan-exclusivity&start=2026-06-01&granted_years=99", "granted_years"),
        ("expiries?term=production-licence&start=2026-06-01&renewal_lead_days=0", "renewal_lead_days"),
        ("expiries?term=production-licence&start=2026-06-01&ended_on=2020-01-01", "ended_on"),
    ],
)
def test_a_fault_stands_beside_its_field_without_a_code(address: str, control: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#{address}") as page:
        error = page.locator(f"#fact-{control}-error")
        error.wait_for()
        assert error.is_visible()
        assert page.locator(f"#fact-{control}").get_attribute("aria-invalid") == "true"
        assert "（from）" not in page.locator("body").inner_text()


@pytest.mark.parametrize("typed", ["abc(retail)", "零售（retail）", "（ordinary）", "abc (retail)"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_fault_repeats_what_was_typed_as_it_was_typed(lang: str, typed: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/?lang={lang}#fines?violation=81-1") as page:
        page.locator("#fact-goods_value").fill(typed)
        error = page.locator("#fact-goods_value-error")
        error.wait_for()
        # Of amounts the page drops spaces and takes wide letters as narrow ones.
        read = typed.replace(" ", "").replace("（", "(").replace("）", ")")
        begin = {"zh": f"“{read}”不能读作金额。", "en": f"“{read}” is not an amount."}
        assert error.inner_text().startswith(begin[lang])


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "“x（severe）”不能使用。请填以下代码之一：情节一般、情节严重。"),
        ("en", "“x（severe）” cannot be used. Give one of these codes: ordinary circumstances, serious circumstances."),
    ],
)
def test_the_choices_are_named_without_codes_behind_what_was_read(
    lang: str, said: str, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/?lang={lang}#fines?violation=81-1&severity=x（severe）") as page:
        page.locator("#fact-severity-error").wait_for()
        assert page.locator("#fact-severity-error").inner_text() == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("“药品生产许可（production-licence）”不能延长。", "“药品生产许可”不能延长。"),
        ("“某药（production-licence）”不能延长。", "“某药（production-licence）”不能延长。"),
        ("没有“x”，是否为“药品生产许可（production-licence）”？", "没有“x”，是否为“药品生产许可”？"),
        ("列名请加固定的前缀（x_）。", "列名请加固定的前缀（x_）。"),
        ("没有“abc(retail)”。", "没有“abc(retail)”。"),
        ("缺少“货值金额（goods_value）”，请填写。", "缺少“货值金额”，请填写。"),
    ],
)
def test_only_codes_of_the_service_are_dropped(text: str, shown: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#deadlines") as page:
        found = page.evaluate("async text => (await import('./assets/texts.js')).dropCodes(text)", text)
        assert found == shown


@pytest.mark.parametrize(("day", "written"), [("0999-02-03", "999年2月3日"), ("2026-06-01", "2026年6月1日")])
def test_a_year_has_no_zeros_before_it(day: str, written: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/#batch") as page:
        assert page.evaluate("async day => (await import('./assets/texts.js')).formatDate(day)", day) == written


def test_one_of_something_is_not_many_in_english(chromium: Any, url: str) -> None:
    address = "deadlines?step=production-licence&start=2026-09-18&as_of=2026-09-20"
    with opened(chromium, f"{url}/?lang=en#{address}") as page:
        lines = page.locator(".head .figures").inner_text().split("\n")
        lengths = [line for line in lines if "working day" in line]
        assert lengths == ["30 working days", "1 working day", "29 working days"]
    with opened(chromium, f"{url}/?lang=en#batch") as page:
        page.locator("#table").fill("violation\n85-2\n")
        page.get_by_role("button", name="Calculate", exact=True).click()
        page.locator(".count", has_text="1 row, 0 with errors").wait_for()


def test_facts_are_listed_by_names_and_not_by_questions(chromium: Any, url: str) -> None:
    address = "fines?violation=86-1&duties_fulfilled=true&did_not_know_proven=false"
    with opened(chromium, f"{url}/#{address}") as page:
        facts = "是否履行进货检查验收等义务：是；是否有充分证据证明不知情：否"
        assert f"\n所填事实：{facts}。\n" in copied(page)
    with opened(chromium, f"{url}/#fines?violation=81-1&severity=severe&harmful_consequence=true") as page:
        assert "\n所填事实：情节：严重；是否有危害后果：是。\n" in copied(page)
    with opened(chromium, f"{url}/?lang=en#fines?violation=81-1&severity=ordinary&harmful_consequence=true") as page:
        names = page.locator(".given dt").all_text_contents()
        values = page.locator(".given dd").all_text_contents()
        assert list(zip(names, values, strict=True)) == [
            ("Circumstances", "ordinary"),
            ("Whether there were harmful consequences", "yes"),
        ]


@pytest.mark.parametrize(
    ("lang", "head", "source"),
    [
        ("zh", "{}以前（含当日）已公布，此后为推算", "推算方法：holidays软件包"),
        ("en", "announced through {}, projected after that", "projected by the package “holidays”"),
    ],
)
def test_a_year_says_which_part_of_it_is_announced(lang: str, head: str, source: str, chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/?lang={lang}#calendar") as page:
        last = httpx.get(f"{url}/v1/rulebook").json()["calendar"]["official_through"]
        assert page.locator(".head .tag").inner_text() == head.format(day_in_words(last) if lang == "zh" else last)
        page.locator("#year").fill(str(int(last[:4]) + 1))
        settle(page)
        assert page.locator(".head .tag").inner_text() == {"zh": "推算", "en": "projected"}[lang]
        assert page.locator(".head .line").all_inner_texts() == [source]
        assert set(page.locator("tbody tr td:last-child").all_text_contents()) >= {source}


# ---------------------------------------------------------------------------------------------- batch


@pytest.mark.parametrize(
    ("heads", "cells", "facts"),
    [
        (
            ["办理环节", "起算日（当日不计）", "同步提交"],
            ["clinical-trial-application", "2026-08-03", ""],
            ["step", "start", "joint_filing"],
        ),
        (
            ["证件、保护期", "起始日", "提前终止末日", "计算惯例"],
            ["production-licence", "2026-06-01", "2028-01-01", "civil-code"],
            ["term", "start", "ended_on", "convention"],
        ),
        (
            ["Violation", "Severity", "Harm followed", "Goods value (yuan)", "案号"],
            ["81-1", "severe", "TRUE", "30000", "甲"],
            ["violation", "severity", "harmful_consequence", "goods_value", ""],
        ),
    ],
)
def test_columns_with_their_names_of_version_0_2_0_keep_their_facts(
    heads: list[str], cells: list[str], facts: list[str], chromium: Any, url: str
) -> None:
    lang = "en" if heads[0].isascii() else "zh"
    with opened(chromium, f"{url}/?lang={lang}#batch") as page:
        page.locator("#table").fill("\t".join(heads) + "\n" + "\t".join(cells))
        settle(page)
        page.locator(".mapping select").first.wait_for(state="attached")
        assert [one.input_value() for one in page.locator(".mapping select").all()] == facts
        page.get_by_role("button", name={"zh": "开始计算", "en": "Calculate"}[lang], exact=True).click()
        page.locator(".count").wait_for()
        settle(page)
        assert page.locator("tr.bad").count() == 0
        # A column that is taken for the user's own may be a fact of another name, so that the list stays open.
        assert page.locator("details.columns").evaluate("node => node.open") == ("" in facts)


def test_the_column_that_the_workbook_never_sends_stays_the_users_own(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/?lang=zh#batch") as page:
        page.locator("#table").fill("自用编号（不发送）\t自用编号\t违法行为\n甲\t乙\t79-1-1")
        settle(page)
        page.locator(".mapping select").first.wait_for(state="attached")
        assert [one.input_value() for one in page.locator(".mapping select").all()] == ["", "ref", "violation"]


@pytest.mark.parametrize(
    ("lang", "fill", "start"), [("zh", "填入示例", "开始计算"), ("en", "Fill in an example", "Calculate")]
)
def test_the_example_of_a_table_is_in_the_language_of_the_page_and_can_be_calculated(
    lang: str, fill: str, start: str, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/?lang={lang}#batch") as page:
        page.get_by_role("button", name=fill).click()
        first = page.locator("#table").input_value().split("\n")[0].split("\t")
        assert ("办理事项" in first, "Step" in first, "step" in first) == (lang == "zh", lang == "en", False)
        page.get_by_role("button", name=start, exact=True).click()
        settle(page)
        page.locator("tr.bad").wait_for()
        # The last row shows what an error looks like; all others are calculated.
        assert page.locator("tbody tr").count() == 5
        assert page.locator("tr.bad").count() == 1
        outcomes = page.locator("td.outcome").all_inner_texts()
        assert outcomes[1] == {"zh": "60万元以上180万元以下", "en": "600,000 to 1,800,000 yuan"}[lang]


def write_hidden(path: Path) -> None:
    """Write a workbook in which no sheet can be seen: openpyxl saves none, so one of its own is changed."""
    content = io.BytesIO()
    openpyxl.Workbook().save(content)
    with zipfile.ZipFile(content) as book, zipfile.ZipFile(path, "w") as copy:
        for name in book.namelist():
            part = book.read(name)
            copy.writestr(
                name, part.replace(b'state="visible"', b'state="hidden"') if name == "xl/workbook.xml" else part
            )


def test_a_file_that_cannot_be_read_says_why(chromium: Any, url: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(b"\xd0\xcf\x11\xe0 a workbook of 1997, or one with a password")
    with opened(chromium, f"{url}/#batch") as page:
        page.locator("#file").set_input_files(str(plain))
        page.locator(".setup .error", has_text="文件“plain.xlsx”不是xlsx文件，不能读取。").wait_for()


def test_a_sum_of_parts_that_is_too_large_and_a_book_without_a_sheet_say_so(
    chromium: Any, url: str, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden.xlsx"
    write_hidden(hidden)
    large = bytearray(hidden.read_bytes())
    at = large.index(b"PK\x01\x02")
    large[at + 24 : at + 28] = (300_000_000).to_bytes(4, "little")
    (tmp_path / "large.xlsx").write_bytes(large)
    with opened(chromium, f"{url}/#batch") as page:
        page.locator("#file").set_input_files(str(hidden))
        page.locator(".setup .error", has_text="文件“hidden.xlsx”没有可见的工作表。").wait_for()
        page.locator("#file").set_input_files(str(tmp_path / "large.xlsx"))
        page.locator(".setup .error", has_text="文件“large.xlsx”过大（展开后超过256 MB）").wait_for()
