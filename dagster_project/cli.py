"""The command `arsplan`. Heavy libraries are imported only by the commands that need them."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dagster_project.errors import WrongUsageError, reportable
from dagster_project.releases.current_link import CURRENT, read_current
from dagster_project.settings import (
    ENGINES,
    alerts_file,
    answers_file,
    default_landing,
    default_output,
    engine,
    heartbeat_url,
    known_at_of,
    name_dagster_home,
    nightly_at,
    oldest_release,
    settings_for,
    site_settings,
    spark_master,
    today_in_stockholm,
)

if TYPE_CHECKING:
    from dagster_project.pipeline.build import Build

PUBLISHED, BROKE, WRONG_USAGE, BLOCKED = 0, 1, 2, 3

_EPILOG = """\
exit codes of build:
  0  published
  1  something broke; nothing was published
  2  wrong usage, or nothing to build from
  3  a blocking check failed; nothing was published, the last good release stays current
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code. Without arguments those of the process, which ends with it."""
    options = _parser().parse_args(arguments)
    _show_progress(by_the_clock=options.run is _up)
    is_short_process = arguments is None and options.run not in (_site, _up)
    with _without_garbage_collection() if is_short_process else contextlib.nullcontext():
        try:
            code: int = options.run(options)
        except WrongUsageError as error:
            _say([f"arsplan: {error}"], sys.stderr)
            code = WRONG_USAGE
        _say([])
    return code


def _say(lines: list[str], to: TextIO | None = None) -> None:
    """Print lines, and all that was printed before them. A closed pipe (`| head -1`) is ignored."""
    try:
        print(*lines, sep="\n", end="\n" if lines else "", file=to, flush=True)
    except BrokenPipeError:
        _stop_printing(to or sys.stdout)


def _stop_printing(to: TextIO) -> None:
    """Throw away what is printed from now on, also what is printed when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), to.fileno())


@contextlib.contextmanager
def _umask_of_output() -> Iterator[None]:
    """Whoever runs the command: files are for owner and group, folders may be passed through, on the way to public/."""
    before = os.umask(0o026)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Disable garbage collection for the process: it took a build 0.9 s to find 0.1 GB, which the end frees too."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arsplan",
        description="A warehouse for Sweden's settlement of newly arrived refugees.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    build = commands.add_parser(
        "build",
        help="read the landing folder, build and check the marts, publish a release",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_folders(build)
    build.add_argument(
        "--as-of",
        type=_date,
        default=today_in_stockholm(),
        metavar="YYYY-MM-DD",
        help="everything dated after it does not exist yet; default: today in Stockholm",
    )
    build.add_argument(
        "--known-at",
        type=_moment,
        metavar="YYYY-MM-DD[THH:MM:SS]",
        help="rows recorded after it do not exist; Stockholm's time, a date alone = its end; default: none",
    )
    build.add_argument(
        "--without-site", action="store_true", help="leave out the web pages and documents: tables and checks only"
    )
    build.add_argument(
        "--engine",
        choices=ENGINES,
        help="what works on the log: this process, or a Spark cluster (docs/scale.md); default: duckdb",
    )
    build.add_argument("--master", metavar="URL", help="address of the Spark cluster; default: local[*], this machine")
    build.add_argument("--profile", action="store_true", help="show at the end where the seconds went")
    build.set_defaults(run=_build)

    simulate = commands.add_parser("simulate", help="make simulated deliveries: for the shipped data, or a large log")
    simulate.add_argument("folder", type=Path, metavar="DIR", help="where the deliveries go, one folder per feed")
    simulate.add_argument(
        "--seed", type=int, default=2016, help="the same seed makes the same deliveries; default: %(default)s"
    )
    simulate.add_argument(
        "--events",
        type=_positive,
        metavar="N",
        help="make a log of about N events as Parquet instead of the shipped years",
    )
    simulate.set_defaults(run=_simulate)

    site = commands.add_parser("site", help="serve the web pages of the current release on this machine")
    site.add_argument("--output", type=Path, default=default_output(), metavar="DIR", help="default: %(default)s")
    site.add_argument("--port", type=_positive, default=8000, metavar="N", help="default: %(default)s")
    site.add_argument("--internal", action="store_true", help="the day's pages, for those who log in, not everyone's")
    site.set_defaults(run=_site)

    up = commands.add_parser("up", help="run the schedule, watch for deliveries, and show the pipeline's web pages")
    up.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="who may connect; default: %(default)s")
    up.add_argument("--port", type=_positive, default=3000, metavar="N", help="default: %(default)s")
    up.set_defaults(run=_up)

    deliveries = commands.add_parser(
        "deliveries", help="which deliveries releases were made of; exit code 1 where one is gone or was replaced"
    )
    _add_folders(deliveries)
    choices = deliveries.add_subparsers(metavar="forget NAME")
    forget = choices.add_parser("forget", help="let a delivery go that is gone or was replaced")
    forget.add_argument("forget", metavar="NAME", help="as `arsplan deliveries` writes it")
    deliveries.set_defaults(run=_deliveries, forget=None)

    backup = commands.add_parser("backup", help="copy what cannot be made again into a new folder")
    backup.add_argument("folder", type=Path, metavar="DIR")
    backup.add_argument("--output", type=Path, default=default_output(), metavar="DIR", help="default: %(default)s")
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="go on from such a copy, in an empty output folder")
    restore.add_argument("folder", type=Path, metavar="DIR")
    restore.add_argument("--output", type=Path, default=default_output(), metavar="DIR", help="default: %(default)s")
    restore.set_defaults(run=_restore)

    status = commands.add_parser("status", help="how things stand; exit code 0 fine, 1 warning, 2 critical")
    status.add_argument("--output", type=Path, default=default_output(), metavar="DIR", help="default: %(default)s")
    status.set_defaults(run=_status)

    verify = commands.add_parser("verify", help="compare what is kept with its digests; exit code 0 when all is whole")
    verify.add_argument("--output", type=Path, default=default_output(), metavar="DIR", help="default: %(default)s")
    verify.set_defaults(run=_verify)
    return parser


def _add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--landing", type=Path, default=default_landing(), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--output", type=Path, default=default_output(), metavar="DIR", help="default: %(default)s")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date: write it as YYYY-MM-DD") from None


def _moment(text: str) -> datetime:
    try:
        return known_at_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a moment: write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS") from None


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def _show_progress(by_the_clock: bool) -> None:
    """Show the lines of this program only: a library would print what all others log. They begin with a time."""
    if not logging.root.handlers:
        logging.root.addHandler(logging.NullHandler())
    start = time.perf_counter()

    class SecondsFormatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"[{time.perf_counter() - start:6.1f} s] {record.getMessage()}"

    class Handler(logging.StreamHandler[TextIO]):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
            if isinstance(sys.exc_info()[1], BrokenPipeError):
                _stop_printing(self.stream)
            else:
                super().handleError(record)

    handler = Handler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s") if by_the_clock else SecondsFormatter())
    progress = logging.getLogger("arsplan")
    progress.handlers[:] = [handler]
    progress.setLevel(logging.INFO)
    progress.propagate = False


@_umask_of_output()
def _build(options: argparse.Namespace) -> int:
    from dagster_project.ingest.landing import check_landing  # noqa: PLC0415
    from dagster_project.pipeline.build import new_build  # noqa: PLC0415

    try:
        with_site, engine_of_log = not options.without_site, options.engine or engine()
        master = (options.master or spark_master()) if engine_of_log == "spark" else ""
        settings = settings_for(options.landing, options.output, options.as_of, options.known_at, with_site, master)
        _check_settings(engine_of_log)
        check_landing(settings.landing)
        with new_build(settings) as build:
            return _run_build(build, options.profile)
    except WrongUsageError:
        raise
    except KeyboardInterrupt:
        _say(["arsplan: interrupted. Nothing was published."], sys.stderr)
        return BROKE
    except Exception as error:
        _say([f"arsplan: {reportable(error)}. Output folder: {options.output}. Nothing was published."], sys.stderr)
        return BROKE


def _run_build(build: Build, with_profile: bool) -> int:
    settings = build.settings
    began = time.perf_counter()
    known_at = f", known at {settings.known_at:%Y-%m-%d %H:%M:%S %Z}" if settings.known_at else ""
    logging.getLogger("arsplan").info("start      landing %s, as of %s%s", settings.landing, settings.as_of, known_at)
    name_dagster_home(settings.output)
    from dagster_project.definitions import defs  # noqa: PLC0415
    from dagster_project.pipeline.closing_lines import broken_lines, closing_lines, profile_lines  # noqa: PLC0415
    from dagster_project.pipeline.job import run_in_process  # noqa: PLC0415
    from dagster_project.service.answers.outbox import prepared_for  # noqa: PLC0415

    imported = time.perf_counter()
    failure = run_in_process(defs.resolve_job_def("build"), build)
    if failure:
        build.broke(failure)
    if with_profile:
        seconds = time.perf_counter() - imported
        _say(profile_lines(build.seconds_by_step(), imported - began, seconds))
    finished = build.finished()
    if finished is None:
        _say(broken_lines(settings.output, failure), sys.stderr)
        return BROKE
    _say(closing_lines(settings.output, finished, failure, prepared_for(settings.output, build.build_id)))
    return PUBLISHED if finished.published else BLOCKED


def _simulate(options: argparse.Namespace) -> int:
    if options.events:
        from dagster_project.simulate.large_log import write_large_log  # noqa: PLC0415

        write_large_log(options.folder, options.events, options.seed)
    else:
        from dagster_project.simulate.shipped_years import write_shipped  # noqa: PLC0415

        write_shipped(options.folder, options.seed)
    _say([f"Wrote simulated deliveries into {options.folder}."])
    return PUBLISHED


def _site(options: argparse.Namespace) -> int:
    from functools import partial  # noqa: PLC0415
    from http.server import ThreadingHTTPServer  # noqa: PLC0415

    from dagster_project.publish.site.server import SiteHandler  # noqa: PLC0415
    from dagster_project.releases.folder import INTERNAL, PUBLIC  # noqa: PLC0415

    _, wrong = read_current(options.output)
    # The link is followed at every request: a new release shows without a restart.
    folder = options.output / CURRENT / (INTERNAL if options.internal else PUBLIC)
    if not (folder / "index.html").is_file():
        _say(
            [f"arsplan: there is no site in {folder}: {wrong or 'the release has none'}. Build one (make run)."],
            sys.stderr,
        )
        return WRONG_USAGE
    if wrong:
        _say([f"arsplan: {wrong}: the release is damaged. Its pages are shown as they are."], sys.stderr)
    handler = partial(SiteHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", options.port), handler)
    except OSError as error:
        _say([f"arsplan: {_cannot_serve('127.0.0.1', options.port, error)}"], sys.stderr)
        return BROKE
    with server:
        whose = "for those who log in, on this machine only" if options.internal else "for everyone"
        _say([f"The site of the current release, {whose}: http://localhost:{options.port}/ (stop with Ctrl-C)"])
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return PUBLISHED


def _cannot_serve(host: str, port: int, error: OSError) -> str:
    return f"{host}, port {port}, cannot be listened on ({error.strerror}): name another with --port"


@_umask_of_output()
def _up(options: argparse.Namespace) -> int:
    """Check the settings, then run until somebody stops it."""
    from dagster_project.service.loop import ServiceRunningError, serve  # noqa: PLC0415

    _check_settings(engine())
    try:
        socket.create_server((options.host, options.port)).close()
    except OSError as error:
        _say([f"arsplan: {_cannot_serve(options.host, options.port, error)}"], sys.stderr)
        return BROKE
    try:
        return serve(options.host, options.port)
    except ServiceRunningError as error:
        _say([f"arsplan: {error}"], sys.stderr)
        return BROKE


def _check_settings(engine_of_log: str) -> None:
    """Raise SettingError where a setting that is used later is wrong, WrongUsageError where the engine is missing."""
    from dagster_project.ingest.landing import check_feeds_with_digests  # noqa: PLC0415
    from dagster_project.service.alert_and_answer_settings import read_alert_settings  # noqa: PLC0415
    from dagster_project.service.answers.template import read_answer_settings  # noqa: PLC0415

    if engine_of_log == "spark":
        from dagster_project.transform.spark import require_spark  # noqa: PLC0415 (an extra)

        require_spark()
    nightly_at()
    oldest_release()
    heartbeat_url()
    site_settings()
    check_feeds_with_digests()
    read_alert_settings(alerts_file())
    read_answer_settings(answers_file())


def _deliveries(options: argparse.Namespace) -> int:
    from dagster_project.service.ledger import astray, forget, known_deliveries  # noqa: PLC0415

    if options.forget:
        forget(options.output, options.forget)
        _say([f"{options.forget} may go: the next build takes the landing folder as it is."])
        return PUBLISHED
    missing = astray(options.output, options.landing)
    _say([f"{missing.get(name, 'there'):<10}{name}" for name in known_deliveries(options.output)])
    return BROKE if missing else PUBLISHED


def _backup(options: argparse.Namespace) -> int:
    from dagster_project.service.backup import backup  # noqa: PLC0415

    size = backup(options.output, options.folder)
    _say([f"Copied into {options.folder}: {size / 1e6:.0f} MB. Restore with: arsplan restore {options.folder}"])
    return PUBLISHED


@_umask_of_output()
def _restore(options: argparse.Namespace) -> int:
    from dagster_project.service.backup import restore  # noqa: PLC0415

    release = restore(options.folder, options.output)
    _say([f"Release {release} is current in {options.output}. Answers that waited lie in outbox/uncertain."])
    return PUBLISHED


def _status(options: argparse.Namespace) -> int:
    from dagster_project.service.status import status_of  # noqa: PLC0415

    is_the_services = options.output.resolve() == default_output().resolve()
    landing = default_landing() if is_the_services else None
    status = status_of(options.output, datetime.now(UTC), nightly_at(), landing)
    _say(status.lines)
    return status.code


def _verify(options: argparse.Namespace) -> int:
    from dagster_project.releases.verification import verify  # noqa: PLC0415

    outcomes = []
    for line, is_whole in verify(options.output):
        _say([line])
        outcomes.append(is_whole)
    if not outcomes:
        _say([f"arsplan: there is nothing to verify in {options.output}."], sys.stderr)
    return PUBLISHED if outcomes and all(outcomes) else BROKE


if __name__ == "__main__":
    sys.exit(main())
