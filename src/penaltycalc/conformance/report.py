"""How an installation stands to the kit, as text for a terminal: what was checked, what differs, the sum."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby

from msgspec import UNSET

from penaltycalc.conformance.kit import Conformance, Installation
from penaltycalc.rules.wording import Wording


def format_report(given: Conformance, wording: Wording) -> str:
    """All of it."""
    said = partial(wording.label, "conform")
    lines = [said("of").format(of=said("here") if given.url is UNSET else given.url)]
    for installation in given.installations:
        lines += _installation(installation, given.package, wording)
    if len(given.installations) > 1:
        lines.append(said("several").format(number=len(given.installations)))
    lines.append(f"  {said('kit')} {given.kit}{_kit(given, wording)}")
    lines += _differences(given, wording)
    for left_out in given.left_out:
        lines.append(said("left_out").format(case=left_out.case, fields=", ".join(left_out.fields)))
    if given.left_out:
        lines.append(said("left_out_why"))
    counts = {"cases": given.cases, "agreeing": given.agreeing, "left_out": len(given.left_out)}
    sentence = said("agrees" if given.agrees else "differs")
    return "\n".join([*lines, sentence.format(**counts, differing=given.cases - given.agreeing)])


def _installation(there: Installation, here: Installation, wording: Wording) -> Iterator[str]:
    """Version and digests, each beside that of the package that compares."""
    for name in Installation.__struct_fields__:
        value, own = getattr(there, name), getattr(here, name)
        code = "same" if value == own else "other"
        compared = wording.label("conform", code).format(here=own)
        yield f"  {wording.label('conform', name)} {value} ({compared})"


def _kit(given: Conformance, wording: Wording) -> str:
    """How the deployment's own cases stand to those compared; nothing where no deployment was asked."""
    if given.url is UNSET:
        return ""
    if given.kit_there is UNSET:
        return f" ({wording.label('conform', 'kit_none')})"
    code = "same" if given.kit_there == given.kit else "kit_other"
    return f" ({wording.label('conform', code).format(there=given.kit_there)})"


def _differences(given: Conformance, wording: Wording) -> Iterator[str]:
    """The cases that differ: the values that do, and where the expected ones come from."""
    for case, found in groupby(given.differences, key=lambda one: one.case):
        values = list(found)
        yield case
        for value in values:
            facts = {"field": value.field, "expected": value.expected, "got": value.got}
            yield f"  {wording.label('conform', 'difference').format(**facts)}"
        yield f"  {wording.label('conform', 'source').format(source=values[0].source)}"
