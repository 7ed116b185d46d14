"""Where this process runs, from the environment; what a city is stands in its TOML file."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables, all with the prefix ``BLOCKLIGHT_``."""

    model_config = SettingsConfigDict(env_prefix="BLOCKLIGHT_", frozen=True)

    data: Path = Field(default=Path("data"), description="folder for the database and the id key")
    database_url: str | None = Field(
        default=None, description="postgresql+psycopg://… instead of SQLite in the data folder"
    )
    id_key: SecretStr | None = Field(
        default=None, description="hex key for public ids, instead of the file in the data folder"
    )
    socrata_app_token: SecretStr | None = Field(default=None, description="sent as X-App-Token to Socrata")
    style_url: str | None = Field(
        default=None, description="MapLibre style that overrides the city's basemap"
    )
