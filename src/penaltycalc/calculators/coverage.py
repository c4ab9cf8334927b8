"""What the law data has for words that people write, and where to look for what it does not have.

Rows are found by title, id, initials, whom they concern, and citation; every word must fit. What is not
covered stands in topics (wording/coverage.toml), which are found by their words wherever these stand in
the text. So 药店卖假药 finds the topic of 假药, although no row and no topic has the words as a whole.
"""

from __future__ import annotations

import re
from enum import IntEnum
from operator import itemgetter
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from penaltycalc.rules.citations import Citation
from penaltycalc.rules.records import Record
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.search import SearchedProvision, SearchedRow, SearchedTopic, fold_text
from penaltycalc.rules.wording import Language, RowKind

MAX_ROWS: Final = 20
MAX_TOPICS: Final = 5
"""How many rows and topics an answer holds at most: it is for people who choose among them."""


class CoverageQuery(Record, frozen=True, kw_only=True):
    """Words to look for."""

    q: Annotated[str, Meta(min_length=1, max_length=100)]


class CoverageRow(Record, frozen=True, kw_only=True):
    """A row that the words find, or that a topic names: a violation, a step or a term."""

    kind: RowKind
    id: str
    title: str
    citation: Citation


class UncoveredTopic(Record, frozen=True, kw_only=True):
    """What the law data does not hold: the provisions to look at, the first one first, and a sentence on them.

    There are no `citations` where the rulebook does not know the law; `text` then names it.
    """

    id: str
    title: str
    citations: tuple[Citation, ...]
    text: str


class CoverageAnswer(Record, frozen=True, kw_only=True):
    """The rows and the topics that the words find, the best first."""

    rows: tuple[CoverageRow, ...]
    not_covered: tuple[UncoveredTopic, ...]


class Match(IntEnum):
    """How well a row fits a text."""

    BESIDES = 1
    """A topic that the text finds names the row."""
    PART = 2
    """Every word of the text stands somewhere in the row."""
    TITLE = 3
    """The text stands in the title."""
    WHOLE = 4
    """The text is the title, the id or the initials."""


class _TopicMatch(NamedTuple):
    """A topic with the longest of its words that stand in the text, and the number of the provision that is cited."""

    topic: SearchedTopic
    word: str
    position: int = 0


def find_coverage(q: str, rulebook: Rulebook, lang: Language) -> CoverageAnswer:
    """Find the rows for these words, and the topics that the law data does not hold.

    The order depends on the words and the data alone: better matches first, then the order of the data.
    """
    text = fold_text(q)
    rows = rulebook.search.rows
    matches = [(match, row) for row in rows if (match := _match_row(text, row)) is not None]
    topics = _find_topics(text, rulebook.search.topics, matches)[:MAX_TOPICS]
    all_topics = rulebook.wordings[lang].topics()
    named = {
        (kind, row_id) for match in topics for kind, ids in all_topics[match.topic.id].rows.items() for row_id in ids
    }
    named -= {(row.kind, row.id) for _, row in matches}
    matches += [(Match.BESIDES, row) for row in rows if (row.kind, row.id) in named]
    matches.sort(key=itemgetter(0), reverse=True)
    return CoverageAnswer(
        rows=tuple(_describe_row(row, rulebook, lang) for _, row in matches[:MAX_ROWS]),
        not_covered=tuple(_describe_topic(match.topic, rulebook, lang) for match in topics),
    )


def _describe_row(row: SearchedRow, rulebook: Rulebook, lang: Language) -> CoverageRow:
    title = rulebook.wordings[lang].title(row.kind, row.id)
    return CoverageRow(kind=row.kind, id=row.id, title=title, citation=row.citation)


def _describe_topic(topic: SearchedTopic, rulebook: Rulebook, lang: Language) -> UncoveredTopic:
    wording = rulebook.wordings[lang]
    note = wording.topic_note(topic.id)
    code = "not_held" if not topic.provisions else "look_at_noted" if note else "look_at"
    return UncoveredTopic(
        id=topic.id,
        title=wording.topic_title(topic.id),
        citations=tuple(provision.citation for provision in topic.provisions),
        text=wording.label("coverage", code).format(note=note),
    )


# --------------------------------------------------------------------------------------------- rows

_NUMBER: Final = re.compile("[0-9][0-9-]*")


def _match_row(text: str, row: SearchedRow) -> Match | None:
    """How well a row fits the folded text, None where it does not."""
    words = text.split()
    if not words:
        return None
    if text in (*row.titles, row.id, row.pinyin):
        return Match.WHOLE
    if any(text in title for title in row.titles):
        return Match.TITLE
    return Match.PART if all(_fits_row(word, row) for word in words) else None


def _fits_row(word: str, row: SearchedRow) -> bool:
    # A number matches the beginning of an id or its article only, so that 8 does not find 79-1-8.
    if _NUMBER.fullmatch(word):
        return row.id.startswith(word) or str(row.citation.article).startswith(word)
    return word in row.text or word in row.pinyin


# ------------------------------------------------------------------------------------------- topics


def _find_topics(
    text: str, topics: tuple[SearchedTopic, ...], matches: list[tuple[Match, SearchedRow]]
) -> list[_TopicMatch]:
    """The topics for the folded text, the one with the longest word in it first; `matches` are the rows for it.

    A text that is a row, by its title, id or initials, means that row, whatever words the title holds. Words that
    are only a part of a topic's own words find it where no row is found: 销售 alone must not lead away from the rows.
    """
    is_row = any(match is Match.WHOLE for match, _ in matches)
    hits = []
    for topic in topics:
        words = [word for word in topic.words if (text == word if is_row else _holds(text, word))]
        words += [initials for initials in topic.pinyin if initials == text]
        if words:
            hits.append(_TopicMatch(topic, max(words, key=len)))
        elif (position := _find_provision(text, topic, with_bare_number=not matches)) is not None:
            hits.append(_TopicMatch(topic, text, position))
    if not hits and not matches and text:
        hits = [_TopicMatch(topic, "") for topic in topics if _begins_like(text, topic)]
    # 疫苗冷链 holds 疫苗 and 冷链 too; whoever writes the longer word means that.
    longest = {hit.word for hit in hits}
    hits = [hit for hit in hits if not any(hit.word != word and hit.word in word for word in longest)]
    return sorted(hits, key=lambda hit: (-len(hit.word), hit.position))


def _holds(text: str, word: str) -> bool:
    """Whether a folded word stands in a folded text; a Latin word only as a whole, so that ADR is not in quadrant."""
    left = " " if word[0].isascii() else ""
    right = " " if word[-1].isascii() else ""
    return f"{left}{word}{right}" in f" {text} "


def _begins_like(text: str, topic: SearchedTopic) -> bool:
    return any(text in word for word in topic.words) or any(initials.startswith(text) for initials in topic.pinyin)


def _find_provision(text: str, topic: SearchedTopic, *, with_bare_number: bool) -> int | None:
    """The number of the first provision of the topic that the text cites: 药品管理法第116条, DAL 116, or 116 alone."""
    words = text.split()
    # Beside another word a number may be that of anything, unless that word is the instrument.
    with_number = with_bare_number or len(words) > 1
    cited = (
        number for number, provision in enumerate(topic.provisions) if _cites(words, provision, with_number=with_number)
    )
    return next(cited, None)


def _cites(words: list[str], provision: SearchedProvision, *, with_number: bool) -> bool:
    """Whether the words are the article of a provision, alone or with its instrument."""
    instrument, number = provision.citation.instrument, str(provision.citation.article)
    names_article = False
    for word in words:
        before, named, behind = word.partition(provision.article)
        if "款" not in provision.paragraph:
            # An article of one paragraph is cited without its number, which people write all the same.
            behind = behind.removeprefix("第一款")
        is_same = provision.instrument.endswith(before) and (
            provision.paragraph.startswith(behind) or behind.startswith(provision.paragraph)
        )
        if (named and is_same) or word == f"{instrument}-{number}" or (with_number and word == number):
            names_article = True
        elif word != instrument and not provision.instrument.endswith(word):
            return False
    return names_article
