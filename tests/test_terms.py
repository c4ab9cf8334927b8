"""The same thing has the same word everywhere, and a Chinese sentence has the forms of Chinese officials.

The terms stand in terms.py. Texts are those of readings.py: every file of wording/, and for forms what answers,
problems, tables and events make of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

import pytest

import readings
import terms
import words
from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.rules.rulebook import PACKAGE

ALLOWED: Final[dict[str, set[str]]] = {
    # An example of what an own reference may be.
    "workbook.prompt.ref": {"案号"},
    # Heads of columns have little room.
    "workbook.column.scope": {"第83条"},
    "workbook.column.duties_fulfilled": {"第86条"},
    "workbook.column.did_not_know_proven": {"第86条"},
    # Names of fields, of which the document speaks.
    "document.operation.calculatePenalty": {"alternatives"},
    "document.PenaltyAnswer.determined": {"alternatives"},
    "document.DeadlineAnswer.ledger": {"ledger"},
}
"""Words that a single text may hold although they are replaced."""

_CODE: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def list_texts() -> Iterator[tuple[str, str, str]]:
    """Every text of wording/ with its place; a fact is a word, and names with underscores are left out."""
    for path in sorted((PACKAGE / "wording").glob("*.toml")):
        for place, texts in readings.list_texts(tomllib.loads(path.read_text("utf-8")), path.stem):
            zh, en = re.sub(r"\{\w+\}", "某", texts["zh"]), re.sub(r"\{\w+\}", "X", texts["en"])
            yield place, _CODE.sub("", zh), _CODE.sub("", en)


def test_no_text_holds_a_word_that_the_table_replaces() -> None:
    found = []
    for place, zh, en in list_texts():
        replaced = [
            *terms.find_replaced(zh, terms.REPLACED_IN_CHINESE),
            *terms.find_replaced(en, terms.REPLACED_IN_ENGLISH),
        ]
        allowed = ALLOWED.get(place, set())
        found += [(place, word) for word in replaced if word.partition(" -> ")[0] not in allowed]
    assert found == []


def test_a_term_stands_with_its_counterpart() -> None:
    lonely = [(place, term, en) for place, zh, en in list_texts() for term in terms.find_lonely(zh, en)]
    assert lonely == []


def test_every_term_is_used_and_no_exception_is_left_over() -> None:
    texts = {place: zh for place, zh, _ in list_texts()}
    assert [term for term in terms.PAIRS if not any(re.search(term, zh) for zh in texts.values())] == []
    assert [place for place, allowed in ALLOWED.items() if not all(word in texts[place] for word in allowed)] == []


@pytest.mark.parametrize(
    "source", ["answers and problems", "messages", "text of the command line", "cells of CSV", "events", "catalogues"]
)
def test_a_chinese_sentence_has_the_forms_of_officials(
    source: str, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    found = []
    for reading in readings.SOURCES[source](readings.Data(rulebook, calendar)):
        if reading.lang != "zh" or is_table_row(reading.text):
            continue
        text = words.remove(reading.text, reading.echoed)
        if forms := words.find_forms_for_programs(text, in_problem=reading.in_problem):
            found.append((reading.place, forms, reading.text))
    assert found == []


def is_table_row(text: str) -> bool:
    """Whether a text is a row of days, or several: tables keep the forms of the standards."""
    return re.search(r"^  \d{4}-\d{2}-\d{2} ", text, re.MULTILINE) is not None


# ------------------------------------------------------------------------------ the tests find what they should


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("期限末日为休息日。", "末日"),
        ("没有这个办理环节。", "环节"),
        ("起算日当日不计。", "起算日"),
        ("适用第一档。", "档"),
        ("按所给事实计算。", "所给"),
        ("读法：从严理解。", "读法"),
        ("补充通知有误。", "补充通知"),
        ("按证书惯例计算。", "惯例"),
        ("药品管理法第116条。", "第116条"),
        ("由省级药品监督管理部门决定。", "省级药品监督管理部门"),
        ("许可法另有规定。", "许可法"),
    ],
)
def test_a_replaced_word_in_chinese_is_found(text: str, word: str) -> None:
    assert [one.partition(" -> ")[0] for one in terms.find_replaced(text, terms.REPLACED_IN_CHINESE)] == [word]


@pytest.mark.parametrize(
    "text",
    [
        "月末日为届满日。",
        "所处环节为批发。",
        "请存档或者归档。",
        "行政许可法第五十条。",
        "省级人民政府药品监督管理部门",
    ],
)
def test_what_only_looks_like_a_replaced_word_is_none(text: str) -> None:
    assert terms.find_replaced(text, terms.REPLACED_IN_CHINESE) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("By the reading chosen.", "reading"),
        ("It lies before the end.", "lies before"),
        ("From 1 to 2 yuan, both included.", ", both included"),
        ("10 % of the income.", "0 %"),
        ("The severe tier applies.", "severe"),
        ("The lead is too short.", "lead"),
        ("By the licensing law.", "licensing law"),
    ],
)
def test_a_replaced_word_in_english_is_found(text: str, word: str) -> None:
    assert word in [one.partition(" -> ")[0] for one in terms.find_replaced(text, terms.REPLACED_IN_ENGLISH)]


def test_a_term_without_its_counterpart_is_found() -> None:
    assert terms.find_lonely("自备通知", "official notice") == ["自备通知"]
    assert terms.find_lonely("自备通知", "supplied notice") == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("行为终了于2026-06-01。", "2026-06-01"),
        ("罚款500000元以上。", "500000"),
        ("罚款1,000.00元以上。", "0.00"),
        ("罚款:不处罚款", ":"),
        ("按期改正,不罚。", ","),
        ("自2026-10-12/2026-10-16停止。", "自2026-10-12/2026"),
    ],
)
def test_a_form_for_programs_is_found(text: str, form: str) -> None:
    assert form in words.find_forms_for_programs(text)


def test_an_example_in_a_problem_keeps_its_form() -> None:
    text = "请填年、月、日，例如2026-05-20。"
    assert words.find_forms_for_programs(text, in_problem=True) == []
    assert words.find_forms_for_programs(text) == ["2026-05-20"]
