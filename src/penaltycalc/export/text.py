"""Answers as text for a terminal: first the result, then the explanation in numbered steps, then the notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import assert_never

from msgspec import UNSET, UnsetType

from penaltycalc.calculators.calculate import Answer
from penaltycalc.calculators.calendar_queries import CalendarYear
from penaltycalc.calculators.catalogue import RulebookItem
from penaltycalc.calculators.coverage import CoverageAnswer
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer, RenewalDates
from penaltycalc.calculators.explain import Explanation
from penaltycalc.calculators.penalties import Outcome, PenaltyAnswer, Person, describe_fine, format_fine
from penaltycalc.rules.money import Money
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.values import write_amount, write_day, write_span
from penaltycalc.rules.wording import Language, Wording


def format_answer(answer: Answer, rulebook: Rulebook, lang: Language) -> str:
    """Write an answer of any kind."""
    wording = rulebook.wordings[lang]
    lines = list(_format_result(answer, wording))
    if answer.explanation is not UNSET:
        lines += ["", wording.label("heading", "explanation"), *_format_explanation(answer.explanation)]
    if answer.notices:
        lines += ["", wording.label("heading", "notices"), *_format_notices(answer.notices, wording)]
    provenance = answer.provenance
    lines += ["", wording.label("heading", "provenance")]
    lines.append(f"  penaltycalc {provenance.engine}")
    for name in ("rulebook", "calendar", "inputs"):
        lines.append(f"  {wording.label('heading', name)} {getattr(provenance, name)}")
    return "\n".join(lines)


def _format_result(answer: Answer, wording: Wording) -> Iterator[str]:
    match answer:
        case PenaltyAnswer():
            return _format_penalty(answer, wording)
        case DeadlineAnswer():
            return _format_deadline(answer, wording)
        case ExpiryAnswer():
            return _format_expiry(answer, wording)
        case _:
            assert_never(answer)


def join_line(name: object, value: object, wording: Wording) -> str:
    """A name with its value, as a line of the language: 罚款：不处罚款."""
    return wording.label("heading", "line").format(name=name, value=value)


def _format_line(wording: Wording, heading: str, value: object) -> str:
    return join_line(wording.label("heading", heading), value, wording)


def _format_penalty(answer: PenaltyAnswer, wording: Wording) -> Iterator[str]:
    yield f"{answer.violation} {wording.title('violation', answer.violation)}"
    # Before any amount, which would be read as the one to impose.
    if answer.penalty_excluded is not UNSET:
        yield f"{wording.label('heading', 'excluded')} [{answer.penalty_excluded.citation.label}]"
    if answer.limitation is not UNSET and answer.limitation.depends_on_harm is True:
        yield wording.label("heading", "depends_on_harm")
    if answer.outcome is not UNSET:
        yield from _format_outcome(answer.outcome, wording)
    if answer.alternatives is not UNSET and answer.missing_facts is not UNSET:
        yield _format_line(wording, "missing_facts", wording.labels("fact", answer.missing_facts))
        # A fine beside missing facts means that all alternatives have the same bounds.
        if answer.fine is not UNSET:
            yield _format_line(wording, "common_fine", format_fine(wording, answer.fine))
        for number, outcome in enumerate(answer.alternatives, 1):
            yield wording.label("heading", "alternative").format(number=number)
            yield from (f"  {line}" for line in _format_outcome(outcome, wording))
    limitation = answer.limitation
    if limitation is not UNSET:
        parts = [wording.label("limitation_applies", limitation.applies)]
        if limitation.barred is not UNSET:
            parts.append(wording.label("heading", "barred" if limitation.barred else "not_barred"))
        limits = (limitation.two_years.last_day, limitation.five_years.last_day)
        ends = wording.label("heading", "list_separator").join(write_day(day, wording.lang) for day in limits)
        yield _format_line(wording, "limitation", wording.add_remarks(ends, parts))


def _format_outcome(outcome: Outcome, wording: Wording) -> Iterator[str]:
    assumed = []
    if outcome.activity is not UNSET:
        assumed.append(wording.label("activity", outcome.activity))
    if outcome.scope is not UNSET:
        assumed.append(wording.label("scope", outcome.scope))
    yield _format_line(wording, "tier", wording.add_remarks(outcome.tier_title, assumed))
    citations = wording.label("heading", "list_separator").join(citation.label for citation in outcome.citations)
    yield _format_line(wording, "citation", citations)
    if outcome.authority is not UNSET:
        yield _format_line(wording, "authority", wording.label("authority", outcome.authority))
    # This rule only exempts: the fine of whoever is not exempt follows from another one, so "none" would be wrong.
    is_decided_here = outcome.decided_by is UNSET
    fine = format_fine(wording, outcome.fine) if is_decided_here else wording.label("heading", "decided_elsewhere")
    # Where no penalty is imposed by its nature, "none" would read as the outcome of a case that carries one.
    if outcome.authority is not UNSET or outcome.decided_by is not UNSET:
        yield _format_line(wording, "fine", fine)
    for measure in outcome.measures:
        yield _format_line(wording, "measure", measure.text)
    for person in outcome.persons:
        yield _format_person(person, wording)


def _format_person(person: Person, wording: Wording) -> str:
    """The line of a responsible person: fine, income confiscated, ban."""
    who = wording.label("role", person.role)
    if person.name is not UNSET:
        who = wording.label("heading", "named").format(role=who, name=person.name)
    parts = [describe_fine(wording, person.fine)]
    if isinstance(person.confiscated_income, Money):
        income = write_amount(person.confiscated_income, wording.lang)
        parts.append(wording.label("heading", "confiscated").format(income=income))
    # None stands for an income that is confiscated but was not given; UNSET stands for no confiscation.
    elif person.confiscated_income is None:
        parts.append(wording.label("heading", "confiscated_unknown"))
    if person.ban is not UNSET:
        parts.append(str(person.ban.text))
    head = wording.label("heading", "person").format(who=who)
    return join_line(head, wording.label("heading", "separator").join(parts), wording)


def _format_deadline(answer: DeadlineAnswer, wording: Wording) -> Iterator[str]:
    yield wording.title("step", answer.step)
    due = wording.label("heading", "no_due") if answer.due is None else write_day(answer.due, wording.lang)
    yield _format_line(wording, "due", due)
    if answer.status is not UNSET:
        yield _format_line(wording, "status", wording.label("status", answer.status))
    if answer.earliest is not UNSET:
        yield _format_bracket(answer.earliest, answer.latest, wording)
    if answer.days is not UNSET:
        count = answer.days
        counts = {"length": count.length, "used": count.used, "left": count.left, "overdue": count.overdue}
        # Values are compared with UNSET, since 0 days left is a result and must be shown.
        # In Chinese the unit stands right behind its number: 已用10个工作日.
        unit = wording.label("unit", count.unit)
        parts = [
            wording.label("heading", "count").format(name=wording.label("heading", name), number=n, unit=unit)
            for name, n in counts.items()
            if n is not UNSET
        ]
        yield wording.label("heading", "fact_separator").join(parts)
    if answer.on_lapse is not UNSET:
        lapse = answer.on_lapse
        remarks = [] if lapse.effective_on is UNSET else [_format_since(lapse.effective_on, wording)]
        yield _format_line(wording, "on_lapse", wording.add_remarks(wording.label("lapse", lapse.effect), remarks))
    if answer.ledger is not UNSET:
        yield ""
        for day in answer.ledger:
            number = "" if day.number is UNSET else str(day.number)
            name = "" if day.name is UNSET else f" {day.name}"
            why, status = wording.label("day", day.why), wording.label("status", day.status)
            yield f"  {day.date} {number:>4}  {why}{name} [{status}]"


def _format_expiry(answer: ExpiryAnswer, wording: Wording) -> Iterator[str]:
    yield wording.title("term", answer.term)
    yield _format_line(wording, "last_day", write_day(answer.last_day, wording.lang))
    both = answer.by_convention
    ends = {"certificate": both.certificate, "civil_code": both.civil_code}
    by_convention = (
        wording.label("heading", "by_method").format(
            method=wording.label("result", name), day=write_day(day, wording.lang)
        )
        for name, day in ends.items()
    )
    yield _format_line(wording, "by_convention", wording.label("heading", "fact_separator").join(by_convention))
    if answer.days_left is not UNSET:
        number = wording.label("heading", "days_number").format(number=answer.days_left)
        yield _format_line(wording, "days_left", number)
    if answer.renewal is not UNSET:
        yield from _format_renewal(answer.renewal, wording)


def _format_renewal(renewal: RenewalDates, wording: Wording) -> Iterator[str]:
    # The window comes first: the day of the licensing law, months later, would be taken for the one that counts.
    if renewal.window is not UNSET:
        yield _format_line(wording, "window", _format_span(renewal.window.opens, renewal.window.closes, wording))
    for name in ("apply_by", "usual_apply_by", "latest_by_licensing_law", "review_fits_until"):
        day = getattr(renewal, name)
        if day is UNSET:
            continue
        remarks = []
        if name == "review_fits_until" and renewal.review_status is not UNSET:
            remarks.append(wording.label("status", renewal.review_status))
        by_rules, by_former_rule = renewal.days_to_apply
        if day > by_rules:
            remarks.append(wording.label("heading", "too_late").format(day=write_day(by_rules, wording.lang)))
        elif by_former_rule is not UNSET and day > by_former_rule:
            usual = write_day(by_former_rule, wording.lang)
            remarks.append(wording.label("heading", "later_than_usual").format(day=usual))
        yield _format_line(wording, name, wording.add_remarks(write_day(day, wording.lang), remarks))
    if renewal.next_term is not UNSET:
        days = _format_span(renewal.next_term.start, renewal.next_term.last_day, wording)
        yield _format_line(wording, "next_term", days)
    by = renewal.renewed_by
    others = [
        wording.label("heading", heading).format(authority=wording.label("authority", other))
        for heading, other in (
            ("foreign_holders", by.foreign_holder_authority),
            ("wholesalers", by.wholesale_authority),
        )
        if other is not UNSET
    ]
    yield _format_line(wording, "renewed_by", wording.add_remarks(wording.label("authority", by.authority), others))


# --------------------------------------------------------------------------------- parts of a line


def _format_span(first: date, last: date, wording: Wording) -> str:
    """Two days and those between them, both ends included."""
    return wording.label("heading", "days").format(days=write_span(first, last, wording.lang))


def _format_since(first: date, wording: Wording) -> str:
    return wording.label("heading", "since").format(first=write_day(first, wording.lang))


def _format_bracket(earliest: date, latest: date | UnsetType, wording: Wording) -> str:
    """The line of the days on which a projected due date may fall; the latest may lie beyond the calendar."""
    if isinstance(latest, UnsetType):
        return _format_line(wording, "bracket", _format_since(earliest, wording))
    if earliest == latest:
        return wording.label("heading", "bracket_none")
    return _format_line(wording, "bracket", write_span(earliest, latest, wording.lang))


def _format_explanation(steps: tuple[Explanation, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        citation = "" if step.citation is UNSET else f" [{step.citation.label}]"
        yield f"  {number}. {step.text}{citation}"


def _format_notices(notices: tuple[Notice, ...], wording: Wording) -> Iterator[str]:
    for notice in notices:
        citation = "" if notice.citation is UNSET else f" [{notice.citation.label}]"
        line = join_line(wording.label("level", notice.level), notice.text, wording)
        yield f"  {line}{citation}"


def format_calendar(year: CalendarYear, rulebook: Rulebook, lang: Language) -> str:
    """Write the days off and make-up days of a year."""
    wording = rulebook.wordings[lang]
    lines = [
        _format_year(year, wording),
        _format_line(wording, "working_days", year.working_days),
    ]
    for day in year.days:
        why, status = wording.label("day", day.why), wording.label("status", day.status)
        remark = wording.label("heading", "fact_separator").join((status, day.source))
        lines.append(f"  {day.date}  {why}  {day.name}  [{remark}]")
    if year.notices:
        lines += ["", wording.label("heading", "notices"), *_format_notices(year.notices, wording)]
    return "\n".join(lines)


def _format_year(year: CalendarYear, wording: Wording) -> str:
    """The head of a year; of one that is announced in part, through which day."""
    status = wording.label("status", year.status)
    if year.status == "projected" and year.official_through.year == year.year:
        last = write_day(year.official_through, wording.lang)
        status = wording.label("heading", "certain_in_part").format(last=last)
    return join_line(wording.label("heading", "year").format(year=year.year), status, wording)


def format_coverage(answer: CoverageAnswer, wording: Wording) -> str:
    """Write what is not covered, with the provisions to look at, and then the rows that are."""
    if not answer.not_covered and not answer.rows:
        return wording.label("coverage", "nothing")
    lines = []
    for topic in answer.not_covered:
        head = join_line(wording.label("coverage", "not_covered"), topic.title, wording)
        lines += [head, f"  {topic.text}"]
        lines += [f"  {citation.label}" for citation in topic.citations]
    if answer.rows:
        lines.append(wording.label("coverage", "rows"))
        lines += [f"  {row.id}  {row.title}  {row.citation.label}" for row in answer.rows]
    return "\n".join(lines)


def format_rulebook(rulebook: RulebookItem, wording: Wording) -> str:
    """Write what answers rest on: instruments, digests, how far the calendar reaches."""
    lines = [f"penaltycalc {rulebook.engine}", f"{wording.label('heading', 'rulebook')} {rulebook.digest}"]
    for instrument in rulebook.instruments:
        parts = [instrument.title]
        if instrument.document_number is not UNSET:
            parts.append(instrument.document_number)
        if instrument.in_force_from is not UNSET:
            parts.append(_format_validity(instrument.in_force_from, instrument.in_force_until, wording))
        lines.append("  ".join(["", *parts, instrument.digest]))
    calendar = rulebook.calendar
    lines.append(f"{wording.label('heading', 'calendar')} {calendar.digest}")
    reach = wording.label("heading", "calendar_reach").format(
        first=write_day(calendar.official_from, wording.lang),
        last=write_day(calendar.official_through, wording.lang),
        projected=write_day(calendar.projected_through, wording.lang),
    )
    lines += [f"  {reach}", f"  {wording.label('heading', 'list_separator').join(calendar.sources)}"]
    return "\n".join(lines)


def _format_validity(first: date, last: date | UnsetType, wording: Wording) -> str:
    """Since when an instrument is in force, or from when until when it was."""
    days = {"first": write_day(first, wording.lang)}
    if isinstance(last, UnsetType):
        return wording.label("heading", "in_force").format(**days)
    return wording.label("heading", "in_force_between").format(**days, last=write_day(last, wording.lang))
