"""Items and moods that tests are made of."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from moodmirror.catalog.load import Catalog
from moodmirror.catalog.schema import ALLERGENS, Activity, Film, Food, Item, Song
from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.types import EXPRESSIONS, Affect, Expression, Mood

NOW = datetime(2026, 5, 4, 18, 0, tzinfo=UTC)


def mood(label: Expression | None, affect: Affect | None = None) -> Mood:
    """A sure mood of this label, or an unclear one."""
    if label is None:
        return Mood(None, (1 / 7,) * 7, affect or Affect(0.0, 0.0), 0.2)
    return Mood(label, tuple(float(label == name) for name in EXPRESSIONS), MOOD_AFFECT[label], 1.0)


def some_catalog(seed: int, each: int = 30) -> Catalog:
    """A catalogue of made-up items in which every field that a filter asks for is at times unknown."""
    rng = random.Random(seed)
    items: list[Item] = []
    for i in range(each):
        items += [_song(rng, i), _film(rng, i), _food(rng, i), _activity(rng, i)]
    return Catalog(items)


def _base(rng: random.Random, kind: str, i: int) -> dict[str, Any]:
    return {
        "id": f"{kind}:{i}",
        "title": f"{kind} {i}",
        "creator": rng.choice(["", "Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gil"]),
        "year": rng.choice([None, 1955, 1978, 2004, 2019]),
        "valence": round(rng.uniform(-1, 1), 2),
        "energy": round(rng.uniform(-1, 1), 2),
        "tags": tuple(rng.sample(["slow", "dance", "night", "dinner", "breakfast", "horror"], 2)),
        "minutes": rng.choice([None, 5, 20, 60, 150]),
        "source": "starter",
    }


def _song(rng: random.Random, i: int) -> Song:
    return Song(
        **_base(rng, "song", i),
        language=rng.choice([None, "en", "pt-BR", "ja", "zxx"]),
        genre=rng.choice([None, "jazz", "rock", "folk"]),
        explicit=rng.choice([None, True, False]),
    )


def _film(rng: random.Random, i: int) -> Film:
    return Film(
        **_base(rng, "film", i),
        language=rng.choice([None, "en", "fr", "ja"]),
        genre=rng.choice([None, "drama", "horror", "comedy"]),
        certificate=rng.choice([None, 0, 6, 12, 16, 18]),
    )


def _food(rng: random.Random, i: int) -> Food:
    plain = rng.choice(ALLERGENS)
    return Food(
        **_base(rng, "food", i),
        cuisine=rng.choice([None, "Thai", "Greek"]),
        diet=rng.choice([None, (), ("halal",), ("kosher",), ("pescetarian",)]),
        allergens=rng.choice([None, (), (plain,), ("milk", "nuts")]),
        caffeine=rng.choice([None, True, False]),
        alcohol=rng.choice([None, False]),
    )


def _activity(rng: random.Random, i: int) -> Activity:
    return Activity(
        **_base(rng, "activity", i),
        cost=rng.choice([None, "free", "cheap", "paid"]),
        place=rng.choice([None, "home", "outdoors", "out"]),
        company=rng.choice([None, "alone", "together", "either"]),
        effort=rng.choice([None, 1, 2, 3]),
    )
