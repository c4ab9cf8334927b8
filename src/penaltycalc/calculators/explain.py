"""What every answer carries: notices, the explanation step by step, provenance.

Calculators record which rule turned which value into which; the sentences are written here, in the
language asked for, and not at all when no explanation is wanted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from operator import itemgetter
from string import Formatter
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc._version import __version__
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.clauses import (
    ActivityBan,
    ApplicationBar,
    BanLength,
    Measure,
    OrderToCorrect,
    PersonalBan,
    Tier,
    TimedMeasure,
)
from penaltycalc.rules.periods import format_day
from penaltycalc.rules.records import Record, encode_value
from penaltycalc.rules.rulebook import Rulebook, Violation
from penaltycalc.rules.wording import Language, Level, Wording


class Notice(Record, frozen=True, kw_only=True):
    """Something the reader must know: a choice between readings, an assumption, a limit of the answer."""

    code: str
    level: Level
    text: str
    citation: Citation | UnsetType = UNSET


class Explanation(Record, frozen=True, kw_only=True):
    """One rule applied: the value before it, the value after it, and where the rule stands.

    Values are written as in the answer: dates, money, codes, counts; ranges as `minimum..maximum`.
    `before` is absent where the rule starts from nothing.
    """

    rule: str
    before: str | UnsetType = UNSET
    after: str
    text: str
    citation: Citation | UnsetType = UNSET


class Provenance(Record, frozen=True, kw_only=True):
    """What an answer rests on, so that it can be reproduced: package version and three digests.

    `rulebook` names the law data, `calendar` the official and supplied days with the projection and
    its version, `inputs` the facts in canonical form, without `ref` and language. In a batch an answer
    carries `inputs` alone; the others come once, in the headers.
    """

    engine: str | UnsetType = UNSET
    rulebook: str | UnsetType = UNSET
    calendar: str | UnsetType = UNSET
    inputs: str


_canonical: Final = msgspec.json.Encoder(enc_hook=encode_value, order="sorted")
encode_answer: Final = msgspec.json.Encoder(enc_hook=encode_value).encode
"""An answer as JSON, in UTF-8: the one encoding for API, command line and batch."""


def digest_facts(facts: msgspec.Struct) -> str:
    """SHA-256 of the facts in canonical JSON: names sorted, defaults left out, money with two places."""
    return "sha256:" + hashlib.sha256(_canonical.encode(facts)).hexdigest()


class MessageTemplate(NamedTuple):
    """A sentence with places for facts, ready to be filled in quickly.

    `form` has a `%s` where `facts` picks a value from the facts by name; `citation` is cited by default.
    """

    form: str
    facts: Callable[[dict[str, object]], object]
    citation: Citation | UnsetType


def parse_template(text: str, citation: Citation | UnsetType) -> MessageTemplate:
    """The sentence of a text that holds `{facts}` in braces."""
    parts = [(literal.replace("%", "%%"), name) for literal, name, _, _ in Formatter().parse(text)]
    names = [name for _, name in parts if name]
    form = "".join(literal + ("%s" if name else "") for literal, name in parts)
    return MessageTemplate(form, itemgetter(*names) if names else _no_facts, citation)


def _no_facts(_: dict[str, object]) -> object:
    return ()


class LocalizedTexts:
    """The wording of one language, bound to the citations of one rulebook."""

    def __init__(self, rulebook: Rulebook, lang: Language) -> None:
        wording = rulebook.wordings[lang]
        self.wording: Final[Wording] = wording
        self.labels: dict[str, dict[str, str]] = wording.all_labels()
        self.notices: dict[str, tuple[Notice, MessageTemplate]] = {}
        for code, notice, text in wording.notices():
            citation = UNSET if isinstance(notice.citation, UnsetType) else rulebook.cite(notice.citation)
            plain = Notice(code=code, level=notice.level, text=text, citation=citation)
            self.notices[code] = (plain, parse_template(text, citation))
        self.rules: dict[str, MessageTemplate] = {}
        for rule, entry, text in wording.rules():
            citation = UNSET if isinstance(entry.basis, UnsetType) else rulebook.citations[entry.basis]
            self.rules[rule] = parse_template(text, citation)
        self._given: dict[tuple[object, object], str] = {
            (severity, rectified): ("，" if lang == "zh" else ", ").join(
                wording.label(group, code)
                for group, code in (
                    ("severity_given", "not_given" if severity is UNSET else severity),
                    ("rectified_given", {True: "yes", False: "no", UNSET: "not_given"}.get(rectified)),
                )
                if isinstance(code, str)
            )
            or wording.label("heading", "no_fact")
            for severity in (None, UNSET, "ordinary", "severe")
            for rectified in (None, UNSET, True, False)
        }
        # By identity: a tier is a record of this rulebook, shared by the rows that name it.
        self._measures: dict[int, tuple[Measure, ...]] = {}
        self._settled: dict[int, tuple[Measure, ...] | None] = {}
        self.tier_citations: dict[int, Citation] = {}
        self._of_row: dict[int, dict[str, Notice]] = {}
        for versions in rulebook.violations.values():
            for violation in versions:
                own = Explainer(self, explain=False)
                for code in violation.row.notices:
                    facts: dict[str, Any] = dict(violation.row.notice_facts.get(code, {}))
                    own.notice(code, **facts)
                for provision in violation.higher_fine_of:
                    own.notice("concurrent-provision", citation=provision)
                self._of_row[id(violation)] = own.by_key
                for tier in violation.tiers.values():
                    measures = tuple(self._worded(measure) for measure in tier.measures)
                    varies = any(isinstance(one, TimedMeasure) or hasattr(one, "scope") for one in measures)
                    self._measures[id(tier)] = measures
                    self._settled[id(tier)] = None if varies else measures
                    if not isinstance(tier.citation, UnsetType):
                        self.tier_citations[id(tier)] = rulebook.cite(tier.citation, violation.instrument.id)

    def measures(self, tier: Tier) -> tuple[Measure, ...]:
        """The measures of a tier, with their texts; those that run, without days."""
        return self._measures[id(tier)]

    def of_row(self, violation: Violation) -> dict[str, Notice]:
        """The notices that a violation always carries: its own, and one for each neighbouring provision."""
        return self._of_row[id(violation)]

    def given(self, severity: object, rectified: object) -> str:
        """The facts that decide on the tier, as people read them; None for one that does not decide here."""
        return self._given[severity, rectified]

    def settled(self, tier: Tier) -> tuple[Measure, ...] | None:
        """The measures of a tier that are the same in every case; None where some run or depend on the scope."""
        return self._settled[id(tier)]

    def until(self, text: str, length: BanLength, last_day: date) -> str:
        """The text of something that runs, with its last day; where it may run for life, with the earliest one."""
        code = "until_at_least" if length.up_to == "life" else "until"
        return self.wording.label("measure", code).format(text=text, last_day=last_day)

    def ban(self, ban: PersonalBan) -> str:
        """The text of a ban on a person, without days."""
        code = "personal_ban_up_to_life" if ban.length.up_to == "life" else "personal_ban"
        activities = self.wording.labels("activity_banned", ban.activities)
        return self.wording.label("measure", code).format(years=ban.length.years, activities=activities)

    def _worded(self, measure: Measure) -> Measure:
        kind: str = measure.__struct_config__.tag  # type: ignore[assignment]  # every measure's tag is a str
        if isinstance(measure, OrderToCorrect) and measure.within_time_limit:
            kind = "order_to_correct_within_time_limit"
        facts: dict[str, str | int] = {}
        for name, group in (("objects", "object"), ("licences", "licence"), ("activities", "activity_banned")):
            codes = getattr(measure, name, None)
            if codes is not None:
                facts[name] = self.wording.labels(group, codes)
        if isinstance(measure, ApplicationBar | ActivityBan):
            facts["years"] = measure.length.years
        scope = getattr(measure, "scope", UNSET)
        if scope is not UNSET:
            facts["scope"] = self.wording.label("scope", scope)
        return msgspec.structs.replace(measure, text=self.wording.label("measure", kind).format(**facts))


@lru_cache(maxsize=4)
def localize(rulebook: Rulebook, lang: Language) -> LocalizedTexts:
    """The phrases of a rulebook in one language, made once."""
    return LocalizedTexts(rulebook, lang)


class Explainer:
    """Collects the notices and the explanation of one answer, in one language."""

    __slots__ = ("by_key", "explaining", "phrases", "steps")

    def __init__(self, phrases: LocalizedTexts, *, explain: bool) -> None:
        self.phrases = phrases
        self.explaining = explain
        self.by_key: dict[str, Notice] = {}
        self.steps: list[Explanation] = []

    def label(self, group: str, code: str) -> str:
        """What people call a code."""
        return self.phrases.labels[group][code]

    def notice(self, code: str, citation: Citation | UnsetType = UNSET, **facts: object) -> None:
        """Add a notice, once for the same code, facts and citation."""
        notice, (form, pick, cited) = self.phrases.notices[code]
        if not facts and citation is UNSET:
            self.by_key.setdefault(code, notice)
            return
        text = form % pick(facts)
        cited = cited if citation is UNSET else citation
        notice = Notice(code=code, level=notice.level, text=text, citation=cited)
        self.by_key.setdefault(f"{code} {text} {'' if cited is UNSET else cited.label}", notice)

    def add(self, notices: dict[str, Notice]) -> None:
        """Add notices that are made already, by the keys of another report."""
        self.by_key.update(notices)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices so far, in the order in which they came up."""
        return tuple(self.by_key.values())

    def rule(
        self,
        rule: str,
        after: object,
        before: object = None,
        citation: Citation | UnsetType = UNSET,
        case: str = "",
        **facts: object,
    ) -> None:
        """Record that `rule` turned `before` into `after`; `case` picks the sentence where a rule has several."""
        if not self.explaining:
            return
        form, pick, basis = self.phrases.rules[f"{rule}-{case}" if case else rule]
        facts["after"] = shown = format_day(after) if isinstance(after, date) else str(after)
        given: str | UnsetType = UNSET
        if before is not None:
            facts["before"] = given = format_day(before) if isinstance(before, date) else str(before)
        self.steps.append(
            Explanation(
                rule=rule,
                before=given,
                after=shown,
                text=form % pick(facts),
                citation=basis if citation is UNSET else citation,
            )
        )

    def certainty(self, calendar: WorkingCalendar, first: date, last: date) -> Status:
        """The status of the weakest day of a span; adds the notices that days are projected or supplied."""
        status = calendar.weakest(first, last)
        if status == "projected":
            self.notice("projected", official_through=format_day(calendar.official_through))
        if status != "official" and (files := calendar.supplied_by(first, last)):
            self.notice("supplied", sources=", ".join(files))
        return status

    def explanation(self) -> tuple[Explanation, ...] | UnsetType:
        """The steps so far, or absent where none were wanted."""
        return tuple(self.steps) if self.explaining else UNSET


Facts = ParamSpec("Facts")
Value = TypeVar("Value")


def remembered(
    clause: Callable[Concatenate[Explainer, Facts], Value],
) -> Callable[Concatenate[Explainer, Facts], Value]:
    """A clause that is not worked out again for facts that it was applied to a short time ago.

    What it returned, and the notices and steps that it added to its report, are kept for the last few
    thousand different facts, each with the phrases of the rulebook and the language that said them. Only for
    clauses of codes, days and lengths, which recur from case to case: no amount and no name is kept.
    """

    @lru_cache(maxsize=REMEMBERED)
    def kept(phrases: LocalizedTexts, *facts: Any, explaining: bool, **named: Any) -> Kept:
        own = Explainer(phrases, explain=explaining)
        return clause(own, *facts, **named), own.by_key, own.steps

    known: Callable[..., Kept] = kept

    def applied(report: Explainer, /, *facts: Facts.args, **named: Facts.kwargs) -> Value:
        value: Value
        value, notices, steps = known(report.phrases, *facts, explaining=report.explaining, **named)
        report.by_key.update(notices)
        report.steps += steps
        return value

    return applied


Kept = tuple[Any, dict[str, Notice], list[Explanation]]
REMEMBERED: Final = 4096


def build_provenance(rulebook: Rulebook, calendar_digest: str, facts: msgspec.Struct) -> Provenance:
    """What an answer from these facts rests on."""
    return Provenance(
        engine=__version__, rulebook=rulebook.digest, calendar=calendar_digest, inputs=digest_facts(facts)
    )


def find_data_date(rulebook: Rulebook, calendar: WorkingCalendar) -> date:
    """When the data in force took effect: the newest commencement, or the last announced year's first day.

    Files that want a time of their making carry it: the clock would change the bytes of an answer that
    has not changed; this day changes when law or holidays do. It can lie ahead by some weeks, once
    the next year's holidays are announced.
    """
    days = [date(calendar.official_through.year, 1, 1)]
    days += (one.in_force_from for one in rulebook.instruments.values() if isinstance(one.in_force_from, date))
    for rows in (rulebook.violations, rulebook.steps, rulebook.terms):
        days += (version.first for versions in rows.values() for version in versions if version.first is not None)
    return max(days)
