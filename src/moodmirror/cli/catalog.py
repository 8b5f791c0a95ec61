"""`moodmirror catalog`: check catalogue files, and take in your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodmirror.cli.console import err, out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moodmirror.catalog.load import Problem

app = typer.Typer(no_args_is_help=True, help="Check catalogue files, and take in your own.")


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="JSON Lines or CSV files, or folders of them; the starter by default.")
    ] = None,
) -> int:
    """Check files against the schema; every problem with its file, line and field. Exit code 1 where there is one."""
    from moodmirror.catalog.load import STARTER, load_items
    from moodmirror.catalog.load import check as check_file

    count, problems = 0, []
    for path in paths or [STARTER]:
        found = check_file(path)
        problems += found
        count += 0 if found else len(load_items(path))
    _print_problems(problems)
    out.print(f"{count} items are good." if not problems else f"{len(problems)} problems.")
    return 1 if problems else 0


@app.command(name="import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="Folder with one CSV file per mood, such as sad.csv, or songs/sad.csv.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken in, and change nothing.")] = False,
) -> int:
    """Take in CSV files kept per mood (`song,artist,link`, `film,year,link`, food, sport, activity).

    All or nothing for each file; running it again makes no doubles. Exit code 1 where something was refused.
    """
    from moodmirror.catalog.importers import import_mood_csvs
    from moodmirror.cli.settings import open_store
    from moodmirror.store import StoredItem

    report = import_mood_csvs(folder)
    _print_problems(report.problems)
    rows = [StoredItem(item.id, item.kind, item.model_dump(mode="json")) for item in report.items]
    with open_store() as store:
        known = {item.id for item in store.items()}
        if rows and not dry_run:
            store.put_items(rows)
    new = sum(row.id not in known for row in rows)
    refused = len({problem.file for problem in report.problems})
    verb = "would be new" if dry_run else "new"
    out.print(f"{new} items {verb}, {len(rows) - new} known already; {refused} files refused.")
    return 1 if report.problems else 0


def _print_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        err.print(str(problem), markup=False, highlight=False, soft_wrap=True)
