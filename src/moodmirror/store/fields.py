"""The list of every stored field with its reason, read from the models themselves."""

from __future__ import annotations

from dataclasses import dataclass

from moodmirror.store.models import Base


@dataclass(frozen=True, slots=True)
class StoredField:
    """One column: ``name`` is ``table.column``; ``why`` one sentence."""

    name: str
    why: str


def stored_fields() -> tuple[StoredField, ...]:
    """Every column that can hold anything, by table.

    >>> "moods.corrected" in {field.name for field in stored_fields()}
    True
    """
    return tuple(
        StoredField(f"{table.name}.{column.name}", str(column.info["why"]))
        for table in Base.metadata.sorted_tables
        for column in table.columns
    )
