"""What changed between two OpenAPI documents so that clients of the first no longer work with the second.

No tool that serves was found: oasdiff and openapi-diff are on neither registry, @pb33f/openapi-changes
fetches its program from elsewhere, @useoptic/optic does not start on Node 20, @azure/oad knows OpenAPI 2
only, and the packages on PyPI are the work of one release or one year. So this is the smallest check that
does the job, for the schemas that this project writes: references, objects, arrays, plain values, unions.

Requests must go on being accepted, answers must go on holding what they held. Anything may be added but a
duty: new operations, optional facts, members, codes and kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

Schema = dict[str, Any]

_UPPER: Final = ("maximum", "maxLength", "maxItems")
_LOWER: Final = ("minimum", "minLength", "minItems")
_FORMS: Final = ("pattern", "format")


def version_of(name: str) -> tuple[int, ...]:
    """A version as numbers that can be compared."""
    return tuple(int(part) for part in name.split("."))


def last_released(folder: Path) -> Path:
    """The document of the newest release in a folder of `<version>.json`."""
    return max(folder.glob("*.json"), key=lambda path: version_of(path.stem))


def unannounced_breaks(released: Schema, current: Schema) -> list[str]:
    """What breaks clients, unless the major version is a new one."""
    before, now = (version_of(document["info"]["version"])[0] for document in (released, current))
    return [] if now > before else breaks(released, current)


def breaks(released: Schema, current: Schema) -> list[str]:
    """Everything that breaks clients of the released document, one line each."""
    return [*dict.fromkeys(_Comparison(released, current).found())]


class _Comparison:
    """Two documents, and the way through both at once."""

    def __init__(self, released: Schema, current: Schema) -> None:
        self.released = released
        self.current = current

    def found(self) -> Iterator[str]:
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
                    yield from self._operation(before, now, where)

    # ------------------------------------------------------------------------------ operations

    def _operation(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        if before["operationId"] != now["operationId"]:
            yield f"{where}: {before['operationId']} is now {now['operationId']}"
        yield from self._security(before, now, where)
        yield from self._parameters(before, now, where)
        yield from self._body(before.get("requestBody"), now.get("requestBody"), where)
        for status, response in before["responses"].items():
            if status not in now["responses"]:
                yield f"{where}: status {status} is gone"
            else:
                yield from self._response(response, now["responses"][status], f"{where} {status}")

    def _security(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        ways: list[Schema] = before.get("security") or self.released["security"]
        left: list[Schema] = now.get("security") or self.current["security"]
        for way in ways:
            if way not in left:
                yield f"{where}: access by {' and '.join(way) or 'nothing'} is gone"

    def _parameters(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        old, new = self._by_place(before, self._before), self._by_place(now, self._now)
        for place, parameter in old.items():
            name = f"{where} {place[1]}"
            if place not in new:
                yield f"{name}: the parameter is gone"
                continue
            yield from self._duty(parameter, new[place], name)
            yield from self._schema(parameter["schema"], new[place]["schema"], name, asked=True)
        for place, parameter in new.items():
            if place not in old and parameter.get("required"):
                yield f"{where} {place[1]}: a parameter is required that was not there"

    def _by_place(self, operation: Schema, resolved: Callable[[Schema], Schema]) -> dict[tuple[str, str], Schema]:
        found = [resolved(parameter) for parameter in operation.get("parameters", ())]
        return {(parameter["in"], parameter["name"]): parameter for parameter in found}

    def _duty(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        if now.get("required") and not before.get("required"):
            yield f"{where}: is required now"

    def _body(self, before: Schema | None, now: Schema | None, where: str) -> Iterator[str]:
        if now is not None:
            yield from self._duty(before or {}, now, f"{where} body")
        if before is not None:
            yield from self._content(before, now or {}, f"{where} body", asked=True)

    def _response(self, before: Schema, now: Schema, where: str) -> Iterator[str]:
        old, new = self._before(before), self._now(now)
        left = new.get("headers", {})
        yield from (f"{where}: header {name} is gone" for name in old.get("headers", {}) if name not in left)
        yield from self._content(old, new, where, asked=False)

    def _content(self, before: Schema, now: Schema, where: str, *, asked: bool) -> Iterator[str]:
        for media_type, content in before.get("content", {}).items():
            if media_type not in now.get("content", {}):
                yield f"{where}: {media_type} is gone"
            else:
                yield from self._schema(content["schema"], now["content"][media_type]["schema"], where, asked=asked)

    # --------------------------------------------------------------------------------- schemas

    def _before(self, value: Schema) -> Schema:
        return _resolved(value, self.released)

    def _now(self, value: Schema) -> Schema:
        return _resolved(value, self.current)

    def _schema(self, before: Schema, now: Schema, where: str, *, asked: bool) -> Iterator[str]:
        """What breaks in a schema: of what is `asked` of a client, or of what it is answered."""
        old, new = self._before(before), self._now(now)
        yield from self._plain(old, new, where, asked=asked)
        yield from self._members(old, new, where, asked=asked)
        yield from self._alternatives(old, new, where, asked=asked)
        for inside in ("items", "additionalProperties"):
            if isinstance(old.get(inside), dict) and isinstance(new.get(inside), dict):
                yield from self._schema(old[inside], new[inside], f"{where}[]", asked=asked)

    def _plain(self, old: Schema, new: Schema, where: str, *, asked: bool) -> Iterator[str]:
        before, now = _types(old), _types(new)
        lost = before - now if asked else now - before
        if before != now and (lost or not before or not now):
            yield f"{where}: type {_said(before)} is now {_said(now)}"
        yield from (f"{where}: value {one} is gone" for one in old.get("enum", ()) if one not in new.get("enum", [one]))
        if ("enum" in new) != ("enum" in old) and ("enum" in new) == asked:
            yield f"{where}: its values are {'listed' if asked else 'open'} now"
        for form in _FORMS:
            if old.get(form) != new.get(form) and (form in new if asked else form in old):
                yield f"{where}: {form} {old.get(form)} is now {new.get(form)}"
        if asked:
            yield from _bounds(old, new, where)
            if "default" in old and old["default"] != new.get("default"):
                yield f"{where}: without it, {old['default']} was meant"

    def _members(self, old: Schema, new: Schema, where: str, *, asked: bool) -> Iterator[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name not in now:
                yield f"{where}.{name} is gone"
            else:
                yield from self._schema(before[name], now[name], f"{where}.{name}", asked=asked)
        had, has = set(old.get("required", ())), set(new.get("required", ()))
        changed, word = (has - had, "is required now") if asked else (had - has, "may be absent now")
        yield from (f"{where}.{name} {word}" for name in sorted(changed & now.keys()))
        if asked and new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
            yield f"{where}: other members are refused now"

    def _alternatives(self, old: Schema, new: Schema, where: str, *, asked: bool) -> Iterator[str]:
        before, now = _alternatives(old), _alternatives(new)
        for name, alternative in before.items():
            if name not in now:
                yield f"{where}: {name} is gone"
            else:
                yield from self._schema(alternative, now[name], f"{where}<{name}>", asked=asked)
        if not asked and "null" in now and "null" not in before:
            yield f"{where}: may be null now"


def _resolved(value: Schema, document: Schema) -> Schema:
    if "$ref" not in value:
        return value
    found: Any = document
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    # What stands beside a reference, a default for one, belongs to this place.
    return {**found, **{name: inner for name, inner in value.items() if name != "$ref"}}


def _types(schema: Schema) -> set[str]:
    given = schema.get("type", [])
    return {given} if isinstance(given, str) else set(given)


def _said(types: set[str]) -> str:
    return " or ".join(sorted(types)) or "anything"


def _bounds(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for bound in _UPPER:
        if bound in new and new[bound] < old.get(bound, float("inf")):
            yield f"{where}: {bound} {old.get(bound)} is now {new[bound]}"
    for bound in _LOWER:
        if bound in new and new[bound] > old.get(bound, float("-inf")):
            yield f"{where}: {bound} {old.get(bound)} is now {new[bound]}"


def _alternatives(schema: Schema) -> dict[str, Schema]:
    """The members of a union, by what tells them apart: their kind, else their name or type."""
    mapping = schema.get("discriminator", {}).get("mapping")
    if mapping:
        return {kind: {"$ref": place} for kind, place in mapping.items()}
    both = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return {one.get("$ref", one.get("type", "")).rsplit("/", 1)[-1]: one for one in both}
