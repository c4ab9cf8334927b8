"""The command line, as `python -m penaltycalc`."""

from __future__ import annotations

from penaltycalc.cli import main

if __name__ == "__main__":  # a process that a batch starts imports this module again
    main()
