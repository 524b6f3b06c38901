"""The front door: the `mpm` command, its groups and its exit codes; every command lives in `commands/` and is loaded on use.

Nothing heavy is imported here, so that `mpm --help` answers at once. Errors of ours become one line on standard error and the
exit status that their class names; a signal ends a command as shells expect, 128 and its number; anything else is a defect of
ours, exit 1.
"""

import json
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mpm_pipeline.errors import MpmError
from mpm_pipeline.interruption import came, listening

STOPPED = "stopped before the end: nothing was lost, and the same command goes on from here"

COMMANDS = {
    "init": ("init", "Write a commented mpm.toml and a template of every file."),
    "doctor": ("doctor", "Show the effective settings, where each comes from, and whether each source answers."),
    "demo": ("demo", "Run everything on a made-up company and show what comes out."),
    "run": ("run", "Fetch what is new, missing or late, rebuild and publish."),
    "backfill": ("run", "Ask again for a range of days, rebuild and publish."),
    "ui": ("ui", "Open Dagster's web UI with schedules and sensors on."),
    "scorecard": ("scorecard", "Write or serve the scorecard page."),
    "kpi": ("kpi", "List KPIs, show figures, explain one."),
    "explain": ("explain", "Say in words why a lead or a customer is what it is."),
    "leads": ("leads", "Assign leads to reps."),
    "diff": ("diff", "Show what was entered at a source in some hours and what it lost since; confirm a loss."),
    "notice": ("notice", "List whom to tell about a loss or an outage, and by which channel."),
    "quarantine": ("quarantine", "Look at refused rows, and release them."),
    "review": ("review", "Look at records that may be one customer, and decide."),
    "customer": ("customer", "Resolve people and companies of any sources into one customer each."),
    "faults": ("faults", "Put this loader or another one to named faults and compare what it loaded with the world."),
    "world": ("world", "Make up a company for demos and tests."),
    "simulator": ("world", "Serve a world over the vendors' own protocols."),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are called; their one-line help stands above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"mpm_pipeline.commands.{COMMANDS[name][0]}")
        return getattr(module, name.replace("-", "_"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="mpm-pipeline")
def mpm() -> None:
    """Marketing performance management: KPIs one can trust, and leads that reach the right rep.

    Start with `mpm demo`. Exit codes: 0 done, 1 a defect of ours, 2 usage or settings, 3 a source, database or disk refuses,
    4 stopped before publishing, 5 another run is going on, 130 and 143 interrupted by Ctrl-C or by SIGTERM.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(call(sys.argv[1:] if arguments is None else arguments))


def call(arguments: list[str]) -> int:
    """Run the command line and return the exit status."""
    with listening():
        try:
            outcome = mpm.main(arguments, prog_name="mpm", standalone_mode=False)
            return outcome if isinstance(outcome, int) else 0
        except click.exceptions.Exit as stop:
            return stop.exit_code
        except BaseException as problem:
            number = came() or (signal.SIGINT if isinstance(problem, click.Abort | KeyboardInterrupt) else None)
            if number is not None:
                return _tell(arguments, "Stopped", STOPPED, 128 + number)
            if not isinstance(problem, Exception):
                raise
            return _failed(arguments, problem)


def _failed(arguments: list[str], problem: Exception) -> int:
    """Say what a command ended with, and return the exit status that stands for it."""
    from mpm_pipeline.warehouse.storage import comes_from_server, refusal, refused

    if isinstance(problem, BrokenPipeError):
        return 0
    if isinstance(problem, click.ClickException):
        problem.show()
        return _tell(arguments, "Usage", problem.format_message(), 2, is_told=True)
    number = None if isinstance(problem, MpmError) else refusal(problem)
    if number is not None:
        problem = refused(_home(arguments), number, is_of_server=comes_from_server(problem))
    if isinstance(problem, MpmError):
        return _tell(arguments, type(problem).__name__, str(problem), problem.exit_code)
    if os.environ.get("MPM_TEST_TRACEBACK"):
        traceback.print_exc()
    where = _remember(arguments, problem)
    return _tell(
        arguments, "Defect", f"a defect of ours ({type(problem).__name__}); please report the command{where}", 1
    )


def _tell(arguments: list[str], kind: str, text: str, code: int, *, is_told: bool = False) -> int:
    """Say what went wrong: one line on standard error, with `--json` one document on standard output too."""
    if not is_told:
        print(f"mpm: {text}", file=sys.stderr)
    if "--json" in arguments:
        document: dict[str, Any] = {"status": "failed", "error": {"kind": kind, "text": text}}
        print(json.dumps(document))
    return code


def _home(arguments: list[str]) -> Path:
    given = arguments[arguments.index("--home") + 1 :][:1] if "--home" in arguments else []
    return Path(*given or [os.environ.get("MPM_HOME") or "mpm-home"])


def _remember(arguments: list[str], problem: Exception) -> str:
    """Write where in the code a defect arose to HOME/logs; the error's own text is left out, it may hold data of a row."""
    logs = _home(arguments) / "logs"
    if not logs.is_dir():
        return ""
    file = logs / f"defect-{os.getpid()}.log"
    try:
        file.write_text(f"{type(problem).__name__}\n{''.join(traceback.format_tb(problem.__traceback__))}")
    except OSError:
        return ""
    return f" and {file}"


if __name__ == "__main__":
    main()
