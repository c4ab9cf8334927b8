"""The feeds from outside: the answers of the calculations, as events and as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

import cases
from penaltycalc.api.app import Service, create_app
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.settings import Settings

DEADLINE = "/v1/deadlines/production-licence/ics?start=2026-09-18"
EXPIRY = "/v1/expiries/drug-registration/ics?start=2023-03-01"
YEAR = "/v1/calendar/2026/ics"
TABLE = "/v1/calendar/2026/csv"

TYPES = {DEADLINE: "text/calendar", EXPIRY: "text/calendar", YEAR: "text/calendar", TABLE: "text/csv"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (DEADLINE, "production-licence.ics"),
        (EXPIRY, "drug-registration.ics"),
        (YEAR, "calendar-2026.ics"),
        (TABLE, "calendar-2026.csv"),
    ],
)
def test_a_feed_says_its_type_its_language_and_a_name_to_save_it_under(
    path: str, name: str, client: TestClient[Service]
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{TYPES[path]}; charset=utf-8"
    assert response.headers["content-language"] == "zh"
    assert response.headers["vary"] == "Accept-Language"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("path", TYPES)
def test_the_digests_are_those_of_the_answer(path: str, client: TestClient[Service]) -> None:
    feed, answer = client.get(path), client.get(re.sub("/(ics|csv)", "", path))
    for name, digest in answer.json()["provenance"].items():
        assert feed.headers[f"penaltycalc-{name}"] == answer.headers[f"penaltycalc-{name}"] == digest


@pytest.mark.parametrize("kind", ["deadline", "expiry"])
def test_every_worked_case_is_an_event_of_the_same_day_or_the_same_problem(
    kind: Kind, client: TestClient[Service]
) -> None:
    subject, path = CALCULATIONS[kind].subject, {"deadline": "deadlines", "expiry": "expiries"}[kind]
    for row in cases.rows(kind):
        facts = cases.facts(kind, row)
        query = {name: text for name, text in facts.items() if name != subject}
        answered, feed = (client.get(f"/v1/{path}/{facts[subject]}{form}", params=query) for form in ("", "/ics"))
        if answered.status_code != 200:
            assert problem(feed) == problem(answered), row["id"]
        elif (day := answered.json()["due" if kind == "deadline" else "last_day"]) is None:
            assert problem(feed) == (422, "no-date"), row["id"]
        else:
            assert f"DTSTART;VALUE=DATE:{day.replace('-', '')}\r\n" in feed.text, row["id"]


@pytest.mark.parametrize("path", TYPES)
def test_a_second_fetch_is_answered_with_not_modified(path: str, client: TestClient[Service]) -> None:
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", TYPES)
def test_head_is_get_without_content(path: str, client: TestClient[Service]) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("path", TYPES)
def test_accept_is_honoured(path: str, client: TestClient[Service]) -> None:
    for accept in (TYPES[path], "*/*", "text/*", f"{TYPES[path]};q=0.9, text/html;q=0.1"):
        assert client.get(path, headers={"accept": accept}).status_code == 200
    for accept in ("application/json", "text/html"):
        assert problem(client.get(path, headers={"accept": accept})) == (406, "not-acceptable")


@pytest.mark.parametrize("path", TYPES)
def test_texts_are_in_the_language_asked_for(path: str, client: TestClient[Service]) -> None:
    joined = "&" if "?" in path else "?"
    english = client.get(f"{path}{joined}lang=en")
    assert english.headers["content-language"] == "en"
    assert english.text == client.get(path, headers={"accept-language": "en"}).text
    labels = re.sub(r"\[[^]]*\]", "", english.text.replace("\r\n ", ""))  # citations stay in Chinese
    assert not re.search("[\u3000-\u9fff]", labels)
    assert re.search("[\u3000-\u9fff]", client.get(path).text)
    assert problem(client.get(f"{path}{joined}lang=fr")) == (400, "schema")


@pytest.mark.parametrize("path", TYPES)
def test_unknown_and_repeated_names_are_refused(path: str, client: TestClient[Service]) -> None:
    joined = "&" if "?" in path else "?"
    assert problem(client.get(f"{path}{joined}url=x")) == (400, "unknown-query")
    assert problem(client.get(f"{path}{joined}lang=en&lang=zh")) == (400, "repeated-name")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/deadlines/production-licenc/ics?start=2026-09-18", 404, "unknown-step"),
        ("/v1/expiries/drug-registratio/ics?start=2026-09-18", 404, "unknown-term"),
        ("/v1/deadlines/production-licence/ics", 400, "schema"),
        ("/v1/deadlines/production-licence/ics?start=2026-09-18&step=x", 400, "unknown-query"),
        ("/v1/deadlines/production-licence/ics?start=2026-05-14", 422, "not-in-force"),
        ("/v1/deadlines/urgent-import/ics?start=2026-09-18", 422, "no-date"),
        ("/v1/expiries/drug-registration/ics?start=9998-01-01", 422, "outside-calendar"),
        ("/v1/calendar/26/ics", 404, "not-found"),
        ("/v1/calendar/２０２６/csv", 404, "not-found"),
        ("/v1/calendar/2006/ics", 422, "outside-calendar"),
        ("/v1/calendar/2101/csv", 422, "outside-calendar"),
        ("/v1/calendar/2026/ics?bom=true", 400, "unknown-query"),
        ("/v1/calendar/2026/csv?bom=yes", 400, "schema"),
        ("/v1/penalties/79-1-1/ics", 404, "not-found"),
    ],
)
def test_what_cannot_be_a_feed_is_a_problem(path: str, status: int, code: str, client: TestClient[Service]) -> None:
    assert problem(client.get(path)) == (status, code)


def test_a_clock_that_stands_says_so(client: TestClient[Service]) -> None:
    refused = client.get(f"{DEADLINE}&clock_stops=2026-10-12/:technical_review&lang=en").json()
    assert refused["title"] == "There is no due date"
    assert refused["detail"] == (
        "The step “Drug production licence (production-licence)” has no due date:"
        " its clock is stopped, or the law only asks for prompt action."
    )
    assert refused["errors"][0]["where"] == "step"


def test_two_services_give_the_same_bytes_whatever_address_they_have(client: TestClient[Service]) -> None:
    with TestClient(create_app(Settings(public_url="https://law.example"))) as other:
        for path in TYPES:
            assert other.get(path).content == client.get(path).content


def test_the_mark_of_a_csv_file_is_written_on_request(client: TestClient[Service]) -> None:
    plain = client.get(TABLE).content
    assert plain.startswith(b"date,")
    assert client.get(f"{TABLE}?bom=false").content == plain
    assert client.get(f"{TABLE}?bom=true").content == b"\xef\xbb\xbf" + plain
