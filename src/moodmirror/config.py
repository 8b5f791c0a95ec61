"""Settings, built once from the environment and passed on; nothing here is read at import."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PORT = 8760


class Settings(BaseSettings):
    """What a host may choose. Each name is read from the environment with the prefix ``MOODMIRROR_``.

    >>> Settings(port=9000).port
    9000
    """

    model_config = SettingsConfigDict(env_prefix="MOODMIRROR_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on; only loopback until there are accounts.")
    port: int = Field(DEFAULT_PORT, ge=1, le=65535, description="Port to listen on.")
    home: Path = Field(
        default_factory=lambda: user_data_path("moodmirror", appauthor=False),
        description="Folder of the database and of imported catalogues.",
    )
    database_url: str | None = Field(None, description="SQLAlchemy address; SQLite in `home` by default.")
    model: Path | None = Field(None, description="Expression model (ONNX) to use instead of the shipped one.")
    detector: Literal["auto", "short", "full", "haar"] = Field("auto", description="Which face detector reads.")
    threads: int = Field(1, ge=1, le=64, description="CPU threads of one inference.")

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and "://" not in value:
            raise ValueError("must be an address such as sqlite:////folder/file.db or postgresql://host/name")
        return value

    @property
    def database(self) -> str | Path:
        """Where the database is: the address if one is set, else a file in ``home``."""
        return self.database_url or self.home / "moodmirror.db"
