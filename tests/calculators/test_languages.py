"""One meaning in two languages: what programs read is the same in both, and no text is missing in either.

Whether the texts of wording/ are complete is checked when they are read, and in test_wording.py and
test_house.py that there is one for everything. Here is what comes out of the service. The help of the
command line is in English only; its answers and its refusals are in both languages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

import cases
import words
from penaltycalc import PenaltycalcError, Rulebook, WorkingCalendar, encode_answer
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.site import read_problem_examples
from penaltycalc.calculators.calculate import Kind, calculate
from penaltycalc.calculators.problems import build_problem
from penaltycalc.cli import commands
from penaltycalc.input.flat import parse_flat
from penaltycalc.rules.wording import LANGUAGES, Language
from penaltycalc.settings import Settings

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
LATIN = re.compile(r"[A-Za-z]{2}")

TEXTS = {"text", "title", "tier_title", "detail", "message"}
"""Members that hold words for people in the language asked for, wherever they stand."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """A record as a client sees it."""
    decoded: dict[str, Any] = json.loads(encode_answer(record))
    return decoded


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every plain value of an answer with its place; empty lists and records too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner or not value:
        yield path, value
    for name, one in inner:
        yield from leaves(one, (*path, name))


def apart(zh: Any, en: Any, texts: set[str]) -> list[tuple[str | int, ...]]:
    """The places of the texts, after checking that all else is the same and each text is in its language."""
    chinese, english = list(leaves(zh)), list(leaves(en))
    assert [place for place, _ in chinese] == [place for place, _ in english]
    places = []
    for (place, said), (_, told) in zip(chinese, english, strict=True):
        if place[-1:] and place[-1] in texts and isinstance(said, str):
            assert CHINESE.search(said), (place, said)
            assert told, place
            assert CHINESE.search(words.CITATION.sub("", told)) is None, (place, told)
            places.append(place)
        else:
            assert said == told, place
    return places


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_worked_case_is_the_same_in_both_languages_but_for_its_texts(
    kind: Kind, rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    texts = 0
    for row in cases.rows(kind):
        ledger = {"ledger": "true"} if kind == "deadline" else {}
        facts = parse_flat(kind, {**cases.facts(kind, row), **ledger})
        told = {lang: _told(facts, rulebook, calendar, lang) for lang in LANGUAGES}
        # The days of a ledger have names; persons keep those that they were given.
        texts += len(apart(told["zh"], told["en"], TEXTS | ({"name"} if kind == "deadline" else set())))
    assert texts > 500


def _told(facts: Any, rulebook: Rulebook, calendar: WorkingCalendar, lang: Language) -> dict[str, Any]:
    """The answer to these facts, or the problem that they meet."""
    try:
        return plain(calculate(facts, rulebook, calendar, lang=lang))
    except PenaltycalcError as error:
        return plain(build_problem(error, rulebook.wordings[lang], instance="/", in_body=True, status=error.status))


def test_an_answer_without_explanations_does_not_know_its_language_but_in_notices_and_measures(
    rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    for kind in get_args(Kind):
        for row in cases.rows(kind):
            if row["problem"]:
                continue
            facts = parse_flat(kind, cases.facts(kind, row))
            zh, en = (plain(calculate(facts, rulebook, calendar, lang=lang, explain=False)) for lang in LANGUAGES)
            assert {place[-1] for place in apart(zh, en, {"text", "tier_title"})} <= {"text", "tier_title"}


CATALOGUES = {
    "/v1/violations": {"title", "who"},
    "/v1/steps": {"title"},
    "/v1/terms": {"title"},
    "/v1/coverage?q=假药": {"title", "text"},
    "/v1/rulebook": {"title"},
    "/v1/calendar/2026": {"name"},
    "/v1/calendar/2030": {"name", "text"},
    "/v1/working-days?from=2026-09-01&to=2027-03-01": {"text"},
    "/v1/working-days/shift?start=2026-12-01&days=60": {"text"},
}


@pytest.mark.parametrize(("path", "texts"), CATALOGUES.items())
def test_a_catalogue_is_the_same_in_both_languages_but_for_its_texts(
    path: str, texts: set[str], client: TestClient[Service]
) -> None:
    zh, en = (client.get(path, headers={"accept-language": lang}).json() for lang in LANGUAGES)
    assert len(apart(zh, en, texts | TEXTS)) > 0


@pytest.mark.parametrize("code", read_problem_examples())
def test_a_problem_is_the_same_in_both_languages_but_for_its_texts(code: str, client: TestClient[Service]) -> None:
    zh, en = (json.loads(client.app.worker.site.problems[code].answer[lang]) for lang in LANGUAGES)
    places = apart(zh, en, TEXTS)
    assert {("title",), ("detail",)} <= set(places)


def test_a_cell_shows_the_same_in_both_languages(client: TestClient[Service]) -> None:
    for path in (
        "/v1/cells/penalty?violation=79-1-1&goods_value=85000&activity=wholesale&severity=ordinary",
        "/v1/cells/deadline?step=production-licence&start=2026-09-18",
        "/v1/cells/expiry?term=drug-registration&start=2023-03-01",
        "/v1/cells/working-days?from=2026-10-08&to=2026-10-12",
    ):
        assert client.get(f"{path}&lang=zh").text == client.get(f"{path}&lang=en").text


def test_digests_do_not_depend_on_the_language(client: TestClient[Service]) -> None:
    path = "/v1/deadlines/production-licence?start=2026-09-18&lang="
    zh, en = (client.get(f"{path}{lang}").headers for lang in LANGUAGES)
    for name in ("engine", "rulebook", "calendar", "inputs"):
        assert zh[f"penaltycalc-{name}"] == en[f"penaltycalc-{name}"]


# ------------------------------------------------------------------------------------- the document


def test_what_the_document_says_to_people_is_in_both_languages(client: TestClient[Service]) -> None:
    document = client.get("/openapi.json").json()
    said = [tag["description"] for tag in document["tags"]]
    said += [document["info"]["description"], document["info"]["summary"]]
    for operations in document["paths"].values():
        for operation in operations.values():
            said.append(operation["description"])
            said += [one["description"] for one in operation.get("parameters", []) if "description" in one]
    assert len(said) > 100
    assert [text for text in said if not (CHINESE.search(text) and LATIN.search(text))] == []


# ------------------------------------------------------------------------------------ the command line


def test_the_help_of_the_command_line_is_in_english() -> None:
    own_words = re.compile("药品管理法实施条例下的[^\n]*")  # what the whole is, in the help of the whole
    for name in ("", *commands.commands, *get_args(Kind)):
        shown = CliRunner().invoke(commands, [name, "--help"] if name else ["--help"])
        assert shown.exit_code == 0
        assert CHINESE.search(own_words.sub("", shown.output)) is None, name
