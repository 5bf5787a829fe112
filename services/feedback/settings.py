"""Settings of feedback, named `FEEDBACK_…`. What may differ between committees is policy, not setting."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from services.feedback.contacts import ContactKeys
from shared.documents import Layout
from shared.settings import ServiceSettings

PREFIX = "FEEDBACK_"


def _keys(value: SecretStr) -> SecretStr:
    ContactKeys.parse(value.get_secret_value())
    return value


Margin = Annotated[int, Field(ge=5, le=60)]


def _four(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


class FeedbackSettings(ServiceSettings):
    """What feedback needs beside the common settings."""

    contact_key: Annotated[SecretStr, AfterValidator(_keys)] = SecretStr("")
    """`id:base64` of 32 bytes; a former key may follow after a comma. Without one no contact is kept."""
    document_margins: Annotated[tuple[Margin, Margin, Margin, Margin], NoDecode, BeforeValidator(_four)] = (
        Layout().margins
    )
    """Of A4 in millimetres, `top,bottom,left,right`."""
    document_place: Annotated[str, Field(max_length=100)] = ""
    """Where documents are dated, as `Từ Sơn`; without it only the day is written."""
