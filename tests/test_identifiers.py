"""Checksums against published examples, and that a changed digit is noticed; masking shows nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.identifiers import (
    JSON_WEB_TOKEN,
    PROVIDER_KEYS,
    is_aadhaar,
    is_card,
    is_cpf,
    is_dni,
    is_iban,
    is_nir,
    is_ssn,
    luhn,
)
from curate.masking import SHORTEST_KEY, masked

# Published examples: card networks' test numbers, ISO 13616's registry, BOE, INSEE.
CARDS = (
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
)
IBANS = (
    "GB29NWBK60161331926819",
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "NO9386011117947",
)


@pytest.mark.parametrize("number", CARDS)
def test_cards_of_the_networks(number: str) -> None:
    assert is_card(number)
    spaced = " ".join(re.findall(".{1,4}", number))
    assert is_card(spaced)


@pytest.mark.parametrize("number", IBANS)
def test_ibans_of_the_registry(number: str) -> None:
    assert is_iban(number)
    assert is_iban(" ".join(re.findall(".{1,4}", number)))


@given(st.sampled_from(CARDS), st.integers(0, 15), st.integers(1, 9))
def test_a_changed_digit_fails_luhn(number: str, at: int, step: int) -> None:
    at %= len(number)
    digit = str((int(number[at]) + step) % 10)
    assert not luhn(number[:at] + digit + number[at + 1 :])


@given(st.sampled_from(IBANS), st.integers(4, 14), st.integers(1, 9))
def test_a_changed_digit_fails_mod_97(number: str, at: int, step: int) -> None:
    if not number[at].isdigit():
        return
    digit = str((int(number[at]) + step) % 10)
    assert not is_iban(number[:at] + digit + number[at + 1 :])


def test_national_numbers() -> None:
    assert is_dni("12345678Z")
    assert is_dni("X1234567L")
    assert not is_dni("12345678A")
    assert is_cpf("529.982.247-25")
    assert not is_cpf("111.111.111-11")
    assert is_aadhaar("2341 2341 2346")
    assert not is_aadhaar("2341 2341 2345")
    assert is_nir("255081416802538")
    assert is_ssn("536-22-8471")
    assert not any(
        map(is_ssn, ("000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000"))
    )


SECRETS = (
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAQ3EGR7HTXZ5WJ2NP",
    "sk-proj-a8Kd92LmQx7ZrT5vWb3NcYp1",
    "jane.miller@gmail.com",
    "4012 8888 8888 1881",
    "GB29 NWBK 6016 1331 9268 19",
    "536-22-8471",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_masked_shows_no_secret(secret: str) -> None:
    shown = masked(f"before {secret} after")
    assert secret not in shown
    assert secret[8:] not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert masked(shown) == shown


def test_no_key_is_shorter_than_those_that_are_looked_for() -> None:
    for pattern in (JSON_WEB_TOKEN, *(pattern for _, pattern in PROVIDER_KEYS)):
        # What stands before a key may be white space; the key itself holds none.
        body = pattern.replace("(?:^|[^0-9A-Za-z/])", "")
        assert r"\s" not in body
        assert " " not in body
        assert re._parser.parse(body).getwidth()[0] >= SHORTEST_KEY  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("xoxb-0123456789", "0123456789"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("DB_PASSPHRASE=Xk29fQ!rTz", "Xk29fQ"),
        ("the password is Xk29fQ!rTz", "Xk29fQ"),
        ("\u017fession_id = Xk29fQrTz11", "Xk29fQrTz11"),
        ("login: anna, pass: Xk29fQ!rTz", "Xk29fQ"),
    ],
)
def test_short_secrets_are_hidden(text: str, hidden: str) -> None:
    assert hidden not in masked(f"{text} 123")


def test_masked_hides_assignments_urls_and_private_keys() -> None:
    assert "t7Yw2kQz" not in masked("postgres://app:t7Yw2kQz@db.acme.io/prod")
    assert "9fK2xQ7L" not in masked('api_key = "9fK2xQ7LmZ4tVbR8sWc1"')
    assert "MIIE" not in masked("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA")


@given(st.text(alphabet="abcdefgh ,.!?éß漢字\n", max_size=200))
def test_masked_leaves_plain_text_alone(text: str) -> None:
    assert masked(text) == text
