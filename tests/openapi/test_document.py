"""The OpenAPI document: committed as served, and saying what the service does."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from penaltycalc import Rulebook
from penaltycalc.api import descriptions
from penaltycalc.api.app import HANDLERS, Service, create_app
from penaltycalc.api.site import WEB
from penaltycalc.openapi.document import encode_document
from penaltycalc.openapi.problem_pages import encode_problem_examples
from penaltycalc.settings import Settings

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"


@pytest.fixture(scope="module")
def served() -> str:
    with TestClient(create_app(Settings())) as client:
        text: str = client.get("/openapi.json").text
        return text


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings())) as client:
        yield client


@pytest.fixture(scope="module")
def document(served: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(served)
    return loaded


def list_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to, or the value itself."""
    target: Any = value
    if "$ref" in value:
        target = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
    schema: dict[str, Any] = target
    return schema


def nested(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document with its place, those inside examples left out."""
    if isinstance(value, dict):
        yield path, value
        for name, inner in value.items():
            if not (name in {"value", "examples", "x-request"} and not path.endswith("/components")):
                yield from nested(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from nested(inner, f"{path}/{number}")


def list_references(document: dict[str, Any]) -> set[str]:
    """Every place that something refers to, from inside examples too."""
    parts = json.dumps(document).split('"$ref": "')[1:]
    mapped = json.dumps(document).split('"#/components/schemas/')[1:]
    return {part.partition('"')[0] for part in parts} | {
        f"#/components/schemas/{part.partition(chr(34))[0]}" for part in mapped
    }


def test_the_committed_document_is_the_one_served(served: str) -> None:
    assert COMMITTED.read_text("utf-8") == encode_document().decode() == served, "run `make openapi`"


def test_the_examples_on_the_pages_of_problems_are_those_that_the_service_answers() -> None:
    assert (WEB / "problems.json").read_bytes() == encode_problem_examples(), "run `make openapi`"


def test_a_service_does_not_load_the_generator() -> None:
    program = "import sys, penaltycalc.api.app as a; a.create_app(); print([m for m in sys.modules if 'openapi' in m])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert [name for name in ast.literal_eval(run.stdout) if name.startswith("penaltycalc.")] == []


def test_every_key_of_a_description_has_a_meaning() -> None:
    keys = {key for handler in HANDLERS for key in handler.opt}
    meanings = set(re.findall(r"`(\w+)`[:,]", descriptions.__doc__ or ""))
    assert keys <= meanings, keys - meanings


def test_titles_of_operations_are_in_chinese_and_english(document: dict[str, Any]) -> None:
    for _, _, operation in list_operations(document):
        zh, slash, en = operation["summary"].partition(" / ")
        assert slash
        assert CHINESE.search(zh)
        assert not CHINESE.search(en)


def test_every_operation_has_a_name_a_summary_and_problems_with_their_examples(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in list_operations(document)]
    assert len(set(names)) == len(names) == 34
    for _, _, operation in list_operations(document):
        assert operation["summary"]
        assert operation["tags"]
        for status, response in operation["responses"].items():
            if status != "200":
                content = resolve(document, response)["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                shown = [resolve(document, one)["value"] for one in content["examples"].values()]
                assert {str(one["status"]) for one in shown} == {status}
                for code in {one["code"] for one in shown}:
                    assert f"- `{code}`: " in resolve(document, response)["description"]


def test_statuses_are_those_that_can_occur(document: dict[str, Any]) -> None:
    statuses = {path: set(item["post"]["responses"]) for path, item in document["paths"].items() if "post" in item}
    common = {"200", "400", "401", "406", "408", "413", "414", "415", "429", "500"}
    assert statuses == {
        **dict.fromkeys(("/v1/penalties", "/v1/deadlines", "/v1/expiries"), common | {"422"}),
        "/v1/batch": common | {"503"},
        "/v1/calendar/reload": common - {"415"} | {"403", "422", "507"},
        **dict.fromkeys(("/v1/batch/ndjson", "/v1/batch/csv", "/v1/batch/xlsx"), common | {"503", "507"}),
    }


def test_unions_are_named_components_with_a_discriminator(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Outcome"]["properties"]["measures"]["items"] == {"$ref": "#/components/schemas/Measure"}
    unions = {name: schema for name, schema in schemas.items() if "oneOf" in schema}
    assert set(unions) == {"BatchAnswer", "BatchItem", "FineBasis", "FineClause", "Measure", "PersonFineClause"}
    for union in unions.values():
        assert union["discriminator"]["propertyName"] == "kind"
        assert [{"$ref": place} for place in union["discriminator"]["mapping"].values()] == union["oneOf"]
        for kind, place in union["discriminator"]["mapping"].items():
            one = resolve(document, {"$ref": place})
            assert one["properties"]["kind"]["enum"] == [kind]
            assert "kind" in one["required"]
    assert unions["Measure"]["discriminator"]["mapping"]["warning"] == "#/components/schemas/FormalWarning"


def test_enumerations_are_named_components_that_say_what_each_code_means(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["PenaltyRequest"]["properties"]["activity"]["$ref"] == "#/components/schemas/Activity"
    assert "- `wholesale`: 批发 / wholesale" in schemas["Activity"]["description"]
    for schema in (inner for component in schemas.values() for inner in component.get("properties", {}).values()):
        assert len(schema.get("enum", ["one"])) == 1


def test_kind_is_needed_in_a_batch_and_not_in_a_single_request(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("Penalty", "Deadline", "Expiry"):
        single, row = schemas[f"{name}Request"], schemas[f"{name}Row"]
        assert row["required"] == ["kind", *single["required"]]
        assert row["properties"] == single["properties"]


def test_nothing_unknown_is_allowed_in_a_request(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    requests = {f"{name}{form}" for name in ("Penalty", "Deadline", "Expiry") for form in ("Request", "Row")}
    inside = {"Conduct", "Harm", "ResponsiblePerson", "ExemptionFacts", "Readings", "ClockStop", "Granted"}
    assert closed == {*requests, *inside, "RenewalLead"}, "members may be added to answers, and to nothing else"


def test_money_has_a_form_and_is_no_number(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    value = schemas["PenaltyRequest"]["properties"]["goods_value"]
    assert (value["type"], value["pattern"]) == ("string", r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?$")
    assert "format" not in value
    assert value["description"].startswith("货值金额")


def test_no_reference_leads_nowhere_and_no_component_is_left_over(document: dict[str, Any]) -> None:
    references = list_references(document)
    for place in references:
        resolve(document, {"$ref": place})
    components = {
        f"#/components/{kind}/{name}"
        for kind, names in document["components"].items()
        if kind != "securitySchemes"
        for name in names
    }
    assert components - references == set()


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
    described = document["paths"]["/v1/deadlines/{step}"]["get"]["parameters"]
    parameters = {parameter["name"]: parameter for parameter in (resolve(document, one) for one in described)}
    assert parameters["step"]["in"] == "path"
    assert parameters["start"]["required"] is True
    extension = {"type": "integer", "minimum": 0, "maximum": 9999, "examples": [5]}
    assert parameters["extension_working_days"]["schema"] == extension
    assert resolve(document, parameters["lang"]["schema"])["enum"] == ["en", "zh"]
    assert {"clock_stops", "as_of", "ledger", "joint_filing", "ref"} <= set(parameters)


# ------------------------------------------------------------------------------------ what it says


def test_everything_is_described_in_chinese_and_english(document: dict[str, Any]) -> None:
    for place, value in nested(document):
        text = value.get("description")
        if isinstance(text, str):
            for line in text.replace("- `", "").split("\n"):
                zh, slash, en = line.partition(" / ")
                assert not line or (slash and CHINESE.search(zh) and not CHINESE.search(en)), f"{place}: {line}"


def test_every_member_parameter_and_header_says_what_it_means(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"]
        for member, inner in schema.get("properties", {}).items():
            assert inner.get("description"), f"{name}.{member}"
    for _, _, operation in list_operations(document):
        for parameter in operation["parameters"]:
            assert resolve(document, parameter)["description"]
    assert all(header["description"] for header in document["components"]["headers"].values())


def test_every_text_of_the_document_is_used(served: str, rulebook: Rulebook) -> None:
    for group, texts in rulebook.wordings["en"].document().items():
        for name, text in texts.items():
            assert json.dumps(text)[1:-1] in served.replace("\\u00b6", "¶"), f"{group}.{name}"


def test_it_says_who_speaks_under_which_licence_and_where(document: dict[str, Any]) -> None:
    assert document["info"]["license"] == {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    assert document["info"]["contact"]["url"].startswith("https://example.com/")
    here, elsewhere = document["servers"]
    assert here["url"] == "/"
    assert (elsewhere["url"], list(elsewhere["variables"])) == ("{address}", ["address"])


def test_a_key_may_be_sent_and_none_is_needed(document: dict[str, Any]) -> None:
    assert document["security"] == [{}, {"bearer": []}, {"apiKey": []}]
    schemes = document["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    assert (schemes["apiKey"]["in"], schemes["apiKey"]["name"]) == ("header", "X-API-Key")


def test_links_lead_to_operations_with_parameters_that_they_have(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, _, operation in list_operations(document)}
    links: dict[str, set[str]] = {}
    for name, operation in by_id.items():
        for link in operation["responses"]["200"].get("links", {}).values():
            parameters = [resolve(document, one) for one in by_id[link["operationId"]]["parameters"]]
            assert set(link["parameters"]) <= {parameter["name"] for parameter in parameters}
            assert {one["name"] for one in parameters if one["required"]} <= set(link["parameters"])
            links.setdefault(name, set()).add(link["operationId"])
    assert links == {
        "listViolations": {"getViolation", "getPenalty"},
        "getViolation": {"getPenalty"},
        "listSteps": {"getStep", "getDeadline"},
        "getStep": {"getDeadline"},
        "listTerms": {"getTerm", "getExpiry"},
        "getTerm": {"getExpiry"},
        "calculatePenalty": {"getViolation"},
        "getPenalty": {"getViolation"},
        "calculateDeadline": {"getStep", "getDeadlineEvent"},
        "getDeadline": {"getStep", "getDeadlineEvent"},
        "calculateExpiry": {"getTerm", "getExpiryEvent"},
        "getExpiry": {"getTerm", "getExpiryEvent"},
        "getCalendarYear": {"getCalendarYearCsv", "getCalendarYearFeed"},
    }


# ------------------------------------------------------------------------------------- its examples

SHOWN_IN_PART = {"listViolations": "items", "listSteps": "items", "listTerms": "items", "getCalendarYear": "days"}
"""Operations whose examples hold the beginning of a list."""

WITHOUT_EXAMPLE = {
    "calculateBatchXlsx",  # a file of bytes
    "getWorkbook",  # a file of bytes
    "getReadiness",  # its warnings change with the day
    "getConformanceCases",  # a file of some hundred rows
}


def send(client: TestClient[Service], request: dict[str, Any], media_type: str | None = None) -> httpx.Response:
    """The answer to a request as `x-request` shows it."""
    body = request.get("body")
    headers = {**({"Content-Type": media_type} if media_type else {}), **request.get("headers", {})}
    content = body if body is None or isinstance(body, str) else json.dumps(body)
    return client.request(request["method"], request["url"], content=content, headers=headers)


def test_every_operation_shows_an_answer(document: dict[str, Any]) -> None:
    without = set()
    for _, _, operation in list_operations(document):
        (content,) = operation["responses"]["200"]["content"].values()
        if "examples" not in content:
            without.add(operation["operationId"])
        if "requestBody" in operation and operation["operationId"] not in WITHOUT_EXAMPLE:
            (body,) = operation["requestBody"]["content"].values()
            assert body["examples"].keys() == content["examples"].keys()
    assert without == WITHOUT_EXAMPLE


def send_examples(
    document: dict[str, Any], client: TestClient[Service]
) -> Iterator[tuple[dict[str, Any], Any, httpx.Response]]:
    """Each operation with each answer that it shows, and what the service answers to the request beside it."""
    for _, _, operation in list_operations(document):
        (content,) = operation["responses"]["200"]["content"].values()
        for name in content.get("examples", {}):
            example = document["components"]["examples"][name]
            media_type, body = None, None
            if "requestBody" in operation:
                ((media_type, content_of_body),) = operation["requestBody"]["content"].items()
                body = content_of_body["examples"][name]["value"]
            yield operation, example["value"], send(client, {**example["x-request"], "body": body}, media_type)


def test_every_request_that_is_shown_is_answered_as_shown(
    document: dict[str, Any], client: TestClient[Service]
) -> None:
    for operation, shown, response in send_examples(document, client):
        name = operation["operationId"]
        assert response.status_code == 200, name
        if name == "getCalendarYearCsv":
            assert response.text.startswith(shown)
        elif isinstance(shown, str):
            assert response.text == shown, name
        else:
            answer = response.json()
            if name in SHOWN_IN_PART:
                member = SHOWN_IN_PART[name]
                assert 0 < len(shown[member]) < len(answer[member])
                answer[member] = answer[member][: len(shown[member])]
            assert answer == shown, name


def test_headers_that_are_promised_are_sent(document: dict[str, Any], client: TestClient[Service]) -> None:
    for operation, _, response in send_examples(document, client):
        missing = [name for name in operation["responses"]["200"]["headers"] if name not in response.headers]
        assert missing == [], operation["operationId"]


CANNOT_BE_SHOWN = {
    "unauthorised",
    "forbidden",
    "bad-notice",
    "too-large",
    "uri-too-long",
    "too-many-requests",
    "insufficient-storage",
    "timeout",
    "unavailable",
    "internal",
}


def test_every_problem_that_is_shown_is_met(document: dict[str, Any], client: TestClient[Service]) -> None:
    problems = {name: one for name, one in document["components"]["examples"].items() if name.startswith("problem-")}
    without = set()
    for name, example in problems.items():
        if example["value"]["code"] in CANNOT_BE_SHOWN:
            without.add(example["value"]["code"])
            continue
        media_type = "application/json" if "body" in example["x-request"] else None
        response = send(client, example["x-request"], media_type)
        assert response.json() == example["value"], name
        assert response.status_code == example["value"]["status"]
        for header in ("Link", "Content-Language", "Vary", "Cache-Control"):
            assert header in response.headers
    assert without == CANNOT_BE_SHOWN


def test_problems_that_no_request_can_show_say_what_the_service_says(
    document: dict[str, Any], client: TestClient[Service]
) -> None:
    shown = document["components"]["examples"]
    large = client.post("/v1/penalties", content=b" " * 1_000_001, headers={"Content-Type": "application/json"})
    assert large.json() == shown["problem-too-large"]["value"]
    long = client.get("/v1/penalties/85-2", params={"ref": "x" * 9000})
    assert long.json() == shown["problem-uri-too-long"]["value"]


def test_the_facts_of_a_query_are_answered_one_by_one_and_all_together(
    document: dict[str, Any], client: TestClient[Service]
) -> None:
    for path, method, operation in list_operations(document):
        if method == "get" and not path.startswith(("/v1/cells/", "/workbook")):
            parameters = [resolve(document, one) for one in operation["parameters"]]
            place = path
            for one in parameters:
                if one["in"] == "path":
                    place = place.replace("{" + one["name"] + "}", one["schema"]["examples"][0])
            query = {one["name"]: text(one["schema"]["examples"][0]) for one in parameters if one["in"] == "query"}
            needed = {one["name"] for one in parameters if one["required"]}
            least = {name: value for name, value in query.items() if name in needed}
            for name, value in query.items():
                beside = {NEEDS[name]: query[NEEDS[name]]} if name in NEEDS else {}
                response = client.get(place, params={**least, **beside, name: value})
                assert response.status_code == 200, (place, name, response.text)
            assert client.get(place, params=query).status_code == 200


NEEDS = {"conduct_to": "conduct_from", "person_name": "person_role", "person_income": "person_role"}


def text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_supplied_notices_change_no_example(tmp_path: Path, served: str) -> None:
    off = [*range(104, 109), *range(208, 213), *range(1004, 1008)]
    days = [{"name": "春节", "date": f"2027-{day // 100:02d}-{day % 100:02d}", "isOffDay": True} for day in off]
    (tmp_path / "2027.json").write_text(json.dumps({"year": 2027, "papers": [], "days": days}), "utf-8")
    with TestClient(create_app(Settings(notices=tmp_path))) as client:
        assert client.get("/v1/rulebook").json()["calendar"]["official_through"] > "2026-12-31"
        assert client.get("/openapi.json").text == served


def test_two_services_serve_one_document(served: str) -> None:
    app: Service = create_app(Settings())
    with TestClient(app) as client:
        assert client.get("/openapi.json").text == served
