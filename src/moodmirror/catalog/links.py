"""Where to hear, watch or cook an item: search addresses that need no key, no account of ours and no network to build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

from moodmirror.catalog.schema import Film, Food, Item, Song

__all__ = ["Link", "links_of"]


@dataclass(frozen=True, slots=True)
class Link:
    """A place on the web: its ``name`` for people and its ``url``, http or https."""

    name: str
    url: str


_SONG: Final = (
    ("YouTube", "https://www.youtube.com/results?search_query={plus}"),
    ("Spotify", "https://open.spotify.com/search/{path}"),
    ("Apple Music", "https://music.apple.com/search?term={plus}"),
    ("Deezer", "https://www.deezer.com/search/{path}"),
)
_FILM: Final = (
    ("JustWatch", "https://www.justwatch.com/us/search?q={plus}"),
    ("IMDb", "https://www.imdb.com/find/?q={plus}&s=tt"),
)
_FOOD: Final = (("Recipes", "https://duckduckgo.com/?q={plus}"),)

_HOSTS: Final = {
    "youtube.com": "YouTube",
    "youtu.be": "YouTube",
    "open.spotify.com": "Spotify",
    "music.apple.com": "Apple Music",
    "deezer.com": "Deezer",
    "imdb.com": "IMDb",
    "justwatch.com": "JustWatch",
}


def links_of(item: Item) -> tuple[Link, ...]:
    """The item's own link first, then searches for its kind; something to do has only its own.

    >>> from moodmirror.catalog.schema import Song
    >>> song = Song(id="song:halo", title="Halo", creator="Beyoncé", valence=0.5, energy=0.4)
    >>> links_of(song)[1].url
    'https://open.spotify.com/search/Beyonc%C3%A9%20Halo'
    """
    query, forms = _search(item)
    found = [Link(name, form.format(plus=quote_plus(query), path=quote(query, safe=""))) for name, form in forms]
    if item.link is None:
        return tuple(found)
    own = Link(_host_name(item.link), item.link)
    return (own, *(link for link in found if link.name != own.name))


def _search(item: Item) -> tuple[str, tuple[tuple[str, str], ...]]:
    if isinstance(item, Song):
        return f"{item.creator} {item.title}".strip(), _SONG
    if isinstance(item, Film):
        # The director is left out: both services search titles alone.
        return (f"{item.title} {item.year}" if item.year else item.title), _FILM
    if isinstance(item, Food):
        return f"{item.title} recipe", _FOOD
    return "", ()


def _host_name(url: str) -> str:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return _HOSTS.get(host, host)
