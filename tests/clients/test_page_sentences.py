"""How the page at / says amounts, days, persons and faults to people, and that its example can be calculated."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from clients.pages import CHROMIUM, opened, settle

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

OPEN_STOP = "&clock_stops=2026-10-12~~hearing"
PERSON = "&persons=principal~30000.40~张三"


def copied(page: Any) -> str:
    """The text for a document."""
    page.get_by_role("button", name="复制文书文字").click()
    text: str = page.locator("#box-text").input_value()
    page.get_by_role("button", name="关闭").click()
    return text


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


# ---------------------------------------------------------------------------------------------- batch


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
