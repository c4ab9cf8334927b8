"""Places in the law, and their formal names."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from penaltycalc.rules.citations import ProvisionRef, build_citation, format_numeral


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, "一"),
        (9, "九"),
        (10, "十"),
        (11, "十一"),
        (19, "十九"),
        (20, "二十"),
        (89, "八十九"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (120, "一百二十"),
        (999, "九百九十九"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (1100, "一千一百"),
        (1101, "一千一百零一"),
        (1259, "一千二百五十九"),
        (2020, "二千零二十"),
        (9999, "九千九百九十九"),
    ],
)
def test_an_article_number_is_written_as_the_law_writes_it(number: int, written: str) -> None:
    assert format_numeral(number) == written


@pytest.mark.parametrize(
    ("place", "label"),
    [
        (ProvisionRef(article=79, paragraph=1, item=1), "《条例》第七十九条第一款第（一）项"),
        (ProvisionRef(article=84, paragraph=2), "《条例》第八十四条第二款"),
        (ProvisionRef(article=88), "《条例》第八十八条"),
        (ProvisionRef(article=32, item=4), "《条例》第三十二条第（四）项"),
    ],
)
def test_a_citation_names_article_paragraph_and_item(place: ProvisionRef, label: str) -> None:
    citation = build_citation(place, "dar", "条例", "articles")
    assert citation.label == label
    assert (citation.instrument, citation.article) == ("dar", place.article)
    assert (citation.paragraph, citation.item) == (place.paragraph, place.item)


def test_the_parts_of_a_plan_are_cited_as_parts() -> None:
    citation = build_citation(ProvisionRef(article=3, item=2), "plan", "方案", "parts")
    assert citation.label == "《方案》第三部分第（二）项"
    assert citation.paragraph is UNSET


def test_the_instrument_that_is_cited_is_the_one_given_not_the_one_of_the_place() -> None:
    assert build_citation(ProvisionRef(instrument="dal", article=126), "dal", "法", "articles").instrument == "dal"
