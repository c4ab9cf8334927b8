"""Places in the law: how the data points to one, and how an answer cites it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from penaltycalc.rules.records import Record

Structure = Literal["articles", "parts"]
Position = Annotated[int, Meta(ge=1)]


class ProvisionRef(Record, frozen=True, kw_only=True):
    """A reference in an instrument, as the data writes it; `instrument` absent means that of the file."""

    instrument: str | UnsetType = UNSET
    article: Position
    paragraph: Position | UnsetType = UNSET
    item: Position | UnsetType = UNSET


class Citation(Record, frozen=True, kw_only=True):
    """A reference in an instrument (条、款、项), and its formal name.

    `label` is Chinese in both languages, e.g. 《…》第七十九条第一款第（一）项. Of the Plan, which has
    parts and subsections, the part stands as `article` and the subsection as `item`.
    """

    instrument: str
    article: int
    paragraph: int | UnsetType = UNSET
    item: int | UnsetType = UNSET
    label: str


_DIGITS: Final = "零一二三四五六七八九"
_UNITS: Final = ((1000, "千"), (100, "百"), (10, "十"))


def format_numeral(number: int) -> str:
    """A number from 1 to 9999 in Chinese numerals, as the law writes article numbers.

    >>> [format_numeral(n) for n in (7, 12, 20, 102, 1259)]
    ['七', '十二', '二十', '一百零二', '一千二百五十九']
    """
    written, gap = "", False
    for size, unit in _UNITS:
        digit, number = divmod(number, size)
        if digit:
            written += ("零" if gap else "") + _DIGITS[digit] + unit
        # However many places are empty in a row, a single 零 stands for them, and none stands at the end.
        gap = bool(written) and not digit
    if number:
        written += ("零" if gap else "") + _DIGITS[number]
    # Numbers from 10 to 19 are written without the leading 一, which larger numbers keep before 十.
    return written.removeprefix("一") if written.startswith("一十") else written


def build_citation(reference: ProvisionRef, instrument: str, title: str, structure: Structure) -> Citation:
    """The citation of `reference` in the instrument with that id and Chinese title."""
    label = f"《{title}》第{format_numeral(reference.article)}{'条' if structure == 'articles' else '部分'}"
    if isinstance(reference.paragraph, int):
        label += f"第{format_numeral(reference.paragraph)}款"
    if isinstance(reference.item, int):
        label += f"第（{format_numeral(reference.item)}）项"
    return Citation(
        instrument=instrument,
        article=reference.article,
        paragraph=reference.paragraph,
        item=reference.item,
        label=label,
    )
