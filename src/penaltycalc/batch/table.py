"""A batch as a table: a column for each fact, then a column for each result.

Facts stand under their flat names and are read as people write them (input/words.py). Columns named
`x_…` belong to the caller and go back unchanged. Columns of results that are there already are
replaced, so that an answered table can be corrected and sent again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, assert_never

from msgspec import UNSET

from penaltycalc.batch.rows import Batch
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.fact_names import name_fact
from penaltycalc.calculators.penalties import Fine, Outcome, PenaltyAnswer, Person
from penaltycalc.calculators.problems import fault_message
from penaltycalc.errors import (
    MAX_FAULTS,
    Label,
    Path,
    PenaltycalcError,
    RepeatedName,
    RequestError,
    SchemaFault,
    UnknownColumn,
    UnknownField,
    build_choice_fault,
    raise_first,
)
from penaltycalc.input.flat import list_flat_fields
from penaltycalc.input.words import parse_words
from penaltycalc.rules.money import Money

Value = str | int | bool | date | Money | None
"""What a cell of results holds; None is an empty cell."""
ValueKind = Literal["text", "money", "date", "integer", "boolean"]

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?%?", re.ASCII)


def escape_formula(text: str) -> str:
    """Write a text as a cell of a CSV file, so that no spreadsheet computes it when it opens the file.

    A CSV cell has no type: a spreadsheet takes a text that begins with = + - @, a tab or a carriage return
    for a formula, which could fetch or send something (CSV injection). An apostrophe before it prevents
    that; numbers need none. A text that begins with an apostrophe and then such a character gets a second
    apostrophe, so that `unescape_formula` always gives back the text as it was.
    """
    return f"'{text}" if _is_formula(text) else text


def unescape_formula(text: str) -> str:
    """Return the text of a cell without the apostrophe that `escape_formula` put before it."""
    return text[1:] if text[:1] == "'" and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None and not _NUMBER.fullmatch(text.lstrip("'"))


def format_value(value: Value) -> str:
    """Write a value as text: dates as 2026-05-20, money with two places, TRUE and FALSE, None as no text."""
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
"""The names of the columns that hold facts: those of all three calculations, each once."""

RESULT_COLUMNS: Final[dict[str, ValueKind]] = {
    # penalties
    "excluded": "text",
    "determined": "boolean",
    "missing_facts": "text",
    "tier": "text",
    "tier_title": "text",
    "authority": "text",
    "decided_by": "text",
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
    "limitation_depends_on_harm": "boolean",
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
    "window_opens": "date",
    "window_closes": "date",
    "latest_by_licensing_law": "date",
    "apply_by": "date",
    "usual_apply_by": "date",
    "review_fits_until": "date",
    "review_status": "text",
    "next_term_start": "date",
    "next_term_last_day": "date",
    # deadlines and expiries
    "days_left": "integer",
    # all
    "notices": "text",
    "inputs": "text",
    "problem_code": "text",
    "problem_detail": "text",
}
"""The columns of results and what they hold; EXPLANATION_COLUMN follows in a batch with explanations."""

EXPLANATION_COLUMN: Final = "explanation"
PASSTHROUGH_PREFIX: Final = "x_"
"""How the names of the caller's own columns begin."""


class ReadRow(NamedTuple):
    """A row of a table as it was read: its cells as texts, the same cells as they go back, and its fault.

    `texts` are what facts are parsed from. `cells` are the texts of a CSV file, or the values of a
    workbook. `fault` is set where the row cannot be read, as with a quotation mark too many.
    """

    texts: Sequence[str]
    cells: Sequence[Any]
    fault: PenaltycalcError | None = None


class ResultRow(NamedTuple):
    """The cells of results of a row, each as `format_result` of its table returned it; the code of its problem."""

    cells: tuple[object, ...]
    problem: str | None = None


def read_names(header: Sequence[str]) -> list[str]:
    """Read the names of the columns, without the empty columns behind the last name."""
    names = [unescape_formula(name).strip() for name in header]
    # Spreadsheets save empty columns behind the last one that was ever used. They hold nothing.
    while names and not names[-1]:
        names.pop()
    return names


def is_valid_length(cells: Sequence[str], width: int, header_length: int) -> bool:
    """Whether a row has a cell for each of `width` names.

    Cells below the empty end of a header of `header_length` cells may be there, empty.
    """
    return len(cells) == width or (len(cells) == header_length and not any(cells[width:]))


class Table:
    """One table of a batch: which of its columns hold facts, and which columns its answer has.

    `header` are the names of its columns. `format_result` turns each value of a result into what the file
    holds: a text in CSV, the value itself in a workbook. `format_echo` does the same with the caller's cells.
    RequestError (UnknownColumn, RepeatedName, SchemaFault) where the header does not fit.
    """

    def __init__(
        self,
        batch: Batch,
        header: Sequence[str],
        *,
        format_result: Callable[[Value], object],
        format_echo: Callable[[Any], object],
    ) -> None:
        names = read_names(header)
        _check_header(names)
        self.batch = batch
        self.header_length = len(header)
        self.width = len(names)
        self._format_result = format_result
        self._format_echo = format_echo
        all_results = [*RESULT_COLUMNS, EXPLANATION_COLUMN]
        self._result_columns = tuple(all_results if batch.explain else RESULT_COLUMNS)
        self._echo_indexes = tuple(index for index, name in enumerate(names) if name not in all_results)
        self.columns: tuple[str, ...] = (*(names[index] for index in self._echo_indexes), *self._result_columns)
        fact_names = [name for name in names if name in FACT_COLUMNS]
        # The reference comes last, so that its faults stand behind those of the facts that decide.
        self._fact_indexes = {name: names.index(name) for name in sorted(fact_names, key=lambda name: name == "ref")}
        self._violations = frozenset(batch.rulebook.violations)
        self._separator = batch.wording.label("heading", "separator")
        self._blank_results = ResultRow(self._format_results({}))

    def answer_rows(self, rows: Iterable[ReadRow]) -> tuple[list[list[object]], Counter[str]]:
        """Answer rows: the caller's cells, then the results of each; and the refused rows counted by code.

        A row that is too short is filled up with empty cells, one that is too long is cut.
        """
        format_echo, indexes = self._format_echo, self._echo_indexes
        answers: list[list[object]] = []
        problems = Counter[str]()
        for texts, cells, fault in rows:
            results, problem = self.answer_row(texts) if fault is None else self.refuse_row(fault)
            if problem is not None:
                problems[problem] += 1
            whole = cells if len(cells) >= self.width else [*cells, *[""] * (self.width - len(cells))]
            answers.append([*[format_echo(whole[index]) for index in indexes], *results])
        return answers, problems

    def answer_row(self, cells: Sequence[str]) -> ResultRow:
        """Calculate the results of a row; where it is refused, its problem fills `problem_code` and `problem_detail`.

        A blank row has blank results.
        """
        if not any(cells) or not any(text.strip() for text in cells):
            return self._blank_results
        if not is_valid_length(cells, self.width, self.header_length):
            return self.refuse_row(SchemaFault(message="row-length", value=len(cells), wanted=self.width))
        facts = {
            name: unescape_formula(text)
            for name, index in self._fact_indexes.items()
            if (text := cells[index]) and not text.isspace()
        }
        try:
            kind = _parse_kind(facts.pop("kind", ""))
            answer = self.batch.calculate_answer(_parse_request(kind, facts, self._violations))
        except PenaltycalcError as error:
            return self.refuse_row(error)
        return ResultRow(self._format_results(self._flatten_answer(answer)))

    def refuse_row(self, error: PenaltycalcError) -> ResultRow:
        """Return the results of a row that is refused for this error."""
        wording = self.batch.wording
        # Sentences end with full stops: in Chinese nothing stands between them, in English a space.
        between = "" if wording.lang == "zh" else " "
        detail = between.join(fault_message(fault, wording, _name_column(fault.where)) for fault in error.faults)
        return ResultRow(self._format_results({"problem_code": error.code, "problem_detail": detail}), error.code)

    def _format_results(self, values: dict[str, Value]) -> tuple[object, ...]:
        return tuple([self._format_result(values.get(name)) for name in self._result_columns])

    def _flatten_answer(self, answer: Answer) -> dict[str, Value]:
        """Return the values of an answer by their columns; what the answer does not have is left out."""
        values: dict[str, object] = {
            "notices": ", ".join(dict.fromkeys(notice.code for notice in answer.notices)),
            "inputs": answer.provenance.inputs,
        }
        match answer:
            case PenaltyAnswer():
                values |= _flatten_penalty(answer, self._separator)
            case DeadlineAnswer():
                values |= _flatten_deadline(answer)
            case ExpiryAnswer():
                values |= _flatten_expiry(answer)
            case _:
                assert_never(answer)
        if answer.explanation is not UNSET:
            steps = (f"{number}. {step.text}" for number, step in enumerate(answer.explanation, 1))
            values[EXPLANATION_COLUMN] = " ".join(steps)
        return {name: value for name, value in values.items() if isinstance(value, Value)}


def _name_column(where: Path) -> str:
    """The name of the column that holds the fact at a place of the request; all clock stops stand in one column."""
    names = [part for part in where if isinstance(part, str)]
    return names[0] if names[:1] == ["clock_stops"] else name_fact(".".join(names))


def _parse_kind(text: str) -> Kind:
    name = text.strip().lower()
    for kind in CALCULATIONS:
        if name == kind:
            return kind
    if not name:
        raise SchemaFault(("kind",), message="schema-missing", name=Label("fact", "kind"))
    raise build_choice_fault(("kind",), text, "kind", CALCULATIONS)


def _parse_request(kind: Kind, facts: dict[str, str], violations: Collection[str]) -> Request:
    """Parse the request of a row; UnknownField also for each fact that only another calculation has.

    Faults of form come first: they give the problem of the row its code.
    """
    fields = list_flat_fields(kind)
    foreign = [_build_foreign_fact_error(name, kind) for name in facts if name not in fields]
    try:
        request = parse_words(kind, {name: text for name, text in facts.items() if name in fields}, violations)
    except RequestError as error:
        raise error.add_faults([*error.further_faults, *foreign]) from None
    except PenaltycalcError:
        raise_first(foreign)
        raise
    raise_first(foreign)
    return request


def _build_foreign_fact_error(name: str, kind: Kind) -> UnknownField:
    error = UnknownField((name,), name, ())
    error.message, error.facts = "unknown-fact", {"name": Label("fact", name), "kind": Label("kind", kind)}
    return error


def _check_header(names: Sequence[str]) -> None:
    """Refuse a header with a column that no calculation has, with one named twice, or without `kind`."""
    columns = dict.fromkeys([*FACT_COLUMNS, *RESULT_COLUMNS, EXPLANATION_COLUMN])
    unknown = (name for name in names if name not in columns and not name.startswith(PASSTHROUGH_PREFIX))
    raise_first([UnknownColumn((name,), name, columns) for name in islice(unknown, MAX_FAULTS)])
    repeated = (name for name, times in Counter(names).items() if times > 1)
    raise_first([RepeatedName((name,), name) for name in islice(repeated, MAX_FAULTS)])
    if "kind" not in names:
        raise SchemaFault(("kind",), message="schema-missing", name=Label("fact", "kind"))


# ------------------------------------------------------------------------------ values of answers


def _flatten_penalty(answer: PenaltyAnswer, separator: str) -> dict[str, object]:
    values: dict[str, object] = {"determined": answer.determined}
    if answer.penalty_excluded is not UNSET:
        values["excluded"] = answer.penalty_excluded.reason
    if answer.missing_facts is not UNSET:
        values["missing_facts"] = ", ".join(answer.missing_facts)
    if isinstance(answer.fine, Fine):
        values |= {"fine_minimum": answer.fine.minimum, "fine_maximum": answer.fine.maximum}
    if isinstance(answer.outcome, Outcome):
        values |= _flatten_outcome(answer.outcome, separator)
    if answer.limitation is not UNSET:
        values |= {
            "limitation_two_years": answer.limitation.two_years.last_day,
            "limitation_five_years": answer.limitation.five_years.last_day,
            "limitation_applies": answer.limitation.applies,
            "limitation_barred": answer.limitation.barred,
            "limitation_depends_on_harm": answer.limitation.depends_on_harm,
        }
    return values


def _flatten_outcome(outcome: Outcome, separator: str) -> dict[str, object]:
    values: dict[str, object] = {"tier": outcome.tier, "tier_title": outcome.tier_title, "authority": outcome.authority}
    if outcome.fine is not None:
        basis = outcome.fine.basis
        values |= {
            "fine_minimum": outcome.fine.minimum,
            "fine_maximum": outcome.fine.maximum,
            "fine_basis": basis.__struct_config__.tag,
            "counted_value": getattr(basis, "counted_value", UNSET),
            "deemed_value_applied": getattr(basis, "deemed_value_applied", UNSET),
        }
    if outcome.decided_by is not UNSET:
        values["decided_by"] = separator.join(citation.label for citation in outcome.decided_by)
    values["measures"] = separator.join(str(measure.text) for measure in outcome.measures)
    return {**values, **_flatten_persons(outcome.persons)}


def _flatten_persons(persons: Sequence[Person]) -> dict[str, object]:
    """Return what the person faces; where the law names several persons, only what is the same for each of them.

    Which of them a row means is not known where it gives no person, and a row has one column for each value.
    """
    values: dict[str, object] = {}
    for name, read_value in _PERSON_VALUES.items():
        distinct = {read_value(person) for person in persons}
        if len(distinct) == 1:
            values[name] = distinct.pop()
    return values


_PERSON_VALUES: Final[dict[str, Callable[[Person], object]]] = {
    "person_fine_minimum": lambda person: person.fine.minimum,
    "person_fine_maximum": lambda person: person.fine.maximum,
    "person_confiscated_income": lambda person: person.confiscated_income,
    "person_ban": lambda person: person.ban if person.ban is UNSET else person.ban.text,
}


def _flatten_deadline(answer: DeadlineAnswer) -> dict[str, object]:
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
    return values


def _flatten_expiry(answer: ExpiryAnswer) -> dict[str, object]:
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
            for name in (
                "latest_by_licensing_law",
                "apply_by",
                "usual_apply_by",
                "review_fits_until",
                "review_status",
            )
        }
        if renewal.window is not UNSET:
            values |= {"window_opens": renewal.window.opens, "window_closes": renewal.window.closes}
        if renewal.next_term is not UNSET:
            values |= {"next_term_start": renewal.next_term.start, "next_term_last_day": renewal.next_term.last_day}
    return values
