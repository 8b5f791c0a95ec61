from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from moodmirror.catalog.links import links_of
from moodmirror.catalog.schema import ALLERGENS, ITEM, Film, Food, Song, slug

SONG: dict[str, Any] = {"id": "song:halo", "kind": "song", "title": "Halo", "valence": 0.5, "energy": 0.4}
DISH: dict[str, Any] = {"id": "food:soup", "kind": "food", "title": "Soup", "valence": 0.1, "energy": -0.4}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "two\nlines"),
        ("valence", 7),
        ("energy", math.nan),
        ("valence", None),
        ("id", "film:halo"),
        ("id", "song:../etc/passwd"),
        ("language", "Klingon!"),
        ("link", "javascript:alert(1)"),
        ("link", "https://[broken"),
        ("link", "https://a b.example"),
        ("minutes", 0),
        ("tags", ["x" * 61]),
        ("colour", "blue"),
        ("kind", "poem"),
    ],
)
def test_a_wrong_field_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        ITEM.validate_python({**SONG, field: value})


@pytest.mark.parametrize(
    "fields",
    [
        {"allergens": ["dust"]},
        {"effort": 4},
        {"diet": ["vegan"], "allergens": ["milk"]},
        {"diet": ["vegetarian"], "allergens": ["fish"]},
        {"diet": ["halal"], "alcohol": True},
    ],
)
def test_a_dish_that_contradicts_itself_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ITEM.validate_python({**DISH, **fields})


def test_a_vegan_dish_is_vegetarian_too() -> None:
    dish = ITEM.validate_python({**DISH, "diet": ["vegan"]})
    assert isinstance(dish, Food)
    assert dish.diet is not None
    assert {"vegan", "vegetarian", "pescetarian"} <= set(dish.diet)


def test_what_is_not_told_is_unknown_and_not_none_of_it() -> None:
    dish = ITEM.validate_python(DISH)
    assert isinstance(dish, Food)
    assert (dish.diet, dish.allergens, dish.caffeine, dish.alcohol) == (None, None, None, None)
    assert len(ALLERGENS) == 14


def test_an_item_survives_its_own_json() -> None:
    item = ITEM.validate_python({**DISH, "diet": ["vegan"], "allergens": ["gluten"], "season": ["winter"]})
    assert ITEM.validate_json(item.model_dump_json()) == item


@given(st.text(min_size=1, max_size=40))
def test_a_title_with_any_script_or_sign_makes_safe_links(title: str) -> None:
    song = Song.model_construct(id="song:x", title=title, creator="A & B/C?", valence=0.0, energy=0.0)
    for link in links_of(song):
        assert link.url.startswith("https://")
        assert all(c.isascii() and c.isprintable() and c not in ' "<>' for c in link.url)
        assert link.url.count("?") <= 1


def test_the_own_link_comes_first_and_its_search_goes() -> None:
    film = Film(id="film:ida", title="Ida", valence=-0.5, energy=-0.7, link="https://www.imdb.com/title/tt2718492/")
    assert [link.name for link in links_of(film)] == ["IMDb", "JustWatch"]


def test_a_slug_keeps_every_script() -> None:
    assert slug("上を向いて歩こう") == "上を向いて歩こう"
    assert slug("Ćwikła & more") == "cwikła-more"
