"""The situation an offer is made in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from moodmirror.catalog.schema import Place, Season

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the moment; None where it is not, and then it plays no part.

    ``hour``: 0..23 of the person's own clock. ``season``: where the person is. ``minutes``: time at hand.
    ``company``: who is there.
    """

    hour: int | None = None
    season: Season | None = None
    place: Place | None = None
    company: Literal["alone", "together"] | None = None
    minutes: int | None = None

    @classmethod
    def of(
        cls,
        moment: datetime,
        *,
        season: Season | None = None,
        place: Place | None = None,
        company: Literal["alone", "together"] | None = None,
        minutes: int | None = None,
    ) -> Context:
        """The context at a moment, whose hour is told in this machine's own zone; the rest as given."""
        return cls(moment.astimezone().hour, season, place, company, minutes)
