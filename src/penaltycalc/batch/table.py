"""A batch as a table: a column for each fact, then a column for each result.

Facts stand under their flat names, written as leniently as in cells. Columns named `x_…` belong to
the caller and pass through. Results of an earlier answer are replaced, so that an answered table can
be mended and sent again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from msgspec import UNSET

from penaltycalc.batch.rows import REMEMBERED, Batch
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.penalties import Fine, Outcome, PenaltyAnswer, Person
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import (
    MAX_FAULTS,
    PenaltycalcError,
    RepeatedName,
    RequestError,
    SchemaFault,
    UnknownColumn,
    UnknownField,
    raise_first,
)
from penaltycalc.input.flat import list_flat_fields
from penaltycalc.input.words import parse_words
from penaltycalc.rules.money import Money

Value = str | int | bool | date | Money | None
"""What a cell of an answer holds; None is an empty cell."""
ValueKind = Literal["text", "money", "date", "integer", "boolean"]

MAX_TEXT: Final = 500
"""Characters of the facts of a row whose answer is remembered."""

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?%?", re.ASCII)


def escape_formula(text: str) -> str:
    """A text as a cell of a CSV file: one that a spreadsheet would take for a formula gets a leading apostrophe.

    Those begin with = + - @, a tab or a carriage return; numbers are left alone. A text that has such
    an apostrophe of its own gets another one, so that `natural` gives back every text as it was.
    """
    return f"'{text}" if _dangerous(text) else text


def unescape_formula(text: str) -> str:
    """The text of a cell without the apostrophe that `neutral` puts before it."""
    return text[1:] if text[:1] == "'" and _dangerous(text) else text


def _dangerous(text: str) -> bool:
    return _FORMULA.match(text) is not None and not _NUMBER.fullmatch(text.lstrip("'"))


def format_value(value: Value) -> str:
    """A value as the text of a cell: dates as 2026-05-20, money with two places, TRUE and FALSE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Money):
        return value.text
    return value.isoformat() if isinstance(value, date) else str(value)


# ------------------------------------------------------------------------------------- columns

FACT_COLUMNS: Final[dict[str, None]] = dict.fromkeys(
    ["kind", *(name for kind in CALCULATIONS for name in list_flat_fields(kind))]
)
"""The names of the columns that hold facts, those of all three calculations."""

RESULT_COLUMNS: Final[dict[str, ValueKind]] = {
    # penalties
    "determined": "boolean",
    "missing_facts": "text",
    "tier": "text",
    "authority": "text",
    "fine_minimum": "money",
    "fine_maximum": "money",
    "fine_basis": "text",
    "counted_value": "money",
    "deemed_value_applied": "boolean",
    "measures": "text",
    "person_fine_minimum": "money",
    "person_fine_maximum": "money",
    "person_confiscated_income": "money",
    "person_ban": "text",
    "limitation_two_years": "date",
    "limitation_five_years": "date",
    "limitation_applies": "text",
    "limitation_barred": "boolean",
    # deadlines
    "due": "date",
    "status": "text",
    "earliest": "date",
    "latest": "date",
    "days_length": "integer",
    "days_unit": "text",
    "days_used": "integer",
    "days_overdue": "integer",
    "lapse_effect": "text",
    "lapse_effective_on": "date",
    # expiries
    "last_day": "date",
    "certificate": "date",
    "civil_code": "date",
    "ended_early": "boolean",
    "latest_by_licensing_law": "date",
    "apply_by": "date",
    "review_fits_until": "date",
    "review_status": "text",
    # deadlines and expiries
    "days_left": "integer",
    # all
    "notices": "text",
    "inputs": "text",
    "problem_code": "text",
    "problem_detail": "text",
}
"""The columns of results and what they hold; `explanation` follows where explanations are wanted."""

EXPLANATION_COLUMN: Final = "explanation"
PASSTHROUGH_PREFIX: Final = "x_"
"""How the names of columns begin that pass through."""


class Table:
    """One table: which of its columns are facts, and what its answer looks like.

    `shape` is what becomes of each value of a result: a text for CSV, the value itself for xlsx; `echo`
    what becomes of the caller's cells. `width` are the columns, `given` the cells of a row with those
    below empty names at the header's end, as spreadsheets write them. RequestError (UnknownColumn,
    RepeatedName, SchemaFault) where the header does not fit.
    """

    def __init__(
        self, batch: Batch, header: Sequence[str], *, shape: Callable[[Value], object], echo: Callable[[Any], object]
    ) -> None:
        names = [unescape_formula(name).strip() for name in header]
        self.given = len(names)
        while names and not names[-1]:
            names.pop()
        _check(names)
        self.batch = batch
        self.shape = shape
        self.echo = echo
        self.width = len(names)
        results = [*RESULT_COLUMNS, EXPLANATION_COLUMN]
        self.kept: tuple[int, ...] = tuple(place for place, name in enumerate(names) if name not in results)
        self.results = tuple(results if batch.explain else RESULT_COLUMNS)
        self.columns: tuple[str, ...] = (*(names[place] for place in self.kept), *self.results)
        facts = {name: place for place, name in enumerate(names) if name in FACT_COLUMNS}
        self._kind = facts.pop("kind")
        self._ref = facts.pop("ref", None)
        self._names = ("kind", *facts)
        self._places = (self._kind, *facts.values())
        self._violations = frozenset(batch.rulebook.violations)
        self._separator = batch.wording.label("heading", "separator")
        self._blank = ResultRow(self._shaped({}))
        self._remembered = lru_cache(REMEMBERED)(self._answered)

    def rows(self, rows: Iterable[ReadRow]) -> tuple[list[list[object]], Counter[str]]:
        """The rows of the answer, what was given and then the results; and how many are problems, by code.

        A row that is too short is filled up with empty cells, one that is too long is cut.
        """
        echo, kept = self.echo, self.kept
        answered: list[list[object]] = []
        problems = Counter[str]()
        for texts, cells, fault in rows:
            results, problem = self.row(texts) if fault is None else self.refused(fault)
            if problem is not None:
                problems[problem] += 1
            given = cells if len(cells) >= self.width else [*cells, *[""] * (self.width - len(cells))]
            answered.append([*[echo(given[place]) for place in kept], *results])
        return answered, problems

    def row(self, cells: Sequence[str]) -> ResultRow:
        """The results of a row of texts; where it is refused, its problem in `problem_code` and `problem_detail`.

        A blank row has blank results.
        """
        if not any(cells) or not any(text.strip() for text in cells):
            return self._blank
        if len(cells) != self.width and not (len(cells) == self.given and not any(cells[self.width :])):
            return self.refused(SchemaFault(message="row-length", given=len(cells), wanted=self.width))
        facts = tuple([cells[place] for place in self._places])
        ref = "" if self._ref is None else cells[self._ref]
        try:
            if ref and len(unescape_formula(ref)) > _longest_ref():
                return self._answered(facts, unescape_formula(ref))
            # What is raised is not remembered: its sentences may repeat the texts of the row.
            return self._remembered(facts) if sum(map(len, facts)) <= MAX_TEXT else self._answered(facts)
        except PenaltycalcError as error:
            return self.refused(error)

    def _answered(self, facts: tuple[str, ...], ref: str = "") -> ResultRow:
        pairs = zip(self._names, facts, strict=True)
        given = {name: unescape_formula(text) for name, text in pairs if text and not text.isspace()}
        kind = _kind(given.pop("kind", ""))
        request = _request(kind, {**given, "ref": ref}, self._violations)
        return ResultRow(self._shaped(self._results(self.batch.calculated(request))))

    def refused(self, error: PenaltycalcError) -> ResultRow:
        """The results of a row that is refused."""
        detail = self._separator.join(
            f"{'.'.join(map(str, fault.where))}: {error_message(fault, self.batch.wording)}".removeprefix(": ")
            for fault in error.faults
        )
        return ResultRow(self._shaped({"problem_code": error.code, "problem_detail": detail}), error.code)

    def _shaped(self, values: dict[str, Value]) -> tuple[object, ...]:
        return tuple([self.shape(values.get(name)) for name in self.results])

    def _results(self, answer: Answer) -> dict[str, Value]:
        """The values of an answer by their columns; what is not there is left out."""
        values = _common(answer)
        if isinstance(answer, PenaltyAnswer):
            values |= _of_penalty(answer, self._separator)
        elif isinstance(answer, DeadlineAnswer):
            values |= _of_deadline(answer)
        else:
            values |= _of_expiry(answer)
        if answer.explanation is not UNSET:
            steps = (f"{number}. {step.text}" for number, step in enumerate(answer.explanation, 1))
            values[EXPLANATION_COLUMN] = " ".join(steps)
        return values


class ReadRow(NamedTuple):
    """A row as it was read: its cells as texts, the cells as they go back, and why it cannot be read."""

    texts: Sequence[str]
    cells: Sequence[Any]
    fault: PenaltycalcError | None = None


class ResultRow(NamedTuple):
    """The result cells of a row, each in the shape that its table gives it, and the code of its problem."""

    cells: tuple[object, ...]
    problem: str | None = None


@lru_cache(1)
def _longest_ref() -> int:
    return int(getattr(list_flat_fields("penalty")["ref"].info, "max_length", 0))


def _kind(text: str) -> Kind:
    wanted = text.strip().lower()
    for kind in CALCULATIONS:
        if wanted == kind:
            return kind
    if not wanted:
        raise SchemaFault(("kind",), message="schema-missing", name="kind")
    raise SchemaFault(("kind",), message="schema-one-of", values=", ".join(CALCULATIONS))


def _request(kind: Kind, given: dict[str, str], violations: Collection[str]) -> Request:
    """The request of a row; UnknownField also for each fact of another calculation, behind faults of form."""
    known = list_flat_fields(kind)
    foreign = [_foreign(name, kind) for name in given if name not in known]
    try:
        request = parse_words(kind, {name: text for name, text in given.items() if name in known}, violations)
    except RequestError as error:
        raise error.beside([*error.others, *foreign]) from None
    except PenaltycalcError:
        raise_first(foreign)
        raise
    raise_first(foreign)
    return request


def _foreign(name: str, kind: Kind) -> UnknownField:
    fault = UnknownField((name,), name, ())
    fault.message, fault.facts = "unknown-fact", {"name": name, "kind": kind}
    return fault


def _check(names: Sequence[str]) -> None:
    """Refuse a header with a column that no calculation knows, with one named twice, or without `kind`."""
    known = dict.fromkeys([*FACT_COLUMNS, *RESULT_COLUMNS, EXPLANATION_COLUMN])
    unknown = islice((name for name in names if name not in known and name[:2] != PASSTHROUGH_PREFIX), MAX_FAULTS)
    raise_first([UnknownColumn((name,), name, known) for name in unknown])
    repeated = islice((name for name, times in Counter(names).items() if times > 1), MAX_FAULTS)
    raise_first([RepeatedName((name,), name) for name in repeated])
    if "kind" not in names:
        raise SchemaFault(("kind",), message="schema-missing", name="kind")


# ------------------------------------------------------------------------------ values of answers


def _common(answer: Answer) -> dict[str, Value]:
    return {
        "notices": ", ".join(dict.fromkeys(notice.code for notice in answer.notices)),
        "inputs": answer.provenance.inputs,
    }


def _of_penalty(answer: PenaltyAnswer, separator: str) -> dict[str, Value]:
    values: dict[str, object] = {"determined": answer.determined}
    if answer.missing_facts is not UNSET:
        values["missing_facts"] = ", ".join(answer.missing_facts)
    if isinstance(answer.fine, Fine):
        values |= {"fine_minimum": answer.fine.minimum, "fine_maximum": answer.fine.maximum}
    if isinstance(answer.outcome, Outcome):
        values |= _of_outcome(answer.outcome, separator)
    if answer.limitation is not UNSET:
        values |= {
            "limitation_two_years": answer.limitation.two_years.last_day,
            "limitation_five_years": answer.limitation.five_years.last_day,
            "limitation_applies": answer.limitation.applies,
            "limitation_barred": answer.limitation.barred,
        }
    return _present(values)


def _of_outcome(outcome: Outcome, separator: str) -> dict[str, object]:
    values: dict[str, object] = {"tier": outcome.tier, "authority": outcome.authority}
    if outcome.fine is not None:
        basis = outcome.fine.basis
        values |= {
            "fine_minimum": outcome.fine.minimum,
            "fine_maximum": outcome.fine.maximum,
            "fine_basis": basis.__struct_config__.tag,
            "counted_value": getattr(basis, "counted_value", UNSET),
            "deemed_value_applied": getattr(basis, "deemed_value_applied", UNSET),
        }
    values["measures"] = separator.join(str(measure.text) for measure in outcome.measures)
    return {**values, **_of_persons(outcome.persons)}


def _of_persons(persons: Sequence[Person]) -> dict[str, object]:
    """What the person faces; where the law names several and none was given, what is the same for all."""
    values: dict[str, object] = {}
    for name, of in _OF_PERSON.items():
        found = {of(person) for person in persons}
        if len(found) == 1:
            values[name] = found.pop()
    return values


_OF_PERSON: Final[dict[str, Callable[[Person], object]]] = {
    "person_fine_minimum": lambda person: person.fine.minimum,
    "person_fine_maximum": lambda person: person.fine.maximum,
    "person_confiscated_income": lambda person: person.confiscated_income,
    "person_ban": lambda person: person.ban if person.ban is UNSET else person.ban.text,
}


def _of_deadline(answer: DeadlineAnswer) -> dict[str, Value]:
    values: dict[str, object] = {
        "due": answer.due,
        "status": answer.status,
        "earliest": answer.earliest,
        "latest": answer.latest,
    }
    if answer.days is not UNSET:
        days = answer.days
        values |= {
            "days_length": days.length,
            "days_unit": days.unit,
            "days_used": days.used,
            "days_left": days.left,
            "days_overdue": days.overdue,
        }
    if answer.on_lapse is not UNSET:
        values |= {"lapse_effect": answer.on_lapse.effect, "lapse_effective_on": answer.on_lapse.effective_on}
    return _present(values)


def _of_expiry(answer: ExpiryAnswer) -> dict[str, Value]:
    values: dict[str, object] = {
        "last_day": answer.last_day,
        "certificate": answer.by_convention.certificate,
        "civil_code": answer.by_convention.civil_code,
        "ended_early": answer.ended_early,
        "days_left": answer.days_left,
    }
    if answer.renewal is not UNSET:
        renewal = answer.renewal
        values |= {
            name: getattr(renewal, name)
            for name in ("latest_by_licensing_law", "apply_by", "review_fits_until", "review_status")
        }
    return _present(values)


def _present(values: dict[str, object]) -> dict[str, Value]:
    """The values without those that are absent."""
    return {name: value for name, value in values.items() if isinstance(value, Value)}
