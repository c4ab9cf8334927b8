"""Opens spreadsheets in LibreOffice as a person would, calculates them, and saves them in another form.

    /usr/bin/python3 office.py SOURCE TARGET [SOURCE TARGET ...]

The suffix of a target says its form: xlsx, ods, csv or pdf. Links and WEBSERVICE() are allowed for the
folders of the sources. This runs with the Python that LibreOffice's `uno` was made for, which has
nothing else of the tests; they call `saved`, which starts it.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

FILTERS: Final = {
    ".xlsx": ("Calc MS Excel 2007 XML", ""),
    ".ods": ("calc8", ""),
    ".pdf": ("calc_pdf_Export", ""),
    ".csv": ("Text - txt - csv (StarCalc)", "44,34,76,1"),  # comma, quotation mark, UTF-8, from the first line on
}
PYTHON: Final = os.environ.get("OFFICE_PYTHON", "/usr/bin/python3")
SOFFICE: Final = shutil.which("soffice")
PATIENCE: Final = 60
"""Seconds until LibreOffice must have come up, or gone."""
SETTINGS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="SecureURL" oor:op="fuse"><value>{folders}</value></prop></item>
</oor:items>
"""


def saved(*paths: Path) -> None:
    """Open, calculate and save files, given in pairs of source and target."""
    subprocess.run([PYTHON, __file__, *map(str, paths)], check=True, timeout=10 * PATIENCE)


def properties(uno: Any, **values: object) -> tuple[Any, ...]:
    """Named values as UNO takes them."""
    made = []
    for name, value in values.items():
        one = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        one.Name, one.Value = name, value
        made.append(one)
    return tuple(made)


@contextmanager
def desktop(uno: Any, trusted: Sequence[Path]) -> Iterator[Any]:
    """A LibreOffice of its own, with a profile of its own, that trusts these folders; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="office-"))
    try:
        (home / "user").mkdir()
        folders = "".join(f"<it>{folder.as_uri()}</it>" for folder in trusted)
        (home / "user" / "registrymodifications.xcu").write_text(SETTINGS.format(folders=folders), "utf-8")
        process = subprocess.Popen(
            [
                SOFFICE or "soffice",
                f"-env:UserInstallation={home.as_uri()}",
                f"--accept=pipe,name={home.name};urp;",
                "--headless",
                "--norestore",
                "--nologo",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            found = connected(uno, home.name, process)
            yield found
            found.terminate()
            process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def connected(uno: Any, pipe: str, process: subprocess.Popen[bytes]) -> Any:
    """The desktop of a LibreOffice that is coming up."""
    manager = uno.getComponentContext().ServiceManager
    resolver = manager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    refused = uno.getClass("com.sun.star.connection.NoConnectException")
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        if process.poll() is not None:
            raise RuntimeError(f"LibreOffice ended with {process.returncode}")
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except refused:
            time.sleep(0.1)
        else:
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    raise TimeoutError("LibreOffice did not come up")


def convert(uno: Any, office: Any, source: Path, target: Path) -> None:
    """Open, calculate and save one file."""
    allowed = uno.getConstantByName("com.sun.star.document.UpdateDocMode.FULL_UPDATE")
    given: dict[str, object] = {"Hidden": True, "UpdateDocMode": allowed}
    if source.suffix == ".csv":
        given["FilterName"], given["FilterOptions"] = FILTERS[".csv"]
    document = office.loadComponentFromURL(source.as_uri(), "_blank", 0, properties(uno, **given))
    try:
        document.calculateAll()
        name, options = FILTERS[target.suffix]
        document.storeToURL(target.as_uri(), properties(uno, FilterName=name, FilterOptions=options))
    finally:
        document.close(True)


def main(paths: Sequence[str]) -> None:
    """Convert the files, in pairs of source and target."""
    uno = importlib.import_module("uno")
    files = [Path(path).resolve() for path in paths]
    sources, targets = files[::2], files[1::2]
    with desktop(uno, sorted({source.parent for source in sources})) as office:
        for source, target in zip(sources, targets, strict=True):
            convert(uno, office, source, target)


if __name__ == "__main__":
    main(sys.argv[1:])
