"""The page at /: complete in both languages, strict about what a browser may load, and nothing of the law in it."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from litestar.testing import TestClient

from penaltycalc import Rulebook
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.site import APP, APP_FILES, LANGUAGE_TAGS
from penaltycalc.batch.table import FACT_COLUMNS, RESULT_COLUMNS
from penaltycalc.rules.wording import LANGUAGES, Language
from penaltycalc.settings import Settings

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
FILES = {path.name: path for path in APP_FILES}
MODULES = sorted(APP.glob("*.js"))
MOST = 300_000
"""Bytes that the whole page may have, compressed."""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


class Read(HTMLParser):
    """A page: its elements with their attributes, and the JSON that stands in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""
        self._in_data = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_data = dict(attrs).get("type") == "application/json"

    def handle_endtag(self, tag: str) -> None:
        self._in_data = self._in_data and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data

    def addresses(self) -> list[str]:
        """Everything that the page links to or loads."""
        return [value for _, attributes in self.elements for name in ("href", "src") if (value := attributes.get(name))]


def page(client: TestClient[Service], lang: Language | None = None, accept: str = "zh") -> Read:
    response = client.get("/", params={"lang": lang} if lang else {}, headers={"accept-language": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Read(response.text)


def texts(client: TestClient[Service], lang: Language) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/assets/texts.json", params={"lang": lang}).json()
    return found


# ------------------------------------------------------------------------------------- how it comes


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_browser_may_load_what_this_server_has_and_nothing_else(
    lang: Language, client: TestClient[Service]
) -> None:
    response = client.get(f"/?lang={lang}")
    assert response.headers["content-language"] == lang
    assert response.headers["vary"] == "Accept-Language"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    again = client.get(f"/?lang={lang}", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_holds_no_script_and_no_style_of_its_own(client: TestClient[Service]) -> None:
    read = page(client)
    names = {name for _, attributes in read.elements for name in attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []
    assert [tag for tag, _ in read.elements if tag == "style"] == []
    scripts = [attributes for tag, attributes in read.elements if tag == "script"]
    assert [one.get("src") or one["type"] for one in scripts] == ["./assets/app.js", "application/json"]


def test_every_address_of_the_page_is_relative_and_leads_somewhere(client: TestClient[Service]) -> None:
    addresses = page(client).addresses()
    assert len(addresses) >= len(FILES)
    for address in addresses:
        split = urlsplit(address)
        assert (split.scheme, split.netloc, address[:2]) == ("", "", "./"), address
        assert client.get(urljoin("http://testserver.local/", address)).status_code == 200, address
        assert urljoin("https://example.org/tools/fines/", address).startswith("https://example.org/tools/fines/")


def test_the_page_asks_for_all_its_modules_at_once(client: TestClient[Service]) -> None:
    preloaded = {
        attributes["href"] for _, attributes in page(client).elements if attributes.get("rel") == "modulepreload"
    }
    assert preloaded == {f"./assets/{path.name}" for path in MODULES} - {"./assets/app.js"}


def test_the_page_comes_in_the_language_of_its_reader_and_chinese_first(client: TestClient[Service]) -> None:
    def language(lang: Language | None = None, accept: str = "fr") -> str | None:
        read = page(client, lang, accept)
        assert (
            json.loads(read.data)["lang"]
            == {tag: lang for lang, tag in LANGUAGE_TAGS.items()}[read.elements[0][1]["lang"] or ""]
        )
        return read.elements[0][1]["lang"]

    assert language() == "zh-CN"
    assert language(accept="en-GB") == "en"
    assert language("zh", accept="en-GB") == "zh-CN"
    assert language("en") == "en"


def test_the_page_is_answered_as_strictly_as_anything_else(client: TestClient[Service]) -> None:
    for path, accept in (
        ("/", "application/json"),
        ("/assets/app.js", "text/html"),
        ("/assets/texts.json", "text/html"),
    ):
        assert client.get(f"{path}?langs=en").json()["code"] == "unknown-query"
        assert client.get(f"{path}?lang=fr").json()["code"] == "schema"
        assert client.get(path, headers={"accept": accept}).json()["code"] == "not-acceptable"
        assert client.post(path).json()["code"] == "method-not-allowed"
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")


TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_served_with_its_type_and_validator(name: str, client: TestClient[Service]) -> None:
    response = client.get(f"/assets/{name}")
    assert response.headers["content-type"] == f"{TYPES[Path(name).suffix]}; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    assert response.content == FILES[name].read_bytes()
    again = client.get(f"/assets/{name}", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["index.html", "layout.html", "..%2Fpages%2Flayout.html", "%2e%2e", "app.js.map", "APP.JS"]
)
def test_no_other_file_is_served(name: str, client: TestClient[Service]) -> None:
    response = client.get(f"/assets/{name}")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_all_files_of_the_page_are_listed() -> None:
    assert {path.name for path in APP.iterdir()} == {name for name, path in FILES.items() if path.parent == APP} | {
        "index.html"
    }


def test_the_whole_page_is_small(client: TestClient[Service]) -> None:
    parts = [client.get("/").content, *(path.read_bytes() for path in FILES.values())]
    assert sum(len(gzip.compress(part)) for part in parts) < MOST


def test_an_installed_package_carries_the_page(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    assert {f"penaltycalc/web/app/{path.name}" for path in APP.iterdir()} - names == set()
    assert "penaltycalc/wording/page.toml" in names


# ------------------------------------------------------------------------------------- what it says


def written() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (*APP.iterdir(),)}


def test_no_file_names_an_address_outside_this_server() -> None:
    names_of_formats = ("http://www.w3.org/", "http://schemas.openxmlformats.org/")
    for name, text in written().items():
        found = [
            one
            for one in re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}/?[^\s\"'`]*", text)
            if not one.startswith(names_of_formats)
        ]
        assert found == [], name


def test_nothing_that_is_said_is_read_as_markup_or_as_a_program() -> None:
    dangers = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "localStorage",
        "cookie",
    )
    for name, text in written().items():
        assert [one for one in dangers if one in text] == [], name


def test_only_the_access_key_is_kept_and_only_for_the_session() -> None:
    assert [name for name, text in written().items() if "sessionStorage" in text] == ["api.js"]
    assert "indexedDB" not in "".join(written().values())


def test_the_clock_is_read_only_where_the_user_asks_for_today() -> None:
    clocks = {
        name: text for name, text in written().items() if re.search(r"new Date\(\)|Date\.now|performance\.now", text)
    }
    assert set(clocks) == {"fields.js"}
    assert clocks["fields.js"].count("new Date()") == 1


def keys(lang_texts: dict[str, dict[str, str]]) -> set[str]:
    return {f"{group}.{name}" for group, inner in lang_texts.items() for name in inner}


def test_every_text_that_the_page_uses_is_written_and_every_one_written_is_used(rulebook: Rulebook) -> None:
    every = keys(rulebook.wordings["zh"].page())
    source = "".join(path.read_text("utf-8") for path in MODULES)
    quoted = set(re.findall(r"[\"']([\w.]+)[\"']|(?<=[{,] )(\w+)(?=:)", source))
    words = {word for pair in quoted for word in pair}
    used = (every & words) | {key for key in every for form in _forms(source) if _fits(key, form, words)}
    by_how_a_stop_is_allowed = {"form.by_analogy", "form.interpretive"}
    in_the_frame = {f"shell.{name}" for name in ("title", "description", "loading", "without_scripts")}
    by_the_name_of_a_fact = {key for key in every if key.split(".")[0] in ("field", "hint")}
    assert _spelled(source) - every == set()
    assert every - used - in_the_frame - by_the_name_of_a_fact - by_how_a_stop_is_allowed == set()


def _forms(source: str) -> list[tuple[str, str]]:
    """The names of texts that are put together: group and name, with `*` for what comes in."""
    made = re.findall(r"`((?:[a-z_]+|\$\{[^}`]+\})\.(?:[a-z_]|\$\{[^}`]+\})+)`", source)
    forms = [re.sub(r"\$\{[^}]+\}", "*", one).split(".") for one in made]
    return [(form[0], form[1]) for form in forms if len(form) == 2 and form != ["*", "*"]]


def _fits(key: str, form: tuple[str, str], words: set[str]) -> bool:
    """Whether a text can be meant; where its whole name comes in, that name is written somewhere."""
    group, name = key.split(".")
    fits = fnmatch(group, form[0]) and fnmatch(name, form[1])
    return fits and (form[1] != "*" or name in words)


def _spelled(source: str) -> set[str]:
    """The texts that are asked for by their whole name."""
    return set(re.findall(r"\b[tw]\(\"([a-z]+\.[a-z_]+)\"", source))


def test_every_name_of_a_fact_that_is_written_belongs_to_one(rulebook: Rulebook) -> None:
    group = rulebook.wordings["zh"].page()
    parts = {
        "persons",
        "role",
        "name",
        "income_during_violation",
        "from",
        "to",
        "reason",
        "start_of_step",
        "explanation",
        "personal",
    }
    assert set(group["field"]) - {*FACT_COLUMNS, *RESULT_COLUMNS, *parts} == set()
    assert set(group["hint"]) - {*FACT_COLUMNS, *parts} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_of_a_table_has_a_name(lang: Language, client: TestClient[Service]) -> None:
    said = texts(client, lang)
    assert set(said["facts"]) == set(FACT_COLUMNS)
    assert set(said["results"]) == {*RESULT_COLUMNS, "explanation"}
    assert {*said["facts"], *said["results"]} - {*said["texts"]["field"], *said["columns"]} == set()


def test_a_former_name_of_a_column_is_no_present_one(rulebook: Rulebook) -> None:
    former = dict(re.findall(r'^  "(.+)": "(\w+)",$', (APP / "former.js").read_text("utf-8"), re.MULTILINE))
    assert len(former) > 30
    assert set(former.values()) - set(FACT_COLUMNS) == set()
    for wording in rulebook.wordings.values():
        names = {*FACT_COLUMNS, *wording.page()["field"].values(), *wording.workbook()["column"].values()}
        assert {name.lower() for name in former} & {name.lower() for name in names} == set()


def test_what_the_page_says_in_english_holds_no_chinese(client: TestClient[Service]) -> None:
    said = texts(client, "en")
    assert said.pop("other") == "中文"
    assert CHINESE.search(json.dumps(said, ensure_ascii=False)) is None
    assert texts(client, "zh")["other"] == "English"


def test_both_languages_have_the_same_texts(client: TestClient[Service]) -> None:
    zh, en = (texts(client, lang) for lang in LANGUAGES)
    assert keys(zh["texts"]) == keys(en["texts"])
    assert zh["uses"] == en["uses"]


def test_the_texts_in_the_page_are_those_of_the_switch_and_cannot_end_their_element(
    client: TestClient[Service],
) -> None:
    for lang in LANGUAGES:
        data = page(client, lang).data
        assert json.loads(data) == texts(client, lang)
        assert "<" not in data


# ------------------------------------------------------------------------------- no law of its own


def test_the_page_knows_which_facts_each_violation_uses(client: TestClient[Service], rulebook: Rulebook) -> None:
    uses = texts(client, "zh")["uses"]
    assert set(uses) == set(rulebook.violations)
    # 条例81¶1: severity and goods value decide; discovery and harm matter for the limitation of APL 36.
    assert uses["81-1"] == ["discovered_on", "goods_value", "harm", "severity"]
    # 条例87 is no penalty on the public: nothing is asked.
    assert uses["87-1"] == []
    for item in client.get("/v1/violations").json()["items"]:
        assert set(item["facts"]) <= set(uses[item["id"]])


def test_no_figure_of_the_law_and_no_violation_decides_anything_in_the_page() -> None:
    law = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "penaltycalc" / "law").glob("*.toml"))
    figures = set(re.findall(r'"(\d{5,})"', law))
    assert "50000" in figures
    for path in MODULES:
        source = re.sub(r"_(?=\d)", "", path.read_text("utf-8"))
        assert set(re.findall(r"(?<![\w.])\d{5,}(?![\w.])", source)) & figures == set(), path.name
        branches = re.findall(r"[=!]==\s*\"(\d\d-\d[\d-]*)\"", source)
        assert branches == [], path.name
