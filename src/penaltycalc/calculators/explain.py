"""What every answer carries: its explanation step by step, its notices, and what it rests on.

Calculators record which rule turned which value into which. The sentences are written here, in the
language asked for, and not at all where no explanation is asked for.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc._version import __version__
from penaltycalc.calendar.workdays import Status, WorkingCalendar
from penaltycalc.rules.citations import Citation
from penaltycalc.rules.records import Record, encode_value
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import LocalizedTexts, Notice, NoticeKey
from penaltycalc.rules.versions import Violation


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


class Explainer:
    """Collects the notices and the steps of one answer, in one language."""

    __slots__ = ("_notices", "_steps", "explains", "texts")

    def __init__(self, texts: LocalizedTexts, *, explain: bool) -> None:
        """Without `explain` steps are not recorded; notices always are."""
        self.texts = texts
        self.explains = explain
        self._notices: dict[NoticeKey, Notice] = {}
        self._steps: list[Explanation] = []

    def label(self, group: str, code: str) -> str:
        """What people call a code."""
        return self.texts.labels[group][code]

    def add_notice(self, code: str, citation: Citation | UnsetType = UNSET, **facts: object) -> None:
        """Add a notice, unless the same one with the same text and citation was added before."""
        key, notice = self.texts.make_notice(code, facts, citation)
        self._notices.setdefault(key, notice)

    def add_unused_fact(self, fact: str) -> None:
        """Say that a fact was given and changes nothing, so that nobody believes it was weighed."""
        self.add_notice("fact-not-used", fact=self.label("fact", fact))

    def add_row_notices(self, violation: Violation) -> None:
        """Add the notices that a violation always carries."""
        self._notices.update(self.texts.list_row_notices(violation))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices, in the order in which they came up."""
        return tuple(self._notices.values())

    def add_step(
        self,
        rule: str,
        after: object,
        before: object = None,
        citation: Citation | UnsetType = UNSET,
        variant: str = "",
        **facts: object,
    ) -> None:
        """Record that `rule` turned `before` into `after`; `variant` picks the sentence where a rule has several.

        `before` and `after` are facts of the sentence too.
        """
        if not self.explains:
            return
        template = self.texts.sentences[f"{rule}-{variant}" if variant else rule]
        # A sentence shows days and amounts as people write them, fields as the standards do.
        text = template.fill({**facts, "before": before, "after": after}, self.texts.wording.lang)
        self._steps.append(
            Explanation(
                rule=rule,
                before=UNSET if before is None else str(before),
                after=str(after),
                text=text,
                citation=template.citation if citation is UNSET else citation,
            )
        )

    def check_certainty(self, calendar: WorkingCalendar, first: date, last: date) -> Status:
        """The status of the least certain day of a span, both ends included.

        Adds the notices that days are projected, or rest on supplied notices.
        """
        status = calendar.find_status(first, last)
        # A span may rest on projected and on supplied days at once: then both notices are due.
        if status == "projected":
            self.add_notice("projected", official_through=calendar.official_through)
        if status != "official" and (files := calendar.list_supplied_files(first, last)):
            self.add_notice("supplied", sources=self.label("heading", "list_separator").join(files))
        return status

    def check_law_date(self, checked_on: date, day: date) -> None:
        """Add the notice that amendments may be missing, where `day` lies after the law data was checked."""
        if day > checked_on:
            self.add_notice("beyond-checked", day=checked_on)

    def explanation(self) -> tuple[Explanation, ...] | UnsetType:
        """The steps, or absent where no explanation is asked for."""
        return tuple(self._steps) if self.explains else UNSET


def build_provenance(rulebook: Rulebook, calendar_digest: str, facts: msgspec.Struct) -> Provenance:
    """What an answer from these facts rests on."""
    return Provenance(
        engine=__version__, rulebook=rulebook.digest, calendar=calendar_digest, inputs=digest_facts(facts)
    )


def find_data_date(rulebook: Rulebook, calendar: WorkingCalendar) -> date:
    """When the data in force took effect: the newest commencement, or the first day of the last announced year.

    Files that need a time of their making carry this day. The clock would change the bytes of an
    answer that has not changed; this day changes when law or holidays do. It can lie ahead by some
    weeks, once the next year's holidays are announced. Rows that begin after the law data was checked
    do not count.
    """
    days = [date(calendar.official_through.year, 1, 1)]
    days += (
        instrument.in_force_from
        for instrument in rulebook.instruments.values()
        if isinstance(instrument.in_force_from, date) and instrument.in_force_from <= instrument.checked_on
    )
    for rows in (rulebook.violations, rulebook.steps, rulebook.terms):
        days += (
            version.first_day
            for versions in rows.values()
            for version in versions
            if version.first_day is not None and version.first_day <= version.instrument.checked_on
        )
    return max(days)
