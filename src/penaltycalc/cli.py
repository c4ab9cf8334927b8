"""The command line: the calculations, batches, the workbook, keys and settings, and the service itself.

Exit codes: 0 the command did what it should; 2 the request or an argument is wrong; 3 the law or the facts
refuse the request; 4 the data (law, notices, settings) is broken, or `conform` found an installation that does
not agree with the worked cases or cannot be reached; 130 the command was interrupted. Messages go to standard
error. Modules that take long to import are imported by the commands that need them.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from penaltycalc._version import __version__
from penaltycalc.batch.csv import CHARSETS, Charset
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, calculate
from penaltycalc.calculators.calendar_queries import YearQuery, describe_year
from penaltycalc.calculators.catalogue import describe_rulebook
from penaltycalc.calculators.coverage import CoverageQuery, find_coverage
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calendar import holidays
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.cli_errors import find_language, print_error, print_usage_error
from penaltycalc.errors import (
    BadSetting,
    BrokenLaw,
    DataBroken,
    PenaltycalcError,
    Reason,
    RunBroken,
    SchemaFault,
    WrongUse,
)
from penaltycalc.export import text
from penaltycalc.faults import describe_fault
from penaltycalc.files import lock_file, write_atomically
from penaltycalc.input.flat import FlatField, decode_flat, list_flat_fields, parse_flat
from penaltycalc.keys import ROLES, Key, Role, encode_keys, make_key, parse_keys
from penaltycalc.rules.rulebook import PACKAGE, Rulebook, load_rulebook
from penaltycalc.rules.wording import LANGUAGES, Language, Wording, read_wording
from penaltycalc.settings import PREFIX, SECRET_SETTINGS, load_settings, read_settings

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class CommandContext:
    """Law and calendar that a command works with, in the language of its answers.

    `notices` is the folder of supplied notices that an option names; without it the setting decides.
    """

    def __init__(self, lang: Language, notices: Path | None) -> None:
        self.lang = lang
        self.rulebook: Rulebook = load_rulebook()
        self.wording: Wording = self.rulebook.wordings[lang]
        self.notices = notices if notices is not None else read_settings(os.environ).notices
        self.calendar: WorkingCalendar = holidays.load_calendar(self.rulebook, self.notices)


def _add_common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that every command with an answer has: language, notices, JSON."""
    for option in (
        click.option(
            "--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of texts."
        ),
        click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices."),
        click.option("--json", "as_json", is_flag=True, help="The result as JSON, the same bytes as over HTTP."),
    ):
        command = option(command)
    return command


class Commands(click.Group):
    """The group of all commands; those of the calculations are built from the fields of their requests."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands, calculations first."""
        return [*_SUMMARIES, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, None where there is none."""
        for kind in CALCULATIONS:
            if kind == cmd_name:
                return _build_calculation_command(kind, _read_wording("en"))
        return super().get_command(ctx, cmd_name)


_SUMMARIES: Final[dict[Kind, str]] = {
    "penalty": "Legal consequences of VIOLATION: fine, measures, persons, bans, limitation.",
    "deadline": "When STEP is due, counted from --start.",
    "expiry": "When TERM ends, counted from --start.",
}


def _read_wording(lang: Language) -> Wording:
    """Read the texts alone: they are needed where the rulebook is not loaded, or cannot be."""
    return read_wording(PACKAGE / "wording")[lang]


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="penaltycalc")
def commands() -> None:
    """Penalties, deadlines and validity under China's drug regulation, with reasons and citations.

    药品管理法实施条例下的处罚、办理期限和有效期计算，逐步说明并引用条款。
    """


def _write_calculation(kind: Kind, *, lang: Language, notices: Path | None, as_json: bool, **facts: str | None) -> None:
    """Calculate from the options of a command, and write the answer."""
    context = CommandContext(lang, notices)
    # click passes None for an absent option, which is no value of a fact.
    request = parse_flat(kind, {name: value for name, value in facts.items() if value is not None})
    answer = calculate(request, context.rulebook, context.calendar, lang=lang)
    _write_answer(answer, as_json=as_json, format_text=lambda: text.format_answer(answer, context.rulebook, lang))


def _write_answer(answer: Any, *, as_json: bool, format_text: Callable[[], str]) -> None:
    """Write an answer to standard output: as JSON, byte for byte as over HTTP, or as text.

    In UTF-8 whatever the terminal says of itself, so that a file holds the same bytes everywhere.
    """
    sys.stdout.buffer.write(encode_answer(answer) if as_json else (format_text() + "\n").encode())


def _build_calculation_command(kind: Kind, wording: Wording) -> click.Command:
    """Build the command of one calculation: the id is its argument, each other fact an option."""
    subject = CALCULATIONS[kind].subject
    parameters: list[click.Parameter] = [click.Argument([subject], metavar=subject.upper())]
    parameters += [_build_option(field, wording) for field in list_flat_fields(kind).values() if field.name != subject]
    callback = _add_common_options(partial(_write_calculation, kind))
    command = click.Command(kind, params=parameters, help=_SUMMARIES[kind], callback=callback)
    # click keeps options that were added by decorators here until a command takes them, the last one first.
    command.params += getattr(callback, "__click_params__", [])[::-1]
    return command


def _build_option(field: FlatField, wording: Wording) -> click.Option:
    """Build the option of a fact; one that is true or false may stand alone, which means true."""
    flag = f"--{field.name.replace('_', '-')}"
    help_text = wording.field(field.name)
    if field.kind == "boolean":
        return click.Option(
            [flag, field.name], is_flag=False, flag_value="true", metavar="[true|false]", help=help_text
        )
    return click.Option([flag, field.name], metavar=field.kind.upper(), required=field.required, help=help_text)


@commands.command()
@click.argument("year", type=click.IntRange(1, 9999))
@_add_common_options
def calendar(year: int, lang: Language, notices: Path | None, as_json: bool) -> None:
    """The days off and make-up days of YEAR."""
    context = CommandContext(lang, notices)
    answer = describe_year(YearQuery(year=year), context.rulebook, context.calendar, lang=lang)
    _write_answer(answer, as_json=as_json, format_text=lambda: text.format_calendar(answer, context.rulebook, lang))


@commands.command()
@_add_common_options
def rulebook(lang: Language, notices: Path | None, as_json: bool) -> None:
    """Versions and data: instruments, checksums, how far the calendar reaches."""
    context = CommandContext(lang, notices)
    answer = describe_rulebook(context.rulebook, context.calendar, lang)
    _write_answer(answer, as_json=as_json, format_text=lambda: text.format_rulebook(answer, context.wording))


@commands.command()
@click.argument("q", metavar="WORD")
@_add_common_options
def coverage(q: str, lang: Language, notices: Path | None, as_json: bool) -> None:
    """What is covered for WORD, and the articles to look at for what is not."""
    context = CommandContext(lang, notices)
    answer = find_coverage(decode_flat(CoverageQuery, {"q": q}).q, context.rulebook, lang)
    _write_answer(answer, as_json=as_json, format_text=lambda: text.format_coverage(answer, context.wording))


_DISK_FULL: Final = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors that say that there is no room: the disk, the file system or a quota is full. Windows knows no EDQUOT."""


@commands.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File for the results.",
)
@click.option("--explain", is_flag=True, help="Include the calculation.")
@click.option("--bom", is_flag=True, help="Write CSV with a byte order mark, as Chinese Excel needs it.")
@click.option(
    "--charset",
    type=click.Choice(CHARSETS, case_sensitive=False),
    default="utf-8",
    show_default=True,
    help="Charset of CSV.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Number of processes.  [default: one for each core]")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of texts.")
@click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices.")
def batch(
    source: Path,
    target: Path,
    explain: bool,
    bom: bool,
    charset: Charset,
    workers: int | None,
    lang: Language,
    notices: Path | None,
) -> None:
    """Answer every row of SOURCE (csv, xlsx, ndjson or json, by its ending), in the order of the rows."""
    from penaltycalc.batch import files  # noqa: PLC0415  # only here: the import takes long
    from penaltycalc.batch.rows import Batch  # noqa: PLC0415  # only here, as above

    context = CommandContext(lang, notices)
    job = files.plan_job(
        source,
        target,
        lang=lang,
        explain=explain,
        bom=bom,
        charset=charset,
        max_line=read_settings(os.environ).max_line,
        notices=context.notices,
    )
    rows = Batch(context.rulebook, context.calendar, lang=lang, explain=explain)
    try:
        progress = files.run_with_bar(job, rows, workers or _count_cores())
    except KeyboardInterrupt:
        click.echo(context.wording.label("batch", "interrupted"), err=True)
        sys.exit(130)
    except OSError as error:
        message = "run-broken-full" if error.errno in _DISK_FULL else "run-broken"
        path = source if error.filename == str(source) else target
        raise RunBroken(message=message, path=str(path), fault=describe_fault(error)) from None
    click.echo(files.format_summary(progress, context.wording), err=True)


def _count_cores() -> int:
    # process_cpu_count, from Python 3.13 on, counts only the cores that this process may use.
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


@commands.command("workbook")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of texts.")
@click.option("--address", help="Address of the service.  [default: the setting PENALTYCALC_PUBLIC_URL]")
@click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices.")
def write_workbook(target: Path, lang: Language, address: str | None, notices: Path | None) -> None:
    """The workbook for offices, whose rows ask the service at an address."""
    from penaltycalc.export.workbook.build import build_workbook  # noqa: PLC0415  # only here: its library takes long to load

    if target.suffix.lower() != ".xlsx":
        raise WrongUse(message="wrong-use-ending", path=str(target), endings=".xlsx")
    context = CommandContext(lang, notices)
    url = read_settings(os.environ).public_url if address is None else _parse_address(address)
    _write_file(target, build_workbook(context.rulebook, context.calendar, lang, url))


def _parse_address(address: str) -> str:
    """Check an address as the setting is checked, without a slash at its end; SchemaFault where it is none."""
    try:
        return read_settings({f"{PREFIX}PUBLIC_URL": address.rstrip("/")}).public_url
    except BadSetting:
        raise SchemaFault(("address",), message="schema-url") from None


def _write_file(target: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; BadSetting where it cannot be written."""
    try:
        write_atomically(target, content, 0o666)
    except OSError as error:
        raise BadSetting(str(target), describe_fault(error)) from None


@commands.command()
@click.option("--url", metavar="ADDRESS", help="The deployment to check.  [default: this installation]")
@click.option("--key", envvar=f"{PREFIX}KEY", show_envvar=True, help="Key of the deployment, where it wants one.")
@click.option(
    "--timeout", type=click.IntRange(1, 600), default=10, show_default=True, help="Seconds to wait for an answer."
)
@_add_common_options
def conform(
    *, url: str | None, key: str | None, timeout: int, lang: Language, notices: Path | None, as_json: bool
) -> None:
    """Check an installation against the worked cases: 0 where all agree, else 4.

    Where its holidays are not the packaged ones, what depends on working days is left out and named.
    """
    from penaltycalc.conformance import client, kit, report  # noqa: PLC0415  # only here: they load an HTTP client

    if url is not None and notices is not None:
        raise WrongUse(message="wrong-use-notices")
    law = load_rulebook()
    cases, package = kit.load_kit(), kit.describe_installation(law, holidays.load_calendar(law, None))
    if url is None:
        context = CommandContext(lang, notices)
        result = kit.check(cases, context.rulebook, context.calendar, package)
    else:
        with closing(client.Deployment(url, key=key, timeout=timeout, lang=lang)) as deployment:
            result = client.check(cases, deployment, package)
    _write_answer(result, as_json=as_json, format_text=lambda: report.format_report(result, law.wordings[lang]))
    if not result.agrees:
        sys.exit(DataBroken.exit_code)


@commands.group()
def keys() -> None:
    """Keys of the service: make, list and revoke them, in the file that the setting keys_file names."""


_KEYS_FILE_OPTION: Final = click.option(
    "--file", type=click.Path(dir_okay=False, path_type=Path), help="File of keys.  [default: the setting]"
)


@keys.command("new")
@click.option("--role", type=click.Choice(ROLES), default="read", show_default=True, help="What the key may do.")
@click.option("--name", default="", help="Whom the key is for.")
@_KEYS_FILE_OPTION
def new_key(role: Role, name: str, file: Path | None) -> None:
    """Make a key and show it, this once; the file keeps its hash alone."""
    import secrets  # noqa: PLC0415  # only here: the import takes long

    with _edit_keys(file) as stored:
        secret, key = make_key(secrets.token_bytes(36), role=role, name=name, created=datetime.now(UTC).date())
        stored.append(key)
    # It is shown after the file is written: a key that is not stored would never be let in.
    click.echo(secret)


@keys.command("list")
@_KEYS_FILE_OPTION
def list_keys(file: Path | None) -> None:
    """Id, role, day of making and name of each key."""
    with _edit_keys(file) as stored:
        for key in stored:
            click.echo(f"{key.id}  {key.role:7}  {key.created or '-'}  {key.name}".rstrip())


@keys.command("revoke")
@click.argument("id")
@_KEYS_FILE_OPTION
def revoke_key(id: str, file: Path | None) -> None:
    """Take the key with this id out; running services let it in for a second at the most."""
    with _edit_keys(file) as stored:
        remaining = [key for key in stored if key.id != id]
        if len(remaining) == len(stored):
            raise BadSetting(id, Reason("fault-no-key"))
        stored[:] = remaining


@contextmanager
def _edit_keys(file: Path | None) -> Iterator[list[Key]]:
    """Lock a file of keys, and yield them as a list; it is written back if the command has changed it."""
    path = file or read_settings(os.environ).keys_file
    if path is None:
        raise BadSetting(f"{PREFIX}KEYS_FILE", Reason("fault-no-keys-file"))
    try:
        # The lock is a file of its own: the file of keys is replaced as a whole, and a lock on it with it.
        with lock_file(path.with_name(f"{path.name}.lock")):
            before = parse_keys(path.read_bytes(), str(path)) if path.exists() else ()
            stored = list(before)
            yield stored
            if tuple(stored) != before:
                write_atomically(path, encode_keys(stored), 0o600)
    except OSError as error:
        raise BadSetting(str(path), describe_fault(error)) from None


@commands.command()
def config() -> None:
    """The settings as TOML, and where each comes from: the default, a variable, or the file."""
    loaded = load_settings(os.environ)
    for name in loaded.settings.__struct_fields__:
        value = getattr(loaded.settings, name)
        if name in SECRET_SETTINGS and value:
            value = "…"
        line = f"# {name} is not set" if value is None else f"{name} = {_format_toml(value)}"
        click.echo(f"{line}  # {loaded.sources[name]}")


def _format_toml(value: object) -> str:
    """Write the value of a setting as it stands in a file of settings."""
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


@commands.command()
def openapi() -> None:
    """The OpenAPI document of the service."""
    from penaltycalc.openapi.document import encode_document  # noqa: PLC0415  # the import takes long

    sys.stdout.buffer.write(encode_document())


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Number of processes.")
@click.option("--notices", type=click.Path(path_type=Path), help="Folder with supplied holiday notices.")
@click.option("--allow-open", is_flag=True, help="Listen off loopback without keys.")
def serve(host: str, port: int, workers: int, notices: Path | None, allow_open: bool) -> None:
    """Run the service."""
    from penaltycalc.api.auth import check_open  # noqa: PLC0415  # only here: the import takes long
    from penaltycalc.server import run  # noqa: PLC0415  # only here: the import takes long

    if notices is not None:
        os.environ[f"{PREFIX}NOTICES"] = str(notices.resolve())
    if allow_open:
        os.environ[f"{PREFIX}ALLOW_OPEN"] = "true"
    settings = read_settings(os.environ)
    check_open(host, settings)
    _check_free(host, port)
    run(host, port, workers, settings, load_rulebook())


def _check_free(host: str, port: int) -> None:
    """Refuse a port that another server listens on: the kernel would share requests out between the two."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if os.name == "posix":  # there it allows a port whose last server has just ended; on Windows, one in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadSetting(f"{host}:{port}", describe_fault(error)) from None


def main(arguments: Iterable[str] | None = None) -> NoReturn:
    """Run a command and end with its exit code; without `arguments` those of the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # In its standalone mode click ends the process itself, after an abort with 1 and not with 130.
        commands.main(words, prog_name="penaltycalc", standalone_mode=False)
    except PenaltycalcError as error:
        _tell(words, partial(print_error, error, words), error)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as help_page:
        help_page.show()
        sys.exit(2)
    except click.UsageError as error:
        _tell(words, partial(print_usage_error, error), error)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    sys.exit(0)


def _tell(words: list[str], print_with: Callable[[Wording], None], error: Exception) -> None:
    """Print an error in the language asked for; as the log has it, in English, where the texts cannot be read."""
    try:
        wording = _read_wording(find_language(words))
    except BrokenLaw:
        click.echo(str(error), err=True)
    else:
        print_with(wording)
