"""Machine words in what people read: what a text may hold, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

PROPER_NAMES: Final = {
    "penaltycalc": "this program",
    "CSV": "tables as text",
    "xlsx": "workbooks",
    "ICS": "calendar events",
    "JSON": "what programs send",
    "TOML": "settings and law data",
    "UTF-8": "a charset",
    "UTF-16": "a charset",
    "GB18030": "a charset",
    "HTTP": "a protocol",
    "OpenAPI": "the standard of the document",
    "Excel": "a program",
    "LibreOffice": "a program",
    "Windows": "a system",
    "Mac": "a system",
    "GMP": "the quality rules of production, by the name that everybody in the field uses",
    "GSP": "the same of trade",
    "GLP": "the same of non-clinical studies",
    "GCP": "the same of clinical trials",
    "chinese-calendar": "the library that the announced days come from",
    "holidays": "the library that the projected days come from",
    "ERR": "#ERR, with which a refusal begins in a cell",
}
"""The words in Latin letters that a Chinese text may hold, and what they name; digests are values and not words."""

NUMERAL: Final = "[〇零一二三四五六七八九十百千]+"
CITATION: Final = re.compile(f"《[^》]+》第{NUMERAL}(?:条|部分)(?:第{NUMERAL}款)?(?:第（{NUMERAL}）项)?")
"""A citation label, which is Chinese in both languages."""
CHINESE: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|(?<!\.)\.\.(?!\.)")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
# What programs write, in full-width brackets directly behind its Chinese words.
_NAME_IN_BRACKETS: Final = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef”])（[\x21-\x7e]+(?:(?:, |、| )[\x21-\x7e]+)*）")
_ORIGINAL: Final = re.compile("（原文：[^）]*）")
"""What the system or a library said, marked as such at the end of a sentence of ours."""
_ENGLISH_MACHINE_WORD: Final = re.compile(
    r"[A-Za-z0-9]*_\w*"  # snake case, and prefixes such as x_
    r"|\b(?!e\.g\b|i\.e\b)[a-z]+(?:\.[a-z_0-9]+)+\b"  # a dotted name of a field
    r"|(?<!\.)\.\.(?!\.)"  # a range; an ellipsis has three points
    r"|\bP(?:\d+[YMD])+\b"  # a duration of ISO 8601
)
_ENGLISH_BRACKETS: Final = re.compile(r"(?<=[\w”.]) \([\x21-\x7e]+(?:(?:, | )[\x21-\x7e]+)*\)")


def find_words_in_chinese(
    text: str, *, in_problem: bool = False, also: Collection[str] = (), echoed: Iterable[str] = ()
) -> list[str]:
    """The words of a Chinese text that are no proper names.

    In a problem what programs write may stand in brackets behind its words, and what they said where it is
    marked as such. `also` are names that this text alone may hold, `echoed` what the caller wrote.
    """
    text = _DIGEST.sub("", remove(text, echoed))
    if in_problem:
        text = _ORIGINAL.sub("", _NAME_IN_BRACKETS.sub("", text))
    return [word for word in _WORD.findall(text) if word.rstrip(".-") not in {*PROPER_NAMES, *also}]


def find_words_in_english(
    text: str, *, in_problem: bool = False, also: Collection[str] = (), echoed: Iterable[str] = ()
) -> list[str]:
    """The machine words of an English text, and its Chinese characters outside of citations."""
    text = CITATION.sub("", _DIGEST.sub("", remove(text, echoed)))
    chinese = CHINESE.findall(text)
    if in_problem:
        text = _ENGLISH_BRACKETS.sub("", text)
    return [word for word in (*_ENGLISH_MACHINE_WORD.findall(text), *chinese) if word not in also]


def remove(text: str, parts: Iterable[str]) -> str:
    # Longer ones first: one may begin with another.
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "")
    return text


# An example of what may be typed, and what programs write in brackets, keep the forms of the standards.
_EXAMPLE: Final = re.compile(r"例如[0-9-]+(?:\.[0-9]+)?|（[^（）]*）(?=。|$)|“开始日/结束日:事由”")
_FORMS_FOR_PROGRAMS: Final = (
    re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),  # a day of ISO 8601
    re.compile(r"[0-9]{5,}(?:\.[0-9]+)?(?=元)|[0-9]\.00(?=元)"),  # zeros to count, fen that are none
    re.compile(r"(?<=[\u4e00-\u9fff])[,:;()]|[,:;()](?=[\u4e00-\u9fff])"),  # half-width signs beside Chinese
    re.compile(r"\S+/(?:[0-9]{4}|因)"),  # an interval of ISO 8601
)


def find_forms_for_programs(text: str, *, in_problem: bool = False) -> list[str]:
    """The parts of a Chinese sentence in forms that are for programs: ISO dates, plain amounts, half-width signs.

    In a problem examples of what to write may have them.
    """
    if in_problem:
        text = _EXAMPLE.sub("", text)
    return [match[0] for form in _FORMS_FOR_PROGRAMS for match in form.finditer(text)]


_NO_FINE: Final = re.compile(r"无罚款|不处罚款|不设罚款|没有罚款|罚款[:：]\s*无|\bno fine\b|\bnone\b", re.IGNORECASE)


def find_no_fine(text: str) -> list[str]:
    """The words of a text that say that there is no fine."""
    return _NO_FINE.findall(text)
