"""What rows and topics are found by, made ready when the law is read.

People write the same word in several forms: full width, with or without signs, 116条 or 第一百一十六条. All texts
are folded to one form here, those of the data once, what somebody looks for when it comes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from penaltycalc.errors import BrokenLaw
from penaltycalc.rules.citations import Citation, ProvisionRef, format_numeral
from penaltycalc.rules.versions import Version
from penaltycalc.rules.wording import Language, RowKind, Topic, Wording

_CHINESE: Final = "\u4e00-\u9fff"
_NUMERALS: Final = "零一二三四五六七八九十百千"
# An article as people write it: 第116条, 116条, 一百一十六条, Art. 116, and behind an instrument 药品管理法116. The
# hyphen keeps 条例79-1-1, which is an id.
_ARTICLE: Final = re.compile(
    rf"第?([0-9]{{1,4}}|[{_NUMERALS}]+)条|\bart(?:icle)?s?\.? ?([0-9]{{1,4}})\b|(?<=[法例])([0-9]{{1,4}})(?![0-9-])"
)
_PARAGRAPH_OR_ITEM: Final = re.compile(rf"第?\(?([0-9]{{1,2}}|[{_NUMERALS}]+)\)?([款项])")
# A Latin word ends where Chinese begins, as in GSP违规.
_BORDER: Final = re.compile(rf"(?<=[{_CHINESE}])(?=[a-z0-9])|(?<=[a-z0-9])(?=[{_CHINESE}])")
# Folding changes nothing in a word like this, as most words of the data are. A word with 条, 款 or 项 may hold a place.
_PLAIN: Final = re.compile(rf"(?:(?![条款项])[{_CHINESE}])+")
_SEPARATOR: Final = re.compile(r"[\s/;]+")
_OTHER_SIGN: Final = re.compile(r"[^\w -]|_")


def fold_text(text: str) -> str:
    """A text for comparing: small letters, half width, articles as the law writes them, no signs, single spaces.

    >>> fold_text("《药品管理法》第116条第1款（2）项"), fold_text("GSP违规 / Fake drugs")
    ('药品管理法第一百一十六条第一款第二项', 'gsp 违规 fake drugs')
    """
    if _PLAIN.fullmatch(text):
        return text
    text = unicodedata.normalize("NFKC", text).lower()
    text = _OTHER_SIGN.sub("", _SEPARATOR.sub(" ", _PARAGRAPH_OR_ITEM.sub(_write_place, text)))
    # Articles come after the signs: behind 《药品管理法》 a number would not stand behind its instrument.
    text = _ARTICLE.sub(_write_article, text)
    return " ".join(_BORDER.sub(" ", text).split())


def _write_article(match: re.Match[str]) -> str:
    return f"第{_write_numeral(match[1] or match[2] or match[3])}条"


def _write_place(match: re.Match[str]) -> str:
    return f"第{_write_numeral(match[1])}{match[2]}"


def _write_numeral(number: str) -> str:
    """A number in Chinese numerals, as citations write it; 0, which no article has, stays."""
    return format_numeral(int(number)) if number.isdecimal() and int(number) else number


class SearchedRow(NamedTuple):
    """A row: its folded titles in all languages, and all that a word may stand in, its citation included."""

    kind: RowKind
    id: str
    citation: Citation
    titles: tuple[str, ...]
    pinyin: str
    text: str


class SearchedProvision(NamedTuple):
    """A provision that a topic cites: the citation, and the parts of its folded label."""

    citation: Citation
    instrument: str
    article: str
    paragraph: str


class SearchedTopic(NamedTuple):
    """A topic: its folded title and words in all languages, and the provisions that it cites, in its order."""

    id: str
    words: tuple[str, ...]
    pinyin: tuple[str, ...]
    provisions: tuple[SearchedProvision, ...]


class SearchIndex(NamedTuple):
    """All rows, violations before steps before terms, and all topics, each in the order of the data."""

    rows: tuple[SearchedRow, ...]
    topics: tuple[SearchedTopic, ...]


def build_search_index(
    rows: Iterable[tuple[RowKind, str, Version]],
    wordings: Mapping[Language, Wording],
    cite: Callable[[ProvisionRef], Citation],
) -> SearchIndex:
    """Make the index of these rows, each by kind, id and the version to cite, and of the topics of the wording."""
    both = tuple(wordings.values())
    return SearchIndex(
        tuple(_prepare_row(kind, row_id, version, both) for kind, row_id, version in rows),
        tuple(_prepare_topic(topic_id, topic, cite) for topic_id, topic in both[0].topics().items()),
    )


def _prepare_row(kind: RowKind, id: str, version: Version, wordings: Sequence[Wording]) -> SearchedRow:
    titles = tuple(fold_text(wording.title(kind, id)) for wording in wordings)
    who = [fold_text(wording.who(id)) for wording in wordings] if kind == "violation" else []
    citation = version.citation
    text = " ".join((*titles, *who, fold_text(citation.label), citation.instrument, id))
    return SearchedRow(kind, id, citation, titles, wordings[0].pinyin(kind, id), text)


def _prepare_topic(id: str, topic: Topic, cite: Callable[[ProvisionRef], Citation]) -> SearchedTopic:
    written = (topic.zh, topic.en, *topic.words.zh, *topic.words.en)
    words = tuple(map(fold_text, written))
    if not all(words):
        raise BrokenLaw("coverage.toml", id, f"a word of signs alone: {written[words.index('')]!r}")
    return SearchedTopic(id, words, topic.words.pinyin, tuple(_prepare_provisions(topic, cite)))


def _prepare_provisions(topic: Topic, cite: Callable[[ProvisionRef], Citation]) -> Iterator[SearchedProvision]:
    for reference in topic.provisions:
        citation = cite(reference)
        instrument, article, paragraph = fold_text(citation.label).partition(f"第{format_numeral(citation.article)}条")
        yield SearchedProvision(citation, instrument, article, paragraph)
