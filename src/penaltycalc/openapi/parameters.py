"""The parameters of operations in the document: those of the path, the facts of the query, the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from litestar.handlers import HTTPRouteHandler
from msgspec import inspect

from penaltycalc.input.flat import FlatField, list_fields
from penaltycalc.openapi.examples import Examples
from penaltycalc.openapi.schemas import DocTexts, normalize_schema, refer
from penaltycalc.rules.money import PATTERN
from penaltycalc.rules.rows import StopReason

Parameter = dict[str, Any]


class ParameterWriter:
    """Describes the parameters of operations, with the values that examples.toml has for them."""

    def __init__(self, examples: Examples, texts: DocTexts) -> None:
        self._values = examples.parameters
        self._cell_values = {name: _format_word(value) for name, value in self._values.items()}
        self._cell_values.update(examples.cell_parameters)
        self._texts = texts

    def describe(self, described: list[Parameter], handler: HTTPRouteHandler) -> list[Parameter]:
        """Describe the parameters of an operation; `described` are those that Litestar knows."""
        parameters = [self._describe_path(parameter) for parameter in described if parameter["in"] == "path"]
        # The id of a calculation is also a field of its record, and would be described a second time.
        in_path = {parameter["name"] for parameter in parameters}
        fields = [field for record in handler.opt.get("query", ()) for field in list_fields(record).values()]
        fields = [field for field in fields if field.name not in in_path]
        if handler.opt.get("query_as_text"):
            # Cells read facts as people write them: by a narrower schema, clients would refuse some.
            texts = {field.name: self._texts.fact(field.name) for field in fields}
            # The component Lang does not fit, since a formula with an empty cell sends a blank language.
            texts["lang"] = self._texts.text("parameter", "lang")
            return [*parameters, *(self._describe_text(name, text) for name, text in texts.items())]
        parameters += [self._describe_query(field) for field in fields]
        if handler.opt.get("lang", True):
            parameters.append({"$ref": "#/components/parameters/Lang"})
        return parameters

    def describe_lang(self) -> Parameter:
        """Describe the language, which nearly all operations have."""
        return {
            "name": "lang",
            "in": "query",
            "description": self._texts.text("parameter", "lang"),
            "required": False,
            "schema": {**refer("Language"), "examples": [self._cell_values["lang"]]},
        }

    def _describe_path(self, parameter: Parameter) -> Parameter:
        name = parameter["name"]
        # Any text may stand in a path: one that names nothing is a missing resource (404), no bad request.
        schema = {"type": "string", "examples": [self._values[name]]}
        return {**parameter, "description": self._texts.fact(name), "schema": schema}

    def _describe_query(self, field: FlatField) -> Parameter:
        return {
            "name": field.name,
            "in": "query",
            "description": self._texts.fact(field.name),
            "required": field.required,
            "schema": {**normalize_schema(describe_flat_field(field)), "examples": [self._values[field.name]]},
        }

    def _describe_text(self, name: str, description: str) -> Parameter:
        """Describe a parameter of a cell: any text, and none required, since a cell shows a refusal as a value."""
        schema = {"type": "string", "examples": [self._cell_values[name]]}
        return {"name": name, "in": "query", "description": description, "required": False, "schema": schema}


def _format_word(value: str | int | bool) -> str:
    """Format a value as spreadsheets write it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


def describe_flat_field(field: FlatField) -> Mapping[str, Any]:
    """Describe the text that a fact of a query is written as, as a schema."""
    info = field.info
    by_kind: dict[str, dict[str, Any]] = {
        "money": {"type": "string", "pattern": PATTERN},
        "date": {"type": "string", "format": "date"},
        "boolean": {"type": "boolean"},
    }
    if field.kind in by_kind:
        return by_kind[field.kind]
    match info:
        case inspect.IntType():
            return {"type": "integer", "minimum": info.ge, "maximum": info.le}
        case inspect.LiteralType():
            return {"type": "string", "enum": sorted(map(str, info.values))}
        case inspect.StrType():
            least = {} if info.min_length is None else {"minLength": info.min_length}
            return {"type": "string", **least, "maxLength": info.max_length}
        # Only clock stops are left, a list that is written as one text.
        case _:
            return {"type": "string", "pattern": _CLOCK_STOPS}


# The pattern of clock stops spells out which days exist, 29 February included: generators of test data would
# otherwise send days that the service rightly refuses.
_LEAP_YEAR: Final = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
_DAY: Final = (
    "([1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_STOP: Final = f"{_DAY}/({_DAY})?:({'|'.join(get_args(StopReason))})"
_CLOCK_STOPS: Final = f"^{_STOP}(;{_STOP})*$"
"""The flat form of clock stops."""
