"""The lists of the workbook: what drop-down lists offer, and the labels of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, get_args

from msgspec import UNSET

from penaltycalc.calculators import catalogue
from penaltycalc.calculators.catalogue import StepItem, TermItem
from penaltycalc.calculators.penalties import Severity
from penaltycalc.calendar.workdays import Status
from penaltycalc.rules.clauses import Activity, Authority, Scope
from penaltycalc.rules.periods import Period
from penaltycalc.rules.rows import Convention, StopReason
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language, Wording

Texts = Mapping[str, Mapping[str, str]]

FIRST_LIST_ROW: Final = 3
LIST_WIDTHS: Final = (36, 48, 46, 68, 76)
CHOICE_COLUMN: Final = 4


class ListBlock(NamedTuple):
    """A list: each row has a code, its label, two cells with details, and the text that drop-down lists offer."""

    name: str
    heads: tuple[str, str, str, str, str]
    rows: tuple[tuple[str, str, str, str, str], ...]


_THIRD_HEADS: Final = {"violation": "who", "step": "length", "term": "length"}


def collect_lists(rulebook: Rulebook, lang: Language) -> Iterator[ListBlock]:
    """Collect all lists in one language, the catalogues first."""
    wording = rulebook.wordings[lang]
    texts: Texts = wording.workbook()
    violations, steps, terms = (
        catalogue.list_violations(rulebook, lang).items,
        catalogue.list_steps(rulebook, lang).items,
        catalogue.list_terms(rulebook, lang).items,
    )
    yield _build_catalogue("violation", ((item, item.who) for item in violations))
    yield _build_catalogue("step", ((item, _format_step_length(item, wording)) for item in steps))
    describe = rulebook.texts[lang].describe_period
    yield _build_catalogue("term", ((item, _format_term_length(item, wording, describe)) for item in terms))
    label = wording.label
    yield _build_choices("activity", {code: label("activity", code) for code in get_args(Activity)})
    yield _build_choices("severity", {code: label("severity_given", code) for code in get_args(Severity)})
    yield _build_choices("scope", {code: label("scope", code) for code in get_args(Scope)})
    yield _build_choices("convention", {code: label("convention", code) for code in get_args(Convention)})
    yes_no = texts["yes_no"].items()
    yield ListBlock("yes_no", _CODE_HEADS, tuple((code, text, "", "", text) for code, text in yes_no))
    yield _build_labels("stop_reason", {code: label("stop_reason", code) for code in get_args(StopReason)})
    yield _build_labels("authority", {code: label("authority", code) for code in get_args(Authority)})
    yield _build_labels("status", {code: label("status", code) for code in get_args(Status)})
    # Cells of the service hold truth values in capitals, so these are the codes that formulas look up.
    yield _build_labels("barred", {"TRUE": label("heading", "barred"), "FALSE": label("heading", "not_barred")})


_CODE_HEADS: Final = ("code", "label", "", "", "choice")


def _build_catalogue(name: str, items: Iterable[tuple[Any, str]]) -> ListBlock:
    rows = ((item.id, item.title, detail, item.citation.label, f"{item.id} {item.title}") for item, detail in items)
    return ListBlock(name, ("id", "title", _THIRD_HEADS[name], "citation", "choice"), tuple(rows))


def _build_choices(name: str, labels: Mapping[str, str]) -> ListBlock:
    """Build a list of codes to choose from; a label that begins with its code is offered alone."""
    rows = (
        (code, label, "", "", label if f"{label} ".startswith(f"{code} ") else f"{code} {label}")
        for code, label in labels.items()
    )
    return ListBlock(name, _CODE_HEADS, tuple(rows))


def _build_labels(name: str, labels: Mapping[str, str]) -> ListBlock:
    """Build a list of codes that are explained, and not chosen from."""
    return ListBlock(
        name, ("code", "label", "", "", ""), tuple((code, label, "", "", "") for code, label in labels.items())
    )


def _format_step_length(step: StepItem, wording: Wording) -> str:
    """Write how long a step takes; a step that is due promptly (及时) has no length."""
    if step.length is UNSET:
        return ""
    unit = wording.label("unit", step.unit)
    return wording.workbook()["text"]["length"].format(number=step.length, unit=unit)


def _format_term_length(term: TermItem, wording: Wording, describe: Callable[[Period], str]) -> str:
    """Write how long a term runs, or how long at most."""
    length = describe(term.length)
    return wording.workbook()["text"]["at_most"].format(length=length) if term.ceiling else length
