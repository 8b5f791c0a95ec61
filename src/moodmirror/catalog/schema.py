"""What an item is: four kinds, one shape.

``valence`` and ``energy``, both -1..1, say what an item feels like and how much it stirs:

========  ======================================  ==============================================
kind      valence                                 energy
========  ======================================  ==============================================
song      its sound, from bleak to joyful         from still to driving
film      its tone, from grim to glad             from slow and quiet to breathless
food      from austere or bitter to comforting    from soft and mild to sharp, hot or crisp
          or fresh
activity  from sobering or dull to delightful     from lying still to exertion
========  ======================================  ==============================================

They describe the item and promise nothing about the person. ``None`` stands for 'not known', and what is not known is
left out as soon as a filter asks for it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, field_validator, model_validator

from moodmirror.types import Kind

__all__ = [
    "ALLERGENS",
    "CERTIFICATES",
    "ITEM",
    "ITEM_TYPES",
    "Activity",
    "Allergen",
    "Base",
    "Diet",
    "Film",
    "Food",
    "Item",
    "Season",
    "Song",
    "slug",
]

Allergen: TypeAlias = Literal[
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard", "sesame",
    "sulphites", "lupin", "molluscs",
]  # fmt: skip
"""The fourteen of Regulation (EU) No 1169/2011, Annex II."""

ALLERGENS: Final[tuple[Allergen, ...]] = (
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard", "sesame",
    "sulphites", "lupin", "molluscs",
)  # fmt: skip

Diet: TypeAlias = Literal["vegetarian", "vegan", "pescetarian", "halal", "kosher"]
Season: TypeAlias = Literal["spring", "summer", "autumn", "winter"]
Cost: TypeAlias = Literal["free", "cheap", "paid"]
Place: TypeAlias = Literal["home", "outdoors", "out"]
Company: TypeAlias = Literal["alone", "together", "either"]

CERTIFICATES: Final = (0, 6, 12, 16, 18)
"""Least age, years, from which a film may be seen."""

_ID: Final = re.compile(r"^(song|film|food|activity):[\w][\w.-]{0,119}$")
_LANGUAGE: Final = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens; letters of every script are kept, accents are not.

    >>> slug("Águas de Março!")
    'aguas-de-marco'
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^\w]+|_+", "-", plain).strip("-")


def _plain(text: object) -> object:
    """Trimmed, NFC; a line break or control character inside is an error, not whitespace."""
    if isinstance(text, str):
        text = unicodedata.normalize("NFC", text.strip())
        if _CONTROL.search(text):
            raise ValueError("holds a line break or control character")
    return text


Text: TypeAlias = Annotated[str, BeforeValidator(_plain), Field(min_length=1, max_length=300)]
Word: TypeAlias = Annotated[str, BeforeValidator(_plain), Field(min_length=1, max_length=60)]


class Base(BaseModel):
    """What every kind has. Frozen; unknown fields are refused. Minutes are of listening, watching, making or doing."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str = Field(description="'kind:slug', unique in a catalogue and never reused")
    title: Text
    creator: Annotated[str, BeforeValidator(_plain), Field(max_length=300)] = Field(
        "", description="artist, director, the region a dish comes from, or empty"
    )
    year: int | None = Field(None, ge=-3000, le=2100)
    language: str | None = Field(None, description="BCP 47; 'zxx' for no words at all")
    line: Annotated[str, BeforeValidator(_plain), Field(max_length=400)] = Field(
        "", description="one sentence of our own that makes one want it and says what it feels like"
    )
    valence: float = Field(ge=-1, le=1)
    energy: float = Field(ge=-1, le=1)
    affect_confidence: float = Field(
        1.0, ge=0, le=1, description="0: valence and energy are a guess; 1: given with care"
    )
    tags: tuple[Word, ...] = Field((), max_length=40)
    minutes: int | None = Field(None, ge=1, le=10_000)
    link: str | None = Field(None, max_length=2000)
    source: Word = Field("own", description="'starter' for what ships; anything else is the person's own")

    @field_validator("id")
    @classmethod
    def _id_has_form(cls, value: str) -> str:
        if not _ID.match(value):
            raise ValueError("must read 'kind:slug', like 'song:halo'")
        return value

    @field_validator("language")
    @classmethod
    def _language_has_form(cls, value: str | None) -> str | None:
        if value is not None and not _LANGUAGE.match(value):
            raise ValueError("must be a BCP 47 tag, like 'pt-BR', or 'zxx' for no words")
        return value

    @field_validator("link")
    @classmethod
    def _link_is_web(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
        except ValueError as error:
            raise ValueError("is not a web address") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s\x00-\x1f\x7f]", value):
            raise ValueError("must be an http or https address")
        return value

    @model_validator(mode="after")
    def _id_names_kind(self) -> Self:
        kind = getattr(self, "kind", None)
        if kind is not None and not self.id.startswith(f"{kind}:"):
            raise ValueError(f"id must begin with '{kind}:'")
        return self


class Song(Base):
    """A recorded song or piece."""

    kind: Literal["song"] = "song"
    genre: Word | None = None
    explicit: bool | None = Field(None, description="strong language; None where nobody has checked")


class Film(Base):
    """A film; ``language`` is the one it was made in."""

    kind: Literal["film"] = "film"
    genre: Word | None = None
    certificate: int | None = Field(None, description="least age in years: 0, 6, 12, 16 or 18; our own judgement")
    warnings: tuple[Word, ...] = ()

    @field_validator("certificate")
    @classmethod
    def _certificate_is_known(cls, value: int | None) -> int | None:
        if value is not None and value not in CERTIFICATES:
            raise ValueError("must be 0, 6, 12, 16 or 18")
        return value


class Food(Base):
    """A dish or drink as it is usually made; a packet's own label always outranks this.

    ``diet`` is what its usual ingredients allow (no certification is meant): 'vegan' brings 'vegetarian', which brings
    'pescetarian'. ``allergens``: what it contains; an empty list says 'none of the fourteen', None says 'not known'.
    """

    kind: Literal["food"] = "food"
    cuisine: Word | None = None
    diet: tuple[Diet, ...] | None = None
    allergens: tuple[Allergen, ...] | None = None
    caffeine: bool | None = None
    alcohol: bool | None = None
    season: tuple[Season, ...] = Field((), description="when it is at its best; empty for all year")
    effort: int | None = Field(None, ge=1, le=3, description="1 hardly any, 3 an undertaking")

    @field_validator("diet")
    @classmethod
    def _diet_is_closed(cls, value: tuple[Diet, ...] | None) -> tuple[Diet, ...] | None:
        if value is None:
            return None
        held = set(value)
        if "vegan" in held:
            held.add("vegetarian")
        if "vegetarian" in held:
            held.add("pescetarian")
        return tuple(sorted(held))

    @model_validator(mode="after")
    def _diet_agrees_with_allergens(self) -> Self:
        held, diet = set(self.allergens or ()), set(self.diet or ())
        animal = {"milk", "eggs", "fish", "crustaceans", "molluscs"}
        if "vegan" in diet and held & animal:
            raise ValueError(f"diet says vegan, but allergens hold {', '.join(sorted(held & animal))}")
        flesh = {"fish", "crustaceans", "molluscs"}
        if "vegetarian" in diet and held & flesh:
            raise ValueError(f"diet says vegetarian, but allergens hold {', '.join(sorted(held & flesh))}")
        if "halal" in diet and self.alcohol:
            raise ValueError("diet says halal, but alcohol is true")
        return self


class Activity(Base):
    """Something to do. ``cautions``: who should take care, or what to mind."""

    kind: Literal["activity"] = "activity"
    effort: int | None = Field(None, ge=1, le=3, description="of the body: 1 hardly any, 3 hard")
    cost: Cost | None = None
    place: Place | None = None
    company: Company | None = None
    cautions: tuple[Word, ...] = ()


Item: TypeAlias = Annotated[Song | Film | Food | Activity, Field(discriminator="kind")]
ITEM: Final[TypeAdapter[Item]] = TypeAdapter(Item)
"""Reads and checks any item: ``ITEM.validate_python(row)``."""

ITEM_TYPES: Final[dict[Kind, type[Song | Film | Food | Activity]]] = {
    "song": Song,
    "film": Film,
    "food": Food,
    "activity": Activity,
}
