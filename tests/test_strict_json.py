"""What JSON needs beyond a decoder: repeated names, depth, faults of form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penaltycalc import DeadlineRequest, ExpiryRequest, PenaltyRequest
from penaltycalc.calculators.calculate import Request
from penaltycalc.strict_json import build_malformed_error, find_repeated_names, has_repeated_names, is_deeper_than


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "1", '{"a":1,"b":{"a":2}}', '[{"a":1},{"a":1}]', '{"a":"a","b":"\\"a\\":1,\\"a\\":2"}', '{"a":1e400}'],
)
def test_a_name_may_stand_once_in_each_object(text: str) -> None:
    assert not has_repeated_names(text.encode())
    assert find_repeated_names(text.encode()) == []


def test_every_repetition_is_named_with_its_place() -> None:
    text = b'{"a":1,"a":2,"b":[{"c":1},{"c":1,"\\u0063":2}],"a":3}'
    assert has_repeated_names(text)
    assert [fault.where for fault in find_repeated_names(text)] == [("a",), ("b", 1, "c"), ("a",)]


def test_what_is_no_json_repeats_nothing() -> None:
    assert find_repeated_names(b'{"a":1,"a":') == []


def test_depth_counts_arrays_and_objects() -> None:
    assert not is_deeper_than(1, 0)
    assert is_deeper_than([], 0)
    assert not is_deeper_than([{"a": 1}], 2)
    assert is_deeper_than([1, {"a": [2]}], 2)


def test_what_cannot_be_decoded_has_its_message() -> None:
    assert build_malformed_error(b" \n").message == "malformed-empty"
    assert build_malformed_error(b'{"a":"\xff"}').message == "malformed-encoding"
    assert build_malformed_error(b"{").message == "malformed"


TEXTS = st.one_of(
    st.sampled_from(["kind", "kind:", '"kind":', ":", "::::", '"violation":"x"', "\\", '"', "", "违法：", "\u2028"]),
    st.text(max_size=12),
)
BLANKS = st.sampled_from(["", " ", "\n", "\t ", "\r\n"])


def escaped(text: str) -> str:
    """A name or a text of JSON with its first letter as an escape."""
    return f'"\\u{ord(text[0]):04x}{text[1:]}"'


@st.composite
def repeating(draw: st.DrawFn) -> tuple[bytes, type[Request]]:
    """A request that is right but for one name, at any depth, that stands twice in its object."""
    text, blank = draw(TEXTS), draw(BLANKS)
    persons = [{"role": "other", "name": draw(TEXTS)} for _ in range(draw(st.integers(1, 3)))]
    penalty = {
        "violation": draw(TEXTS),
        "conduct": {"from": "2026-06-01", "to": "2026-06-02"},
        "harm": {"harmful_consequence": True},
        "readings": {"severe_needs_failed_correction": draw(st.booleans())},
        "responsible_persons": persons,
        "ref": text,
    }
    stops = [{"from": "2026-06-03", "reason": "hearing"}, {"from": "2026-06-09", "reason": "testing"}]
    deadline = {"step": text, "start": "2026-06-01", "clock_stops": stops, "ledger": False, "ref": draw(TEXTS)}
    expiry = {"term": text, "start": "2026-06-01", "granted": {"years": 5, "days": 3}, "convention": "certificate"}
    requests: list[tuple[dict[str, Any], type[Request]]] = [
        (penalty, PenaltyRequest),
        (deadline, DeadlineRequest),
        (expiry, ExpiryRequest),
    ]
    content, request = draw(st.sampled_from(requests))
    if draw(st.booleans()):
        content = {"kind": request.__struct_config__.tag, **content}
    if draw(st.booleans()):
        content = {name: value for name, value in content.items() if name in {"violation", "step", "start", "term"}}
    spots = sum(1 for _ in members(content))
    chosen, quoted = draw(st.integers(0, spots - 1)), draw(st.booleans())
    counter = iter(range(spots))

    def written(value: Any) -> str:
        if isinstance(value, dict):
            parts = []
            for name, inner in value.items():
                part = f'"{name}"{blank}:{blank}{written(inner)}'
                if next(counter) == chosen:
                    part += f",{blank}{escaped(name) if quoted else json.dumps(name)}:{written_again(inner)}"
                parts.append(part)
            return "{" + ",".join(parts) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(written, value)) + "]"
        return json.dumps(value, ensure_ascii=False)

    def written_again(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    return written(content).encode(), request


def members(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


@settings(derandomize=True, max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(repeating())
def test_a_repeated_name_is_met_at_any_depth(case: tuple[bytes, type[Request]]) -> None:
    content, _ = case
    assert find_repeated_names(content) != []
    assert has_repeated_names(content)
    assert has_repeated_names(b"[" + content + b"]")
