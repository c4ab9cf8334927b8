"""The search over what is covered and what is not, over HTTP; the lists themselves are in test_calculations.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from penaltycalc import encode_answer
from penaltycalc.api.app import Service, create_app
from penaltycalc.calculators.coverage import find_coverage
from penaltycalc.rules.wording import Language
from penaltycalc.settings import Settings


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings())) as client:
        yield client


def test_fake_drugs_are_not_covered_and_the_exemption_is_listed(client: TestClient[Service]) -> None:
    answer = client.get("/v1/coverage", params={"q": "假药"}).json()
    assert [row["id"] for row in answer["rows"]] == ["86-1"]
    (topic,) = answer["not_covered"]
    assert topic["citations"][0] == {
        "instrument": "dal",
        "article": 116,
        "label": "《中华人民共和国药品管理法》第一百一十六条",
    }
    assert topic["text"].startswith("此处未收录，请查阅所附条款。")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_bytes_are_those_of_the_calculator(lang: Language, client: TestClient[Service]) -> None:
    response = client.get("/v1/coverage", params={"q": "召回", "lang": lang})
    assert response.headers["content-language"] == lang
    assert response.content == encode_answer(find_coverage("召回", client.app.law.rulebook, lang))


def test_an_answer_is_known_by_its_validator(client: TestClient[Service]) -> None:
    first = client.get("/v1/coverage", params={"q": "劣药"})
    again = client.get("/v1/coverage", params={"q": "劣药"}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/v1/coverage", params={"q": "假药"}, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_words_are_needed_and_bounded(client: TestClient[Service]) -> None:
    for query, where in (({"q": ""}, "q"), ({"q": "药" * 101}, "q"), ({}, "q"), ({"q": "药", "kind": "step"}, "kind")):
        response = client.get("/v1/coverage", params=query)
        assert response.status_code == 400
        assert response.json()["errors"][0]["where"] == where
    empty = client.get("/v1/coverage", params={"q": ""}).json()
    assert empty["errors"][0]["message"] == "应填1至100个字符，现有0个。"
    assert client.get("/v1/coverage", params={"q": "药" * 100}).status_code == 200
