"""Answers as text for a terminal: the result first, then the numbered explanation, then the notices."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from penaltycalc.calculators.calculate import Answer
from penaltycalc.calculators.calendar_queries import CalendarYear
from penaltycalc.calculators.catalogue import RulebookItem
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.explain import Explanation
from penaltycalc.calculators.penalties import Outcome, PenaltyAnswer, format_fine
from penaltycalc.rules.money import Money
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.wording import Language, Wording


def format_answer(given: Answer, rulebook: Rulebook, lang: Language) -> str:
    """An answer of any kind."""
    wording = rulebook.wordings[lang]
    lines = list(_answer(given, wording))
    if given.explanation is not UNSET:
        lines += ["", wording.label("heading", "explanation"), *_explanation(given.explanation)]
    if given.notices:
        lines += ["", wording.label("heading", "notices"), *_notices(given.notices, wording)]
    rests = given.provenance
    lines += ["", wording.label("heading", "provenance")]
    lines += [f"  penaltycalc {rests.engine}", f"  rulebook {rests.rulebook}"]
    lines += [f"  calendar {rests.calendar}", f"  inputs   {rests.inputs}"]
    return "\n".join(lines)


def _answer(given: Answer, wording: Wording) -> Iterator[str]:
    if isinstance(given, PenaltyAnswer):
        yield from _penalty(given, wording)
    elif isinstance(given, DeadlineAnswer):
        yield from _deadline(given, wording)
    else:
        yield from _expiry(given, wording)


def _line(wording: Wording, heading: str, value: object) -> str:
    return f"{wording.label('heading', heading)}: {value}"


def _penalty(given: PenaltyAnswer, wording: Wording) -> Iterator[str]:
    yield f"{given.violation} {wording.title('violation', given.violation)}"
    if given.outcome is not UNSET:
        yield from _outcome(given.outcome, wording)
    if given.alternatives is not UNSET and given.missing_facts is not UNSET:
        yield _line(wording, "missing_facts", wording.labels("fact", given.missing_facts))
        if given.fine is not UNSET:
            yield _line(wording, "common_fine", format_fine(wording.all_labels(), given.fine))
        for number, outcome in enumerate(given.alternatives, 1):
            yield f"[{number}]"
            yield from (f"  {line}" for line in _outcome(outcome, wording))
    limitation = given.limitation
    if limitation is not UNSET:
        said = [wording.label("limitation", limitation.applies)]
        if limitation.barred is not UNSET:
            said.append(wording.label("heading", "barred" if limitation.barred else "not_barred"))
        limits = f"{limitation.two_years.last_day} / {limitation.five_years.last_day}"
        yield _line(wording, "limitation", f"{limits} ({', '.join(said)})")


def _outcome(outcome: Outcome, wording: Wording) -> Iterator[str]:
    tier = [wording.label("tier", outcome.tier)]
    if outcome.activity is not UNSET:
        tier.append(wording.label("activity", outcome.activity))
    if outcome.scope is not UNSET:
        tier.append(wording.label("scope", outcome.scope))
    yield _line(wording, "tier", ", ".join(tier))
    yield _line(wording, "citation", outcome.citation.label)
    if outcome.authority is not UNSET:
        yield _line(wording, "authority", wording.label("authority", outcome.authority))
    labels = wording.all_labels()
    fine = labels["heading"]["decided_elsewhere"] if outcome.tier == "not_exempt" else format_fine(labels, outcome.fine)
    yield _line(wording, "fine", fine)
    for measure in outcome.measures:
        yield _line(wording, "measure", measure.text)
    for person in outcome.persons:
        who = wording.label("role", person.role) + (f" {person.name}" if person.name is not UNSET else "")
        parts = [format_fine(labels, person.fine)]
        if isinstance(person.confiscated_income, Money):
            parts.append(labels["heading"]["confiscated"].format(income=person.confiscated_income))
        elif person.confiscated_income is None:
            parts.append(labels["heading"]["confiscated_unknown"])
        if person.ban is not UNSET:
            parts.append(str(person.ban.text))
        yield _line(wording, "person", f"{who}: {'; '.join(parts)}")


def _deadline(given: DeadlineAnswer, wording: Wording) -> Iterator[str]:
    yield f"{given.step} {wording.title('step', given.step)}"
    yield _line(wording, "due", given.due or wording.label("heading", "none"))
    if given.status is not UNSET:
        yield _line(wording, "status", wording.label("status", given.status))
    if given.earliest is not UNSET:
        yield _line(wording, "bracket", f"{given.earliest} .. {given.latest}")
    days = given.days
    if days is not UNSET:
        counts = {"length": days.length, "used": days.used, "left": days.left, "overdue": days.overdue}
        shown = ", ".join(f"{wording.label('heading', name)} {n}" for name, n in counts.items() if n is not UNSET)
        yield f"{shown} ({wording.label('unit', days.unit)})"
    if given.on_lapse is not UNSET:
        lapse = given.on_lapse
        since = "" if lapse.effective_on is UNSET else f" ({lapse.effective_on})"
        yield _line(wording, "on_lapse", wording.label("lapse", lapse.effect) + since)
    if given.ledger is not UNSET:
        yield ""
        for day in given.ledger:
            number = "" if day.number is UNSET else str(day.number)
            name = "" if day.name is UNSET else f" {day.name}"
            why, status = wording.label("day", day.why), wording.label("status", day.status)
            yield f"  {day.date} {number:>4}  {why}{name} [{status}]"


def _expiry(given: ExpiryAnswer, wording: Wording) -> Iterator[str]:
    yield f"{given.term} {wording.title('term', given.term)}"
    yield _line(wording, "last_day", given.last_day)
    both = given.by_convention
    yield _line(wording, "by_convention", f"certificate {both.certificate}, civil-code {both.civil_code}")
    if given.days_left is not UNSET:
        yield _line(wording, "days_left", given.days_left)
    renewal = given.renewal
    if renewal is not UNSET:
        yield _line(wording, "latest_by_licensing_law", renewal.latest_by_licensing_law)
        if renewal.apply_by is not UNSET:
            yield _line(wording, "apply_by", renewal.apply_by)
        if renewal.review_fits_until is not UNSET and renewal.review_status is not UNSET:
            status = wording.label("status", renewal.review_status)
            yield _line(wording, "review_fits_until", f"{renewal.review_fits_until} ({status})")
        by = renewal.renewed_by
        said = wording.label("authority", by.authority)
        if by.foreign_holder_authority is not UNSET:
            foreign = wording.label("authority", by.foreign_holder_authority)
            said += f" ({wording.label('heading', 'foreign_holders').format(authority=foreign)})"
        yield _line(wording, "renewed_by", said)


def _explanation(steps: tuple[Explanation, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        cited = "" if step.citation is UNSET else f" [{step.citation.label}]"
        yield f"  {number}. {step.text}{cited}"


def _notices(notices: tuple[Notice, ...], wording: Wording) -> Iterator[str]:
    for notice in notices:
        cited = "" if notice.citation is UNSET else f" [{notice.citation.label}]"
        yield f"  {wording.label('level', notice.level)}: {notice.text}{cited} ({notice.code})"


def format_calendar(given: CalendarYear, rulebook: Rulebook, lang: Language) -> str:
    """The days off and make-up days of a year."""
    wording = rulebook.wordings[lang]
    lines = [
        f"{given.year}: {wording.label('status', given.status)}",
        _line(wording, "working_days", given.working_days),
    ]
    for day in given.days:
        why, status = wording.label("day", day.why), wording.label("status", day.status)
        lines.append(f"  {day.date}  {why}  {day.name}  [{status}, {day.source}]")
    if given.notices:
        lines += ["", wording.label("heading", "notices"), *_notices(given.notices, wording)]
    return "\n".join(lines)


def format_rulebook(given: RulebookItem) -> str:
    """What answers rest on."""
    lines = [f"penaltycalc {given.engine}", f"rulebook {given.digest}"]
    for one in given.instruments:
        since = "" if one.in_force_from is UNSET else f"  {one.in_force_from}"
        number = "" if one.document_number is UNSET else f"  {one.document_number}"
        lines.append(f"  {one.id}  {one.title}{number}{since}  {one.digest}")
    known = given.calendar
    lines.append(f"calendar {known.digest}")
    lines.append(
        f"  official {known.official_from} .. {known.official_through}, projected .. {known.projected_through}"
    )
    lines.append(f"  {', '.join(known.sources)}")
    return "\n".join(lines)
