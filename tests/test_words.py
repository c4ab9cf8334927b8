"""Machine words never reach people: no text holds a code, a field name, `..` or a duration of ISO 8601.

What is looked at stands in readings.py, what a text may hold in words.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import laws
import words
from penaltycalc import Rulebook, WorkingCalendar, load_calendar
from penaltycalc.rules.wording import LANGUAGES
from readings import ALLOWED, SOURCES, Data, Reading, list_messages, list_terminal_texts, list_wording


def find_faults(readings: Iterator[Reading]) -> list[tuple[str, list[str], str]]:
    """The texts with words that must not reach people: place, words, text."""
    found = []
    for place, lang, content, in_problem, also, echoed in readings:
        find = words.find_words_in_chinese if lang == "zh" else words.find_words_in_english
        if faults := find(content, in_problem=in_problem, also=also, echoed=echoed):
            found.append((f"{place} ({lang})", faults, content))
    return found


@pytest.fixture(scope="module")
def data(rulebook: Rulebook, calendar: WorkingCalendar) -> Data:
    return Data(rulebook, calendar)


@pytest.mark.parametrize("source", SOURCES)
def test_no_machine_word_reaches_people(source: str, data: Data) -> None:
    assert find_faults(SOURCES[source](data)) == []


def test_every_source_has_texts_in_both_languages(data: Data) -> None:
    for source in ("wording", "messages", "values refused", "coverage", "catalogues"):
        found = dict.fromkeys(LANGUAGES, 0)
        for reading in SOURCES[source](data):
            found[reading.lang] += 1
        assert found["zh"] == found["en"] > 10, source


def test_no_exception_is_left_over(data: Data) -> None:
    texts = [reading.text for reading in list_wording(data) if reading.lang == "zh"]
    texts += [reading.text for reading in list_terminal_texts(data) if reading.place.startswith("calendar")]
    texts += [reading.text for reading in list_messages(data)]
    assert [name for name in words.PROPER_NAMES if not any(name in content for content in texts)] == []
    places = {reading.place: reading for reading in list_wording(data) if reading.lang == "zh"}
    for place, names in ALLOWED.items():
        assert [name for name in names if name not in places[place].text] == [], place


# ------------------------------------------------------------------------------- the test finds what it should


@pytest.mark.parametrize(
    ("content", "in_problem", "found"),
    [
        ("有效期为5年（P5Y）。", False, ["P5Y"]),
        ("末日为2028-06-30..2031-06-30。", False, [".."]),
        ("不能早于conduct.from（2026-06-01）。", True, ["conduct.from"]),
        ("可改选另一读法（severe_needs_failed_correction）。", False, ["severe_needs_failed_correction"]),
        ("请选“假定当时已施行”（assume_in_force）。", True, []),
        ("请选“假定当时已施行”（assume_in_force）。", False, ["assume_in_force"]),
        ("可用理由：听证（hearing）、检测（testing）。", True, []),
        ("可用理由：hearing testing。", True, ["hearing", "testing"]),
        ("（hearing）", True, ["hearing"]),
        ("CSV或者xlsx文件，法律数据 sha256:" + "0f" * 32, False, []),
        ("CSVs", False, ["CSVs"]),
        ("没有编号为“x-1”的违法行为。", True, ["x-1"]),
    ],
)
def test_a_word_in_a_chinese_text_is_found(content: str, in_problem: bool, found: list[str]) -> None:
    assert words.find_words_in_chinese(content, in_problem=in_problem) == found


@pytest.mark.parametrize(
    ("content", "in_problem", "found"),
    [
        ("The term is 5 years (P5Y).", False, ["P5Y"]),
        ("They end on 2028-06-30..2031-06-30.", False, [".."]),
        ("It must not lie before conduct.from.", True, ["conduct.from"]),
        ("Missing: goods value (goods_value).", True, []),
        ("Missing: goods_value.", True, ["goods_value"]),
        ("The other reading (severe_needs_failed_correction).", False, ["severe_needs_failed_correction"]),
        ("By 《中华人民共和国行政处罚法》第三十六条第一款.", False, []),
        ("By 行政处罚法.", False, list("行政处罚法")),
        ("... (cut off: e.g. a long text)", False, []),
        ("Name your own columns x_note.", False, ["x_note"]),
    ],
)
def test_a_machine_word_in_an_english_text_is_found(content: str, in_problem: bool, found: list[str]) -> None:
    assert words.find_words_in_english(content, in_problem=in_problem) == found


def test_what_a_caller_wrote_and_what_one_text_may_hold_is_no_fault() -> None:
    assert words.find_words_in_chinese("没有编号为“x-1”的违法行为。", echoed=["x-1"]) == []
    assert words.find_words_in_chinese("按Ctrl+C。", also=["Ctrl", "C"]) == []
    assert words.find_words_in_english("Begin with x_.", also=["x_"]) == []


MUTATIONS: Final = [
    # A duration in a sentence; the languages have to name the same facts.
    (
        "explanations.toml",
        'zh = "有效期为{length}。"\nen = "The term is {length}."',
        'zh = "有效期为{length}（{after}）。"\nen = "The term is {length}: {after}."',
        "answers and problems",
    ),
    # A range of days.
    (
        "explanations.toml",
        "{years}年和{extended}年期限分别于{short}和{long}届满；",
        "{years}年和{extended}年期限于{short}..{long}届满；",
        "text of the command line",
    ),
    # The name of a field in a notice.
    ("notices.toml", "选“假定当时已施行”不改变结果。", "assume_in_force不改变结果。", "wording"),
    # A code without its label, and with it but without brackets.
    ("messages.toml", "{day}早于“{other}”（", "{day}早于“start{other}”（", "messages"),
    ("labels.toml", 'with_code = { zh = "{label}（{code}）"', 'with_code = { zh = "{label}{code}"', "values refused"),
    # A label that is the code.
    ("labels.toml", 'technical_review = { zh = "技术审核"', 'technical_review = { zh = "review"', "cells of CSV"),
    ("labels.toml", 'deadline = { zh = "届满日：{title}"', 'deadline = { zh = "due：{title}"', "events"),
    ("titles.toml", "药品注册证书、化学原料药批准证书转让", "registration-transfer", "catalogues"),
    # A machine word in English.
    (
        "explanations.toml",
        "On the facts given ({facts}) the tier for serious circumstances applies.",
        "On the facts given ({facts}) severe_tier applies.",
        "cells of CSV",
    ),
]


@pytest.mark.parametrize(("file", "content", "replacement", "source"), MUTATIONS)
def test_a_code_that_is_put_back_is_found(
    file: str, content: str, replacement: str, source: str, tmp_path: Path
) -> None:
    rulebook = laws.amended(tmp_path, f"wording/{file}", content, replacement)
    mutated = Data(rulebook, load_calendar(rulebook), tmp_path / "wording")
    assert find_faults(SOURCES[source](mutated)) != []
