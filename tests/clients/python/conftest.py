"""What pytest leaves alone here: a program that runs beside a generated package only."""

from __future__ import annotations

collect_ignore = ["client.py"]
