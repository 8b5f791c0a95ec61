"""The bounded fields that the wire's schemas are made of, and their two bases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from moodmirror.types import EXPRESSIONS, Expression

FIRST_YEAR, LAST_YEAR = 1900, 2200
MAX_NOTE = 2_000


def _in_living_memory(moment: datetime) -> datetime:
    """Years at the very ends of the calendar cannot be moved to UTC."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year must be {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_living_memory)]
Signed: TypeAlias = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Pixel: TypeAlias = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Note: TypeAlias = Annotated[str, Field(max_length=MAX_NOTE), AfterValidator(_storable)]
ItemId: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
RowId: TypeAlias = Annotated[int, Field(ge=1, lt=2**31)]
Probabilities: TypeAlias = dict[Expression, Share]


def seven(probabilities: Probabilities) -> tuple[float, ...]:
    """In the order of EXPRESSIONS; an empty mapping is an empty tuple."""
    return tuple(probabilities[name] for name in EXPRESSIONS) if probabilities else ()


def named(probabilities: Iterable[float]) -> Probabilities:
    """By name; none where nothing was read.

    >>> named((0, 0, 0, 1, 0, 0, 0))["happy"]
    1
    """
    return dict(zip(EXPRESSIONS, probabilities, strict=False))


class Wire(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """Base of what is asked: unknown fields are refused, for a misspelt filter must not be silently no filter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
