"""Settings come from the environment, once, at start; a wrong one stops the start and is named.

Names: `VISITS_…`, `FEEDBACK_…`, `NOTIFY_…`. A secret may come from a file: `…_DATABASE_URL_FILE`.
An unknown variable with a service's prefix is refused, because it is a typing error.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.nkeys import Nkey
from shared.production import WEAK_BELOW, is_real, weak_bus, weak_database, weak_public_url


class SettingsError(ValueError):
    """One or more settings are missing or wrong; the message has a line for each, with its name."""


def _postgres(value: SecretStr) -> SecretStr:
    parts = _address(value, ("postgresql", "postgres"), "postgresql://user:password@host:5432/database")
    if not parts.path.strip("/"):
        raise ValueError("names no database; it must look like postgresql://user:password@host:5432/database")
    return value


def _nats(value: SecretStr) -> SecretStr:
    parts = _address(value, ("nats", "tls"), "nats://SUA…@host:4222")
    if parts.password is not None:
        raise ValueError("the bus is signed in to with the seed of a key (SU…), not with a password")
    if parts.username is not None:
        Nkey.from_seed(parts.username)
    return value


def _address(value: SecretStr, schemes: Sequence[str], example: str) -> SplitResult:
    """The parts of an address that can be used. Raises ValueError, never with a part of the value in it."""
    try:
        parts = urlsplit(value.get_secret_value())
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable:
        raise ValueError(f"must look like {example}")
    if parts.password is not None and len(parts.password) < WEAK_BELOW:
        raise ValueError(
            f"its password is shorter than {WEAK_BELOW} characters; deploy/secrets.sh makes good ones"
        )
    return parts


class ServiceSettings(BaseModel):
    """What every service needs. Durations are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[SecretStr, AfterValidator(_postgres)]
    """The role that works with the rows of this service's tables."""
    owner_database_url: Annotated[SecretStr, AfterValidator(_postgres)] | None = None
    """The role that owns the tables; only `migrate` needs it."""
    nats_url: Annotated[SecretStr, AfterValidator(_nats)]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = "http://127.0.0.1:8080"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_pool: Annotated[int, Field(ge=2, le=100)] = 8
    receipt_interval: Annotated[float, Field(gt=0)] = 1.0
    """A consumer that moved on says so this often; an idle one says so thirty times less."""
    resend_after: Annotated[float, Field(gt=0)] = 10.0
    """An event is sent again when it left this long ago and a drained consumer still misses it."""
    reconcile_interval: Annotated[float, Field(gt=0)] = 20.0
    """How often streams and consumers are compared with what they should be."""

    def owner_url(self, prefix: str) -> str:
        """The address for migrations. Raises SettingsError."""
        if self.owner_database_url is None:
            raise SettingsError(
                f"{prefix}OWNER_DATABASE_URL: missing; migrations need the owner of the tables"
            )
        return self.owner_database_url.get_secret_value()

    trusted_proxies: str = ""
    """Addresses whose X-Forwarded-For is believed, divided by commas; `*` where only a proxy can reach us."""
    writes_per_minute: Annotated[int, Field(ge=0)] = 150
    """What one person may send to one replica; more is refused with 429 and Retry-After. 0 is no limit."""
    address_writes_per_minute: Annotated[int, Field(ge=0)] = 6_000
    """The same for one address: a whole office, or a mobile network, may stand behind it."""
    door_tries_per_minute: Annotated[int, Field(ge=0)] = 60
    """Sign-ins and their like from one address."""

    trusted_network: bool = False
    """Whether somebody answers for the wires to PostgreSQL, NATS and mail: one host, or a network of their own."""

    def weak(self) -> Iterator[tuple[str, str]]:
        """What a real installation does not start with: setting and reason."""
        if not is_real(self.public_url):
            return
        if why := weak_public_url(self.public_url):
            yield "public_url", why
        for name, value, weaknesses in (
            ("database_url", self.database_url, weak_database),
            ("owner_database_url", self.owner_database_url, weak_database),
            ("nats_url", self.nats_url, weak_bus),
        ):
            if value is not None:
                for why in weaknesses(value.get_secret_value(), trusted_network=self.trusted_network):
                    yield name, why

    @property
    def secure(self) -> bool:
        """Whether browsers reach this installation by HTTPS."""
        return self.public_url.startswith("https://")


S = TypeVar("S", bound=ServiceSettings)


def read_settings(model: type[S], prefix: str, environment: Mapping[str, str] | None = None) -> S:
    """Read `model` from variables named `prefix` + field. Raises SettingsError naming every wrong one."""
    environment = os.environ if environment is None else environment
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    """By field, so that a secret that cannot be read is not called missing as well."""
    for name in sorted(name for name in environment if name.startswith(prefix)):
        field = name.removeprefix(prefix).lower()
        secret = field.removesuffix("_file")
        if field in model.model_fields:
            values[field] = environment[name]
        elif secret in values:
            problems[secret] = f"{name}: set this or {name.removesuffix('_FILE')}, not both"
        elif secret != field and secret in model.model_fields:
            try:
                values[secret] = _secret(environment[name])
            except ValueError as unreadable:
                problems[secret] = f"{name}: {unreadable}"
        else:
            problems[field] = f"{name}: unknown setting; known are {', '.join(_names(model, prefix))}"
    try:
        settings = model.model_validate(values)
    except ValidationError as wrong:
        problems = {**_wrong(wrong, prefix), **problems}
    if problems:
        raise SettingsError("\n".join(problems.values()))
    weak = [f"{prefix}{field.upper()}: {why}" for field, why in settings.weak()]
    if weak:
        raise SettingsError("\n".join(weak))
    return settings


def _secret(path: str) -> str:
    """The text of a secret file without its last line's end. Raises ValueError."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None


def _wrong(errors: ValidationError, prefix: str) -> dict[str, str]:
    """A line for each error; one about several settings together names them in its own words."""
    lines: dict[str, str] = {}
    for error in errors.errors(include_input=False, include_url=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        name = f"{prefix}{field.upper()}: " if field else ""
        lines[field] = name + _reason(error["type"], error["msg"])
    return lines


def _names(model: type[BaseModel], prefix: str) -> list[str]:
    return [prefix + name.upper() for name in model.model_fields]


def _reason(kind: str, message: str) -> str:
    return "missing" if kind == "missing" else message.removeprefix("Value error, ")


def from_values(model: type[S], **values: Any) -> S:
    """The same model from values in hand (embedded mode, tests)."""
    return model.model_validate(values)


__all__ = ["ServiceSettings", "SettingsError", "from_values", "read_settings"]
