"""Answers as text for a terminal: first the result, then the explanation in numbered steps, then the notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from msgspec import UNSET

from penaltycalc.calculators.calculate import Answer
from penaltycalc.calculators.calendar_queries import CalendarYear
from penaltycalc.calculators.catalogue import RulebookItem
from penaltycalc.calculators.coverage import CoverageAnswer
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer, RenewalDates
from penaltycalc.calculators.explain import Explanation
from penaltycalc.calculators.penalties import Outcome, PenaltyAnswer, format_fine
from penaltycalc.rules.money import Money
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
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


def _format_line(wording: Wording, heading: str, value: object) -> str:
    return f"{wording.label('heading', heading)}: {value}"


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
            yield _format_line(wording, "common_fine", format_fine(wording.all_labels(), answer.fine))
        for number, outcome in enumerate(answer.alternatives, 1):
            yield f"[{number}]"
            yield from (f"  {line}" for line in _format_outcome(outcome, wording))
    limitation = answer.limitation
    if limitation is not UNSET:
        parts = [wording.label("limitation", limitation.applies)]
        if limitation.barred is not UNSET:
            parts.append(wording.label("heading", "barred" if limitation.barred else "not_barred"))
        limits = wording.label("heading", "two_days").format(
            first=limitation.two_years.last_day, last=limitation.five_years.last_day
        )
        yield _format_line(wording, "limitation", f"{limits} ({', '.join(parts)})")


def _format_outcome(outcome: Outcome, wording: Wording) -> Iterator[str]:
    tier = [outcome.tier_title]
    if outcome.activity is not UNSET:
        tier.append(wording.label("activity", outcome.activity))
    if outcome.scope is not UNSET:
        tier.append(wording.label("scope", outcome.scope))
    yield _format_line(wording, "tier", ", ".join(tier))
    yield _format_line(wording, "citation", " ".join(citation.label for citation in outcome.citations))
    if outcome.authority is not UNSET:
        yield _format_line(wording, "authority", wording.label("authority", outcome.authority))
    labels = wording.all_labels()
    # This rule only exempts: the fine of whoever is not exempt follows from another one, so "none" would be wrong.
    fine = format_fine(labels, outcome.fine) if outcome.decided_by is UNSET else labels["heading"]["decided_elsewhere"]
    # Where no penalty is imposed by its nature, "none" would read as the outcome of a case that carries one.
    if outcome.authority is not UNSET or outcome.decided_by is not UNSET:
        yield _format_line(wording, "fine", fine)
    for measure in outcome.measures:
        yield _format_line(wording, "measure", measure.text)
    for person in outcome.persons:
        who = wording.label("role", person.role) + (f" {person.name}" if person.name is not UNSET else "")
        parts = [format_fine(labels, person.fine)]
        if isinstance(person.confiscated_income, Money):
            parts.append(labels["heading"]["confiscated"].format(income=person.confiscated_income))
        # None stands for an income that is confiscated but was not given; UNSET stands for no confiscation.
        elif person.confiscated_income is None:
            parts.append(labels["heading"]["confiscated_unknown"])
        if person.ban is not UNSET:
            parts.append(str(person.ban.text))
        yield _format_line(wording, "person", f"{who}: {'; '.join(parts)}")


def _format_deadline(answer: DeadlineAnswer, wording: Wording) -> Iterator[str]:
    yield wording.title("step", answer.step)
    yield _format_line(wording, "due", answer.due or wording.label("heading", "none"))
    if answer.status is not UNSET:
        yield _format_line(wording, "status", wording.label("status", answer.status))
    if answer.earliest is not UNSET:
        # The latest day may lie beyond the calendar, and is then not known.
        days = "since" if answer.latest is UNSET else "days"
        between = wording.label("heading", days).format(first=answer.earliest, last=answer.latest)
        yield _format_line(wording, "bracket", between)
    if answer.days is not UNSET:
        count = answer.days
        counts = {"length": count.length, "used": count.used, "left": count.left, "overdue": count.overdue}
        # Values are compared with UNSET, since 0 days left is a result and must be shown.
        parts = ", ".join(f"{wording.label('heading', name)} {n}" for name, n in counts.items() if n is not UNSET)
        yield f"{parts} ({wording.label('unit', count.unit)})"
    if answer.on_lapse is not UNSET:
        lapse = answer.on_lapse
        since = "" if lapse.effective_on is UNSET else f" ({lapse.effective_on})"
        yield _format_line(wording, "on_lapse", wording.label("lapse", lapse.effect) + since)
    if answer.ledger is not UNSET:
        yield ""
        for day in answer.ledger:
            number = "" if day.number is UNSET else str(day.number)
            name = "" if day.name is UNSET else f" {day.name}"
            why, status = wording.label("day", day.why), wording.label("status", day.status)
            yield f"  {day.date} {number:>4}  {why}{name} [{status}]"


def _format_expiry(answer: ExpiryAnswer, wording: Wording) -> Iterator[str]:
    yield wording.title("term", answer.term)
    yield _format_line(wording, "last_day", answer.last_day)
    both = answer.by_convention
    ends = {"certificate": both.certificate, "civil_code": both.civil_code}
    by_convention = (f"{wording.label('result', name)} {day}" for name, day in ends.items())
    yield _format_line(wording, "by_convention", wording.label("heading", "fact_separator").join(by_convention))
    if answer.days_left is not UNSET:
        yield _format_line(wording, "days_left", answer.days_left)
    if answer.renewal is not UNSET:
        yield from _format_renewal(answer.renewal, wording)


def _format_renewal(renewal: RenewalDates, wording: Wording) -> Iterator[str]:
    # The window comes first: the day of the licensing law, months later, would be taken for the one that counts.
    if renewal.window is not UNSET:
        days = wording.label("heading", "days").format(first=renewal.window.opens, last=renewal.window.closes)
        yield _format_line(wording, "window", days)
    for name in ("apply_by", "usual_apply_by", "latest_by_licensing_law", "review_fits_until"):
        day = getattr(renewal, name)
        if day is UNSET:
            continue
        remarks = []
        if name == "review_fits_until" and renewal.review_status is not UNSET:
            remarks.append(wording.label("status", renewal.review_status))
        by_rules, by_former_rule = renewal.days_to_apply
        if day > by_rules:
            remarks.append(wording.label("heading", "too_late").format(day=by_rules))
        elif by_former_rule is not UNSET and day > by_former_rule:
            remarks.append(wording.label("heading", "later_than_usual").format(day=by_former_rule))
        yield _format_line(wording, name, f"{day} ({', '.join(remarks)})" if remarks else day)
    if renewal.next_term is not UNSET:
        days = wording.label("heading", "days").format(first=renewal.next_term.start, last=renewal.next_term.last_day)
        yield _format_line(wording, "next_term", days)
    by = renewal.renewed_by
    authorities = wording.label("authority", by.authority)
    for heading, other in (("foreign_holders", by.foreign_holder_authority), ("wholesalers", by.wholesale_authority)):
        if other is not UNSET:
            label = wording.label("heading", heading).format(authority=wording.label("authority", other))
            authorities += f" ({label})"
    yield _format_line(wording, "renewed_by", authorities)


def _format_explanation(steps: tuple[Explanation, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        citation = "" if step.citation is UNSET else f" [{step.citation.label}]"
        yield f"  {number}. {step.text}{citation}"


def _format_notices(notices: tuple[Notice, ...], wording: Wording) -> Iterator[str]:
    for notice in notices:
        citation = "" if notice.citation is UNSET else f" [{notice.citation.label}]"
        yield f"  {wording.label('level', notice.level)}: {notice.text}{citation}"


def format_calendar(year: CalendarYear, rulebook: Rulebook, lang: Language) -> str:
    """Write the days off and make-up days of a year."""
    wording = rulebook.wordings[lang]
    lines = [
        f"{year.year}: {wording.label('status', year.status)}",
        _format_line(wording, "working_days", year.working_days),
    ]
    for day in year.days:
        why, status = wording.label("day", day.why), wording.label("status", day.status)
        lines.append(f"  {day.date}  {why}  {day.name}  [{status}, {day.source}]")
    if year.notices:
        lines += ["", wording.label("heading", "notices"), *_format_notices(year.notices, wording)]
    return "\n".join(lines)


def format_coverage(answer: CoverageAnswer, wording: Wording) -> str:
    """Write what is not covered, with the provisions to look at, and then the rows that are."""
    if not answer.not_covered and not answer.rows:
        return wording.label("coverage", "nothing")
    lines = []
    for topic in answer.not_covered:
        lines += [f"{wording.label('coverage', 'not_covered')}: {topic.title}", f"  {topic.text}"]
        lines += [f"  {citation.label}" for citation in topic.citations]
    if answer.rows:
        lines.append(f"{wording.label('coverage', 'rows')}:")
        lines += [f"  {row.id}  {row.title}  {row.citation.label}" for row in answer.rows]
    return "\n".join(lines)


def format_rulebook(rulebook: RulebookItem, wording: Wording) -> str:
    """Write what answers rest on: instruments, digests, how far the calendar reaches."""
    lines = [f"penaltycalc {rulebook.engine}", f"{wording.label('heading', 'rulebook')} {rulebook.digest}"]
    for instrument in rulebook.instruments:
        since = "" if instrument.in_force_from is UNSET else f"  {instrument.in_force_from}"
        if instrument.in_force_until is not UNSET:
            since += f"  – {instrument.in_force_until}"
        number = "" if instrument.document_number is UNSET else f"  {instrument.document_number}"
        lines.append(f"  {instrument.title}{number}{since}  {instrument.digest}")
    calendar = rulebook.calendar
    lines.append(f"{wording.label('heading', 'calendar')} {calendar.digest}")
    reach = wording.label("heading", "calendar_reach").format(
        first=calendar.official_from, last=calendar.official_through, projected=calendar.projected_through
    )
    lines += [f"  {reach}", f"  {', '.join(calendar.sources)}"]
    return "\n".join(lines)
