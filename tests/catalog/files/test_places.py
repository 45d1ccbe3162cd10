"""Only what the setting opens can be read, and never what the portal keeps for itself."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.files import places
from connections.errors import PortalError


@pytest.fixture(autouse=True)
def open_places(settings: Any) -> None:
    settings.PGSPARK_S3_BUCKET = "portal"
    settings.PGSPARK_S3_SOURCES = ["s3://lake/public/", "s3://portal/samples/", "s3://whole/"]


@pytest.mark.parametrize(
    "uri", ["s3://lake/public/", "s3://lake/public/a b.csv", "s3://portal/samples/2024/x=1/ä.csv", "s3://whole/a.csv"]
)
def test_what_is_open(uri: str) -> None:
    assert places.allowed(uri).uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "s3://lake/",
        "s3://lake/public",
        "s3://lake/publicity/a.csv",
        "s3://lake/private/a.csv",
        "s3://lake/public/../private/a.csv",
        "s3://lake/public/./a.csv",
        "s3://lake/public//a.csv",
        "s3://lake/public/a\x00.csv",
        "s3://lake/public/a\n.csv",
        "s3://other/public/a.csv",
        "s3://portal/runs/1/script.py",
        "s3://portal/uploads/1/a.csv",
        "s3://portal/samples/../uploads/1/a.csv",
        "file:///etc/passwd",
        "http://lake/public/a.csv",
        "s3a://lake/public/a.csv",
        "s3://lake/public/" + "x" * 2000,
    ],
)
def test_what_is_not(uri: str) -> None:
    with pytest.raises(PortalError) as refused:
        places.allowed(uri)

    assert refused.value.code == "S3_PLACE_NOT_ALLOWED"


@pytest.mark.parametrize("uri", ["s3://portal/", "s3://portal/uploads/", "s3://portal/runs/1/"])
def test_the_setting_cannot_open_the_portals_own(settings: Any, uri: str) -> None:
    settings.PGSPARK_S3_SOURCES = [uri]

    with pytest.raises(PortalError):
        places.allowed(uri)
    assert not places.is_place(uri)


@pytest.mark.parametrize("uri", ["lake/public/", "s3://lake/public", "s3:///public/", "s3://Lake/x/", ""])
def test_what_is_no_place_stops_the_start(uri: str) -> None:
    assert not places.is_place(uri)


def test_names() -> None:
    assert places.allowed("s3://lake/public/2024/").name == "2024"
    assert places.allowed("s3://lake/public/a.csv").name == "a.csv"
    assert places.allowed("s3://whole/").name == "whole"
