"""What is looked for and what is found are brought to one form, and everything that there is can be found."""

from __future__ import annotations

import re

import pytest

from penaltycalc import Rulebook
from penaltycalc.rules.search import fold_text


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("假药", "假药"),
        ("假药、劣药", "假药劣药"),
        ("  假药\u3000药店 ", "假药 药店"),
        ("ＧＳＰ违规", "gsp 违规"),
        ("GSP/GMP", "gsp gmp"),
        ("Others' online sale, unlawful", "others online sale unlawful"),
        ("made-up records", "made-up records"),
        ("79-1-1", "79-1-1"),
        ("８１－１", "81-1"),
        ("第116条", "第一百一十六条"),
        ("116条", "第一百一十六条"),
        ("一百一十六条", "第一百一十六条"),
        ("第一百一十六条", "第一百一十六条"),
        ("药品管理法116", "药品管理法第一百一十六条"),
        ("《药品管理法》第１１６条", "药品管理法第一百一十六条"),
        ("《药品管理法》116", "药品管理法第一百一十六条"),
        ("条例79条1款1项", "条例第七十九条第一款第一项"),
        ("第七十九条第一款第（一）项", "第七十九条第一款第一项"),
        ("Art. 116", "第一百一十六条"),
        ("DAL article 116", "dal 第一百一十六条"),
        ("part 2", "part 2"),
        ("条例79-1-1", "条例 79-1-1"),
        ("0条", "第 0 条"),
        ("第²条", "第二条"),
        ("处罚款", "处罚款"),
        ("、（）", ""),
        ("_", ""),
    ],
)
def test_one_word_has_one_form_however_it_is_written(written: str, folded: str) -> None:
    assert fold_text(written) == folded
    assert fold_text(folded) == folded


def test_every_row_and_every_topic_can_be_found(rulebook: Rulebook) -> None:
    tables = {"violation": rulebook.violations, "step": rulebook.steps, "term": rulebook.terms}
    assert [(row.kind, row.id) for row in rulebook.search.rows] == [
        (kind, row_id) for kind, table in tables.items() for row_id in table
    ]
    assert [topic.id for topic in rulebook.search.topics] == list(rulebook.wordings["zh"].topics())
    for topic in rulebook.search.topics:
        assert "" not in topic.words


def test_initials_are_those_of_their_words(rulebook: Rulebook) -> None:
    for topic_id, topic in rulebook.wordings["zh"].topics().items():
        for word, initials in zip(topic.words.zh, topic.words.pinyin, strict=True):
            signs = re.sub("[^A-Za-z\u4e00-\u9fff]", "", word)
            # A Chinese character gives one letter, which no pinyin begins with i, u or v; Latin letters stay.
            pattern = "".join(sign.lower() if sign.isascii() else "[a-hj-tw-z]" for sign in signs)
            assert re.fullmatch(pattern, initials), (topic_id, word, initials)


def test_a_place_of_a_topic_is_known_by_its_parts(rulebook: Rulebook) -> None:
    (topic,) = [topic for topic in rulebook.search.topics if topic.id == "expired-drugs"]
    assert [(one.instrument, one.article, one.paragraph) for one in topic.provisions] == [
        ("中华人民共和国药品管理法", "第一百一十七条", "第一款"),
        ("中华人民共和国药品管理法", "第一百一十九条", ""),
        ("中华人民共和国药品管理法", "第九十八条", "第三款第五项"),
    ]
