"""How the script itself logs in: the very text that runs, called without Spark."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jobs.script.assemble import _part
from tests.connections.factories import Secret, make_secret


@pytest.fixture
def script() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(_part("postgres.tmpl"), names)
    return names


@pytest.fixture
def secret(aws: str) -> Secret:
    return make_secret(host="db.example", port="5433", username="reader", password="not-in-the-address")


def options_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url.removeprefix("jdbc:")).query)


def test_sessions_are_read_only_and_given_up_when_they_hang(script: dict[str, Any], secret: Secret) -> None:
    login = script["_login"](secret.arn, "sh op/ü", "require")
    assert login["url"].startswith("jdbc:postgresql://db.example:5433/sh%20op%2F%C3%BC?")
    options = options_of(login["url"])
    assert options["readOnly"] == ["true"]
    assert options["options"] == ["-c default_transaction_read_only=on"]
    assert {"socketTimeout", "connectTimeout", "tcpKeepAlive"} <= set(options)
    assert (login["user"], login["password"]) == ("reader", "not-in-the-address")
    assert "not-in-the-address" not in login["url"]


def test_a_reader_endpoint_and_certificates_are_used_where_they_are_given(
    script: dict[str, Any], secret: Secret
) -> None:
    url = script["_login"](secret.arn, "shop", "verify-full", reader_host="ro.example", ca_bundle="/etc/a b.pem")["url"]
    assert url.startswith("jdbc:postgresql://ro.example:5433/shop?")
    assert options_of(url)["sslmode"] == ["verify-full"]
    assert options_of(url)["sslrootcert"] == ["/etc/a b.pem"]


def test_an_iam_token_takes_the_password_s_place(script: dict[str, Any], secret: Secret) -> None:
    login = script["_login"](secret.arn, "shop", "require", reader_host="ro.example", uses_token=True)
    assert login["password"].startswith("ro.example:5433/?Action=connect&DBUser=reader")
    assert "X-Amz-Expires=900" in login["password"]


@pytest.mark.parametrize("host", ["db.example/x?y", "db.example,other", "a b", "db.example?ssl=no", ""])
def test_a_host_that_is_no_name_is_refused(script: dict[str, Any], aws: str, host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        script["_login"](make_secret(host=host).arn, "shop", "require")
