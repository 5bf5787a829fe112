"""Settings come from the environment, once, at start; a wrong one stops the start and is named.

Names: `VISITS_…`, `FEEDBACK_…`, `NOTIFY_…`. A secret may come from a file: `…_DATABASE_URL_FILE`.
An unknown variable with a service's prefix is refused, because it is a typing error.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError


class SettingsError(ValueError):
    """One or more settings are missing or wrong; the message has a line for each, with its name."""


def _postgres(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must look like postgresql://user:password@host:5432/database")
    return value


def _nats(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("nats://", "tls://")):
        raise ValueError("must look like nats://user:password@host:4222")
    return value


class ServiceSettings(BaseModel):
    """What every service needs. Durations are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[SecretStr, AfterValidator(_postgres)]
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
    reconcile_interval: Annotated[float, Field(gt=0)] = 10.0
    """How often streams and consumers are compared with what they should be."""

    @property
    def secure(self) -> bool:
        """Whether browsers reach this installation by HTTPS."""
        return self.public_url.startswith("https://")


S = TypeVar("S", bound=ServiceSettings)


def read_settings(model: type[S], prefix: str, environment: Mapping[str, str] | None = None) -> S:
    """Read `model` from variables named `prefix` + field. Raises SettingsError naming every wrong one."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in environment.items():
        if not name.startswith(prefix):
            continue
        field = name.removeprefix(prefix).lower()
        if field in model.model_fields:
            values[field] = text
        elif field.endswith("_file") and field.removesuffix("_file") in model.model_fields:
            try:
                values[field.removesuffix("_file")] = Path(text).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name}: cannot read {text}: {error}")
        else:
            problems.append(f"{name}: unknown setting; known are {', '.join(_names(model, prefix))}")
    try:
        settings = model.model_validate(values)
    except ValidationError as errors:
        problems.extend(
            f"{prefix}{str(wrong['loc'][0]).upper()}: {_reason(wrong['type'], wrong['msg'])}"
            for wrong in errors.errors(include_input=False, include_url=False)
        )
        raise SettingsError("\n".join(problems)) from None
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _names(model: type[BaseModel], prefix: str) -> list[str]:
    return [prefix + name.upper() for name in model.model_fields]


def _reason(kind: str, message: str) -> str:
    return "missing" if kind == "missing" else message.removeprefix("Value error, ")


def from_values(model: type[S], **values: Any) -> S:
    """The same model from values in hand (embedded mode, tests)."""
    return model.model_validate(values)


__all__ = ["ServiceSettings", "SettingsError", "from_values", "read_settings"]
