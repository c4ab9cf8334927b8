"""The OpenAPI document: committed as served, and saying what the service does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from penaltycalc.api.app import Service, create_app
from penaltycalc.settings import Settings

COMMITTED = Path(__file__).parent.parent / "openapi" / "openapi.json"


@pytest.fixture(scope="module")
def served() -> str:
    with TestClient(create_app(Settings())) as client:
        text: str = client.get("/openapi.json").text
        return text


@pytest.fixture(scope="module")
def document(served: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(served)
    return loaded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_committed_document_is_the_one_served(served: str) -> None:
    assert COMMITTED.read_text("utf-8") == served, "run `make openapi`"


def test_every_operation_has_a_name_a_summary_and_problems_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names) == 32
    for path, method, operation in operations(document):
        assert operation["summary"]
        assert operation["tags"]
        assert " / " in operation["description"], f"{method} {path} is described in one language only"
        for status, response in operation["responses"].items():
            if status != "200":
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_statuses_are_those_that_can_occur(document: dict[str, Any]) -> None:
    statuses = {path: set(item["post"]["responses"]) for path, item in document["paths"].items() if "post" in item}
    common = {"200", "400", "406", "413", "414", "415", "500"}
    assert statuses == {
        **dict.fromkeys(("/v1/penalties", "/v1/deadlines", "/v1/expiries"), common | {"422"}),
        "/v1/batch": common,
        **dict.fromkeys(("/v1/batch/ndjson", "/v1/batch/csv", "/v1/batch/xlsx"), common | {"507"}),
    }


def test_unions_are_named_components_with_a_discriminator(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    measures = schemas["Outcome"]["properties"]["measures"]["items"]
    assert measures["discriminator"]["propertyName"] == "kind"
    assert measures["discriminator"]["mapping"]["warning"] == "#/components/schemas/FormalWarning"
    assert schemas["Fine"]["properties"]["basis"]["discriminator"]["propertyName"] == "kind"


def test_nothing_unknown_is_allowed_in_a_request(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("PenaltyRequest", "DeadlineRequest", "ExpiryRequest", "Conduct", "ClockStop", "ResponsiblePerson"):
        assert schemas[name]["additionalProperties"] is False


def test_money_has_a_form_and_is_no_number(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    value = schemas["PenaltyRequest"]["properties"]["goods_value"]
    assert (value["type"], value["pattern"]) == ("string", r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?$")
    assert "format" not in value
    assert value["description"].startswith("货值金额")


def test_no_reference_leads_nowhere_and_no_component_is_left_over(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]


def test_bounds_of_whole_numbers_are_whole_numbers(document: dict[str, Any]) -> None:
    def floats(value: Any) -> Iterator[float]:
        if isinstance(value, float):
            yield value
        elif isinstance(value, dict):
            for inner in value.values():
                yield from floats(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from floats(inner)

    assert list(floats(document)) == []


def test_queries_are_described_by_the_same_facts_as_bodies(document: dict[str, Any]) -> None:
    parameters = {
        parameter["name"]: parameter for parameter in document["paths"]["/v1/deadlines/{step}"]["get"]["parameters"]
    }
    assert parameters["step"]["in"] == "path"
    assert parameters["start"]["required"] is True
    assert parameters["extension_working_days"]["schema"] == {"type": "integer", "minimum": 0, "maximum": 9999}
    assert parameters["lang"]["schema"]["enum"] == ["zh", "en"]
    assert {"clock_stops", "as_of", "ledger", "joint_filing", "ref"} <= set(parameters)


def test_two_services_serve_one_document(served: str) -> None:
    app: Service = create_app(Settings())
    with TestClient(app) as client:
        assert client.get("/openapi.json").text == served
