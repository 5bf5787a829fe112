"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for the day it is lost.

A code is good for its own half minute and the one before and after, because phones' clocks differ, and
never again once it or a later one was taken.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
DIGITS: Final = 6
WINDOW: Final = 1
RECOVERY_CODES: Final = 10

_ISSUER: Final = "Bám cơ sở"
_SECRET_BYTES: Final = 20
_RECOVERY_BYTES: Final = 15  # 120 bits: enough to be kept as a plain digest


def new_secret() -> bytes:
    """What an authenticator app and we share from now on."""
    return secrets.token_bytes(_SECRET_BYTES)


def code_at(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """The code of one time step."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes, code: str, *, at: datetime, after: int) -> int | None:
    """The step this code belongs to, if it is one of now and later than the last one taken."""
    now = step_of(at)
    fits = [
        step
        for step in range(now - WINDOW, now + WINDOW + 1)
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > after
    ]
    return fits[0] if fits else None


def secret_text(secret: bytes) -> str:
    """The secret as a person types it where no camera is at hand."""
    return base64.b32encode(secret).decode()


def enrolment_uri(secret: bytes, account: str) -> str:
    """What the QR code of an enrolment says."""
    label = quote(f"{_ISSUER}:{account}")
    return f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={quote(_ISSUER)}"


def new_recovery_codes() -> list[str]:
    """Codes to print and put away; each replaces the authenticator once."""
    return [
        _in_groups(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower())
        for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code, however it is typed."""
    return hashlib.sha256("".join(filter(str.isalnum, code)).lower().encode()).hexdigest()


def looks_like_recovery(code: str) -> bool:
    return len(code) > DIGITS


def _in_groups(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
