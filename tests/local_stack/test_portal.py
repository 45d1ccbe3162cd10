from __future__ import annotations

import urllib.request

import pytest

from pgspark_site.local_stack.portal import Backends, answers, environment
from tests.portal import Portal


def test_nothing_of_a_real_aws_account_reaches_the_portal(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://example.com")
    backends = Backends("postgres://", "redis://", "http://127.0.0.1:1", tmp_path, tmp_path)

    env = environment(backends, var=tmp_path, secret_key="k", accounts={})

    assert "AWS_PROFILE" not in env
    assert "AWS_ENDPOINT_URL_S3" not in env
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_a_real_portal_serves_its_login_page_with_its_assets(portal: Portal) -> None:
    with urllib.request.urlopen(f"{portal.url}/", timeout=10) as page:
        assert page.status == 200
        assert page.url.startswith(f"{portal.url}/accounts/login/")


def test_a_killed_process_comes_back_on_the_same_address(portal: Portal) -> None:
    portal.kill("web")
    assert not answers(f"{portal.url}/healthz")

    portal.restart("web")

    assert answers(f"{portal.url}/healthz")
