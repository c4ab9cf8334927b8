"""Cells from outside: one bare value, and refusals as values that a spreadsheet can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

import words
from penaltycalc.api import cells
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.problems import TransportError
from penaltycalc.settings import Settings

SALE = "violation=79-1-1&goods_value=85000&activity=wholesale&severity=ordinary"
REVIEW = "step=production-licence&start=2026-09-18"
REGISTRATION = "term=drug-registration&start=2023-03-01"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


def value(client: TestClient[Service], function: str, query: str) -> str:
    """The text of a cell, after checking what every cell is."""
    response = client.get(f"/v1/cells/{function}?{query}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    text = response.content.decode("utf-8")
    assert "\n" not in text
    return text


def refused(client: TestClient[Service], function: str, query: str) -> str:
    """The place of a refusal, the same one as a problem names."""
    text = value(client, function, f"{query}&lang=en" if "lang=" not in query else query)
    assert text.startswith("#ERR ")
    return text.removeprefix("#ERR ").partition(":")[0]


# ------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("function", "query", "text"),
    [
        ("penalty", SALE, "2000000.00"),
        ("penalty", f"{SALE}&out=minimum", "1000000.00"),
        ("penalty", f"{SALE}&out=outcome.fine.minimum&as=serial&errors=http", "1000000.00"),
        ("penalty", f"{SALE}&out=determined", "TRUE"),
        ("penalty", f"{SALE}&out=outcome.scope", ""),
        ("deadline", REVIEW, "2026-11-05"),
        ("deadline", f"{REVIEW}&as=serial", "46331"),
        ("deadline", f"{REVIEW}&out=days.length", "30"),
        ("expiry", REGISTRATION, "2028-02-29"),
        ("expiry", f"{REGISTRATION}&out=by_convention.civil_code", "2028-03-01"),
        ("working-days", "from=2026-10-01&to=2026-10-31", "18"),
        ("working-days", "from=2026-10-01&to=2026-10-31&start=&days=", "18"),
        ("working-days", "start=2026-09-30&days=2", "2026-10-09"),
        ("working-days", "start=2026-10-09&days=-1&out=date&as=serial", "46303"),
    ],
)
def test_a_cell_holds_one_value(client: TestClient[Service], function: str, query: str, text: str) -> None:
    assert value(client, function, query) == text


@pytest.mark.parametrize(
    ("function", "query", "text"),
    [
        (
            "penalty",
            "violation=79-1-1%20无证生产&goods_value=￥85,000&activity=Wholesale&severity=ORDINARY",
            "2000000.00",
        ),
        (
            "penalty",
            "violation=28856&goods_value=85000元&activity=wholesale&severity=ordinary&rectified=",
            "2000000.00",
        ),
        ("deadline", "step=production-licence&start=46283", "2026-11-05"),
        ("deadline", "step=production-licence&start=2026年9月18日&out=&as=&errors=&lang=", "2026-11-05"),
        ("deadline", "lang=&step=production-licence&start=2026/9/18&as=SERIAL&errors=Value", "46331"),
        ("expiry", "term=drug-registration&start=20230301&convention=Certificate", "2028-02-29"),
        ("working-days", "from=2026-10-1&to=2026/10/31", "18"),
    ],
)
def test_facts_are_read_as_people_write_them(client: TestClient[Service], function: str, query: str, text: str) -> None:
    assert value(client, function, query) == text


def test_an_explanation_is_made_where_it_is_asked_for(client: TestClient[Service]) -> None:
    explained = client.get("/v1/deadlines/production-licence?start=2026-09-18&lang=en").json()["explanation"]
    assert value(client, "deadline", f"{REVIEW}&out=explanation.0.text&lang=en") == explained[0]["text"]
    assert value(client, "deadline", f"{REVIEW}&out=explanation&lang=en").count("; ") >= len(explained) - 1


def test_a_cell_rests_on_what_the_answer_rests_on(client: TestClient[Service]) -> None:
    cell = client.get(f"/v1/cells/deadline?{REVIEW}")
    answer = client.get("/v1/deadlines/production-licence?start=2026-09-18")
    for name in ("engine", "rulebook", "calendar", "inputs"):
        assert cell.headers[f"penaltycalc-{name}"] == answer.headers[f"penaltycalc-{name}"]
    assert cell.headers["content-language"] == "zh"
    assert cell.headers["vary"] == "Accept-Language"
    assert cell.headers["cache-control"] == "no-cache"


def test_a_value_that_is_known_is_not_sent_again_and_head_sends_none(client: TestClient[Service]) -> None:
    path = f"/v1/cells/deadline?{REVIEW}"
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


# ----------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("function", "query", "where"),
    [
        ("penalty", "violation=79-1-1&goods_value=1,5", "goods_value"),
        ("penalty", "goods_value=85000", "violation"),
        ("penalty", "violation=79-1-9", "violation"),
        ("penalty", "violation=1988-01-01", "violation"),
        ("penalty", "violation=79-1-1&severity=ordinary", "activity"),
        ("penalty", f"{SALE}&conduct_from=2026-6-10&conduct_to=2026-6-1", "conduct_to"),
        ("penalty", f"{SALE}&conduct_to=2026-6-1", "conduct_to"),
        ("penalty", f"{SALE}&conduct=2026-06-01", "conduct"),
        ("penalty", f"{SALE}&goodsvalue=", "goodsvalue"),
        ("penalty", f"{SALE}&severity=severe", "severity"),
        ("penalty", f"{SALE}&out=outcome", "out"),
        ("penalty", f"{SALE}&out=outcome.fines", "out"),
        ("penalty", f"{SALE}&as=text", "as"),
        ("penalty", f"{SALE}&errors=loud", "errors"),
        ("penalty", f"{SALE}&lang=fr", "lang"),
        ("deadline", "step=production-licence&start=1/2/2026", "start"),
        ("deadline", "step=urgent-import&start=2026-9-18&clock_stops=2026-9-21/:hearing", "clock_stops"),
        ("deadline", "step=production-licence&start=2150-01-01", "start"),
        ("expiry", f"{REGISTRATION}&granted_years=3", "granted_years"),
        ("working-days", "", "from"),
        ("working-days", "from=2026-10-1&days=3", "from"),
        ("working-days", "from=2026-10-9&to=2026-10-1", "to"),
        ("working-days", "from=2026-10-9", "to"),
        ("working-days", "start=2026-10-9&days=many", "days"),
        ("working-days", "start=2026-10-9&days=1&out=working_days", "out"),
    ],
)
def test_a_refusal_is_a_value_that_names_its_place(
    client: TestClient[Service], function: str, query: str, where: str
) -> None:
    assert refused(client, function, query) == where
    problem = client.get(f"/v1/cells/{function}?{query}&errors=http").json()
    if "errors=" not in query:
        assert problem["errors"][0]["where"] == where


def test_a_refusal_says_what_is_wrong_in_the_language_asked_for(client: TestClient[Service]) -> None:
    query = "violation=79-1-1&goods_value=1,5"
    assert value(client, "penalty", query).startswith("#ERR goods_value: “1,5”不能读作金额。请以元为单位填写数字")
    assert value(client, "penalty", f"{query}&lang=en").startswith("#ERR goods_value: “1,5” is not an amount. ")


def test_an_open_outcome_names_what_is_missing(client: TestClient[Service]) -> None:
    text = value(client, "penalty", "violation=79-1-1&lang=en")
    names = "circumstances (severity), activity, goods value (goods_value)"
    assert text == f"#ERR severity: The result is not determined; still missing: {names}."


TOO_LATE = "conduct_from=2026-06-01&conduct_to=2026-06-30&discovered_on=2031-07-01"
BARRED = f"violation=85-2&severity=severe&{TOO_LATE}"
NOT_EXEMPT = "violation=86-1&duties_fulfilled=false"


def test_a_barred_penalty_is_no_amount_unless_one_is_named(client: TestClient[Service]) -> None:
    assert value(client, "penalty", BARRED).startswith("#ERR barred: 已超过追责期限，不再给予行政处罚")
    english = value(client, "penalty", f"{BARRED}&lang=en&out=")
    assert english.startswith("#ERR barred: The limitation period has passed: no penalty is imposed.")
    assert value(client, "penalty", f"{BARRED}&out=outcome.fine.maximum") == "50000.00"
    assert value(client, "penalty", f"{BARRED}&out=maximum") == "50000.00"
    # Whatever else is open: a case that is barred needs no further facts.
    assert value(client, "penalty", f"violation=84-1&{TOO_LATE}").startswith("#ERR barred: ")
    problem(client, BARRED, 422, "barred")
    in_time = BARRED.replace("2031-07-01", "2028-06-30")
    assert value(client, "penalty", in_time) == "50000.00"


def test_a_failed_exemption_is_no_empty_cell(client: TestClient[Service]) -> None:
    for out in ("", "&out=minimum", "&out=outcome.fine.maximum"):
        for lang, article in (("zh", "第一百一十六条"), ("en", "116")):
            text = value(client, "penalty", f"{NOT_EXEMPT}{out}&lang={lang}")
            assert text.startswith("#ERR decided-elsewhere: ")
            assert article in text
            assert words.find_no_fine(text) == []
    problem(client, NOT_EXEMPT, 422, "decided-elsewhere")


def test_an_open_exemption_names_what_is_missing(client: TestClient[Service]) -> None:
    open_ = "violation=86-1&duties_fulfilled=true"
    # The place is a fact that was not stated: either of the two, where both are open.
    places = {
        "": "duties_fulfilled",
        "duties_fulfilled=true": "did_not_know_proven",
        "did_not_know_proven=true": "duties_fulfilled",
    }
    for stated, place in places.items():
        assert refused(client, "penalty", f"violation=86-1&{stated}") == place
        assert words.find_no_fine(value(client, "penalty", f"violation=86-1&{stated}&lang=en")) == []
    problem(client, open_, 422, "fact-out-of-range")
    # Both facts exempt, and that leaves no fine to show.
    assert value(client, "penalty", f"{open_}&did_not_know_proven=true") == ""


@pytest.mark.parametrize("query", ["ref=%FF", "lang=%FF&x=%80", f"out={'x' * 9000}"])
def test_a_query_that_cannot_be_read_is_a_value_without_a_place(client: TestClient[Service], query: str) -> None:
    assert value(client, "penalty", query).startswith("#ERR: ")


def test_what_was_sent_brings_no_new_line_into_a_refusal(client: TestClient[Service]) -> None:
    assert value(client, "penalty", f"{SALE}&a%0Ab=1&lang=en") == "#ERR a b: Unknown parameter a\ufffdb."


def problem(client: TestClient[Service], query: str, status: int, code: str) -> dict[str, Any]:
    response = client.get(f"/v1/cells/penalty?{query}&errors=http")
    found: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, found["status"], found["code"]) == (status, status, code)
    assert found["instance"] == "/v1/cells/penalty"
    return found


def test_a_refusal_is_a_problem_where_that_is_asked_for(client: TestClient[Service]) -> None:
    problem(client, "violation=79-1-1&goods_value=1,5", 400, "schema")
    problem(client, "violation=79-1-1&x=%FF", 400, "malformed")
    problem(client, "violation=79-1-9", 422, "unknown-violation")
    problem(client, "violation=79-1-1", 422, "fact-out-of-range")
    problem(client, f"{SALE}&errors=http", 400, "repeated-name")
    problem(client, f"out={'x' * 9000}", 414, "uri-too-long")


def test_what_the_client_does_not_accept_is_no_value(client: TestClient[Service]) -> None:
    response = client.get(f"/v1/cells/penalty?{SALE}", headers={"accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (406, "not-acceptable")


@pytest.mark.parametrize("status", [401, 429])
def test_who_may_not_ask_or_asks_too_often_gets_no_value(
    client: TestClient[Service], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    class Refused(TransportError):
        code = "not-acceptable"

    def refuse(*_: object) -> None:
        raise Refused(type="text/plain")

    monkeypatch.setattr(Refused, "status", status)
    monkeypatch.setattr(cells, "parse_query", refuse)
    assert client.get(f"/v1/cells/penalty?{SALE}").status_code == status


# -------------------------------------------------------------------------------------- the document


def test_every_parameter_is_an_optional_text_with_a_meaning_and_an_example(client: TestClient[Service]) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    found = {path: item["get"] for path, item in paths.items() if path.startswith("/v1/cells/")}
    assert {operation["operationId"] for operation in found.values()} == {one.operation_id for one in cells.HANDLERS}
    for operation in found.values():
        assert operation["responses"]["200"]["content"]["text/plain"]["schema"] == {"type": "string"}
        assert {"out", "as", "errors", "lang"} <= {parameter["name"] for parameter in operation["parameters"]}
        for parameter in operation["parameters"]:
            assert parameter["schema"].keys() == {"type", "examples"}
            assert (parameter["schema"]["type"], parameter["required"], parameter["in"]) == ("string", False, "query")
            assert " / " in parameter["description"]
