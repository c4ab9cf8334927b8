"""The worked cases as the service hands them out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

import pytest
from litestar.testing import TestClient

from penaltycalc.api.app import Service, create_app
from penaltycalc.conformance.kit_file import KIT
from penaltycalc.settings import Settings

PATH = "/v1/conformance/csv"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


def test_the_file_is_that_of_the_package_in_whatever_language(client: TestClient[Service]) -> None:
    for query in ("", "?lang=zh", "?lang=en"):
        response = client.get(PATH + query)
        assert response.status_code == 200
        assert response.content == KIT.read_bytes()
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert response.headers["content-disposition"] == 'attachment; filename="conformance.csv"'
        assert response.headers["content-language"] == "en"


def test_who_has_it_already_is_told_so(client: TestClient[Service]) -> None:
    first = client.get(PATH)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(PATH, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_is_answered_without_the_content(client: TestClient[Service]) -> None:
    response = client.head(PATH)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["etag"] == client.get(PATH).headers["etag"]


@pytest.mark.parametrize(
    ("query", "headers", "problem"),
    [
        ("?lang=fr", {}, (400, "schema")),
        ("?bom=true", {}, (400, "unknown-query")),
        ("", {"accept": "application/json"}, (406, "not-acceptable")),
    ],
)
def test_what_is_refused(
    query: str, headers: dict[str, str], problem: tuple[int, str], client: TestClient[Service]
) -> None:
    response = client.get(PATH + query, headers=headers)
    assert (response.status_code, response.json()["code"]) == problem


def test_the_file_can_be_sent_as_a_batch_and_is_answered_beside_what_is_expected(client: TestClient[Service]) -> None:
    answered = client.post("/v1/batch/csv", content=KIT.read_bytes(), headers={"content-type": "text/csv"})
    rows = list(csv.DictReader(StringIO(answered.text, newline="")))
    alike = ("fine_minimum", "fine_maximum", "due", "days_length", "days_left", "last_day", "review_fits_until")
    assert len(rows) > 700
    for row in rows:
        assert row["x_problem"] == row["problem_code"], row["ref"]
        if not row["x_problem"]:
            for name in alike:
                assert row[f"x_{name}"] in ("", row[name] or "none"), (row["ref"], name)
