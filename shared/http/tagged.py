"""Answers that a phone asks for again and again: told once, and 304 until they differ.

No cache of a browser or on the way keeps them (ASVS 14.3.2): whoever kept one itself sends its tag along.
"""

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel


def tagged(request: Request, shown: BaseModel) -> Response:
    """The model as JSON under a strong ETag of its bytes; 304 to whoever has them."""
    body = shown.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag}
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
