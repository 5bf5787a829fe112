"""Which passwords a person may choose. Any letter counts, Vietnamese ones too, in their composed form."""

import unicodedata
from typing import Final

from shared.errors import FieldError

SHORTEST: Final = 8
LONGEST: Final = 1024

_COMMON: Final = frozenset(
    """
    00000000 11111111 12121212 12341234 12345678 123456789 1234567890 1234567a 123123123 12344321 87654321
    22222222 66666666 68686868 77777777 88888888 99999999 987654321 0987654321 0123456789 11223344
    1q2w3e4r 1qaz2wsx 1q2w3e4r5t abcd1234 abc12345 a1234567 a12345678 aa123456 asdfghjk asdfghjkl
    baseball football iloveyou letmein1 princess sunshine superman trustno1 whatever welcome1 zaq12wsx
    password password1 password12 password123 passw0rd p@ssw0rd p@ssword qwerty12 qwerty123 qwertyui
    qwertyuiop admin123 admin1234 administrator changeme default1 test1234
    matkhau1 matkhau123 matkhau12 matkhau@123 anhyeuem emyeuanh vietnam1 vietnam123 vietnam@123
    vanphong vanphong123 danguy123 danguy@123 chibo123 hanoi123 saigon123
    """.split()  # noqa: SIM905  # a word list reads better as words
)


def composed(password: str) -> str:
    """One person's keyboard composes letters, another's does not: the password is the same."""
    return unicodedata.normalize("NFC", password)


def broken_password(password: str) -> FieldError | None:
    """Why this password cannot be used, or nothing."""
    if len(password) < SHORTEST:
        return _broken(
            "too-short",
            f"Mật khẩu cần ít nhất {SHORTEST} ký tự.",
            f"A password needs at least {SHORTEST} characters.",
        )
    if len(password) > LONGEST:
        return _broken(
            "too-long",
            f"Mật khẩu dài nhất {LONGEST} ký tự.",
            f"A password has at most {LONGEST} characters.",
        )
    if password.casefold() in _COMMON or len(set(password)) < 3:
        return _broken(
            "too-common",
            "Mật khẩu này quá dễ đoán; hãy chọn một cụm từ riêng.",
            "This password is too easy to guess; choose a phrase of your own.",
        )
    return None


def _broken(rule: str, vi: str, en: str) -> FieldError:
    return FieldError(pointer="/password", rule=rule, vi=vi, en=en)
