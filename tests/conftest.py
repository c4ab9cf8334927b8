"""What all tests share: one rulebook and one calendar."""

from __future__ import annotations

import pytest

import penaltycalc
from penaltycalc import Rulebook, WorkingCalendar


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The packaged law."""
    return penaltycalc.load_rulebook()


@pytest.fixture(scope="session")
def calendar(rulebook: Rulebook) -> WorkingCalendar:
    """The packaged calendar, without supplied notices."""
    return penaltycalc.load_calendar(rulebook)
