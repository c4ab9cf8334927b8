"""The errors that this package raises on purpose, as one tree.

    PenaltycalcError
    ├── RequestError             the request does not fit the OpenAPI document   (HTTP 400, exit code 2)
    │   ├── Malformed            not JSON, not UTF-8, nested too deep
    │   ├── SchemaFault          a value of the wrong kind, a required name missing
    │   ├── UnknownField         a name in a body that the request does not have
    │   ├── UnknownQuery         a name in a query (or a flat form) that the request does not have
    │   ├── UnknownColumn        a column of a table that no request has
    │   ├── UnknownResult        a name in the path to a value that no answer has
    │   ├── RepeatedName         a name given twice
    │   └── WrongUse             arguments of the command line that do not go together
    ├── LawRefuses               it fits, and the law, the facts or the calendar refuse it  (422, 3)
    │   ├── UnknownId            UnknownViolation, UnknownStep, UnknownTerm
    │   ├── NotInForce           the rule did not apply on that day
    │   ├── DatesOutOfOrder      an end before its start
    │   ├── ReasonNotAllowed     a clock stop for a reason the step's provision does not know
    │   ├── ExtensionNotAllowed  the step has no extension
    │   ├── OverTheCap           more than the law allows
    │   ├── FactOutOfRange       a fact that cannot be
    │   ├── OutsideCalendar      a day that the calendar or a calculation does not reach
    │   ├── NoDate               an answer without a day, where a day is asked for
    │   ├── PenaltyBarred        a cell asks for the fine of a case that is time-barred
    │   └── DecidedElsewhere     a cell asks for a fine on which another provision decides
    ├── TooLarge                 a body, a line or a number of rows above its limit       (413, 2)
    └── DataBroken               the data or the installation is broken     (503, 4)
        ├── BrokenLaw            a file of law/ or wording/
        ├── BadNotice            a supplied holiday notice
        ├── BadSetting           a setting that is malformed or cannot be had
        ├── RunBroken            a batch that the machine ended: no room, a process killed
        └── NoDeployment         a deployment that is to be checked cannot be asked

An exception holds facts and a stable code; the sentence a person reads is made from them in the
language asked for (wording/messages.toml). A fact that is a code or a name of a program stands as a
`Label`, so that the sentence can say what people call it; why data is broken is a `Reason`, a message
within the message. `where` is a path into the request. Faults of one kind are reported together: the
first is raised and carries the rest in `further_faults`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import ClassVar, Final, Self
from unicodedata import category

Path = tuple[str | int, ...]

MAX_FAULTS: Final = 100
"""How many faults are listed at most."""


@dataclass(frozen=True, slots=True)
class Label:
    """A code or a name of a program among the facts of an error: sentences show what people call it.

    `group` is a group of labels.toml or a table of titles.toml. In the group `fact` the code is the place
    of a fact in its request, with dots between names (`conduct.from`), or its flat name. Behind the label
    stands in brackets what programs write, the code or `name`; nothing where the label stands `alone`.
    """

    group: str
    code: str
    name: str = ""
    alone: bool = False

    def __str__(self) -> str:
        return self.name or self.code


@dataclass(frozen=True, slots=True)
class Reason:
    """Why data or a setting is broken: a message of its own, which stands in the message of an error as one fact.

    `code` names its sentence in wording/messages.toml, which the `facts` fill in. `original` among them is what
    the system or a library said, in English; the log has it also where the sentence leaves it out.
    """

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.code + _write_facts(self.facts)


Fact = str | int | date | Label | tuple[Label, ...] | Reason
"""A fact of an error: a value, a day, a code with its label, several codes, or a message within the message."""


def label_fact(path: Path) -> Label:
    """The label of the fact at a place in a request, with its own name behind it."""
    names = [part for part in path if isinstance(part, str)]
    return Label("fact", ".".join(names), names[-1])


MAX_QUOTED: Final = 40
"""How many characters of what a caller sent a sentence repeats at most."""


def quote_value(value: object) -> str:
    """What a caller sent, as a sentence repeats it: a text as it is, all else as JSON, cut where it is long."""
    try:
        text = str(value) if isinstance(value, str | date) else json.dumps(value, ensure_ascii=False)
    # A caller in Python may give what has no JSON: a record, a list within itself, a number of thousands of digits.
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    shown = "".join(map(_show_character, text[:MAX_QUOTED]))
    return shown if len(text) <= MAX_QUOTED else f"{shown}…"


def _show_character(one: str) -> str:
    """A character that neither breaks the line, the direction or the encoding of whatever shows the sentence."""
    if one.isprintable():
        return one
    # A wide space or one that joins words is no fault: people type it.
    return " " if category(one) == "Zs" else "\N{REPLACEMENT CHARACTER}"


def find_nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is like it."""
    matches = get_close_matches(name, list(candidates), n=1, cutoff=0.5)
    return matches[0] if matches else None


class PenaltycalcError(Exception):
    """Base of all errors that this package raises on purpose.

    `code` is stable and independent of the language; `status` is the HTTP status and `exit_code`
    that of the command line. `message` names the sentence in wording/messages.toml that the `facts`
    fill in. `in_query`: `where` is a name in the query, not a path into the body.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 4

    def __init__(self, where: Path = (), *, message: str | None = None, **facts: Fact) -> None:
        self.where = where
        self.message = message or self.code
        self.facts = facts
        self.in_query = False
        self.further_faults: tuple[PenaltycalcError, ...] = ()
        super().__init__(where, self.message, facts)

    def __str__(self) -> str:
        where = "/".join(map(str, self.where))
        return f"{self.message}{f' at {where}' if where else ''}{_write_facts(self.facts)}"

    @property
    def faults(self) -> tuple[PenaltycalcError, ...]:
        """This fault and those found beside it, in the order of the request."""
        return (self, *self.further_faults)

    def add_faults(self, further_faults: Sequence[PenaltycalcError]) -> Self:
        """Attach others that the same check met, and return this fault."""
        self.further_faults = tuple(further_faults)
        return self


def _write_facts(facts: Mapping[str, Fact]) -> str:
    """Facts as programs write them, for the log, in brackets; nothing where there are none."""
    written = (
        f"{name}: {' '.join(map(str, fact)) if isinstance(fact, tuple) else fact}" for name, fact in facts.items()
    )
    return f" ({', '.join(written)})" if facts else ""


def raise_first(faults: Sequence[PenaltycalcError]) -> None:
    """Raise the first of `faults` with the rest beside it; nothing when there are none."""
    if faults:
        raise faults[0].add_faults(faults[1:])


class RequestError(PenaltycalcError):
    """The request does not fit what the OpenAPI document says."""

    status = 400
    exit_code = 2


class Malformed(RequestError):
    """A body that cannot be read at all."""

    code = "malformed"


class SchemaFault(RequestError):
    """A value of the wrong kind, or a required name that is missing."""

    code = "schema"


def build_choice_fault(where: Path, given: object, group: str, codes: Iterable[str]) -> SchemaFault:
    """The fault of a value that is none of `codes`; `group` is that of their labels."""
    choices = tuple(Label(group, code) for code in codes)
    return SchemaFault(where, message="schema-one-of", given=quote_value(given), values=choices)


class UnknownField(RequestError):
    """A name in a body that the request does not have; `names_facts` tells whether known names have labels."""

    code = "unknown-field"
    sentence = "unknown-field"
    names_facts: ClassVar[bool] = True

    def __init__(self, where: Path, name: str, candidates: Iterable[str]) -> None:
        """`candidates` are the names that could stand in its place."""
        hint, shown = find_nearest(name, candidates), quote_value(name)
        if hint is None:
            super().__init__(where, message=self.sentence, name=shown)
        else:
            nearest = label_fact((*where[:-1], hint)) if self.names_facts else hint
            super().__init__(where, message=f"{self.sentence}-near", name=shown, nearest=nearest)


class UnknownQuery(UnknownField):
    """A name in a query or a flat form that the request does not have."""

    code = "unknown-query"
    sentence = "unknown-query"


class UnknownColumn(UnknownField):
    """A column of a table that no request has."""

    sentence = "unknown-column"


class UnknownResult(UnknownField):
    """A name in the path to a value of an answer that no such answer has."""

    sentence = "unknown-result"
    names_facts = False


class RepeatedName(RequestError):
    """A name given twice, in a body or a query."""

    code = "repeated-name"

    def __init__(self, where: Path, name: str) -> None:
        super().__init__(where, name=label_fact((*where[:-1], name)))


class WrongUse(RequestError):
    """Arguments of the command line that do not go together, or that name a file it must not touch."""

    code = "wrong-use"


class LawRefuses(PenaltycalcError):
    """The request fits the document; the law, the facts or the calendar refuse it."""

    status = 422
    exit_code = 3


class UnknownId(LawRefuses):
    """An id that the rulebook does not have; `table` is that of the titles of those it has."""

    table: ClassVar[str]

    def __init__(self, where: Path, value: str, candidates: Iterable[str]) -> None:
        hint, shown = find_nearest(value, candidates), quote_value(value)
        if hint is None:
            super().__init__(where, value=shown)
        else:
            super().__init__(where, message=f"{self.code}-near", value=shown, nearest=Label(self.table, hint))


class UnknownViolation(UnknownId):
    """No such violation (违法行为)."""

    code = "unknown-violation"
    table = "violation"


class UnknownStep(UnknownId):
    """No such procedural step (办理环节)."""

    code = "unknown-step"
    table = "step"


class UnknownTerm(UnknownId):
    """No such term (有效期、保护期)."""

    code = "unknown-term"
    table = "term"


class NotInForce(LawRefuses):
    """The rule was not in force on the day that decides (行政处罚法 37, 条例 89)."""

    code = "not-in-force"

    def __init__(self, where: Path, message: str, day: date, limit: date, **facts: Fact) -> None:
        """`limit` is the first day of the rule, or its last where `day` lies after it."""
        # The way to compare, which most of the sentences name.
        assume = Label("fact", "assume_in_force")
        super().__init__(where, message=message, day=day, limit=limit, assume=assume, **facts)


class DatesOutOfOrder(LawRefuses):
    """A day that must not come before another one does."""

    code = "dates-out-of-order"

    def __init__(self, where: Path, day: date, other: str, other_day: date) -> None:
        """`other` is the flat name of the fact whose day must come first."""
        label = Label("fact", other, alone=True)
        super().__init__(where, day=day, other=label, other_day=other_day)


class ReasonNotAllowed(LawRefuses):
    """A clock stop for a reason that the step's provision does not know."""

    code = "reason-not-allowed"

    def __init__(self, where: Path, step: str, reason: str, allowed: Iterable[str]) -> None:
        named = tuple(Label("stop_reason", one) for one in allowed)
        message = None if named else "reason-not-allowed-none"
        facts: dict[str, Fact] = {"step": Label("step", step), "reason": Label("stop_reason", reason)}
        super().__init__(where, message=message, **facts, **({"allowed": named} if named else {}))


class ExtensionNotAllowed(LawRefuses):
    """An extension (延长) on a step that has none."""

    code = "extension-not-allowed"

    def __init__(self, where: Path, step: str) -> None:
        super().__init__(where, step=Label("step", step))


class OverTheCap(LawRefuses):
    """More than the law allows: an extension, or a granted length."""

    code = "over-the-cap"

    def __init__(self, where: Path, message: str, value: int | date, cap: int | date) -> None:
        """`value` and `cap` are numbers of days of an extension, or the last days of two lengths."""
        super().__init__(where, message=message, value=value, cap=cap)


class FactOutOfRange(LawRefuses):
    """A fact that cannot be, or that this rule cannot take."""

    code = "fact-out-of-range"


class OutsideCalendar(LawRefuses):
    """A day outside the working-day calendar, or one that a calculation cannot reach."""

    code = "outside-calendar"

    def __init__(self, where: Path, day: date | int, first: date, last: date) -> None:
        """`day` may be a year as a whole."""
        message = None if isinstance(day, date) else "outside-calendar-year"
        super().__init__(where, message=message, day=day, first=first, last=last)


class NoDate(LawRefuses):
    """A step without a due date, as an event: the clock stands, or the law says only promptly (及时)."""

    code = "no-date"

    def __init__(self, where: Path, step: str) -> None:
        super().__init__(where, step=Label("step", step))


class PenaltyBarred(LawRefuses):
    """The fine of a case in which no penalty is imposed any more (行政处罚法 36), asked for as one bare value."""

    code = "barred"


class DecidedElsewhere(LawRefuses):
    """A fine that this provision does not set, since others decide on it (条例 86), asked for as one bare value."""

    code = "decided-elsewhere"


class TooLarge(PenaltycalcError):
    """A body, a line or a number of rows above its limit."""

    code = "too-large"
    status = 413
    exit_code = 2


class DataBroken(PenaltycalcError):
    """The data that answers rest on is broken; nothing starts with it."""

    status = 503
    exit_code = 4


class BrokenLaw(DataBroken):
    """A file of law/ or wording/ that cannot be used; names the file and the row, "-" where it is the whole file."""

    code = "broken-law"

    def __init__(self, file: str, row: str, fault: Reason | str) -> None:
        """`fault` is a text where the data breaks a rule that only those who write it know: readers see it as it is."""
        reason = fault if isinstance(fault, Reason) else Reason("fault-rules", {"original": fault})
        message = "broken-law-file" if row == "-" else None
        super().__init__((), message=message, file=file, row=row, fault=reason)


class BadNotice(DataBroken):
    """A supplied holiday notice that cannot be used; names the file and the entry, "-" where it is the whole file."""

    code = "bad-notice"
    status = 422

    def __init__(self, file: str, entry: str, fault: Reason) -> None:
        message = "bad-notice-file" if entry == "-" else None
        super().__init__((), message=message, file=file, entry=entry, fault=fault)


class BadSetting(DataBroken):
    """A setting that is malformed, or cannot be had."""

    code = "bad-setting"

    def __init__(self, setting: str, fault: Reason) -> None:
        super().__init__((), setting=setting, fault=fault)


class RunBroken(DataBroken):
    """A batch from file to file that the machine ended: a file or the disk failed it, or a process was killed."""

    code = "run-broken"


class NoDeployment(DataBroken):
    """A deployment that is to be checked cannot be asked: not reachable, no answer in time, no key for it."""

    code = "no-deployment"

    def __init__(self, url: str, fault: Reason) -> None:
        super().__init__((), url=url, fault=fault)
