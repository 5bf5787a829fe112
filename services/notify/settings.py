"""Settings of notify, named `NOTIFY_…`. Without a mail server, or a push key, that channel is off and the start says so."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from services.notify.channels.push_crypto import PushKey
from services.notify.channels.push_services import KNOWN
from services.notify.domain.address import is_mail_address
from shared.production import is_loopback, is_real
from shared.settings import ServiceSettings


def _address(value: str) -> str:
    if not is_mail_address(value):
        raise ValueError("must be a plain e-mail address such as nhac-viec@example.vn")
    return value


def _push_key(value: SecretStr) -> SecretStr:
    PushKey.read(value.get_secret_value())
    return value


class NotifySettings(ServiceSettings):
    """What notify needs beside the common settings. Durations are seconds."""

    smtp_host: str | None = None
    """The mail server; None turns e-mail off."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    smtp_sender: Annotated[str, AfterValidator(_address)] = "field-visits@localhost.localdomain"
    """The address mail comes from; most servers want one of their own."""
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_timeout: Annotated[float, Field(gt=0, le=60)] = 15.0
    mail_workers: Annotated[int, Field(ge=1, le=64)] = 4
    """E-mails under way at one time in this process."""
    push_key: Annotated[SecretStr, AfterValidator(_push_key)] | None = None
    """32 bytes in base64url: our key towards push services, and what subscriptions are sealed with; None turns
    reminders on phones off."""
    push_contact: str | None = None
    """Whom a push service may ask about us, `mailto:` or `https:`; None means the public address, or
    the sender's where that is no https."""
    push_hosts: str = ",".join(KNOWN)
    """Push services we send to, divided by commas; `*.` stands for any names before the rest."""
    push_loopback: bool = False
    """Whether endpoints on this machine are taken too; for tests."""
    push_timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    push_patience: Annotated[float, Field(ge=60)] = 4 * 3600.0
    """A letter to a phone that nobody looked at goes to the next channel after this."""
    lease: Annotated[float, Field(gt=0)] = 120.0
    """Another sender may take over a message this long after the first one fell silent."""

    def weak(self) -> Iterator[tuple[str, str]]:
        yield from super().weak()
        in_the_clear = self.smtp_tls == "none" and not (self.trusted_network or is_loopback(self.smtp_host))
        if is_real(self.public_url) and in_the_clear:
            yield "smtp_tls", "mail goes in the clear to another machine: set starttls or tls"

        if is_real(self.public_url) and self.push_loopback:
            yield "push_loopback", "lets anybody who signs in send requests to this machine: leave it out"

    @model_validator(mode="after")
    def _complete(self) -> "NotifySettings":
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("NOTIFY_SMTP_USERNAME and NOTIFY_SMTP_PASSWORD belong together")
        if self.smtp_username is not None and self.smtp_tls == "none":
            raise ValueError("NOTIFY_SMTP_PASSWORD would travel unprotected: set NOTIFY_SMTP_TLS")
        if self.lease < 2 * max(self.smtp_timeout, self.push_timeout):
            raise ValueError(
                "NOTIFY_LEASE must be at least twice NOTIFY_SMTP_TIMEOUT and NOTIFY_PUSH_TIMEOUT"
            )
        if self.push_contact is not None and not self.push_contact.startswith(("mailto:", "https://")):
            raise ValueError("NOTIFY_PUSH_CONTACT must begin with mailto: or https://")
        return self
