"""Choose the language of an answer, and check that the client accepts its media type (RFC 9110, section 12.5).

Litestar's own `Accept` is not used: it accepts a type that the header excludes with `q=0`, and it lets a wildcard
decide where a more specific range has another quality. It has nothing for Accept-Language.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request

from penaltycalc.rules.wording import LANGUAGES, Language

DEFAULT_LANGUAGE: Final[Language] = "zh"


def join_header(request: Request[Any, Any, Any], name: str) -> str:
    """Return the value of a header, several of one name joined by commas; empty where there is none."""
    return ", ".join(request.headers.getall(name, []))


def is_acceptable(accept: str, media_type: str) -> bool:
    """Whether an Accept header includes a media type: the most specific range that matches it decides."""
    qualities: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_range, _, parameters = part.partition(";")
        # Other parameters, such as `level=1`, are ignored: no operation has two forms of one media type.
        weights = [text for text in parameters.split(";") if text.strip().startswith("q=")]
        qualities[media_range.strip()] = _parse_quality(weights[0] if weights else "")
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((qualities[name] for name in ranges if name in qualities), 0.0) > 0


def choose_language(accept_language: str) -> Language:
    """Choose the language of highest quality in an Accept-Language header; Chinese where it names neither."""
    best, best_quality = DEFAULT_LANGUAGE, 0.0
    for part in accept_language.split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.split("-")[0].strip().lower()
        quality = _parse_quality(parameters)
        for language in LANGUAGES:
            # A quality of 0 excludes a language, and of equal qualities the one named first wins.
            if primary == language and quality > best_quality:
                best, best_quality = language, quality
    return best


def choose_problem_language(request: Request[Any, Any, Any]) -> Language:
    """Choose the language of a refused request, whatever is wrong with its query."""
    # The query may be the fault itself, so that nothing of it is checked here.
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace"))
    for language in LANGUAGES:
        if query.get("lang") == language:
            return language
    return choose_language(join_header(request, "accept-language"))


def _parse_quality(parameters: str) -> float:
    """Parse `q=0.5`; 1 where there is no quality, 0 where it is no number from 0 to 1."""
    name, _, value = parameters.strip().partition("=")
    try:
        quality = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
    # `float` also reads nan and inf, of which neither passes this comparison.
    return quality if 0.0 <= quality <= 1.0 else 0.0
