"""What the steps of one penalty calculation share."""

from __future__ import annotations

from typing import NamedTuple

from penaltycalc.calculators.explain import Explainer
from penaltycalc.calculators.penalties.request import PenaltyRequest
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.versions import Violation


class PenaltyCase(NamedTuple):
    """One request with the version of the violation that applies to it, and what collects its explanation."""

    request: PenaltyRequest
    rulebook: Rulebook
    violation: Violation
    explainer: Explainer
