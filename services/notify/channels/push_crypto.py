"""What a push service is given: a text only the browser can read (RFC 8291), and who we are (RFC 8292).

The encryption is the fixed recipe of the RFC on the primitives of `cryptography`, held to the RFC's own example
by a test (decision 0031). Every text is padded to one length, so that whoever carries it cannot tell one duty
from ten. The sender's key also gives the key under which subscriptions lie in the database: whoever has only a
copy of the database can ring nobody.
"""

import base64
import binascii
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH: Final = 2048
"""Every text is padded to so many bytes; browsers and their services take 4096 with what surrounds it."""
_RECORD: Final = 4096
_SALT: Final = 16
_NONCE: Final = 12
_AUTH: Final = 16
_POINT: Final = 65
_TOKEN_LASTS: Final = timedelta(hours=12)
_TOKEN_IS_USED: Final = timedelta(hours=6)


class PushKeyError(ValueError):
    """A key that cannot be used; the message never repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What a browser told us of itself: where its push service takes letters for it, and its public keys."""

    endpoint: str
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    @classmethod
    def read(cls, endpoint: str, p256dh: str, auth: str) -> "Receiver":
        """The same from a browser's own words. Raises PushKeyError."""
        point, secret = _unpacked(p256dh), _unpacked(auth)
        if len(secret) != _AUTH:
            raise PushKeyError(f"auth must be {_AUTH} bytes")
        if len(point) != _POINT:
            raise PushKeyError(f"p256dh must be a point of P-256 in {_POINT} bytes")
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError:
            raise PushKeyError("p256dh is no point of P-256") from None
        return cls(endpoint=endpoint, p256dh=point, auth=secret)

    def dump(self) -> str:
        return "\n".join((self.endpoint, packed(self.p256dh), packed(self.auth)))


def encrypt(
    text: bytes,
    receiver: Receiver,
    *,
    length: int = LENGTH,
    salt: bytes | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """`text` as one aes128gcm record for this browser. Salt and key are given by tests only, and are new each time."""
    salt = salt or os.urandom(_SALT)
    key = key or ec.generate_private_key(ec.SECP256R1())
    point = _point(key)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver.p256dh)
    secret = _derived(
        key.exchange(ec.ECDH(), theirs),
        salt=receiver.auth,
        info=b"WebPush: info\0" + receiver.p256dh + point,
        length=32,
    )
    content_key = _derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=_NONCE)
    padded = (text + b"\x02").ljust(length, b"\0")
    header = salt + _RECORD.to_bytes(4, "big") + bytes([len(point)]) + point
    return header + AESGCM(content_key).encrypt(nonce, padded, b"")


class PushKey:
    """The key of this installation: browsers bind a subscription to its public half, and we sign with the other."""

    def __init__(self, scalar: bytes) -> None:
        number = int.from_bytes(scalar, "big")
        try:
            self._key = ec.derive_private_key(number, ec.SECP256R1())
        except ValueError:
            raise PushKeyError("is no key of P-256") from None
        self._box = AESGCM(_derived(scalar, salt=None, info=b"field-visits push subscriptions", length=32))
        self._tokens: dict[tuple[str, str], tuple[datetime, str]] = {}

    @classmethod
    def read(cls, text: str) -> "PushKey":
        """Read 32 bytes in base64url, as other tools of Web Push write them too. Raises PushKeyError."""
        scalar = _unpacked(text)
        if len(scalar) != 32:
            raise PushKeyError("must be 32 bytes in base64url; deploy/secrets.sh makes one")
        return cls(scalar)

    @cached_property
    def public(self) -> str:
        """What a browser needs to subscribe (`applicationServerKey`)."""
        return packed(_point(self._key))

    def authorization(self, audience: str, contact: str, now: datetime) -> str:
        """The header that says to the push service `audience` who sends, and whom to ask about it."""
        made_at, token = self._tokens.get((audience, contact), (None, ""))
        if made_at is None or not made_at <= now < made_at + _TOKEN_IS_USED:
            token = self._token(audience, contact, now)
            self._tokens[audience, contact] = (now, token)
        return f"vapid t={token}, k={self.public}"

    def _token(self, audience: str, contact: str, now: datetime) -> str:
        from joserfc import jwt  # the extra `notify`
        from joserfc.jwk import ECKey

        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        claims = {"aud": audience, "exp": int((now + _TOKEN_LASTS).timestamp()), "sub": contact}
        return jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(pem))

    def seal(self, subscription_id: UUID, receiver: Receiver) -> bytes:
        """What the database keeps of a browser; it can be opened in its own row only."""
        nonce = os.urandom(_NONCE)
        return nonce + self._box.encrypt(nonce, receiver.dump().encode(), subscription_id.bytes)

    def open(self, subscription_id: UUID, sealed: bytes) -> Receiver | None:
        """The browser; None when it was sealed by another key: its subscription is bound to that one and dead."""
        try:
            text = self._box.decrypt(sealed[:_NONCE], sealed[_NONCE:], subscription_id.bytes).decode()
        except InvalidTag:
            return None
        return Receiver.read(*text.split("\n"))


def new_push_key() -> str:
    """A key for a new installation, as the setting wants it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return packed(number.to_bytes(32, "big"))


def packed(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise PushKeyError("is not base64url") from None


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _derived(secret: bytes, *, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
