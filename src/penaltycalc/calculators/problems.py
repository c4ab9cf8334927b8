"""An error as whoever asked sees it: a problem as of RFC 9457, in the language asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import islice
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from penaltycalc.calculators.fact_names import name_fact
from penaltycalc.errors import MAX_FAULTS, Fact, Label, Path, PenaltycalcError, Reason
from penaltycalc.rules.records import Tagged
from penaltycalc.rules.values import write_day
from penaltycalc.rules.wording import Wording


class Fault(Struct, frozen=True, kw_only=True):
    """One fault of a request: `where` is a JSON Pointer into the body or the row, or the name in query or table."""

    where: str
    code: str
    message: str


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457), in the language asked for.

    `title` is constant per code and language, `detail` says what is wrong, `errors` lists every
    fault of its kind, at most 100. `instance` is the path without its query.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: tuple[Fault, ...]


class RowProblem(Tagged, tag="problem", frozen=True, kw_only=True):
    """The answer to a row of a batch that is refused: the problem that the same request alone would meet.

    `instance` is the path with the place of the row, counted from 0, as its fragment.
    """

    ref: str | UnsetType = UNSET
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: tuple[Fault, ...]


def build_problem(error: PenaltycalcError, wording: Wording, *, instance: str, in_body: bool, status: int) -> Problem:
    """The problem that an error is to a client."""
    return Problem(**_describe_error(error, wording, instance=instance, in_body=in_body, status=status))


def problem_for_row(error: PenaltycalcError, wording: Wording, *, instance: str, ref: str | UnsetType) -> RowProblem:
    """The problem that an error is in its row."""
    return RowProblem(ref=ref, **_describe_error(error, wording, instance=instance, in_body=True, status=error.status))


def _describe_error(
    error: PenaltycalcError, wording: Wording, *, instance: str, in_body: bool, status: int
) -> dict[str, Any]:
    faults = tuple(
        Fault(
            where=_write_path(fault.where, in_body=in_body and not fault.in_query),
            code=fault.code,
            message=error_message(fault, wording),
        )
        # A fault of the whole, such as a body that is no JSON, has no place and is told in `detail` alone.
        for fault in islice((fault for fault in error.faults if fault.where), MAX_FAULTS)
    )
    return {
        "type": f"urn:penaltycalc:problem:{error.code}",
        "title": wording.problem(error.code)[0],
        "status": status,
        "detail": error_message(error, wording),
        "instance": instance,
        "code": error.code,
        "errors": faults,
    }


def error_message(error: PenaltycalcError, wording: Wording) -> str:
    """The sentence that says what is wrong."""
    return write_message(error.message, error.facts, wording)


def write_message(code: str, facts: Mapping[str, Fact], wording: Wording) -> str:
    """The sentence of a message, filled in with facts as people read them."""
    return wording.message(code, {name: _describe_fact(fact, wording) for name, fact in facts.items()})


def fault_message(error: PenaltycalcError, wording: Wording, name: str = "") -> str:
    """The sentence of an error behind the place that it is about, where it has one.

    A place is named by its label, and in brackets as it stands in the request, or by `name`.
    """
    sentence = error_message(error, wording)
    if not error.where:
        return sentence
    place = ".".join(part for part in error.where if isinstance(part, str))
    label = _describe_label(Label("fact", place, name or ".".join(map(str, error.where))), wording)
    # A sentence that names the fact itself needs no name before it.
    return sentence if label in sentence else wording.label("heading", "fault").format(place=label, message=sentence)


def _describe_fact(fact: Fact, wording: Wording) -> str | int:
    """A fact of an error as its sentence shows it: codes by their labels, reasons by sentences of their own."""
    match fact:
        case Reason():
            return write_message(fact.code, fact.facts, wording)
        case Label():
            return _describe_label(fact, wording)
        case tuple():
            return wording.label("heading", "list_separator").join(_describe_label(one, wording) for one in fact)
        case date():
            return write_day(fact, wording.lang)
        case _:
            return fact


def _describe_label(label: Label, wording: Wording) -> str:
    """What people call a code, and the code in brackets; the code alone where it is none of ours."""
    text, code = _find_label(label, wording), str(label)
    # A caller may name what no request has: without a label it is shown as it was written. Some English labels
    # are the code itself, which need not stand there twice.
    if not text or label.alone or text == code:
        return text or code
    return wording.label("heading", "with_code").format(label=text, code=code)


def _find_label(label: Label, wording: Wording) -> str:
    if label.group == "fact":
        name = name_fact(label.code)
        # The columns of a table are facts and results, and commands have options besides.
        groups = [group for group in ("fact", "result", "option") if wording.has_label(group, name)]
        return wording.label(groups[0], name) if groups else ""
    if wording.has_label(label.group, label.code):
        return wording.label(label.group, label.code)
    return wording.title(label.group, label.code) if wording.has_title(label.group, label.code) else ""


def _write_path(path: Path, *, in_body: bool) -> str:
    # A query and a table have flat names, so a pointer into a body would mean nothing there.
    if not in_body:
        return str(path[0]) if len(path) == 1 else ".".join(map(str, path))
    # RFC 6901 escapes ~ first: in the other order the ~ of an escaped slash would be escaped again.
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
