"""Everything people read: complete, in both languages, and apart from each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from penaltycalc import BrokenLaw, Rulebook
from penaltycalc.calculators.deadlines import LedgerDay
from penaltycalc.calendar.workdays import Status, Why
from penaltycalc.errors import Reason
from penaltycalc.rules import clauses
from penaltycalc.rules.rows import Event, Lapse, RenewalAuthority, StopReason, Unit
from penaltycalc.rules.rulebook import PACKAGE
from penaltycalc.rules.wording import LANGUAGES, Language, Wording, read_wording

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")

GROUPS: list[tuple[str, tuple[str, ...]]] = [
    ("activity", get_args(clauses.Activity)),
    ("scope", get_args(clauses.Scope)),
    ("tier", get_args(clauses.TierName)),
    ("authority", get_args(clauses.Authority) + get_args(RenewalAuthority)),
    ("role", get_args(clauses.Role)),
    ("object", get_args(clauses.ConfiscatedObject)),
    ("licence", get_args(clauses.Licence)),
    ("activity_banned", get_args(clauses.BannedActivity)),
    ("stop_reason", get_args(StopReason)),
    ("event", get_args(Event)),
    ("unit", get_args(Unit)),
    ("lapse", get_args(Lapse)),
    ("status", get_args(Status)),
    ("day", (*get_args(Why), "start_day", "clock_stopped", "calendar_day", "rolled")),
    ("period", ("years", "months", "days")),
    ("measure", tuple(str(one.__struct_config__.tag) for one in get_args(clauses.Measure))),
]


@pytest.fixture(params=LANGUAGES)
def wording(request: pytest.FixtureRequest, rulebook: Rulebook) -> Wording:
    """The wording in each language in turn."""
    found: Wording = rulebook.wordings[request.param]
    return found


@pytest.mark.parametrize(("group", "codes"), GROUPS, ids=[group for group, _ in GROUPS])
def test_every_code_has_a_name(group: str, codes: tuple[str, ...], wording: Wording) -> None:
    assert codes != ()
    assert [code for code in codes if not wording.label(group, code)] == []


def test_the_reasons_of_a_ledger_day_are_those_tested() -> None:
    why = next(field.type for field in msgspec.structs.fields(LedgerDay) if field.name == "why")
    values = {value for part in get_args(why) for value in (get_args(part) or (part,))}
    assert values == set(dict(GROUPS)["day"])


def test_every_row_has_a_title_and_initials(rulebook: Rulebook, wording: Wording) -> None:
    tables = {"violation": rulebook.violations, "step": rulebook.steps, "term": rulebook.terms}
    for table, rows in tables.items():
        for name in rows:
            assert wording.title(table, name)
            assert re.fullmatch("[a-z]+", wording.pinyin(table, name))


def test_every_violation_says_whom_it_concerns(rulebook: Rulebook, wording: Wording) -> None:
    assert [name for name in rulebook.violations if not wording.who(name)] == []


def test_every_instrument_has_its_formal_title(rulebook: Rulebook) -> None:
    titles = {name: rulebook.wordings["zh"].title("instrument", name) for name in rulebook.instruments}
    assert titles == {
        "dar": "中华人民共和国药品管理法实施条例",
        "plan": "临床急需药品临时进口工作方案",
        "dal": "中华人民共和国药品管理法",
        "all": "中华人民共和国行政许可法",
        "apl": "中华人民共和国行政处罚法",
        "cc": "中华人民共和国民法典",
        "val": "中华人民共和国疫苗管理法",
        "dar-2024": "中华人民共和国药品管理法实施条例（2024年修订）",
        "measures": "全国年节及纪念日放假办法",
    }


def test_no_title_stands_without_its_row(rulebook: Rulebook, wording: Wording) -> None:
    tables: list[tuple[str, Any]] = [
        ("violation", rulebook.violations),
        ("step", rulebook.steps),
        ("term", rulebook.terms),
        ("instrument", rulebook.instruments),
    ]
    for table, rows in tables:
        content = (PACKAGE / "wording" / "titles.toml").read_text("utf-8")
        assert wording.has_title(table, next(iter(rows)))
        assert not wording.has_title(table, "absent")
        if table == "violation":
            assert set(re.findall(r"^\[violation\.(.+)\]$", content, re.MULTILINE)) == set(rows)
        else:
            section = content.split(f"[{table}]")[1].split("\n[")[0]
            assert set(re.findall(r"^([\w-]+) = ", section, re.MULTILINE)) == set(rows)


def test_a_table_without_titles_has_none(wording: Wording) -> None:
    assert not wording.has_title("chapter", "1")


def english(value: object) -> Iterator[str]:
    """The English texts of a file; `en` may also be the name of a table, as that of the language itself."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "en" and isinstance(inner, str):
                yield inner
            else:
                yield from english(inner)


def test_no_english_text_holds_chinese_characters() -> None:
    import tomllib

    found = [
        text
        for path in (PACKAGE / "wording").glob("*.toml")
        for text in english(tomllib.loads(path.read_text("utf-8")))
    ]
    assert len(found) > 300
    assert [text for text in found if CHINESE.search(text)] == []


# ----------------------------------------------------------------------------------------- one by one


def test_a_label_is_in_the_language_asked_for(rulebook: Rulebook) -> None:
    zh, en = (rulebook.wordings[lang] for lang in LANGUAGES)
    assert zh.label("authority", "provincial") == "省级人民政府药品监督管理部门"
    assert en.label("authority", "provincial") == "provincial drug regulator"
    assert zh.labels("object", ("drugs", "illegal_gains")) == "违法生产、销售的药品、违法所得"
    assert en.labels("object", ("drugs", "illegal_gains")) == (
        "the drugs unlawfully produced or sold, the illegal gains"
    )
    assert en.all_labels()["unit"] == {"working_day": "working days", "calendar_day": "calendar days"}


@pytest.mark.parametrize(
    ("lang", "remarks", "expected"),
    [
        ("zh", [], "情节严重"),
        ("zh", ["批发"], "情节严重（批发）"),
        ("zh", ["批发", "药物临床试验机构"], "情节严重（批发，药物临床试验机构）"),
        ("en", [], "情节严重"),
        ("en", ["wholesale"], "情节严重 (wholesale)"),
        ("en", ["wholesale", "retail"], "情节严重 (wholesale, retail)"),
    ],
)
def test_remarks_stand_in_brackets_behind_a_text(
    lang: Language, remarks: list[str], expected: str, rulebook: Rulebook
) -> None:
    assert rulebook.wordings[lang].add_remarks("情节严重", remarks) == expected


def test_a_holiday_that_only_a_supplied_notice_knows_keeps_its_chinese_name(rulebook: Rulebook) -> None:
    assert rulebook.wordings["zh"].holiday("开斋节") == "开斋节"
    assert rulebook.wordings["en"].holiday("开斋节") == "holiday in a supplied notice"
    assert rulebook.wordings["zh"].holiday("mid_autumn") == "中秋节"
    assert rulebook.wordings["en"].holiday("mid_autumn") == "Mid-Autumn Festival"


def test_each_source_calls_a_holiday_by_its_own_name(rulebook: Rulebook) -> None:
    ids = rulebook.wordings["en"].holiday_ids()
    assert ids["Tomb-sweeping Day"] == ids["清明节"] == ids["清明"] == ids["holidays: Tomb-Sweeping Day"] == "qingming"
    assert ids["国庆节、中秋节"] == "mid_autumn_and_national_day"


def test_notices_and_rules_are_listed_in_the_language_asked_for(rulebook: Rulebook) -> None:
    zh, en = ({code: text for code, _, text in rulebook.wordings[lang].notices()} for lang in LANGUAGES)
    assert zh["ended-early"] == "期限提前于{last_day}终止。"
    assert en["ended-early"] == "The term ended early, on {last_day}."
    assert rulebook.wordings["zh"].has_notice("ended-early")
    assert not rulebook.wordings["zh"].has_notice("ended-late")
    rules = {rule: (entry.basis, text) for rule, entry, text in rulebook.wordings["en"].rules()}
    assert rules["calendar-days"] == ("period_start", "Day {before} is {after}.")


def test_a_problem_says_what_to_do_about_it(rulebook: Rulebook) -> None:
    assert rulebook.wordings["en"].problem("timeout") == ("The request did not arrive in time", "Send it again.")
    assert rulebook.wordings["zh"].problem("timeout") == ("未按时收到完整内容", "请重新发送。")


def test_pages_document_and_workbook_have_the_same_texts_in_both_languages(rulebook: Rulebook) -> None:
    zh, en = (rulebook.wordings[lang] for lang in LANGUAGES)
    assert zh.pages().keys() == en.pages().keys() != set()
    for name in ("workbook", "document", "page"):
        chinese, english = getattr(zh, name)(), getattr(en, name)()
        assert {group: set(texts) for group, texts in chinese.items()} == {
            group: set(texts) for group, texts in english.items()
        }
    assert set(zh.problem_codes()) >= {"timeout", "schema"}
    assert zh.problem_meaning("timeout") != en.problem_meaning("timeout")


# --------------------------------------------------------------------------------------- made-up wording


def made_up(folder: Path, titles: str) -> Wording:
    """Wording with nothing but these titles."""
    for path in (PACKAGE / "wording").glob("*.toml"):
        (folder / path.name).write_text("", "utf-8")
    (folder / "titles.toml").write_text(titles, "utf-8")
    return read_wording(folder)["zh"]


def test_initials_and_whom_a_violation_concerns_may_be_left_out(tmp_path: Path) -> None:
    wording = made_up(tmp_path, '[violation.1]\nzh = "违法行为"\nen = "violation"\n')
    assert (wording.title("violation", "1"), wording.pinyin("violation", "1"), wording.who("1")) == ("违法行为", "", "")


def test_a_text_of_a_text_is_checked_too(tmp_path: Path) -> None:
    who = 'who = { zh = "持有人", en = "" }'
    with pytest.raises(BrokenLaw) as broken:
        made_up(tmp_path, f'[violation.1]\nzh = "违法行为"\nen = "violation"\n{who}\n')
    assert broken.value.facts == {"file": "titles.toml", "row": "violation.1.who", "fault": Reason("fault-no-language")}
