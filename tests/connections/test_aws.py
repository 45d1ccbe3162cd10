"""AWS clients are shared, bounded in time and tries, and their errors are translated."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from connections.aws import client, from_botocore, region_of


def test_a_client_is_built_once_per_region(aws: str) -> None:
    assert client("secretsmanager", region="eu-west-1") is client("secretsmanager", region="eu-west-1")
    assert client("secretsmanager", region="eu-west-1") is not client("secretsmanager", region="us-east-1")


def test_a_client_never_waits_for_long(aws: str) -> None:
    config = client("secretsmanager").meta.config

    assert (config.connect_timeout, config.read_timeout) == (3, 15)
    assert config.retries == {"mode": "standard", "total_max_attempts": 5}


def test_the_region_of_an_arn() -> None:
    assert region_of("arn:aws:secretsmanager:eu-west-1:123456789012:secret:example-AbCdEf") == "eu-west-1"


@pytest.mark.parametrize(
    ("aws_code", "code"),
    [("AccessDeniedException", "AWS_REFUSED"), ("ThrottlingException", "AWS_UNREACHABLE")],
)
def test_a_refusal_and_a_busy_service_are_told_apart(aws_code: str, code: str) -> None:
    error = ClientError({"Error": {"Code": aws_code, "Message": "canary"}}, "GetSecretValue")

    translated = from_botocore(error, service="Secrets Manager")

    assert translated.code == code
    assert "canary" not in str(translated)


def test_a_silent_service_is_unreachable() -> None:
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    assert from_botocore(error, service="S3").as_dict()["retryable"] is True
