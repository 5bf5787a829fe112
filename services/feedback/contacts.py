"""Sealing contacts: AES-256-GCM, with keys that are nowhere in the database (decision 0018).

The setting names keys as `id:base64`, divided by commas. The first one seals, all of them open, so that a new
key is put in front and the old one is taken away once the nightly job has sealed everything anew. A sealed
contact is bound to its issue: moved to another row it cannot be opened.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import Unavailable

_NONCE: Final = 12
_KEY: Final = 32


class KeyTextError(ValueError):
    """The setting cannot be read; the message never repeats it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A nonce and what it seals, under the key of that name."""

    key_id: str
    box: bytes


class ContactKeys:
    """The keys of an installation; without any, nothing can be sealed or opened."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._boxes = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(keys), None)

    @classmethod
    def parse(cls, text: str) -> "ContactKeys":
        """Read `id:base64,id:base64`. Raises KeyTextError."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            key_id, _, encoded = part.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise KeyTextError("a key is not base64; it must look like 2026a:<44 letters>") from None
            if not key_id.isalnum() or len(key_id) > 20 or key_id in keys or len(key) != _KEY:
                raise KeyTextError("each key is id:base64 of 32 bytes, ids are distinct letters and digits")
            keys[key_id] = key
        return cls(keys)

    def seal(self, issue_id: UUID, text: str) -> Sealed:
        """Raises Unavailable when the installation has no key."""
        if self.current is None:
            raise _no_key()
        nonce = os.urandom(_NONCE)
        return Sealed(
            self.current, nonce + self._boxes[self.current].encrypt(nonce, text.encode(), issue_id.bytes)
        )

    def open(self, issue_id: UUID, sealed: Sealed) -> str:
        """Raises Unavailable when its key is not among ours, or what is sealed was changed or moved."""
        box = self._boxes.get(sealed.key_id)
        if box is None:
            raise _no_key()
        try:
            text = box.decrypt(sealed.box[:_NONCE], sealed.box[_NONCE:], issue_id.bytes)
        except InvalidTag:
            raise Unavailable(
                "Thông tin liên hệ đã bị thay đổi ngoài hệ thống, không mở được.",
                "The sealed contact was changed outside of the system and cannot be opened.",
            ) from None
        return text.decode()


def new_key(key_id: str) -> str:
    """A key for a new installation, as the setting wants it."""
    return f"{key_id}:{base64.b64encode(AESGCM.generate_key(256)).decode()}"


def _no_key() -> Unavailable:
    return Unavailable(
        "Chưa có khóa mã hóa thông tin liên hệ (FEEDBACK_CONTACT_KEY); hãy báo người quản trị.",
        "There is no key for contacts (FEEDBACK_CONTACT_KEY); please tell the administrator.",
    )
