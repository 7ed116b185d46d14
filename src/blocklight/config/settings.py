"""Where this process runs, from the environment; what a city is stands in its TOML file."""

import json
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from blocklight.config.source import SourceSpec


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
    tombstones: Path | None = Field(
        default=None, description="the tombstone journal, instead of the file in the city's folder"
    )
    socrata_app_token: SecretStr | None = Field(default=None, description="sent as X-App-Token to Socrata")
    source_passwords: SecretStr | None = Field(
        default=None, description="JSON object from a source's id to its password"
    )
    style_url: str | None = Field(
        default=None, description="MapLibre style that overrides the city's basemap"
    )
    tiger_url: str = Field(
        default="https://www2.census.gov/geo/tiger", description="folder of the TIGER/Line files"
    )
    tigerweb_url: str = Field(
        default="https://tigerweb.geo.census.gov/arcgis/rest/services/TIGERweb",
        description="folder of TIGERweb's map services",
    )
    overpass_url: str = Field(
        default="https://overpass-api.de/api", description="the Overpass server that `ground` asks"
    )
    operator_host: str = Field(default="127.0.0.1", description="address of the operator's port")
    operator_port: int = Field(
        default=9464,
        ge=0,
        le=65535,
        description="number of that port; the default gives way to a free one if it is taken",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    max_connections: int = Field(default=16_000, ge=0, description="open connections of the process")
    max_connections_per_address: int = Field(
        default=2_000, ge=0, description="open connections of an address"
    )
    max_live: int = Field(default=10_000, ge=0, description="live readers of the process")
    max_live_per_address: int = Field(default=1_000, ge=0, description="live readers behind an address")
    requests_per_address: float = Field(default=200.0, ge=0, description="requests a second of an address")
    work_per_address: float = Field(
        default=0.5, ge=0, description="seconds of working out answers, each second, for an address"
    )

    @field_validator("source_passwords")
    @classmethod
    def _are_passwords(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _passwords(value)
        return value

    def secret_of(self, source: SourceSpec) -> SecretStr | None:
        """What a source is asked with besides its address: its own password, or the portals' token."""
        own = {} if self.source_passwords is None else _passwords(self.source_passwords)
        if source.id in own:
            return SecretStr(own[source.id])
        return self.socrata_app_token if source.connector == "socrata" else None

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies that are believed."""
        return _networks(self.trusted_proxies)


def _passwords(text: SecretStr) -> dict[str, str]:
    try:
        passwords = json.loads(text.get_secret_value())
    except ValueError:
        passwords = None
    if not isinstance(passwords, dict) or not all(isinstance(value, str) for value in passwords.values()):
        raise ValueError('expected a JSON object such as {"cad": "the password"}')
    return passwords


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
