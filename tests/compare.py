"""Compares the answers of two checkouts: `python tests/compare.py OLD [NEW]`; NEW is this one if it is not named.

A change of wording must change texts alone. What else differs is printed, and the exit code says whether anything
does; answers.py tells what is compared. Both are asked the worked cases of this checkout.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SHOWN: Final = 20


def read_answers(checkout: Path) -> dict[str, str]:
    """The answers of the code of a checkout, by their places."""
    # Without its own code Python would take the package that is installed, and compare it with itself.
    if not (checkout / "src" / "penaltycalc" / "__init__.py").is_file():
        raise SystemExit(f"no checkout: {checkout}")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(checkout / "src"), str(HERE)])}
    done = subprocess.run([sys.executable, HERE / "answers.py"], env=environment, check=True, stdout=subprocess.PIPE)
    return dict(line.split("\t", 1) for line in done.stdout.decode().splitlines())


def main(old: str, new: str = str(HERE.parent)) -> int:
    """Compare and print; 0 where only texts differ."""
    before, after = read_answers(Path(old)), read_answers(Path(new))
    places = [place for place in {**before, **after} if before.get(place) != after.get(place)]
    for place in places[:SHOWN]:
        sys.stdout.write(f"{place}\n- {before.get(place)}\n+ {after.get(place)}\n")
    sys.stdout.write(f"{len(after)} answers, {len(places)} of them differ in more than texts\n")
    return bool(places)


if __name__ == "__main__":
    if not 1 <= len(sys.argv) - 1 <= 2:
        raise SystemExit("usage: compare.py OLD [NEW]")
    sys.exit(main(*sys.argv[1:]))
