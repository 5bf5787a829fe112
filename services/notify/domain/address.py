"""What an e-mail address may look like here: plain ASCII, one mailbox, nothing that could end a header line."""

import re

MAX_LENGTH = 254

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_LABEL}(?:\.{_LABEL})+"
)


def is_mail_address(text: str) -> bool:
    """Whether mail can be addressed to `text` safely. International addresses are refused: few servers take them."""
    local, _, _ = text.partition("@")
    return len(text) <= MAX_LENGTH and len(local) <= 64 and _ADDRESS.fullmatch(text) is not None
