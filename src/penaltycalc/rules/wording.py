"""Reads wording/: everything people read, in Chinese and English, keyed by code and id.

A text may hold `{facts}` in braces; both languages name the same ones. English texts hold no
Chinese characters. Knows no law: the codes are checked against it by `rulebook`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc.errors import BrokenLaw
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


AnyText = TypeVar("AnyText", bound=Record)


class Wording:
    """The texts of one language."""

    def __init__(self, lang: Language, tables: Tables, directory: Path) -> None:
        self.lang = lang
        self._tables = tables
        self._directory = directory

    def _said(self, text: Text) -> str:
        return text.zh if self.lang == "zh" else text.en

    def title(self, table: str, id: str) -> str:
        """The title of an instrument or a row."""
        return self._said(self._tables.titles[table][id])

    def has_title(self, table: str, id: str) -> bool:
        """Whether a row of that table has a title."""
        return id in self._tables.titles.get(table, {})

    def who(self, violation: str) -> str:
        """Whom a violation concerns."""
        who = self._tables.titles["violation"][violation].who
        return "" if isinstance(who, UnsetType) else self._said(who)

    def pinyin(self, table: str, id: str) -> str:
        """The pinyin initials of a row's Chinese title."""
        initials = self._tables.titles[table][id].pinyin
        return "" if isinstance(initials, UnsetType) else initials

    def label(self, group: str, code: str) -> str:
        """What people call a code, e.g. `authority`, `provincial`."""
        return self._said(self._tables.labels[group][code])

    def all_labels(self) -> dict[str, dict[str, str]]:
        """What people call the codes, by group and code."""
        return {
            group: {code: self._said(text) for code, text in texts.items()}
            for group, texts in self._tables.labels.items()
        }

    def labels(self, group: str, codes: tuple[str, ...]) -> str:
        """The labels of several codes, as a list in a sentence."""
        return ("、" if self.lang == "zh" else ", ").join(self.label(group, code) for code in codes)

    def has_notice(self, code: str) -> bool:
        """Whether a notice of that code exists."""
        return code in self._tables.notices

    def notices(self) -> Iterator[tuple[str, NoticeText, str]]:
        """Code, notice and text of each notice."""
        for code, notice in self._tables.notices.items():
            yield code, notice, self._said(notice)

    def rules(self) -> Iterator[tuple[str, RuleText, str]]:
        """Id, rule and text of each step of an explanation."""
        for rule, text in self._tables.explanations.items():
            yield rule, text, self._said(text)

    def problem(self, code: str) -> tuple[str, str]:
        """Title and help of a problem."""
        text = self._tables.problems[code]
        return self._said(text.title), self._said(text.help)

    def problem_meaning(self, code: str) -> str:
        """What a problem means."""
        return self._said(self._tables.problems[code].meaning)

    def problem_codes(self) -> tuple[str, ...]:
        """The codes of all problems."""
        return tuple(self._tables.problems)

    def message(self, code: str, facts: Mapping[str, str | int]) -> str:
        """The sentence that says what is wrong."""
        return self._said(self._tables.messages[code]).format(**facts)

    def has_message(self, code: str) -> bool:
        """Whether a sentence of that code exists."""
        return code in self._tables.messages

    def field(self, name: str) -> str:
        """What a fact of a request means, by its flat name."""
        return self._said(self._tables.fields[name])

    def workbook(self) -> dict[str, dict[str, str]]:
        """The texts of the workbook, by group and code."""
        return self._room("workbook")

    def document(self) -> dict[str, dict[str, str]]:
        """The texts of the OpenAPI document, by component or group and then by member."""
        return self._room("document")

    def pages(self) -> dict[str, str]:
        """The texts of the pages, by their names in the templates."""
        return self._room("pages")["page"]

    def page(self) -> dict[str, dict[str, str]]:
        """The texts of the page at /, by group and name."""
        return self._room("page")

    def _room(self, name: str) -> dict[str, dict[str, str]]:
        """The texts of one of the outer rooms, read when they are first wanted: answers need none of them."""
        return {
            group: {code: self._said(text) for code, text in texts.items()}
            for group, texts in _read_room(self._directory, name).items()
        }

    def holiday(self, name: str) -> str:
        """The name of a public holiday; of one that only a supplied notice knows, its own name in Chinese."""
        known = self._tables.holidays.get(name)
        if known is not None:
            return self._said(known)
        return name if self.lang == "zh" else self.label("day", "supplied_holiday")

    def holiday_ids(self) -> dict[str, str]:
        """The id of each holiday by the names that the sources use."""
        return {name: holiday for holiday, known in self._tables.holidays.items() for name in known.names}


def read_wording(directory: Path) -> dict[Language, Wording]:
    """Read and check wording/; BrokenLaw, naming file and row, where it is broken."""
    content = {name: _read(directory / f"{name}.toml") for name in Tables.__struct_fields__}
    tables = Tables(
        titles=_groups("titles.toml", content["titles"], Title),
        labels=_groups("labels.toml", content["labels"], Text),
        notices=_table("notices.toml", content["notices"], NoticeText),
        explanations=_table("explanations.toml", content["explanations"], RuleText),
        problems=_table("problems.toml", content["problems"], ProblemText),
        messages=_table("messages.toml", content["messages"], Text),
        holidays=_table("holidays.toml", content["holidays"], HolidayName),
        fields=_table("fields.toml", content["fields"], Text),
    )
    for file, key, text in _texts(tables):
        _check(f"{file}.toml", key, text)
    return {lang: Wording(lang, tables, directory) for lang in LANGUAGES}


@cache
def _read_room(directory: Path, name: str) -> dict[str, dict[str, Text]]:
    """The groups of texts in a file of wording/ that one of the outer rooms uses; BrokenLaw."""
    file = f"{name}.toml"
    groups = _groups(file, _read(directory / file), Text)
    for group, texts in groups.items():
        for code, text in texts.items():
            _check(file, f"{group}.{code}", text)
    return groups


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise BrokenLaw(path.name, "-", str(fault)) from None


def _table(file: str, rows: Mapping[str, object], type: type[AnyText], path: str = "") -> dict[str, AnyText]:
    """The rows of a table, each converted by itself so that a fault names it."""
    table: dict[str, AnyText] = {}
    for name, content in rows.items():
        try:
            table[name] = msgspec.convert(content, type)
        except msgspec.ValidationError as fault:
            raise BrokenLaw(file, f"{path}{name}", str(fault)) from None
    return table


def _groups(file: str, groups: Mapping[str, object], type: type[AnyText]) -> dict[str, dict[str, AnyText]]:
    tables: dict[str, dict[str, AnyText]] = {}
    for group, rows in groups.items():
        if not isinstance(rows, dict):
            raise BrokenLaw(file, group, "not a table")
        tables[group] = _table(file, rows, type, f"{group}.")
    return tables


def _texts(value: object, file: str = "", key: str = "") -> Iterator[tuple[str, str, Text]]:
    """Every text of the tables, with its file and its place in it."""
    if isinstance(value, Text):
        yield file, key, value
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            inner = getattr(value, field)
            yield from _texts(inner, file or field, f"{key}.{field}" if file else "")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, file, f"{key}.{name}".strip("."))


def _check(file: str, key: str, text: Text) -> None:
    try:
        zh, en = (
            {name for _, name, _, _ in Formatter().parse(said) if name is not None} for said in (text.zh, text.en)
        )
    except ValueError as fault:
        raise BrokenLaw(file, key, str(fault)) from None
    if zh != en:
        raise BrokenLaw(file, key, f"the languages name different facts: {sorted(zh ^ en)}")
    if not text.zh or not text.en:
        raise BrokenLaw(file, key, "a language is missing")
    if _CHINESE.search(text.en):
        raise BrokenLaw(file, key, "Chinese characters in an English text")
