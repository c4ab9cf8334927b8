"""Exact yuan, and the one rounding rule.

Money is a whole number of fen (分, 1/100 yuan), so nothing is ever rounded on the way. Only a share
of an amount (百分之…) can leave whole fen; then a lower bound is rounded up and an upper bound down,
so that every amount in the range stays lawful.
"""

from __future__ import annotations

import re
from functools import total_ordering
from typing import Final

PATTERN: Final = r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?$"
"""Money as it goes in: decimal yuan in ASCII digits, at most two places (JSON Schema, ECMA 262)."""

ANSWER_PATTERN: Final = r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$"
"""Money as it comes out: exactly two places."""

_FORM: Final = re.compile(r"(0|[1-9][0-9]{0,10})(?:\.([0-9]{1,2}))?", re.ASCII)
_FEN: Final = 100


@total_ordering
class Money:
    """An amount in yuan (元), exact to the fen.

    >>> str(Money.parse("85000.5") * 10)
    '850005.00'
    """

    __slots__ = ("fen", "text")

    def __init__(self, fen: int) -> None:
        """`fen` is the amount in hundredths of a yuan; `text` is how it is written, as `str` gives it."""
        self.fen = fen
        self.text = f"{fen // _FEN}.{fen % _FEN:02d}"

    @classmethod
    def parse(cls, text: object) -> Money:
        """Read decimal yuan; ValueError where `text` does not match `PATTERN` as a whole."""
        found = _FORM.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError("money")
        yuan, places = found.groups()
        return cls(int(yuan) * _FEN + (int(places.ljust(2, "0")) if places else 0))

    def __mul__(self, times: int) -> Money:
        return Money(self.fen * times)

    def share_rounded_up(self, percent: int) -> Money:
        """`percent` hundredths of the amount, up to the next whole fen: a lower bound."""
        return Money(-(-self.fen * percent // 100))

    def share_rounded_down(self, percent: int) -> Money:
        """`percent` hundredths of the amount, down to the last whole fen: an upper bound."""
        return Money(self.fen * percent // 100)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.fen == other.fen

    def __lt__(self, other: Money) -> bool:
        return self.fen < other.fen

    def __hash__(self) -> int:
        return hash(self.fen)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Money.parse({str(self)!r})"
