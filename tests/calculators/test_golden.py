"""Whole answers stay what they were, byte for byte."""

from __future__ import annotations

import json
import re
from itertools import product, starmap

import pytest

import golden
from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.rules.wording import LANGUAGES, Language


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", golden.REQUESTS)
def test_an_answer_is_byte_for_byte_the_one_kept(
    name: str, lang: Language, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    kept = golden.file_of(name, lang).read_bytes()
    now = golden.answer(name, lang, rulebook, calendar)
    assert kept == now, "if this is meant, run `make golden` and read the difference"


def test_nothing_is_kept_that_no_request_gives() -> None:
    assert set(golden.GOLDEN.iterdir()) == set(starmap(golden.file_of, product(golden.REQUESTS, LANGUAGES)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_notice_and_every_sentence_stands_in_a_kept_answer(lang: Language, rulebook: Rulebook) -> None:
    kept = [json.loads(golden.file_of(name, lang).read_bytes()) for name in golden.REQUESTS]
    wording = rulebook.wordings[lang]
    codes = {notice["code"] for answer in kept for notice in answer.get("notices", ())}
    assert {code for code, _, _ in wording.notices()} - codes == {"supplied"}  # the package has no supplied days
    told = {step["text"] for answer in kept for step in answer.get("explanation", ())}
    forms = {rule: re.sub(r"\\{\w+\\}", ".+", re.escape(text)) for rule, _, text in wording.rules()}
    assert [rule for rule, form in forms.items() if not any(re.fullmatch(form, text) for text in told)] == []
