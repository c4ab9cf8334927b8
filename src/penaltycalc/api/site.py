"""What the program makes or reads at its start and serves unchanged: pages, files, the OpenAPI document, the kit."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Final

import msgspec

from penaltycalc.api.response import Content, with_etag
from penaltycalc.batch.table import EXPLANATION_COLUMN, FACT_COLUMNS, RESULT_COLUMNS
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.conformance.kit_file import read_kit
from penaltycalc.rules.rows import Renewal
from penaltycalc.rules.rulebook import PACKAGE, Rulebook
from penaltycalc.rules.wording import LANGUAGES, Language

WEB: Final = PACKAGE / "web"
APP: Final = WEB / "app"
PAGES: Final = WEB / "pages"

LANGUAGE_TAGS: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}
"""The languages as HTML names them."""

APP_FILES: Final = (*sorted(path for path in APP.iterdir() if path.suffix in (".js", ".css")), PAGES / "favicon.svg")
"""The files that the calculator page loads."""
DOCS_FILES: Final = (
    WEB / "docs" / "LICENSE",
    WEB / "docs" / "NOTICE",
    WEB / "docs" / "swagger-ui-bundle.js",
    WEB / "docs" / "swagger-ui.css",
    PAGES / "docs.css",
    PAGES / "docs.js",
    PAGES / "favicon.svg",
    PAGES / "page.css",
)
"""The files that the documentation and the pages of problems load."""


class ProblemExample(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is answered with a problem, and the answer, as texts in each language.

    `statuses` are the HTTP statuses that the problem comes with.
    """

    statuses: tuple[int, ...]
    request: dict[Language, str]
    answer: dict[Language, str]


class PageTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of the calculator page in one language, and what it needs beside the catalogues.

    `other` is the other language's name for itself. `texts` are the page's own, `labels` those of codes,
    `columns` the names of facts and results. `uses` are the facts that each violation takes into account;
    `next_terms` are the terms whose renewed certificate follows the old one, so that the day of the approval matters.
    `facts` and `results` are the columns of a table.
    """

    lang: Language
    other: str
    texts: dict[str, dict[str, str]]
    labels: dict[str, dict[str, str]]
    columns: dict[str, str]
    uses: dict[str, tuple[str, ...]]
    next_terms: tuple[str, ...]
    facts: tuple[str, ...]
    results: tuple[str, ...]


class Site:
    """The pages and files of the service, read once when a worker starts."""

    def __init__(self, rulebook: Rulebook) -> None:
        """Read all files, and write the calculator page in each language."""
        # All files are read now, so that one that is missing stops the start and not an answer.
        self.document = with_etag(find_document().read_bytes())
        self.kit = with_etag(read_kit())
        self.app_files = _read_files(APP_FILES)
        self.docs_files = _read_files(DOCS_FILES)
        self.templates = {path.name: Template(path.read_text("utf-8")) for path in PAGES.glob("*.html")}
        self.problems = read_problem_examples()
        self.texts = {lang: with_etag(encode_page_texts(rulebook, lang)) for lang in LANGUAGES}
        self.calculator = {lang: with_etag(self._write_calculator(rulebook, lang)) for lang in LANGUAGES}

    def fill(self, template: str, markup: Mapping[str, str], values: Mapping[str, str]) -> str:
        """Fill a template with `values` as plain text and with `markup` as it is."""
        return self.templates[template].substitute({name: escape(text) for name, text in values.items()}, **markup)

    def _write_calculator(self, rulebook: Rulebook, lang: Language) -> bytes:
        texts = rulebook.wordings[lang].page()["shell"]
        modules = (name for name in self.app_files if name.endswith(".js") and name != "app.js")
        page = Template((APP / "index.html").read_text("utf-8")).substitute(
            {name: escape(texts[name]) for name in ("title", "description", "loading", "without_scripts")},
            language=LANGUAGE_TAGS[lang],
            modules="\n".join(f'<link rel="modulepreload" href="./assets/{name}">' for name in modules),
            # Inside a script element only this character could end it.
            texts=self.texts[lang].body.decode().replace("<", "\\u003c"),
        )
        return page.encode()


def find_document() -> Path:
    """Find the OpenAPI document.

    In a checkout it lies in openapi/, where those who generate clients look for it. A wheel holds only the
    package, so that it has a copy inside (see the wheel target in pyproject.toml).
    """
    packaged = PACKAGE / "openapi.json"
    return packaged if packaged.exists() else PACKAGE.parents[1] / "openapi" / "openapi.json"


def read_problem_examples() -> dict[str, ProblemExample]:
    """Read the example of each problem, by code, as `penaltycalc.openapi` has generated it."""
    return msgspec.json.decode((WEB / "problems.json").read_bytes(), type=dict[str, ProblemExample])


def encode_page_texts(rulebook: Rulebook, lang: Language) -> bytes:
    """Encode the texts of the calculator page as JSON."""
    wording = rulebook.wordings[lang]
    other: Language = "en" if lang == "zh" else "zh"
    workbook = wording.workbook()
    return encode_answer(
        PageTexts(
            lang=lang,
            other=rulebook.wordings[other].pages()["own_name"],
            texts=wording.page(),
            labels=wording.all_labels() | {"yes_no": workbook["yes_no"]},
            columns=workbook["column"],
            uses={name: tuple(sorted(rulebook.violation(name).relevant_facts)) for name in rulebook.violations},
            next_terms=tuple(name for name in rulebook.terms if _has_next_term(rulebook, name)),
            facts=tuple(FACT_COLUMNS),
            results=(*RESULT_COLUMNS, EXPLANATION_COLUMN),
        )
    )


def _has_next_term(rulebook: Rulebook, term: str) -> bool:
    renewal = rulebook.term(term).row.renewal
    return isinstance(renewal, Renewal) and not isinstance(renewal.next_term_since, msgspec.UnsetType)


def _read_files(paths: tuple[Path, ...]) -> dict[str, Content]:
    return {path.name: with_etag(path.read_bytes()) for path in paths}
