"""Settings of feedback, named `FEEDBACK_…`. What may differ between committees is policy, not setting."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from services.feedback.contacts import ContactKeys
from shared.settings import ServiceSettings

PREFIX = "FEEDBACK_"


def _keys(value: SecretStr) -> SecretStr:
    ContactKeys.parse(value.get_secret_value())
    return value


class FeedbackSettings(ServiceSettings):
    """What feedback needs beside the common settings."""

    contact_key: Annotated[SecretStr, AfterValidator(_keys)] = SecretStr("")
    """`id:base64` of 32 bytes; a former key may follow after a comma. Without one no contact is kept."""
