"""Ways from an item to other sites. Addresses only: nothing is asked of them until a person clicks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

from moodmirror.catalog.schema import Item
from moodmirror.server.schemas import LinkOut
from moodmirror.types import Kind

SEARCHES: Final[Mapping[Kind, tuple[tuple[str, str, str], ...]]] = {
    "song": (
        ("YouTube", "https://www.youtube.com/results?search_query={query}", ""),
        ("Spotify", "https://open.spotify.com/search/{path}", ""),
    ),
    "film": (
        ("JustWatch", "https://www.justwatch.com/us/search?q={query}", ""),
        ("Wikipedia", "https://en.wikipedia.org/w/index.php?search={query}", " film"),
    ),
    "food": (("Recipes", "https://duckduckgo.com/?q={query}", " recipe"),),
    "activity": (("Ideas", "https://duckduckgo.com/?q={query}", " how to"),),
}
"""Per kind: a site's name, its search address, and words that the search needs besides title and maker."""


def links_to(item: Item) -> list[LinkOut]:
    """The item's own link first, if it has one, then searches for it.

    >>> from moodmirror.catalog.schema import Song
    >>> song = Song(id="song:halo", title="Halo", creator="Beyoncé", valence=0.5, energy=0.4)
    >>> links_to(song)[0].url
    'https://www.youtube.com/results?search_query=Halo+Beyonc%C3%A9'
    """
    links = [LinkOut(name=_site(item.link), url=item.link)] if item.link else []
    maker = item.creator if item.kind in {"song", "film"} else ""
    for name, address, words in SEARCHES[item.kind]:
        text = f"{item.title} {maker}".strip() + words
        links.append(LinkOut(name=name, url=address.format(query=quote_plus(text), path=quote(text, safe=""))))
    return links


def _site(address: str) -> str:
    return (urlsplit(address).hostname or address).removeprefix("www.")
