"""The form of an export, and the checks that an import passes before a row is written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from moodmirror.errors import DataError
from moodmirror.store.models import FeedbackRow, ItemRow, MoodRow, RestRow, SettingRow
from moodmirror.types import EXPRESSIONS, Action, Expression, Kind, Lane, MoodSource

FORMAT: Final = "moodmirror-export"
VERSION: Final = 2
"""1 had no resting face; both are read."""
MAX_NOTE: Final = 2_000
MAX_SHIFT: Final = 2.0
"""Of a resting face, downwards: no import may bend readings further than a capture can."""
SHOWN_PROBLEMS: Final = 5
FIRST_YEAR, LAST_YEAR = 1900, 2200


def _no_half_characters(text: str) -> str:
    """A lone surrogate is legal in JSON but cannot be written as UTF-8; NUL is refused by PostgreSQL."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds a character that cannot be stored")
    return text


def _in_living_memory(moment: datetime) -> datetime:
    """Years at the very ends of the calendar cannot be moved to UTC."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year must be {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_living_memory)]
Text = Annotated[str, AfterValidator(_no_half_characters)]
Uid = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Signed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Shift = Annotated[float, Field(ge=-MAX_SHIFT, le=0, allow_inf_nan=False)]
RowId = Annotated[int, Field(ge=1, lt=2**31)]
ItemId = Annotated[Text, Field(min_length=1, max_length=200)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MoodOut(_Row):
    """One mood of an export."""

    uid: Uid
    id: RowId
    at: Moment
    source: MoodSource
    expression: Expression | None
    corrected: Expression | None = None
    probabilities: dict[Expression, Share]
    valence: Signed
    arousal: Signed
    confidence: Share
    note: Annotated[Text, Field(max_length=MAX_NOTE)] | None = None

    @model_validator(mode="after")
    def _all_or_none(self) -> MoodOut:
        if self.probabilities and set(self.probabilities) != set(EXPRESSIONS):
            raise ValueError("probabilities must name all seven expressions, or none")
        return self

    def row(self, person: str) -> MoodRow:
        """As a row."""
        numbers = [self.probabilities[name] for name in EXPRESSIONS] if self.probabilities else []
        values = self.model_dump(exclude={"expression", "probabilities"})
        return MoodRow(person=person, label=self.expression, probabilities=numbers, **values)

    @classmethod
    def of(cls, row: MoodRow) -> MoodOut:
        """From a row."""
        return cls.model_validate(
            _columns(row, "uid", "id", "at", "source", "corrected", "valence", "arousal", "confidence", "note")
            | {"expression": row.label, "probabilities": dict(zip(EXPRESSIONS, row.probabilities, strict=False))}
        )


class FeedbackOut(_Row):
    """One act on an offer, of an export."""

    uid: Uid
    item_id: ItemId
    action: Action
    at: Moment
    expression: Expression | None = None
    valence: Signed | None = None
    arousal: Signed | None = None
    lane: Lane | None = None

    def row(self, person: str) -> FeedbackRow:
        """As a row."""
        return FeedbackRow(person=person, mood=self.expression, **self.model_dump(exclude={"expression"}))

    @classmethod
    def of(cls, row: FeedbackRow) -> FeedbackOut:
        """From a row."""
        values = _columns(row, "uid", "item_id", "action", "at", "valence", "arousal", "lane")
        return cls.model_validate(values | {"expression": row.mood})


class ItemOut(_Row):
    """One imported item of an export."""

    id: ItemId
    kind: Kind
    hidden: bool = False
    data: dict[str, JsonValue]

    def row(self, person: str) -> ItemRow:
        """As a row."""
        return ItemRow(person=person, **self.model_dump())

    @classmethod
    def of(cls, row: ItemRow) -> ItemOut:
        """From a row."""
        return cls.model_validate(_columns(row, "id", "kind", "hidden", "data"))


class RestOut(_Row):
    """The resting face of an export."""

    at: Moment
    offset: dict[Expression, Shift]
    readings: Annotated[int, Field(ge=1, lt=2**31)]
    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
    read_as: Expression
    model: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _all_seven(self) -> RestOut:
        if set(self.offset) != set(EXPRESSIONS):
            raise ValueError("offset must name all seven expressions")
        return self

    def row(self, person: str) -> RestRow:
        """As a row."""
        numbers = [self.offset[name] for name in EXPRESSIONS]
        return RestRow(person=person, offset=numbers, **self.model_dump(exclude={"offset"}))

    @classmethod
    def of(cls, row: RestRow) -> RestOut:
        """From a row."""
        values = _columns(row, "at", "readings", "seconds", "read_as", "model")
        return cls.model_validate(values | {"offset": dict(zip(EXPRESSIONS, row.offset, strict=True))})


class Export(_Row):
    """Everything that is remembered of a person."""

    format: Literal["moodmirror-export"] = FORMAT
    version: Literal[1, 2] = VERSION
    exported_at: Moment
    moods: tuple[MoodOut, ...] = ()
    feedback: tuple[FeedbackOut, ...] = ()
    settings: dict[Annotated[Text, Field(min_length=1, max_length=64)], JsonValue] = Field(default_factory=dict)
    items: tuple[ItemOut, ...] = ()
    resting_face: RestOut | None = None

    @model_validator(mode="after")
    def _named_once(self) -> Export:
        for name, names in (
            ("moods: uid", [mood.uid for mood in self.moods]),
            ("feedback: uid", [act.uid for act in self.feedback]),
            ("items: id", [item.id for item in self.items]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"{name} stands twice")
        return self


def pack(
    at: datetime,
    moods: list[MoodRow],
    feedback: list[FeedbackRow],
    settings: list[SettingRow],
    items: list[ItemRow],
    rest: RestRow | None,
) -> dict[str, Any]:
    """Rows to an export, plain values ready for JSON."""
    export = Export(
        exported_at=at,
        moods=tuple(MoodOut.of(row) for row in moods),
        feedback=tuple(FeedbackOut.of(row) for row in feedback),
        settings={row.key: row.value for row in settings},
        items=tuple(ItemOut.of(row) for row in items),
        resting_face=None if rest is None else RestOut.of(rest),
    )
    return export.model_dump(mode="json")


def unpack(data: object) -> Export:
    """Check an export wholly. Raises DataError that names up to five rows and fields."""
    if isinstance(data, dict) and isinstance(data.get("version"), int) and data["version"] > VERSION:
        raise DataError("The export was made by a newer Mood Mirror. Update this one, then import it again.")
    try:
        return Export.model_validate(data)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'export'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        more = f" and {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
        raise DataError(
            f"Nothing was imported; the export has faults: {'; '.join(problems[:SHOWN_PROBLEMS])}{more}. "
            "Export again, or mend the file."
        ) from error


def _columns(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
