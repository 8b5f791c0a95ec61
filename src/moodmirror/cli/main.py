"""`moodmirror`: the commands put together, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape

from moodmirror import __version__
from moodmirror.cli import catalog, doctor, evaluate, frame, model_card, read, recommend, rest, serve, train, watch
from moodmirror.cli.console import err
from moodmirror.errors import MoodMirrorError

app = typer.Typer(
    name="moodmirror",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Reads your expression, settles it into a mood and offers something that fits. All on this machine.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("read")(read.read)
app.command("watch")(watch.watch)
app.command("rest")(rest.rest)
app.command("recommend")(recommend.recommend)
app.add_typer(catalog.app, name="catalog")
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("model-card")(model_card.model_card)
app.command("frame-fit")(frame.frame_fit)
app.command("export")(train.export)
app.command("doctor")(doctor.doctor)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"moodmirror {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 an error that was named, 2 wrong usage, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    try:
        code = app(args=arguments, prog_name="moodmirror", standalone_mode=False)
    except MoodMirrorError as error:
        err.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return 1
    except typer.TyperException as error:
        # Called bare, a group shows its help and has nothing to say.
        if message := error.format_message().strip().replace("Value error, ", ""):
            err.print(f"[bold red]error:[/] {escape(message)}\nTry --help.", highlight=False, soft_wrap=True)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        err.print("Stopped.")
        return 130
    return code if isinstance(code, int) else 0
