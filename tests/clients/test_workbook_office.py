"""LibreOffice opens the workbook of a live service, and every cell says what the API says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import openpyxl
import pytest

import cases
import servers
from clients import office
from penaltycalc import Rulebook
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.input.flat import FlatField, list_flat_fields
from penaltycalc.rules.wording import LANGUAGES, Language, Wording

pytestmark = pytest.mark.skipif(office.SOFFICE is None, reason="LibreOffice is not installed")

KINDS: dict[Kind, int] = {"penalty": 2, "deadline": 3, "expiry": 4}
"""The sheets that ask, by their place."""
PATHS: dict[Kind, str] = {"penalty": "penalties", "deadline": "deadlines", "expiry": "expiries"}
SETTINGS = 1
NAMES, HEADS, FIRST, ROWS = 5, 6, 7, 50


class Filled(NamedTuple):
    """A workbook that was filled in and calculated: its values, and the facts of each row by its sheet and number."""

    values: Any
    facts: dict[Kind, dict[int, dict[str, str]]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        servers.serving(tmp_path_factory.mktemp("service")) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def filled(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Filled]:
    """The workbook in both languages, filled with worked cases and calculated by LibreOffice."""
    folder = tmp_path_factory.mktemp("filled")
    pairs: list[Path] = []
    facts = {}
    for lang in LANGUAGES:
        book = fetched(client, lang)
        book.worksheets[SETTINGS]["C4"] = f"{client.base_url}/"  # with a slash, as people copy it
        facts[lang] = {kind: fill(book.worksheets[number], kind, lang) for kind, number in KINDS.items()}
        pairs += [folder / f"{lang}.xlsx", folder / f"{lang}-calculated.xlsx"]
        book.save(pairs[-2])
    office.saved(*pairs)
    return {
        lang: Filled(openpyxl.load_workbook(path, data_only=True), facts[lang])
        for lang, path in zip(LANGUAGES, pairs[1::2], strict=True)
    }


def fetched(client: httpx.Client, lang: Language) -> Any:
    response = client.get("/workbook.xlsx", params={"lang": lang})
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(response.content))


def columns(sheet: Any) -> dict[str, str]:
    """The letters of the columns to fill in, by the names of their facts."""
    return {cell.value: cell.column_letter for cell in sheet[NAMES] if cell.value}


def worked(kind: Kind, names: set[str]) -> Iterator[dict[str, str]]:
    """The facts of worked cases that the sheet has columns for, spread over the table: refused ones among them."""
    known = [cases.facts(kind, row) for row in cases.rows(kind)]
    fitting = [facts for facts in known if facts.keys() <= names]
    yield from fitting[:: len(fitting) // (ROWS - 2) + 1]


def fill(sheet: Any, kind: Kind, lang: Language) -> dict[int, dict[str, str]]:
    """Write worked cases below the example; the facts by their row."""
    places = columns(sheet)
    rows = dict(enumerate(worked(kind, set(places)), FIRST + 1))
    for row, facts in rows.items():
        sheet[f"A{row}"] = f"case {row}"
        for name, text in facts.items():
            sheet[f"{places[name]}{row}"] = typed(list_flat_fields(kind)[name], text, lang)
    return rows


def typed(field: FlatField, text: str, lang: Language) -> Any:
    """A fact as a person puts it into a cell."""
    if field.kind == "date":
        return date.fromisoformat(text)
    if field.kind == "money":
        return float(text)
    if field.kind == "integer":
        return int(text)
    if field.kind == "boolean":
        return {"zh": {"true": "是", "false": "否"}, "en": {"true": "yes", "false": "no"}}[lang][text]
    if field.name in ("violation", "step", "term"):
        return f"{text} a title that follows"
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_cell_of_any_sheet_holds_an_error(lang: Language, filled: dict[Language, Filled]) -> None:
    cells = [cell for sheet in filled[lang].values for row in sheet.iter_rows() for cell in row]
    wrong = [cell for cell in cells if cell.data_type == "e" or str(cell.value).startswith(("Err:", "#NAME", "#VALUE"))]
    assert [f"{cell.parent.title}!{cell.coordinate}" for cell in wrong] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_row_shows_what_the_api_answers(
    kind: Kind, lang: Language, filled: dict[Language, Filled], client: httpx.Client, rulebook: Rulebook
) -> None:
    sheet = filled[lang].values.worksheets[KINDS[kind]]
    wording = rulebook.wordings[lang]
    seen = set()
    for row, facts in filled[lang].facts[kind].items():
        subject = CALCULATIONS[kind].subject
        query = {name: text for name, text in facts.items() if name != subject}
        response = client.get(f"/v1/{PATHS[kind]}/{facts[subject]}", params={**query, "lang": lang})
        found = results(sheet, row, wording)
        if response.status_code == 200:
            answer = response.json()
            assert found == EXPECTED[kind](answer, facts, wording), (row, facts)
            seen.add(str(found["result"]).split("：")[0].split(":")[0])
        else:
            refused = response.json()
            assert str(found.pop("result")).startswith("#ERR "), (row, facts)
            assert set(found.values()) == {None}
            seen.add(refused["code"])
    assert len(filled[lang].facts[kind]) >= 15
    assert len(seen) >= 3, seen  # answered, refused, and something in between


def results(sheet: Any, row: int, wording: Wording) -> dict[str, Any]:
    """What a row shows, by the names of the outputs."""
    named = {text: name for name, text in wording.workbook()["column"].items()}
    named[wording.workbook()["column"]["days_left"]] = "left"
    # In Chinese the last day of a step and that of a term have one name.
    if sheet.parent.worksheets.index(sheet) == KINDS["deadline"]:
        named[wording.workbook()["column"]["due"]] = "due"
    heads = [cell.value for cell in sheet[HEADS] if cell.value]
    begin = heads.index(wording.workbook()["column"]["result"])
    values = [cell.value for cell in sheet[row]]
    return {
        named[head]: value.date().isoformat() if isinstance(value, datetime) else value
        for head, value in list(zip(heads, values, strict=False))[begin:]
    }


def common(answer: dict[str, Any]) -> dict[str, Any]:
    return {"notices": "; ".join(notice["text"] for notice in answer["notices"]) or None}


def penalty(answer: dict[str, Any], facts: dict[str, str], wording: Wording) -> dict[str, Any]:
    texts = wording.workbook()["text"]
    outcome = answer.get("outcome", {})
    fine = (outcome if answer["determined"] else answer).get("fine")
    limitation = answer.get("limitation", {}) if {"conduct_to", "discovered_on"} <= facts.keys() else {}
    return {
        "result": summary(answer, limitation, wording),
        **{name: bound(answer, fine, name, texts["open"]) for name in ("minimum", "maximum")},
        "tier": outcome.get("tier_title"),
        "authority": wording.label("authority", outcome["authority"]) if "authority" in outcome else None,
        "measures": "; ".join(measure["text"] for measure in outcome.get("measures", [])) or None,
        "barred": {
            True: wording.label("heading", "barred"),
            False: wording.label("heading", "not_barred"),
            None: None,
        }[limitation.get("barred")],
        **common(answer),
    }


def summary(answer: dict[str, Any], limitation: dict[str, Any], wording: Wording) -> str:
    """What the result of a row says: that nothing is imposed before who decides, and that before the rest."""
    texts = wording.workbook()["text"]
    if limitation.get("barred"):
        return str(texts["barred"])
    if "decided_by" in answer.get("outcome", {}):
        return str(texts["decided_elsewhere"])
    if limitation.get("depends_on_harm"):
        return str(texts["depends_on_harm"])
    missing = [wording.label("fact", name) for name in answer.get("missing_facts", [])]
    return str(texts["missing"] + texts["comma"].join(missing) if missing else texts["determined"])


def bound(answer: dict[str, Any], fine: dict[str, Any] | None, name: str, not_determined: str) -> Any:
    if fine is None:
        return None if answer["determined"] and "decided_by" not in answer["outcome"] else not_determined
    return None if fine[name] is None else float(fine[name])


def deadline(answer: dict[str, Any], facts: dict[str, str], wording: Wording) -> dict[str, Any]:
    texts = wording.workbook()["text"]
    days = answer.get("days", {}) if "as_of" in facts else {}
    return {
        "result": texts["computed"] if answer["due"] else texts["no_date"],
        "due": answer["due"],
        "status": wording.label("status", answer["status"]) if "status" in answer and answer["due"] else None,
        "earliest": answer.get("earliest"),
        "latest": answer.get("latest"),
        "left": days.get("left"),
        "overdue": days.get("overdue"),
        **common(answer),
    }


def expiry(answer: dict[str, Any], _facts: dict[str, str], wording: Wording) -> dict[str, Any]:
    renewal = answer.get("renewal", {})
    return {
        "result": wording.workbook()["text"]["computed"],
        "last_day": answer["last_day"],
        "left": answer.get("days_left"),
        **{f"window_{end}": renewal.get("window", {}).get(end) for end in ("opens", "closes")},
        **{name: renewal.get(name) for name in ("latest_by_licensing_law", "usual_apply_by", "apply_by")},
        "review_fits_until": renewal.get("review_fits_until"),
        **{f"next_term_{end}": renewal.get("next_term", {}).get(end) for end in ("start", "last_day")},
        **common(answer),
    }


EXPECTED = {"penalty": penalty, "deadline": deadline, "expiry": expiry}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_example_shows_before_it_is_calculated_what_it_shows_afterwards(
    kind: Kind, lang: Language, filled: dict[Language, Filled], client: httpx.Client, rulebook: Rulebook
) -> None:
    content = client.get("/workbook.xlsx", params={"lang": lang}).content
    before: Any = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    wording = rulebook.wordings[lang]
    shown, calculated = (
        results(book.worksheets[KINDS[kind]], FIRST, wording) for book in (before, filled[lang].values)
    )
    assert shown == calculated


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_an_id_stay_empty(kind: Kind, filled: dict[Language, Filled]) -> None:
    sheet = filled["zh"].values.worksheets[KINDS[kind]]
    first = FIRST + 1 + len(filled["zh"].facts[kind])
    assert {cell.value for row in sheet.iter_rows(min_row=first) for cell in row} <= {None, ""}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_connection_is_told(lang: Language, filled: dict[Language, Filled], rulebook: Rulebook) -> None:
    settings = filled[lang].values.worksheets[SETTINGS]
    assert settings["C6"].value == rulebook.wordings[lang].workbook()["text"]["connected"]


def test_own_references_and_long_addresses_are_never_sent(
    client: httpx.Client, tmp_path: Path, rulebook: Rulebook
) -> None:
    book = fetched(client, "en")
    book.worksheets[SETTINGS]["C4"] = str(client.base_url).rstrip("/")
    sheet = book.worksheets[KINDS["deadline"]]
    places = columns(sheet)
    sheet[f"A{FIRST}"] = "secret-2026-17"
    for name, value in {"step": "licence-decision", "start": date(2026, 9, 1), "clock_stops": "停" * 300}.items():
        sheet[f"{places[name]}{FIRST + 1}"] = value
    book.save(tmp_path / "long.xlsx")
    office.saved(tmp_path / "long.xlsx", tmp_path / "calculated.xlsx")
    values: Any = openpyxl.load_workbook(tmp_path / "calculated.xlsx", data_only=True)
    sheet = values.worksheets[KINDS["deadline"]]
    texts = rulebook.wordings["en"].workbook()["text"]
    assert results(sheet, FIRST + 1, rulebook.wordings["en"])["result"] == texts["too_long"].format(longest="2,048")
    addresses = [cell.value for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("http")]
    assert len(addresses) == 2
    assert [address for address in addresses if "secret" in address] == []


def test_the_largest_amount_is_sent_with_every_digit(client: httpx.Client, tmp_path: Path) -> None:
    book = fetched(client, "zh")
    book.worksheets[SETTINGS]["C4"] = str(client.base_url).rstrip("/")
    sheet = book.worksheets[KINDS["penalty"]]
    sheet[f"{columns(sheet)['goods_value']}{FIRST}"] = 99_999_999_999.99
    book.save(tmp_path / "large.xlsx")
    office.saved(tmp_path / "large.xlsx", tmp_path / "calculated.xlsx")
    values: Any = openpyxl.load_workbook(tmp_path / "calculated.xlsx", data_only=True)
    (address,) = (cell.value for cell in values.worksheets[KINDS["penalty"]][FIRST] if "/v1/cells" in str(cell.value))
    assert "goods_value=99999999999.99&" in address.replace("%2E", ".")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_the_service_every_row_says_so_and_no_cell_breaks(
    lang: Language, client: httpx.Client, tmp_path: Path, rulebook: Rulebook
) -> None:
    book = fetched(client, lang)
    book.worksheets[SETTINGS]["C4"] = f"http://127.0.0.1:{servers.free_port()}"
    for kind, number in KINDS.items():
        sheet = book.worksheets[number]
        place = columns(sheet)[CALCULATIONS[kind].subject]
        sheet[f"{place}{FIRST + 1}"] = sheet[f"{place}{FIRST}"].value
    book.save(tmp_path / "alone.xlsx")
    office.saved(tmp_path / "alone.xlsx", tmp_path / "calculated.xlsx")
    values: Any = openpyxl.load_workbook(tmp_path / "calculated.xlsx", data_only=True)
    said = rulebook.wordings[lang].workbook()["text"]["no_answer"]
    for number in KINDS.values():
        for row in (FIRST, FIRST + 1):
            found = results(values.worksheets[number], row, rulebook.wordings[lang])
            assert found.pop("result") == said
            assert set(found.values()) == {None}
    assert values.worksheets[SETTINGS]["C6"].value == said
    test_no_cell_of_any_sheet_holds_an_error(lang, {lang: Filled(values, {})})
