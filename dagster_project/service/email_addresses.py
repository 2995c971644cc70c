"""E-mail addresses: which can be sent to, and which are reserved and reach nobody."""

from __future__ import annotations

import re

# Names that are reserved for examples and tests (RFC 2606).
_NOBODY = re.compile(r"\.(example|invalid|test|localhost)$", re.IGNORECASE)


NOBODY = "@simulated.example"  # where a simulated municipality would read
SIMULATED_HEADER = "X-Arsplan-Simulated"


def is_address(email: str) -> bool:
    """Whether a mail server can send there."""
    name, _, domain = email.rpartition("@")
    odd = any(letter.isspace() or letter in "<>,;@" for letter in name + domain)
    return bool(name and domain) and email.isascii() and not odd


def is_nobody(address: str) -> bool:
    """Whether nobody can read at an address."""
    return _NOBODY.search(address) is not None
