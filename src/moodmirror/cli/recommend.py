"""`moodmirror recommend`: offers for a mood, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from moodmirror.cli.console import out, write_json
from moodmirror.types import Expression, Kind, Lane

if TYPE_CHECKING:
    from moodmirror.server.schemas import OffersOut

HEADINGS: dict[Kind, str] = {"song": "Songs", "film": "Films", "food": "Food", "activity": "To do"}


def recommend(
    mood: Annotated[Expression, typer.Option(help="How it is.")],
    lane: Annotated[
        Lane | None, typer.Option(help="Stay with the mood, shift it gently, or go against it; yours or the usual one.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="Offers a kind.")] = 3,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same offers.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the offers as JSON, and nothing else.")] = False,
) -> None:
    """Offer songs, films, food and activities for a mood, each with its reason; your feedback and filters count."""
    from moodmirror.catalog.load import load_starter
    from moodmirror.cli.settings import open_store
    from moodmirror.recommend.recommender import Recommender
    from moodmirror.server.mind import Mind, told_mood

    with open_store() as store:
        offers = Mind(store, Recommender(load_starter())).offer(
            told_mood(mood, None), lane, (kind,) if kind else None, n, seed
        )
    if as_json:
        write_json(offers.model_dump(mode="json"))
    else:
        _print_offers(offers, mood)


def _print_offers(offers: OffersOut, mood: Expression) -> None:
    from rich.markup import escape

    place = offers.target
    out.print(
        f"For {mood}, lane {offers.lane}: towards valence {place.valence:+.1f}, arousal {place.arousal:+.1f}",
        highlight=False,
    )
    for shelf in offers.shelves:
        out.print(f"\n[bold]{HEADINGS[shelf.kind]}[/]")
        for offer in shelf.offers:
            item = offer.item
            maker = ", ".join(str(part) for part in (item.creator, item.year) if part)
            out.print(f"  [bold]{escape(item.title)}[/]  {escape(maker)}", highlight=False)
            out.print(f"    {escape(item.line)}\n    [dim]Why: {escape(offer.reason)}[/]", highlight=False)
        if shelf.note:
            out.print(f"  [dim]{escape(shelf.note)}[/]", highlight=False)
