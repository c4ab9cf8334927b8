"""Whole answers stay what they were, byte for byte."""

from __future__ import annotations

import json
import re
from itertools import product, starmap

import pytest

import golden
from penaltycalc import Rulebook, WorkingCalendar
from penaltycalc.rules.wording import LANGUAGES, Language

NEVER_IN_THE_PACKAGE = {
    "supplied",  # the package has no supplied days
    "later-law-to-compare",  # and no row with two versions: test_amendments.py has
    "repealed-since",
    "review-step-not-in-force",
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", golden.REQUESTS)
def test_an_answer_is_byte_for_byte_the_one_kept(
    name: str, lang: Language, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    file = golden.file_of(name, lang).read_bytes()
    answer = golden.format_answer(golden.answer(name, lang, rulebook, calendar))
    assert file == answer, "if this is meant, run `make golden` and read the difference"


def test_all_answers_together_have_the_digest_that_pins_them(rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    assert golden.PROVENANCE.read_bytes() == golden.pin_answers(rulebook, calendar), "as above"


def test_no_file_is_there_that_no_request_gives() -> None:
    files = set(starmap(golden.file_of, product(golden.REQUESTS, LANGUAGES)))
    assert set(golden.GOLDEN.iterdir()) == {*files, golden.PROVENANCE}


def test_only_one_file_holds_digests() -> None:
    holding = {path.name for path in golden.GOLDEN.iterdir() if b"sha256:" in path.read_bytes()}
    assert holding == {"provenance.json"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_notice_and_every_sentence_stands_in_a_kept_answer(lang: Language, rulebook: Rulebook) -> None:
    answers = [json.loads(golden.file_of(name, lang).read_bytes()) for name in golden.REQUESTS]
    wording = rulebook.wordings[lang]
    codes = {notice["code"] for answer in answers for notice in answer.get("notices", ())}
    assert {code for code, _, _ in wording.notices()} - codes == NEVER_IN_THE_PACKAGE
    told = {step["text"] for answer in answers for step in answer.get("explanation", ())}
    forms = {rule: re.sub(r"\\{\w+\\}", ".+", re.escape(text)) for rule, _, text in wording.rules()}
    unused = [rule for rule, form in forms.items() if not any(re.fullmatch(form, text) for text in told)]
    assert unused == ["applicable-law-in-force-then"]  # needs a row with two versions, as above
