"""Reads wording/: everything that people read, in Chinese and English, keyed by code and id.

A text may hold `{facts}` in braces; both languages name the same ones. English texts hold no
Chinese characters. This module knows no law: `checks` compares the codes with it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc.errors import BrokenLaw, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.rules.citations import ProvisionRef
from penaltycalc.rules.records import Record

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Level = Literal["info", "warning"]

_CHINESE: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")


class Text(Record, frozen=True, kw_only=True):
    """One text in both languages."""

    zh: str
    en: str


class Title(Text, frozen=True, kw_only=True):
    """The title of a row; `pinyin` are its initials, `who` says whom a violation concerns."""

    pinyin: str | UnsetType = UNSET
    who: Text | UnsetType = UNSET


class NoticeText(Text, frozen=True, kw_only=True):
    """A notice; `citation` where it always rests on the same provision."""

    level: Level
    citation: ProvisionRef | UnsetType = UNSET


class RuleText(Text, frozen=True, kw_only=True):
    """A step of an explanation; `basis` names the general rule of law/ that it cites by default."""

    basis: str | UnsetType = UNSET


class HolidayName(Text, frozen=True, kw_only=True):
    """A public holiday; `names` are those that the sources of the calendar use."""

    names: tuple[str, ...]


class ProblemText(Record, frozen=True, kw_only=True):
    """A problem: its title, what it means, and what to do about it."""

    title: Text
    meaning: Text
    help: Text


RowKind = Literal["violation", "step", "term"]


class Words(Record, frozen=True, kw_only=True):
    """What people write for a topic; `pinyin` are the initials of the Chinese words, in their order."""

    zh: tuple[str, ...]
    pinyin: tuple[str, ...]
    en: tuple[str, ...]


class Topic(Text, frozen=True, kw_only=True):
    """Something that the law data does not hold, by its title.

    `provisions` are the places to look at, `rows` what is held and worth seeing all the same, by kind.
    `besides` says what the places do not say by themselves; without provisions it names the law.
    """

    words: Words
    provisions: tuple[ProvisionRef, ...] = ()
    rows: dict[RowKind, tuple[str, ...]] = msgspec.field(default_factory=dict)
    besides: Text | UnsetType = UNSET


class Tables(Record, frozen=True, kw_only=True):
    """The files of wording/ that answers are written with, by name and then by code or id."""

    titles: dict[str, dict[str, Title]]
    labels: dict[str, dict[str, Text]]
    notices: dict[str, NoticeText]
    explanations: dict[str, RuleText]
    problems: dict[str, ProblemText]
    messages: dict[str, Text]
    holidays: dict[str, HolidayName]
    fields: dict[str, Text]
    coverage: dict[str, Topic]


AnyText = TypeVar("AnyText", bound=Record)


class Wording:
    """The texts of one language."""

    def __init__(self, lang: Language, tables: Tables, directory: Path) -> None:
        self.lang = lang
        self._tables = tables
        self._directory = directory

    def _translate(self, text: Text) -> str:
        return text.zh if self.lang == "zh" else text.en

    def title(self, table: str, id: str) -> str:
        """The title of an instrument or a row."""
        return self._translate(self._tables.titles[table][id])

    def has_title(self, table: str, id: str) -> bool:
        """Whether a row of that table has a title."""
        return id in self._tables.titles.get(table, {})

    def who(self, violation: str) -> str:
        """Whom a violation concerns."""
        who = self._tables.titles["violation"][violation].who
        return "" if isinstance(who, UnsetType) else self._translate(who)

    def pinyin(self, table: str, id: str) -> str:
        """The pinyin initials of a row's Chinese title."""
        initials = self._tables.titles[table][id].pinyin
        return "" if isinstance(initials, UnsetType) else initials

    def label(self, group: str, code: str) -> str:
        """What people call a code, e.g. `authority`, `provincial`."""
        return self._translate(self._tables.labels[group][code])

    def all_labels(self) -> dict[str, dict[str, str]]:
        """What people call the codes, by group and code."""
        return {
            group: {code: self._translate(text) for code, text in texts.items()}
            for group, texts in self._tables.labels.items()
        }

    def has_label(self, group: str, code: str) -> bool:
        """Whether people have a name for a code."""
        return code in self._tables.labels.get(group, {})

    def labels(self, group: str, codes: tuple[str, ...]) -> str:
        """The labels of several codes, as a list in a sentence."""
        return self.label("heading", "list_separator").join(self.label(group, code) for code in codes)

    def add_remarks(self, text: str, remarks: Sequence[str]) -> str:
        """A text with remarks in brackets behind it, as it is where there are none."""
        if not remarks:
            return text
        remark = self.label("heading", "fact_separator").join(remarks)
        return self.label("heading", "with_remark").format(text=text, remark=remark)

    def has_notice(self, code: str) -> bool:
        """Whether a notice of that code exists."""
        return code in self._tables.notices

    def find_notice(self, code: str) -> NoticeText:
        """The notice of that code in both languages."""
        return self._tables.notices[code]

    def notices(self) -> Iterator[tuple[str, NoticeText, str]]:
        """Code, notice and text of each notice."""
        for code, notice in self._tables.notices.items():
            yield code, notice, self._translate(notice)

    def rules(self) -> Iterator[tuple[str, RuleText, str]]:
        """Id, rule and text of each step of an explanation."""
        for rule, text in self._tables.explanations.items():
            yield rule, text, self._translate(text)

    def problem(self, code: str) -> tuple[str, str]:
        """Title and help of a problem."""
        text = self._tables.problems[code]
        return self._translate(text.title), self._translate(text.help)

    def problem_meaning(self, code: str) -> str:
        """What a problem means."""
        return self._translate(self._tables.problems[code].meaning)

    def problem_codes(self) -> tuple[str, ...]:
        """The codes of all problems."""
        return tuple(self._tables.problems)

    def message(self, code: str, facts: Mapping[str, str | int]) -> str:
        """The sentence that says what is wrong."""
        return self._translate(self._tables.messages[code]).format(**facts)

    def topics(self) -> Mapping[str, Topic]:
        """What the law data does not hold, by id, in both languages."""
        return self._tables.coverage

    def topic_title(self, id: str) -> str:
        """The title of a topic."""
        return self._translate(self._tables.coverage[id])

    def topic_note(self, id: str) -> str:
        """What the provisions of a topic do not say by themselves, empty where there is nothing to say."""
        besides = self._tables.coverage[id].besides
        return "" if isinstance(besides, UnsetType) else self._translate(besides)

    def field(self, name: str) -> str:
        """What a fact of a request means, by its flat name."""
        return self._translate(self._tables.fields[name])

    def workbook(self) -> dict[str, dict[str, str]]:
        """The texts of the workbook, by group and code."""
        return self._read_outer_texts("workbook")

    def document(self) -> dict[str, dict[str, str]]:
        """The texts of the OpenAPI document, by component or group and then by member."""
        return self._read_outer_texts("document")

    def pages(self) -> dict[str, str]:
        """The texts of the pages, by their names in the templates."""
        return self._read_outer_texts("pages")["page"]

    def page(self) -> dict[str, dict[str, str]]:
        """The texts of the page at /, by group and name."""
        return self._read_outer_texts("page")

    def _read_outer_texts(self, name: str) -> dict[str, dict[str, str]]:
        """The texts of a file that answers do not need, so that a command line need not read it; BrokenLaw."""
        file = f"{name}.toml"
        groups = _convert_groups(file, _read_toml(self._directory / file), Text)
        for group, texts in groups.items():
            for code, text in texts.items():
                _check_text(file, f"{group}.{code}", text)
        return {group: {code: self._translate(text) for code, text in texts.items()} for group, texts in groups.items()}

    def holiday(self, name: str) -> str:
        """The name of a public holiday; of one that only a supplied notice knows, its own name in Chinese."""
        holiday = self._tables.holidays.get(name)
        if holiday is not None:
            return self._translate(holiday)
        # English texts hold no Chinese characters, so an unknown holiday has only a general name there.
        return name if self.lang == "zh" else self.label("day", "supplied_holiday")

    def holiday_ids(self) -> dict[str, str]:
        """The id of each holiday by the names that the sources use."""
        return {name: holiday_id for holiday_id, holiday in self._tables.holidays.items() for name in holiday.names}


def read_wording(directory: Path) -> dict[Language, Wording]:
    """Read and check wording/; BrokenLaw, naming file and row, where it is broken."""
    # Only what answers need; texts of the document, the pages and the workbook are read by those who show them.
    content = {name: _read_toml(directory / f"{name}.toml") for name in Tables.__struct_fields__}
    tables = Tables(
        titles=_convert_groups("titles.toml", content["titles"], Title),
        labels=_convert_groups("labels.toml", content["labels"], Text),
        notices=_convert_table("notices.toml", content["notices"], NoticeText),
        explanations=_convert_table("explanations.toml", content["explanations"], RuleText),
        problems=_convert_table("problems.toml", content["problems"], ProblemText),
        messages=_convert_table("messages.toml", content["messages"], Text),
        holidays=_convert_table("holidays.toml", content["holidays"], HolidayName),
        fields=_convert_table("fields.toml", content["fields"], Text),
        coverage=_convert_table("coverage.toml", content["coverage"], Topic),
    )
    for file, key, text in _list_texts(tables):
        _check_text(f"{file}.toml", key, text)
    for topic_id, topic in tables.coverage.items():
        _check_topic(topic_id, topic)
    # What a fact means stands in fields.toml; sentences call it by its label.
    for name in tables.fields:
        if name not in tables.labels.get("fact", {}):
            raise BrokenLaw("labels.toml", f"fact.{name}", Reason("fault-no-label"))
    return {lang: Wording(lang, tables, directory) for lang in LANGUAGES}


def list_placeholders(text: Text) -> set[str]:
    """The names of the facts that a text holds in braces; its two languages name the same ones."""
    return _list_names(text.zh)


def _list_names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as fault:
        raise BrokenLaw(path.name, "-", describe_fault(fault)) from None


def _convert_table(file: str, rows: Mapping[str, object], type: type[AnyText], path: str = "") -> dict[str, AnyText]:
    """The rows of a table, each converted by itself so that a fault names it."""
    table: dict[str, AnyText] = {}
    for name, content in rows.items():
        try:
            table[name] = msgspec.convert(content, type)
        except msgspec.ValidationError as fault:
            raise BrokenLaw(file, f"{path}{name}", describe_fault(fault)) from None
    return table


def _convert_groups(file: str, groups: Mapping[str, object], type: type[AnyText]) -> dict[str, dict[str, AnyText]]:
    tables: dict[str, dict[str, AnyText]] = {}
    for group, rows in groups.items():
        if not isinstance(rows, dict):
            raise BrokenLaw(file, group, Reason("fault-no-table"))
        tables[group] = _convert_table(file, rows, type, f"{group}.")
    return tables


def _list_texts(value: object, file: str = "", key: str = "") -> Iterator[tuple[str, str, Text]]:
    """Every text of the tables, with its file and its place in it."""
    if isinstance(value, Text):
        yield file, key, value
    # A title is a text that may hold another one (`who`), so the search goes on inside a text.
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _list_texts(getattr(value, field), file or field, f"{key}.{field}" if file else "")
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _list_texts(member, file, f"{key}.{name}".strip("."))


def _check_text(file: str, key: str, text: Text) -> None:
    """Refuse a text that lacks a language, names other facts in one of them, or has Chinese in English."""
    try:
        # An unpaired brace cannot be parsed; without this check it would fail only in an answer.
        zh, en = _list_names(text.zh), _list_names(text.en)
    except ValueError as fault:
        raise BrokenLaw(file, key, Reason("fault-brace", {"original": str(fault)})) from None
    if zh != en:
        raise BrokenLaw(file, key, Reason("fault-other-facts", {"fields": ", ".join(sorted(zh ^ en))}))
    if not text.zh or not text.en:
        raise BrokenLaw(file, key, Reason("fault-no-language"))
    if _CHINESE.search(text.en):
        raise BrokenLaw(file, key, Reason("fault-chinese"))


def _check_topic(id: str, topic: Topic) -> None:
    """Refuse a topic that nobody finds, or that says nothing of where to look."""
    words = topic.words
    # Each language has words of its own: who reads only one of them must find the topic too.
    if not words.zh or not words.en:
        raise BrokenLaw("coverage.toml", id, "no words in one of the languages")
    if len(words.pinyin) != len(words.zh):
        raise BrokenLaw("coverage.toml", id, f"{len(words.pinyin)} initials of {len(words.zh)} Chinese words")
    if any(_CHINESE.search(word) for word in (*words.en, *words.pinyin)):
        raise BrokenLaw("coverage.toml", id, "Chinese characters in an English word or in initials")
    if not topic.provisions and isinstance(topic.besides, UnsetType):
        raise BrokenLaw("coverage.toml", id, "neither provisions nor besides")
