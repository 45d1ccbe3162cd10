"""Which columns and values look like something that not everybody should read over a shoulder.

A guess from names and shapes, on the side of hiding: it spares people a surprise in a preview and protects nothing from
whoever may read the table.
"""

from __future__ import annotations

import re

# Parts of a name that say it wherever they stand ...
_ANYWHERE = re.compile(
    r"passw|passphrase|secret|token|api_?key|private_?key|credential|e_?mail|phone|iban|passport|social_?sec|tax_?id"
    r"|birth|salary|card_?n|account_?n|security_?code",
)
# ... and short ones that only do as a word of their own.
_WORDS = frozenset({"ssn", "pwd", "pin", "cvv", "cvc", "bic", "dob", "mobile", "fax", "card", "cards", "mail", "otp"})

_VALUES = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),  # an address
    re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),  # a social security number
    re.compile(r"\+\d[\d ()/-]{7,}\d"),  # a phone number in international form
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\."),  # a JSON web token
    re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-\w+|\bsk[-_]\w{16,}"),  # keys of services
    re.compile(r"\$2[aby]\$\d\d\$|\$argon2|-----BEGIN [A-Z ]*PRIVATE KEY"),  # a password's hash, a private key
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"\b[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}\b")


def name_is_sensitive(column: str) -> bool:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()
    words = set(re.split(r"[^a-z0-9]+", snake))
    return bool(_ANYWHERE.search(snake) or words & _WORDS)


def value_is_sensitive(text: str) -> bool:
    return (
        any(shape.search(text) for shape in _VALUES)
        or any(_is_iban(found[0]) for found in _IBAN.finditer(text))
        or any(_is_card(found[0]) for found in _CARD.finditer(text))
    )


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn's sum, which one number in ten passes by chance."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
