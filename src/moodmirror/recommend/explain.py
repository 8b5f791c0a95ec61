"""Say why: the term that lifts an item most above the other candidates, in words that are true of that item.

A reason speaks of the item and of what the person did; never of health, and never that anything will lift a mood.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from moodmirror.catalog.schema import Item
from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.recommend.context import Context
from moodmirror.recommend.features import features_of, group_of
from moodmirror.recommend.profile import Profile
from moodmirror.types import Affect, Expression, Kind, Lane, Mood

__all__ = ["Ground", "describe", "leading_term", "reason"]

_VALENCE: Final[Mapping[Kind, tuple[str, str, str, str, str]]] = {
    "song": ("bleak", "shadowed", "between light and dark", "warm", "joyful"),
    "film": ("grim", "dark", "between light and dark", "warm", "glad"),
    "food": ("austere", "plain", "simple", "rounded", "generous"),
    "activity": ("sobering", "plain", "matter-of-fact", "pleasant", "delightful"),
}
_ENERGY: Final[Mapping[Kind, tuple[str, str, str, str, str]]] = {
    "song": ("Hushed", "Quiet", "Unhurried", "Lively", "Driving"),
    "film": ("Very quiet", "Quiet", "Steady", "Brisk", "Breathless"),
    "food": ("Very mild", "Mild", "Balanced", "Lively", "Sharp or fiery"),
    "activity": ("Restful", "Easy", "Moderate", "Active", "Strenuous"),
}
_STEPS: Final = (-0.6, -0.2, 0.2, 0.6)

_NOUN: Final[Mapping[Expression, str]] = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprise": "surprise",
    "neutral": "an even mood",
}
_MANY: Final[Mapping[Kind, str]] = {"song": "songs", "film": "films", "food": "dishes", "activity": "activities"}
_LEAST_ABOVE: Final = 1e-9
_NEAR: Final = 0.35
_STEP: Final = 0.15
_GENTLE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Ground:
    """What a reason may draw on.

    ``above``: how far the leading term lies above the mean. ``parts``: what each piece of the context adds.
    ``stale``: 0 for what was not shown lately. ``listed``: on a list of the person's
    own for this mood. ``ranks``: its valence and energy as percentiles of the kind.
    """

    mood: Mood
    above: float
    lane: Lane
    target: Affect
    profile: Profile
    context: Context
    parts: Mapping[str, float]
    stale: float
    listed: bool
    ranks: tuple[float, float]


def leading_term(above: Mapping[str, float]) -> str:
    """The term that lies farthest above the mean of what the filters left; the lane's own, 'affect', where none does.

    >>> leading_term({"taste": 0.1, "affect": 0.4}), leading_term({"taste": 0.0, "affect": -0.1})
    ('affect', 'affect')
    """
    best = max(above, key=lambda name: above[name])
    return best if above[best] > _LEAST_ABOVE else "affect"


def describe(item: Item) -> str:
    """An item's energy and valence in two words.

    >>> from moodmirror.catalog.schema import Song
    >>> describe(Song(id="song:halo", title="Halo", creator="Beyoncé", valence=0.5, energy=0.4))
    'Lively and warm'
    """
    return f"{_word(_ENERGY[item.kind], item.energy)} and {_word(_VALENCE[item.kind], item.valence)}"


def reason(item: Item, term: str, ground: Ground) -> str:
    """One sentence for the leading term."""
    if term == "taste":
        return _taste_reason(item, ground.profile)
    if term == "affect":
        return _affect_reason(item, ground)
    if term == "context":
        return _context_reason(item, ground)
    if term == "prior":
        return _own_reason(ground)
    if term == "freshness":
        return "Not shown to you lately." if ground.stale < 0.05 else "Not shown to you as lately as the rest."
    return f"A try, to learn what you like: {_lower(describe(item))}."


def _own_reason(ground: Ground) -> str:
    if ground.listed and ground.mood.label is not None:
        return f"From your own list for {_NOUN[ground.mood.label]}."
    return "From the items that you brought in yourself."


def _word(words: tuple[str, ...], value: float) -> str:
    return words[sum(value > step for step in _STEPS)]


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _taste_reason(item: Item, profile: Profile) -> str:
    for done, names in (("liked", profile.liked), ("opened", profile.opened)):
        if f"item:{item.id}" in names:
            return f"You {done} this one before."
        held = [name for name in features_of(item) if name in names and profile.taste.weights.get(name, 0.0) > 0]
        for name in sorted(held, key=lambda name: -profile.taste.weights[name]):
            if sentence := _feature_reason(item, name, done):
                return sentence
    return f"By your answers so far, nearer to your taste than the average of the {_MANY[item.kind]} here."


def _feature_reason(item: Item, name: str, done: str) -> str | None:
    many = _MANY[item.kind]
    value = name.rpartition(":")[2]
    genre = getattr(item, "genre", None) or getattr(item, "cuisine", None)
    return {
        "creator": f"You {done} something else by {item.creator}.",
        "genre": f"You {done} other {many} of this kind: {genre}.",
        "tag": f"You {done} other {many} tagged '{value}'.",
        "decade": f"You {done} other {many} from the {value}s.",
        "feel": f"You {done} other {many} like this: {_lower(describe(item))}.",
        "language": f"You {done} other {many} in this language.",
    }.get(group_of(name))


def _affect_reason(item: Item, ground: Ground) -> str:
    label = ground.mood.label
    if ground.above <= _LEAST_ABOVE:
        return f"{describe(item)}{_side(item, ground)}."
    if item.affect_confidence < 0.5:
        return "By a rough estimate, nearer to where this lane leads than the average of what is here."
    if label is None:
        return _unlabelled(item, ground)
    says = _beside_the_mood(item, label, ground.lane) if item.kind in {"song", "film"} else None
    return f"{describe(item)}{says or _side(item, ground)}."


def _beside_the_mood(item: Item, label: Expression, lane: Lane) -> str | None:
    """How an item stands to the mood by its numbers, or None where there is nothing true to tell."""
    noun, here = _NOUN[label], MOOD_AFFECT[label]
    dv, de = item.valence - here.valence, item.energy - here.arousal
    if lane == "match" or (lane == "shift" and label == "happy"):
        near = math.hypot(dv, de) <= _NEAR
        return f": close to how {noun} feels" if near else f": nearer to {noun} than the average here"
    if lane == "opposite" and item.valence * here.valence + item.energy * here.arousal < 0:
        return f": the other way from {noun}"
    compared = _compared(dv, de)
    gentle = dv >= _STEP and max(abs(dv), abs(de)) <= _GENTLE
    return f": {compared} than {noun}{', a gentle step up' if gentle else ''}" if compared else None


def _unlabelled(item: Item, ground: Ground) -> str:
    if ground.mood.source == "manual":
        return f"{describe(item)}: nearer than the average to where this lane leads from the spot you marked."
    return f"{describe(item)}; nothing is assumed about your mood."


def _compared(dv: float, de: float) -> str:
    words = [word for word, true in (("brighter", dv >= _STEP), ("darker", dv <= -_STEP)) if true]
    words += [word for word, true in (("calmer", de <= -_STEP), ("livelier", de >= _STEP)) if true]
    return " and ".join(words)


def _side(item: Item, ground: Ground) -> str:
    """On which side of its kind's median an item lies, as far as the target is on the same."""
    pleasant, stirring = ground.ranks
    words: list[str] = []
    if (pleasant > 0.5) == (ground.target.valence > 0) and pleasant != 0.5:
        words.append("brighter" if pleasant > 0.5 else "more sober")
    if (stirring > 0.5) == (ground.target.arousal > 0) and stirring != 0.5:
        words.append("livelier" if stirring > 0.5 else "calmer")
    many = _MANY[item.kind]
    return (
        f", on the {' and '.join(words)} side of the {many} here" if words else f", near the middle of the {many} here"
    )


def _context_reason(item: Item, ground: Ground) -> str:
    context, parts = ground.context, ground.parts
    best = max(parts, key=lambda name: parts[name], default="")
    if not best or parts[best] <= 0:
        return "Suits the moment better than the average of what is here."
    sentences = {
        "late": f"{describe(item)}: it fits the late hour.",
        "minutes": f"It takes {item.minutes} minutes, and you have {context.minutes}.",
        "season": f"At its best in {context.season}.",
        "breakfast": "Made for breakfast, and it is that time.",
        "lunch": "Made for lunch, and it is that time.",
        "snack": "A bite between meals, and it is that time.",
        "dinner": "Made for dinner, and it is that time.",
        "place": {"home": "You can do it at home.", "outdoors": "It is done outdoors, where you are."}.get(
            context.place or "", "For when you are out."
        ),
        "company": "It is good alone." if context.company == "alone" else "It is better with others.",
    }
    return sentences[best]
