"""List the changes between two OpenAPI documents that break clients of the first.

No usable tool was found: oasdiff and openapi-diff are on neither registry, @pb33f/openapi-changes
fetches its program from elsewhere, @useoptic/optic does not start on Node 20, @azure/oad knows OpenAPI 2
only, and the packages on PyPI are the work of one release or one year. This check
covers the schemas that this project writes: references, objects, arrays, plain values, unions.

Requests that were accepted must still be accepted, and answers must still hold what they held. Operations, optional
facts, members, codes and kinds may be added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

Schema = dict[str, Any]

_UPPER: Final = ("maximum", "maxLength", "maxItems")
_LOWER: Final = ("minimum", "minLength", "minItems")
_FORMS: Final = ("pattern", "format")


def parse_version(name: str) -> tuple[int, ...]:
    """Parse a version into numbers that can be compared."""
    return tuple(int(part) for part in name.split("."))


def find_last_release(folder: Path) -> Path:
    """Find the document of the newest release in a folder of `<version>.json`."""
    return max(folder.glob("*.json"), key=lambda path: parse_version(path.stem))


def list_unannounced_breaks(released: Schema, current: Schema) -> list[str]:
    """List what breaks clients, unless the major version is a new one."""
    before, now = (parse_version(document["info"]["version"])[0] for document in (released, current))
    return [] if now > before else list_breaks(released, current)


def list_breaks(released: Schema, current: Schema) -> list[str]:
    """List everything that breaks clients of the released document, one line each."""
    return [*dict.fromkeys(_Comparison(released, current).list_breaks())]


class _Comparison:
    """Compares two documents, going through both at the same time."""

    def __init__(self, released: Schema, current: Schema) -> None:
        self.released = released
        self.current = current

    def list_breaks(self) -> Iterator[str]:
        for name in self.released.get("components", {}).get("schemas", {}):
            if name not in self.current.get("components", {}).get("schemas", {}):
                yield f"component {name} is gone"
        for path, item in self.released["paths"].items():
            for method, before in item.items():
                where = f"{method.upper()} {path}"
                now = self.current["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{where} is gone"
                else:
                    yield from self._compare_operations(before, now, where)

    # ------------------------------------------------------------------------------ operations

    def _compare_operations(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        if before["operationId"] != now["operationId"]:
            yield f"{where}: {before['operationId']} is now {now['operationId']}"
        yield from self._compare_security(before, now, where)
        yield from self._compare_parameters(before, now, where)
        yield from self._compare_bodies(before.get("requestBody"), now.get("requestBody"), where)
        for status, response in before["responses"].items():
            if status not in now["responses"]:
                yield f"{where}: status {status} is gone"
            else:
                yield from self._compare_responses(response, now["responses"][status], f"{where} {status}")

    def _compare_security(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        ways: list[Schema] = before.get("security") or self.released["security"]
        left: list[Schema] = now.get("security") or self.current["security"]
        for way in ways:
            if way not in left:
                yield f"{where}: access by {' and '.join(way) or 'nothing'} is gone"

    def _compare_parameters(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        old, new = (
            self._list_parameters(before, self._resolve_released),
            self._list_parameters(now, self._resolve_current),
        )
        for place, parameter in old.items():
            name = f"{where} {place[1]}"
            if place not in new:
                yield f"{name}: the parameter is gone"
                continue
            yield from self._compare_required(parameter, new[place], name)
            yield from self._compare_schemas(parameter["schema"], new[place]["schema"], name, in_request=True)
        for place, parameter in new.items():
            if place not in old and parameter.get("required"):
                yield f"{where} {place[1]}: a parameter is required that was not there"

    def _list_parameters(self, operation: Schema, resolve: Callable[[Schema], Schema]) -> dict[tuple[str, str], Schema]:
        parameters = [resolve(parameter) for parameter in operation.get("parameters", ())]
        return {(parameter["in"], parameter["name"]): parameter for parameter in parameters}

    def _compare_required(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        if now.get("required") and not before.get("required"):
            yield f"{where}: is required now"

    def _compare_bodies(self, before: Schema | None, now: Schema | None, where: str) -> Iterator[str]:
        if now is not None:
            yield from self._compare_required(before or {}, now, f"{where} body")
        if before is not None:
            yield from self._compare_content(before, now or {}, f"{where} body", in_request=True)

    def _compare_responses(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        old, new = self._resolve_released(before), self._resolve_current(now)
        left = new.get("headers", {})
        yield from (f"{where}: header {name} is gone" for name in old.get("headers", {}) if name not in left)
        yield from self._compare_content(old, new, where, in_request=False)

    def _compare_content(self, before: Schema, now: Schema, where: str, *, in_request: bool) -> Iterator[str]:
        for media_type, content in before.get("content", {}).items():
            if media_type not in now.get("content", {}):
                yield f"{where}: {media_type} is gone"
            else:
                yield from self._compare_schemas(
                    content["schema"], now["content"][media_type]["schema"], where, in_request=in_request
                )

    # --------------------------------------------------------------------------------- schemas

    def _resolve_released(self, value: Schema) -> Schema:
        return _resolve(value, self.released)

    def _resolve_current(self, value: Schema) -> Schema:
        return _resolve(value, self.current)

    def _compare_schemas(self, before: Schema, now: Schema, where: str, *, in_request: bool) -> Iterator[str]:
        """Compare a schema of a request, or one of an answer: what breaks clients differs."""
        old, new = self._resolve_released(before), self._resolve_current(now)
        yield from self._compare_values(old, new, where, in_request=in_request)
        yield from self._compare_members(old, new, where, in_request=in_request)
        yield from self._compare_unions(old, new, where, in_request=in_request)
        for inside in ("items", "additionalProperties"):
            if isinstance(old.get(inside), dict) and isinstance(new.get(inside), dict):
                yield from self._compare_schemas(old[inside], new[inside], f"{where}[]", in_request=in_request)

    def _compare_values(self, old: Schema, new: Schema, where: str, *, in_request: bool) -> Iterator[str]:
        before, now = _list_types(old), _list_types(new)
        lost = before - now if in_request else now - before
        if before != now and (lost or not before or not now):
            yield f"{where}: type {_join_types(before)} is now {_join_types(now)}"
        yield from (f"{where}: value {one} is gone" for one in old.get("enum", ()) if one not in new.get("enum", [one]))
        if ("enum" in new) != ("enum" in old) and ("enum" in new) == in_request:
            yield f"{where}: its values are {'listed' if in_request else 'open'} now"
        for form in _FORMS:
            if old.get(form) != new.get(form) and (form in new if in_request else form in old):
                yield f"{where}: {form} {old.get(form)} is now {new.get(form)}"
        if in_request:
            yield from _compare_bounds(old, new, where)
            if "default" in old and old["default"] != new.get("default"):
                yield f"{where}: without it, {old['default']} was meant"

    def _compare_members(self, old: Schema, new: Schema, where: str, *, in_request: bool) -> Iterator[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name not in now:
                yield f"{where}.{name} is gone"
            else:
                yield from self._compare_schemas(before[name], now[name], f"{where}.{name}", in_request=in_request)
        had, has = set(old.get("required", ())), set(new.get("required", ()))
        changed, word = (has - had, "is required now") if in_request else (had - has, "may be absent now")
        yield from (f"{where}.{name} {word}" for name in sorted(changed & now.keys()))
        if in_request and new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
            yield f"{where}: other members are refused now"

    def _compare_unions(self, old: Schema, new: Schema, where: str, *, in_request: bool) -> Iterator[str]:
        before, now = _list_alternatives(old), _list_alternatives(new)
        for name, alternative in before.items():
            if name not in now:
                yield f"{where}: {name} is gone"
            else:
                yield from self._compare_schemas(alternative, now[name], f"{where}<{name}>", in_request=in_request)
        if not in_request and "null" in now and "null" not in before:
            yield f"{where}: may be null now"


def _resolve(value: Schema, document: Schema) -> Schema:
    if "$ref" not in value:
        return value
    target: Any = document
    for part in value["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    # What stands beside a reference, such as a default, belongs to the place that refers.
    return {**target, **{name: member for name, member in value.items() if name != "$ref"}}


def _list_types(schema: Schema) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _join_types(types: set[str]) -> str:
    return " or ".join(sorted(types)) or "anything"


def _compare_bounds(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for bound in _UPPER:
        if bound in new and new[bound] < old.get(bound, float("inf")):
            yield f"{where}: {bound} {old.get(bound)} is now {new[bound]}"
    for bound in _LOWER:
        if bound in new and new[bound] > old.get(bound, float("-inf")):
            yield f"{where}: {bound} {old.get(bound)} is now {new[bound]}"


def _list_alternatives(schema: Schema) -> dict[str, Schema]:
    """List the members of a union by what tells them apart: their kind, else their name or type."""
    mapping = schema.get("discriminator", {}).get("mapping")
    if mapping:
        return {kind: {"$ref": place} for kind, place in mapping.items()}
    both = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return {one.get("$ref", one.get("type", "")).rsplit("/", 1)[-1]: one for one in both}
