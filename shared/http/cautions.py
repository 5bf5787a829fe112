"""Cautions in the language of whoever asks."""

from collections.abc import Iterable

from fastapi import Request

from shared.cautions import Caution, told
from shared.http.problems import wants_vietnamese


def told_to(request: Request, cautions: Iterable[Caution]) -> list[dict[str, str]]:
    """Cautions as the answer to this request tells them."""
    return told(cautions, vietnamese=wants_vietnamese(request.headers.get("accept-language")))
