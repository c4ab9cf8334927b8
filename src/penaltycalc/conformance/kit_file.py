"""The file of the kit: the worked cases that are packaged with the law. The service serves it without parsing it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from penaltycalc.errors import BrokenLaw
from penaltycalc.faults import describe_fault

KIT: Final = Path(__file__).with_name("conformance.csv")


def read_kit(path: Path = KIT) -> bytes:
    """Read the file of the kit; BrokenLaw where it is missing."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise BrokenLaw(path.name, "-", describe_fault(fault)) from None
