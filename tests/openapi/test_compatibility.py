"""The document may grow, but what clients were built against stays, until there is a new major version."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from compatibility import find_last_release, list_breaks, list_unannounced_breaks

OPENAPI = Path(__file__).parents[2] / "openapi"

Change = Callable[[dict[str, Any]], object]


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def test_nothing_that_was_released_is_broken() -> None:
    released = find_last_release(OPENAPI / "released")
    assert list_unannounced_breaks(read(released), read(OPENAPI / "openapi.json")) == [], (
        f"clients of {released.name} break: mend it, or begin a new major version"
    )


def test_each_released_document_is_that_of_its_version() -> None:
    for path in (OPENAPI / "released").glob("*.json"):
        assert read(path)["info"]["version"] == path.stem


def test_the_newest_release_is_found_by_number_and_not_by_letter(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0", "0.2.1"):
        (tmp_path / f"{version}.json").write_text("{}")
    assert find_last_release(tmp_path).stem == "0.10.0"


# ------------------------------------------------------------------------------- a document in small


def document() -> dict[str, Any]:
    """One operation with a parameter, a body, an answer, and components of every form."""
    return {
        "info": {"version": "1.4.0"},
        "security": [{}, {"bearer": []}],
        "paths": {
            "/fines": {
                "post": {
                    "operationId": "fine",
                    "parameters": [{"$ref": "#/components/parameters/Lang"}],
                    "requestBody": {"content": {"application/json": {"schema": place("Facts")}}},
                    "responses": {
                        "200": {
                            "headers": {"ETag": {}},
                            "content": {"application/json": {"schema": {"type": "array", "items": place("Answer")}}},
                        },
                        "422": {"$ref": "#/components/responses/Refused"},
                    },
                }
            }
        },
        "components": {
            "parameters": {"Lang": {"name": "lang", "in": "query", "schema": {"type": "string", "enum": ["zh", "en"]}}},
            "responses": {"Refused": {"headers": {}, "content": {"text/plain": {"schema": {"type": "string"}}}}},
            "schemas": {
                "Facts": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["id"],
                    "properties": {
                        "id": {"type": "string", "maxLength": 10, "pattern": "^[a-z]+$"},
                        "count": {"type": "integer", "minimum": 0, "maximum": 9, "default": 1},
                        "role": place("Role"),
                        "way": {"oneOf": [place("Left"), place("Right")], "discriminator": kinds("Left", "Right")},
                    },
                },
                "Answer": {
                    "type": "object",
                    "required": ["due", "sum", "role"],
                    "properties": {
                        "due": {"type": ["string", "null"], "format": "date"},
                        "sum": {"type": "string", "pattern": "^[0-9]+$"},
                        "role": place("Role"),
                        "note": {"anyOf": [place("Left"), {"type": "object"}]},
                        "by_name": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                },
                "Role": {"type": "string", "enum": ["owner", "other"]},
                "Left": {"type": "object", "properties": {"kind": {"type": "string"}}},
                "Right": {"type": "object", "properties": {"kind": {"type": "string"}}},
            },
        },
    }


def place(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def kinds(*names: str) -> dict[str, Any]:
    return {"propertyName": "kind", "mapping": {name.lower(): place(name)["$ref"] for name in names}}


def operation(changed: dict[str, Any]) -> Any:
    return changed["paths"]["/fines"]["post"]


def schema(changed: dict[str, Any], name: str) -> Any:
    return changed["components"]["schemas"][name]


def member(changed: dict[str, Any], name: str, inner: str) -> Any:
    return schema(changed, name)["properties"][inner]


def changed_by(change: Change) -> list[str]:
    now = deepcopy(document())
    change(now)
    return list_breaks(document(), now)


def rename_role(changed: dict[str, Any]) -> None:
    schemas = changed["components"]["schemas"]
    schemas["Function"] = schemas.pop("Role")
    for name in ("Facts", "Answer"):
        member(changed, name, "role").update(place("Function"))


BREAKING: dict[str, tuple[Change, str]] = {
    "an operation is removed": (lambda d: d["paths"].clear(), "POST /fines is gone"),
    "a method is changed": (lambda d: d["paths"].update({"/fines": {"put": operation(d)}}), "POST /fines is gone"),
    "an operation is renamed": (lambda d: operation(d).update(operationId="fines"), "fine is now fines"),
    "a component is renamed": (rename_role, "component Role is gone"),
    "a key is needed": (lambda d: d["security"].pop(0), "access by nothing is gone"),
    "a parameter is removed": (lambda d: operation(d)["parameters"].clear(), "lang: the parameter is gone"),
    "a parameter is required": (
        lambda d: d["components"]["parameters"]["Lang"].update(required=True),
        "lang: is required now",
    ),
    "a new parameter is required": (
        lambda d: operation(d)["parameters"].append(
            {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "key: a parameter is required",
    ),
    "a value of a parameter is removed": (
        lambda d: d["components"]["parameters"]["Lang"]["schema"]["enum"].remove("zh"),
        "lang: value zh is gone",
    ),
    "the body is required": (lambda d: operation(d)["requestBody"].update(required=True), "body: is required now"),
    "the body is removed": (lambda d: operation(d).pop("requestBody"), "body: application/json is gone"),
    "a status is removed": (lambda d: operation(d)["responses"].pop("422"), "status 422 is gone"),
    "a header is removed": (lambda d: operation(d)["responses"]["200"]["headers"].clear(), "header ETag is gone"),
    "a media type is changed": (
        lambda d: d["components"]["responses"]["Refused"].update(content={}),
        "text/plain is gone",
    ),
    "a fact is removed": (lambda d: schema(d, "Facts")["properties"].pop("count"), "body.count is gone"),
    "a fact is renamed": (
        lambda d: schema(d, "Facts")["properties"].update(number=schema(d, "Facts")["properties"].pop("count")),
        "body.count is gone",
    ),
    "a fact is required": (lambda d: schema(d, "Facts")["required"].append("role"), "body.role is required now"),
    "a fact has another type": (lambda d: member(d, "Facts", "count").update(type="string"), "type integer is now"),
    "a fact has a type at all": (lambda d: member(d, "Facts", "way").update(type="object"), "type anything is now"),
    "a fact is shorter": (lambda d: member(d, "Facts", "id").update(maxLength=9), "maxLength 10 is now 9"),
    "a fact is bounded at all": (lambda d: member(d, "Facts", "id").update(minLength=1), "minLength None is now 1"),
    "a fact is smaller": (lambda d: member(d, "Facts", "count").update(maximum=8), "maximum 9 is now 8"),
    "a fact is greater": (lambda d: member(d, "Facts", "count").update(minimum=1), "minimum 0 is now 1"),
    "a fact has another form": (lambda d: member(d, "Facts", "id").update(pattern="^[a-y]+$"), "pattern ^[a-z]+$ is"),
    "a default is changed": (lambda d: member(d, "Facts", "count").update(default=2), "without it, 1 was meant"),
    "the values of a fact are listed": (
        lambda d: member(d, "Facts", "id").update(enum=["a"]),
        "id: its values are listed now",
    ),
    "a code is removed": (lambda d: schema(d, "Role")["enum"].remove("other"), "role: value other is gone"),
    "a kind is removed": (
        lambda d: member(d, "Facts", "way").update(discriminator=kinds("Left")),
        "way: right is gone",
    ),
    "a member of a kind is removed": (lambda d: schema(d, "Left")["properties"].clear(), "way<left>.kind is gone"),
    "other facts are refused": (
        lambda d: schema(d, "Left").update(additionalProperties=False),
        "other members are refused now",
    ),
    "a member of an answer is removed": (lambda d: schema(d, "Answer")["properties"].pop("sum"), "200[].sum is gone"),
    "a member of an answer may be absent": (
        lambda d: schema(d, "Answer")["required"].remove("sum"),
        "200[].sum may be absent now",
    ),
    "a member of an answer may be null": (
        lambda d: member(d, "Answer", "sum").update(type=["string", "null"]),
        "type string is now null or string",
    ),
    "a record of an answer may be null": (
        lambda d: member(d, "Answer", "note")["anyOf"].append({"type": "null"}),
        "note: may be null now",
    ),
    "a member of an answer has another form": (lambda d: member(d, "Answer", "due").pop("format"), "format date is"),
    "the values of an answer are open": (lambda d: schema(d, "Role").pop("enum"), "200[].role: its values are open"),
    "what an answer holds by name is another": (
        lambda d: member(d, "Answer", "by_name")["additionalProperties"].update(type="integer"),
        "by_name[]: type string is now integer",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_it_breaks_clients_that(name: str) -> None:
    change, line = BREAKING[name]
    found = changed_by(change)
    assert [one for one in found if line in one], found


HARMLESS: dict[str, Change] = {
    "nothing is changed": lambda _: None,
    "an operation is added": lambda d: d["paths"].update({"/terms": {"get": {"operationId": "terms"}}}),
    "an optional parameter is added": lambda d: operation(d)["parameters"].append(
        {"name": "key", "in": "query", "schema": {"type": "string"}}
    ),
    "an optional fact is added": lambda d: schema(d, "Facts")["properties"].update(ref={"type": "string"}),
    "a fact is no longer required": lambda d: schema(d, "Facts")["required"].clear(),
    "a fact is longer": lambda d: member(d, "Facts", "id").update(maxLength=11),
    "a fact has no bound": lambda d: member(d, "Facts", "count").pop("maximum"),
    "a fact has any form": lambda d: member(d, "Facts", "id").pop("pattern"),
    "a fact may be null": lambda d: member(d, "Facts", "count").update(type=["integer", "null"]),
    "a member of an answer is added": lambda d: schema(d, "Answer")["properties"].update(ref={"type": "string"}),
    "a member of an answer is always there": lambda d: schema(d, "Answer")["required"].append("note"),
    "a member of an answer is never null": lambda d: member(d, "Answer", "due").update(type="string"),
    "a code is added": lambda d: schema(d, "Role")["enum"].append("third"),
    "a kind is added": lambda d: member(d, "Facts", "way")["discriminator"]["mapping"].update(up=place("Left")["$ref"]),
    "a status is added": lambda d: operation(d)["responses"].update({"429": {}}),
    "a description is changed": lambda d: schema(d, "Role").update(description="Who it was"),
    "a way of access is added": lambda d: d["security"].append({"header": []}),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_it_breaks_nobody_that(name: str) -> None:
    assert changed_by(HARMLESS[name]) == []


def test_a_new_major_version_may_break_and_a_new_minor_one_may_not() -> None:
    now = document()
    now["paths"].clear()
    for version, found in (("1.5.0", ["POST /fines is gone"]), ("2.0.0", [])):
        now["info"]["version"] = version
        assert list_unannounced_breaks(document(), now) == found
