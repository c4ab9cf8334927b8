"""The page at /: the calculator for people, which asks the same interface as everybody.

The page is plain HTML, CSS and JavaScript modules of web/app/, served as they are, and one JSON block
with everything it says in one language. It holds no law: what a violation uses and what codes are
called comes from the rulebook and from wording/, every figure and day from the interface.
Addresses are relative, so that the page also works behind a proxy that adds a prefix.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

import msgspec
from litestar import get
from litestar.params import FromPath

from penaltycalc.api.media_types import HTML, JSON
from penaltycalc.api.pages import LANGUAGE_TAGS, WEB, sent_file, with_policy
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import BytesResponse, Content, answer_headers, bytes_response, kept, with_etag
from penaltycalc.batch.table import EXPLANATION_COLUMN, FACT_COLUMNS, RESULT_COLUMNS
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import LANGUAGES, Language

APP: Final = WEB / "app"
TEXTS: Final = "texts.json"
FILES: Final[dict[str, Path]] = {
    path.name: path
    for path in (
        APP / "answer.js",
        APP / "api.js",
        APP / "app.css",
        APP / "app.js",
        APP / "batch.js",
        APP / "calendar.js",
        APP / "case.js",
        APP / "days.js",
        APP / "deadlines.js",
        APP / "dom.js",
        APP / "expiries.js",
        APP / "fields.js",
        APP / "fines.js",
        APP / "paper.js",
        APP / "pictures.js",
        APP / "search.js",
        APP / "state.js",
        APP / "tables.js",
        APP / "texts.js",
        WEB / "pages" / "favicon.svg",
    )
}
"""The files that the page loads, by name; nothing else is served."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says in one language, and what it must know beside the catalogues to ask well.

    `other` is the other language's name for itself. `texts` are the page's own, `labels` those of
    codes, `columns` the names of facts and results. `uses` are the facts that each violation takes
    into account; `facts` and `results` the columns of a table.
    """

    lang: Language
    other: str
    texts: dict[str, dict[str, str]]
    labels: dict[str, dict[str, str]]
    columns: dict[str, str]
    uses: dict[str, tuple[str, ...]]
    facts: tuple[str, ...]
    results: tuple[str, ...]


@kept(len(LANGUAGES))
def texts(rulebook: Rulebook, lang: Language) -> Content:
    """The texts of the page as JSON."""
    wording = rulebook.wordings[lang]
    other: Language = "en" if lang == "zh" else "zh"
    book = wording.workbook()
    labels = wording.all_labels() | {group: book[group] for group in ("convention", "yes_no")}
    uses = {name: tuple(sorted(rulebook.violation(name).relevant_facts)) for name in rulebook.violations}
    said = encode_answer(
        Texts(
            lang=lang,
            other=rulebook.wordings[other].pages()["own_name"],
            texts=wording.page(),
            labels=labels,
            columns=book["column"],
            uses=uses,
            facts=tuple(FACT_COLUMNS),
            results=(*RESULT_COLUMNS, EXPLANATION_COLUMN),
        )
    )
    return with_etag(said)


@cache
def _template() -> Template:
    return Template((APP / "index.html").read_text("utf-8"))


@get("/", include_in_schema=False, opt={"role": None})
async def get_page(request: StrictRequest) -> BytesResponse[str]:
    """The calculator, in the language of its reader."""
    lang = parse_query(request, (), HTML).lang
    with_policy(request, POLICY)
    return bytes_response(request, answer_headers(lang), _page(request.law.rulebook, lang), f"{HTML}; charset=utf-8")


@kept(len(LANGUAGES))
def _page(rulebook: Rulebook, lang: Language) -> Content:
    said = rulebook.wordings[lang].page()["shell"]
    modules = (name for name in FILES if name.endswith(".js") and name != "app.js")
    page = _template().substitute(
        {name: escape(said[name]) for name in ("title", "description", "loading", "without_scripts")},
        language=LANGUAGE_TAGS[lang],
        modules="\n".join(f'<link rel="modulepreload" href="./assets/{name}">' for name in modules),
        # Inside a script element only this character could end it.
        texts=texts(rulebook, lang).body.decode().replace("<", "\\u003c"),
    )
    return with_etag(page.encode())


@get(f"/assets/{TEXTS}", include_in_schema=False, opt={"role": None})
async def get_texts(request: StrictRequest) -> BytesResponse[bytes]:
    """The texts of the page, for the switch of languages."""
    lang = parse_query(request).lang
    return bytes_response(request, answer_headers(lang), texts(request.law.rulebook, lang), JSON)


@get("/assets/{file:str}", include_in_schema=False, opt={"role": None})
async def get_asset(request: StrictRequest, file: FromPath[str]) -> BytesResponse[bytes]:
    """A file that the page loads; NotFound where it is none of them."""
    return sent_file(request, FILES, file)


HANDLERS: Final = [get_page, get_texts, get_asset]
