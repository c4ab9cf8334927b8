"""What schemathesis has to be told to send the files of a batch: their bytes as they are."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def as_it_is(_: Any, value: Any) -> bytes:
    """The text of a generated file; anything else as a text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="surrogatepass")
