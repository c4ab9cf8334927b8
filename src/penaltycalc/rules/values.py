"""Days and amounts as a sentence shows them; fields, tables and cells keep the forms of the standards.

Officials write 2026年6月1日 and 85万元. In English a day stays as of ISO 8601, and an amount has separators.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from penaltycalc.rules.money import Money
from penaltycalc.rules.wording import Language

_FEN_IN_YUAN: Final = 100
_FEN_IN_WAN: Final = 10**4 * _FEN_IN_YUAN
_WAN_IN_YI: Final = 10**4


def write_value(value: object, lang: Language) -> str:
    """A fact of a sentence: days and amounts in the form of the language, all else as `str` writes it.

    >>> write_value(Money("850000"), "zh"), write_value(date(2026, 6, 1), "zh")
    ('85万', '2026年6月1日')
    """
    # Every fact of every sentence passes here. Most are words already, so those are looked for first.
    if isinstance(value, str):
        return value
    if isinstance(value, Money):
        return write_amount(value, lang)
    return write_day(value, lang) if isinstance(value, date) else str(value)


def write_day(day: date, lang: Language) -> str:
    """A day: 2026年6月1日, in English 2026-06-01."""
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else day.isoformat()


def write_span(first: date, last: date, lang: Language) -> str:
    """Two days and those between them: 2026年10月12日至10月16日, in English 2026-10-12 to 2026-10-16; one day alone."""
    if first == last:
        return write_day(first, lang)
    if lang == "en":
        return f"{first.isoformat()} to {last.isoformat()}"
    # A year that both days share is written once.
    end = write_day(last, lang) if last.year != first.year else f"{last.month}月{last.day}日"
    return f"{write_day(first, lang)}至{end}"


def write_amount(amount: Money, lang: Language) -> str:
    """An amount without its unit (元): 85万, 12,000.04, in English 850,000.

    In Chinese an amount of whole ten thousands is written in 万, one of whole hundred millions in 亿, so that nobody
    has to count zeros. Fen are written only where there are any.
    """
    fen = amount.fen
    if lang == "zh" and fen:
        wan, rest = divmod(fen, _FEN_IN_WAN)
        if not rest:
            yi, rest = divmod(wan, _WAN_IN_YI)
            return f"{wan:,}万" if rest else f"{yi:,}亿"
    yuan, rest = divmod(fen, _FEN_IN_YUAN)
    return f"{yuan:,}.{rest:02d}" if rest else f"{yuan:,}"
