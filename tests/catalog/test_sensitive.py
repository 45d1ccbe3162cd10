"""Which names and values are hidden in a preview."""

from __future__ import annotations

import pytest

from catalog.sensitive import name_is_sensitive, value_is_sensitive


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PasswordHash",
        "user_passwd",
        "api_key",
        "apiKey",
        "accessToken",
        "email",
        "E_Mail",
        "work_email_2",
        "phone",
        "phoneNumber",
        "ssn",
        "SSN",
        "iban",
        "cardNumber",
        "card",
        "credit_card",
        "cvv",
        "date_of_birth",
        "pin",
    ],
)
def test_a_name_that_says_it(name: str) -> None:
    assert name_is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    ["id", "name", "cardinality", "discarded", "shipping", "opinion", "mailing_day", "status", "größe", "数量", ""],
)
def test_a_name_that_only_looks_like_it(name: str) -> None:
    assert not name_is_sensitive(name)


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "please write to ada.l+x@mail.example.org today",
        "123-45-6789",
        "+49 30 1234567",
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
        "4111 1111 1111 1111",
        "5500005555555559",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
        "AKIAIOSFODNN7EXAMPLE",
        "$2b$12$abcdefghijklmnopqrstuv",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_value_that_says_it(text: str) -> None:
    assert value_is_sensitive(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "delivered",
        "1700000000000",
        "2024-12-22 11:18:55.829017+00",
        "4111 1111 1111 1112",
        "99.52",
        "größe",
        "a@b",
        "7f3c2a90-9d2e-4a55-8a1e-2c6a1d9b7e10",
        "DE00 3704 0044 0532 0130 00",
        "ORDER-2024-000123",
    ],
)
def test_a_harmless_value(text: str) -> None:
    assert not value_is_sensitive(text)
