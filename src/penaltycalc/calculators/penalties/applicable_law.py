"""Which version of a violation applies to a case (APL 36, 37), and what that leaves open.

The law of the time of the conduct applies; continuing conduct counts by its last day; the law at the
decision applies where it is lighter. The last comparison is left to the reader: measures, bars and
persons cannot be put on one scale, so the answer gives either version on request and says that the
comparison is owed. No clock is read: without a day of the decision the law stands as it was when its
data was checked, and a version that has not begun is never used unless the caller names a day on
which it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from penaltycalc.calculators.explain import Explainer
from penaltycalc.calculators.penalties.request import Conduct, PenaltyRequest
from penaltycalc.errors import DatesOutOfOrder, NotInForce, Path, PenaltycalcError, UnknownViolation, raise_first
from penaltycalc.rules.periods import FIRST_DAY, check_day
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.versions import Violation, find_checked_day, find_version


class LawDays(NamedTuple):
    """The days that pick a version.

    `reference` is the day as of which the law is looked at (R): that of the decision, else `as_of`, else
    the day on which the law data was checked, which is no fact of the request (`is_stated` is then
    false). `applied` is the day whose law applies (X): the last day of the conduct, but not later than a
    stated reference; `applied_path` is the member of the request that states it.
    """

    reference: date
    applied: date
    applied_path: Path
    is_stated: bool
    checked_on: date


def check_dates(request: PenaltyRequest) -> None:
    """Refuse days that no rule can concern, an end before its start, a decision before the conduct.

    OutsideCalendar, DatesOutOfOrder.
    """
    conduct, discovered, decided = request.conduct, request.discovered_on, request.decision_effective_on
    started = conduct.from_ if isinstance(conduct, Conduct) else None
    stated: list[tuple[Path, object]] = [
        (("conduct", "from"), started),
        (("conduct", "to"), conduct.to if isinstance(conduct, Conduct) else None),
        (("discovered_on",), discovered),
        (("decision_effective_on",), decided),
        (("as_of",), request.as_of),
    ]
    days = [(path, day) for path, day in stated if isinstance(day, date)]
    faults: list[PenaltycalcError] = [fault for path, day in days if (fault := check_day(path, day))]
    raise_first(faults)
    # Conduct may end, be found and be decided on the day it began, so only earlier days contradict it.
    for path, day in days:
        if started is not None and day < started:
            faults.append(DatesOutOfOrder(path, day, "conduct_from", started))
    if isinstance(discovered, date) and isinstance(decided, date) and decided < discovered:
        faults.append(DatesOutOfOrder(("decision_effective_on",), decided, "discovered_on", discovered))
    raise_first(faults)


def choose_violation(explainer: Explainer, rulebook: Rulebook, request: PenaltyRequest) -> Violation:
    """The version of the violation that applies, with the notices and the step that say why.

    UnknownViolation; NotInForce for conduct before the first version, naming both halves of APL 37,
    after the last one, and between two.
    """
    versions = rulebook.violations.get(request.violation)
    if versions is None:
        raise UnknownViolation(("violation",), request.violation, rulebook.violations)
    days = _find_days(request, find_checked_day(versions))
    # No version had begun on the day that decides: only comparison or a lighter rule leads to an answer.
    if not versions[0].has_begun(days.applied):
        return _choose_before_first_version(explainer, versions, request, days)
    version = find_version(versions, days.applied, days.applied_path)
    # Where no law after the conduct is looked at, the second half of APL 37 has nothing to compare.
    if days.reference <= days.applied:
        _explain_conduct(explainer, versions, version, request)
        if request.assume_in_force:
            explainer.add_unused_fact("assume_in_force")
        _add_law_notices(explainer, days, days.applied)
        return version
    return _compare_with_decision(explainer, versions, version, request, days)


def _compare_with_decision(
    explainer: Explainer, versions: Sequence[Violation], version: Violation, request: PenaltyRequest, days: LawDays
) -> Violation:
    """The version for conduct that ended before the reference day, beside the one in force on that day.

    The second half of APL 37 may prefer the later one: the caller gets it with `assume_in_force`.
    """
    at_decision = _find_in_force(versions, days.reference)
    used_day = days.reference if request.assume_in_force else days.applied
    if request.assume_in_force and at_decision is not None and at_decision is not version:
        _explain_assumption(explainer, at_decision, days.applied)
        _add_law_notices(explainer, days, used_day)
        return at_decision
    _explain_conduct(explainer, versions, version, request, is_former=at_decision is not version)
    # The provision ended between conduct and reference day, so no later version is there to compare.
    if at_decision is None:
        explainer.add_notice("repealed-since", until=version.last_day)
    elif at_decision is not version:
        explainer.add_notice("later-law-to-compare", in_force_from=_find_begin(at_decision))
    elif request.assume_in_force:
        explainer.add_notice("assumed-version-same", in_force_from=_find_begin(version))
    _add_law_notices(explainer, days, used_day)
    return version


def _find_days(request: PenaltyRequest, checked_on: date) -> LawDays:
    conduct, ended = request.conduct, find_end_of_conduct(request.conduct)
    if isinstance(request.decision_effective_on, date):
        reference, path, is_stated = request.decision_effective_on, "decision_effective_on", True
    elif isinstance(request.as_of, date):
        reference, path, is_stated = request.as_of, "as_of", True
    else:
        reference, path, is_stated = checked_on, "violation", False
    # Without a stated reference the conduct alone decides, also where it ends after the law was checked.
    if ended is not None and (not is_stated or ended <= reference):
        return LawDays(reference, ended, ("conduct", "to"), is_stated, checked_on)
    # Conduct that goes on counts by the reference day, but not by a day before it began.
    if isinstance(conduct, Conduct) and conduct.from_ > reference:
        return LawDays(reference, conduct.from_, ("conduct", "from"), is_stated, checked_on)
    return LawDays(reference, reference, (path,), is_stated, checked_on)


def find_end_of_conduct(conduct: object) -> date | None:
    """The last day of the conduct, included; None where it goes on or is not known."""
    return conduct.to if isinstance(conduct, Conduct) and isinstance(conduct.to, date) else None


def find_last_known_day(request: PenaltyRequest) -> date | None:
    """The last day of the conduct; where it goes on, the stated day as of which it is judged; None without either."""
    ended = find_end_of_conduct(request.conduct)
    stated = (day for day in (request.decision_effective_on, request.as_of) if isinstance(day, date))
    return next(stated, None) if ended is None else ended


def _find_in_force(versions: Sequence[Violation], day: date) -> Violation | None:
    return next((version for version in versions if version.is_in_force(day)), None)


def _find_begin(version: Violation) -> date:
    return version.first_day or FIRST_DAY


def _choose_before_first_version(
    explainer: Explainer, versions: Sequence[Violation], request: PenaltyRequest, days: LawDays
) -> Violation:
    """The version for a day before the first one: only a lighter rule, or one that the caller assumes.

    Either is the one in force on the reference day, or the first where that day lies before it too.
    """
    first = versions[0]
    version = find_version(versions, days.reference, days.applied_path)
    if first.row.lighter_than_before:
        explainer.add_notice("exemption-for-earlier-conduct", instrument=_find_title(explainer, version))
        _add_applicable_law(explainer, version, "lighter", days.applied)
    elif request.assume_in_force:
        _explain_assumption(explainer, version, days.applied)
    else:
        raise NotInForce(days.applied_path, "not-in-force-conduct", days.applied, _find_begin(first))
    _add_law_notices(explainer, days, max(days.applied, days.reference))
    return version


def _explain_assumption(explainer: Explainer, version: Violation, day: date) -> None:
    citation = explainer.texts.sentences["applicable-law-assumed"].citation
    explainer.add_notice("assumed-in-force", citation, in_force_from=_find_begin(version))
    _add_applicable_law(explainer, version, "assumed", day)


def _explain_conduct(
    explainer: Explainer,
    versions: Sequence[Violation],
    version: Violation,
    request: PenaltyRequest,
    *,
    is_former: bool = False,
) -> None:
    """How the conduct relates to the first day of the version that applies; `is_former` where a later one is known."""
    conduct, ended, begin = request.conduct, find_end_of_conduct(request.conduct), _find_begin(version)
    if not isinstance(conduct, Conduct):
        explainer.add_notice("conduct-dates-missing", instrument=_find_title(explainer, version), in_force_from=begin)
        _add_applicable_law(explainer, version, "not-given")
        return
    decided = request.decision_effective_on
    if ended is None:
        explainer.add_notice("conduct-continuing")
    elif isinstance(decided, date) and decided < ended:
        explainer.add_notice("decision-before-conduct-ended")
    if conduct.from_ < begin:
        # Before an amendment there was another version of the provision; before its commencement none of ours.
        earlier = "" if version is versions[0] else explainer.label("heading", "earlier_version")
        explainer.add_notice("conduct-spans-commencement", in_force_from=begin, earlier=earlier)
    if ended is None:
        _add_applicable_law(explainer, version, "continuing", conduct.from_)
    else:
        _add_applicable_law(explainer, version, "in-force-then" if is_former else "in-force", ended)


def _find_title(explainer: Explainer, version: Violation) -> str:
    return explainer.texts.wording.title("instrument", version.instrument.id)


def _add_applicable_law(explainer: Explainer, version: Violation, variant: str, before: date | None = None) -> None:
    explainer.add_step(
        "applicable-law", version.instrument.id, before=before, variant=variant, first=_find_begin(version)
    )


def _add_law_notices(explainer: Explainer, days: LawDays, used_day: date) -> None:
    """What is not certain about the law itself: no day of decision, days after the law data was checked."""
    if not days.is_stated:
        explainer.add_notice("law-as-of", day=days.reference)
    explainer.check_law_date(days.checked_on, used_day)
