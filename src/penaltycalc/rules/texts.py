"""The texts of answers in one language, made ready when the law is read: notices, sentences, measures.

Wording holds texts by code and id. Here they are bound to the citations of one rulebook, so that an
answer only fills in its facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Any, NamedTuple, assert_never

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from penaltycalc.rules.citations import Citation, ProvisionRef
from penaltycalc.rules.clauses import (
    ActivityBan,
    ApplicationBar,
    ApplicationRefused,
    BanLength,
    Compensation,
    Confiscation,
    DataInadmissible,
    Discipline,
    DrugsTaken,
    FilingCancelled,
    FormalWarning,
    GoodsValueMultiple,
    Measure,
    OrderToCorrect,
    PersonalBan,
    Recourse,
    Revocation,
    Suspension,
    SuspensionUpToRevocation,
)
from penaltycalc.rules.periods import Period
from penaltycalc.rules.records import Record
from penaltycalc.rules.values import write_day, write_value
from penaltycalc.rules.versions import CitedTier, Violation
from penaltycalc.rules.wording import Language, Level, Wording

Facts = dict[str, object]


class Notice(Record, frozen=True, kw_only=True):
    """Something the reader must know: a choice between readings, an assumption, a limit of the answer."""

    code: str
    level: Level
    text: str
    citation: Citation | UnsetType = UNSET


NoticeKey = str | tuple[str, str, str]
"""What tells two notices of one answer apart: the code where text and citation never vary, else all three."""


class MessageTemplate(NamedTuple):
    """A sentence with places for facts, and the provision that it cites unless the caller names another.

    A form with `%s` is filled in five times as fast as by str.format; `names` are those of its facts in their order.
    """

    form: str
    names: tuple[str, ...]
    citation: Citation | UnsetType

    def fill(self, facts: Mapping[str, object], lang: Language) -> str:
        """The sentence with these facts in the forms of its language; KeyError where one is missing."""
        return self.form % tuple([write_value(facts[name], lang) for name in self.names])


def parse_template(text: str, citation: Citation | UnsetType) -> MessageTemplate:
    """The template of a text that holds `{facts}` in braces."""
    # A per cent sign of the text itself must survive the filling in.
    parts = [(literal.replace("%", "%%"), name) for literal, name, _, _ in Formatter().parse(text)]
    form = "".join(literal + ("%s" if name else "") for literal, name in parts)
    return MessageTemplate(form, tuple(name for _, name in parts if name), citation)


class LocalizedTexts:
    """The texts of one language, bound to the citations of one rulebook."""

    def __init__(
        self,
        wording: Wording,
        citations: Mapping[str, Citation],
        cite: Callable[[ProvisionRef, str], Citation],
        violations: Iterable[Violation],
    ) -> None:
        """`citations` are those of the general rules, `cite` makes any other; all versions of all violations."""
        self.wording = wording
        self.labels = wording.all_labels()
        self.notices = {
            code: parse_template(text, UNSET if isinstance(notice.citation, UnsetType) else cite(notice.citation, ""))
            for code, notice, text in wording.notices()
        }
        self.levels: dict[str, Level] = {code: notice.level for code, notice, _ in wording.notices()}
        self._constant_notices = {
            code: Notice(
                code=code, level=self.levels[code], text=template.fill({}, wording.lang), citation=template.citation
            )
            for code, template in self.notices.items()
            if not template.names
        }
        self.sentences = {
            rule: parse_template(text, UNSET if isinstance(entry.basis, UnsetType) else citations[entry.basis])
            for rule, entry, text in wording.rules()
        }
        # By the keys of versions and tiers: hashing a whole record would take longer than to write its text.
        self._measures: dict[str, tuple[Measure, ...]] = {}
        self._tier_titles: dict[str, str] = {}
        self._row_notices: dict[str, dict[NoticeKey, Notice]] = {}
        for violation in violations:
            self._row_notices[violation.key] = dict(self._make_row_notices(violation))
            for tier in violation.tiers.values():
                self._tier_titles[tier.key] = self._make_tier_title(tier)
                self._measures[tier.key] = tuple(self._describe_measure(measure) for measure in tier.clause.measures)

    def label(self, group: str, code: str) -> str:
        """What people call a code."""
        return self.labels[group][code]

    def join_labels(self, group: str, codes: Iterable[str]) -> str:
        """What people call several codes, as a list in a sentence."""
        return self.labels["heading"]["list_separator"].join(self.labels[group][code] for code in codes)

    def make_notice(self, code: str, facts: Facts, citation: Citation | UnsetType = UNSET) -> tuple[NoticeKey, Notice]:
        """A notice with its facts filled in, and its key; `citation` takes the place of its usual one."""
        # A citation by the caller makes it another notice, with a key that holds the citation.
        if citation is UNSET and code in self._constant_notices:
            return code, self._constant_notices[code]
        template = self.notices[code]
        text = template.fill(facts, self.wording.lang)
        cited = template.citation if citation is UNSET else citation
        notice = Notice(code=code, level=self.levels[code], text=text, citation=cited)
        return (code, text, "" if isinstance(cited, UnsetType) else cited.label), notice

    def list_row_notices(self, violation: Violation) -> dict[NoticeKey, Notice]:
        """The notices that a violation always carries: its own, and those that follow from its provisions and tiers."""
        return self._row_notices[violation.key]

    def _make_row_notices(self, violation: Violation) -> Iterable[tuple[NoticeKey, Notice]]:
        for code in violation.row.notices:
            yield self.make_notice(code, {**violation.row.notice_facts.get(code, {})})
        for provision in violation.higher_fine_of:
            yield self.make_notice("concurrent-provision", {}, provision)
        for provision in violation.gives_way_to:
            yield self.make_notice("vaccine-special-law", {}, provision)
        if "severe" in violation.tiers:
            yield self.make_notice("severity-fixed-by-authority", {})
        for tier in violation.tiers.values():
            if isinstance(tier.clause.fine, GoodsValueMultiple):
                goods = self.labels["goods_value_of"][str(violation.row.goods_value_of)]
                yield self.make_notice("goods-value-scope", {"goods": goods}, tier.citation)
                yield self.make_notice("goods-value-by-marked-price", {})

    def describe_tier(self, tier: CitedTier) -> str:
        """What people call a tier of a violation."""
        return self._tier_titles[tier.key]

    def _make_tier_title(self, tier: CitedTier) -> str:
        # Where there is only one tier, it is no first one.
        if tier.name == "first" and tier.is_single:
            return self.labels["tier"]["single"]
        # What has to fail before the higher tier applies differs from row to row.
        if tier.name == "uncorrected":
            return self.labels["trigger"][tier.clause.trigger]
        return self.labels["tier"][tier.name]

    def measures(self, tier: CitedTier) -> tuple[Measure, ...]:
        """The measures of a tier with their texts, those of all scopes; those that run, without days."""
        return self._measures[tier.key]

    def describe_last_day(self, text: str, length: BanLength, last_day: date) -> str:
        """The text of something that runs, with its last day; with the earliest one where it may run for life."""
        code = "until_at_least" if length.up_to == "life" else "until"
        return self.labels["measure"][code].format(text=text, last_day=write_day(last_day, self.wording.lang))

    def describe_ban(self, ban: PersonalBan) -> str:
        """The text of a ban on a person, without days."""
        code = "personal_ban_up_to_life" if ban.length.up_to == "life" else "personal_ban"
        names = [self.labels["activity_banned"][activity] for activity in ban.activities]
        if ban.and_others is True:
            names[-1] = self.labels["activity_banned_and_others"][ban.activities[-1]]
        activities = self.labels["heading"]["list_separator"].join(names)
        return self.labels["measure"][code].format(years=ban.length.years, activities=activities)

    def describe_period(self, period: Period) -> str:
        """A period as people write it, such as 5 years."""
        parts = (("years", period.years), ("months", period.months), ("days", period.days))
        written = [
            self.labels["period" if number > 1 else "period_of_one"][part].format(number=number)
            for part, number in parts
            if number
        ]
        return ("" if self.wording.lang == "zh" else " ").join(written)

    def _describe_measure(self, measure: Measure) -> Measure:
        """The measure with its text."""
        code, facts = self._pick_measure_text(measure)
        return replace(measure, text=self.labels["measure"][code].format(**facts))

    def _join_with_and(self, names: Sequence[str]) -> str:
        """Several things as a list in a sentence, with "and" before the last."""
        *others, last = names
        words = self.labels["heading"]
        return words["and"].format(list=words["list_separator"].join(others), last=last) if others else last

    def _list_licences(self, measure: SuspensionUpToRevocation | Revocation) -> str:
        licences = self.join_labels("licence", measure.licences)
        ends_open = isinstance(measure, SuspensionUpToRevocation) and measure.and_others is True
        return self.labels["heading"]["and_others"].format(list=licences) if ends_open else licences

    def _pick_measure_text(self, measure: Measure) -> tuple[str, dict[str, Any]]:
        """The code of a measure's text in labels.toml, and the facts that the text names."""
        code = str(measure.__struct_config__.tag)
        facts: dict[str, Any] = {}
        match measure:
            case OrderToCorrect():
                code = OrderToCorrect.WITHIN_TIME_LIMIT if measure.within_time_limit else code
            case Confiscation():
                facts = {"objects": self._join_with_and([self.labels["object"][code] for code in measure.objects])}
            case SuspensionUpToRevocation() | Revocation():
                facts = {"licences": self._list_licences(measure)}
            case ApplicationBar():
                facts = {"years": measure.length.years}
            case ActivityBan():
                activities = self.join_labels("activity_banned", measure.activities)
                facts = {"years": measure.length.years, "activities": activities}
            case FilingCancelled():
                facts = {"scope": self.labels["scope"][measure.scope]}
            # These have a text without facts. They are listed one by one so that a new measure is not forgotten.
            case FormalWarning() | Suspension() | ApplicationRefused() | DataInadmissible() | DrugsTaken():
                pass
            case Compensation() | Recourse() | Discipline():
                pass
            case _:
                assert_never(measure)
        return code, facts
