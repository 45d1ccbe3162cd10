"""Somebody with a browser but no JavaScript: cookies, the CSRF token, pages and forms over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape

import requests


class Person:
    """Signed in at `base`; paths are absolute, answers other than 2xx raise `requests.HTTPError`."""

    def __init__(self, base: str, name: str, password: str) -> None:
        self.base = base.rstrip("/")
        self.http = requests.Session()
        # Proxies are for elsewhere: the portal is on this machine.
        self.http.trust_env = False
        self.http.headers["Referer"] = self.base + "/"
        self.get("/accounts/login/")
        self.post("/accounts/login/", {"login": name, "password": password})

    def get(self, path: str) -> requests.Response:
        answer = self.http.get(self.base + path, timeout=60)
        answer.raise_for_status()
        return answer

    def post(self, path: str, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> requests.Response:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        token = self.http.cookies.get("csrftoken", "")
        answer = self.http.post(self.base + path, data=[*pairs, ("csrfmiddlewaretoken", token)], timeout=60)
        answer.raise_for_status()
        return answer

    def session_path(self) -> str:
        """The workspace of the session used last."""
        return self.path_of(self.get("/")).partition("?")[0]

    def path_of(self, answer: requests.Response) -> str:
        """Where the answer came from, redirects followed."""
        return answer.url.removeprefix(self.base)

    def start_run(self, session: str, engine: str = "") -> str:
        """Presses Run on the session's newest code as it stands, on the engine that suits it or on the one that is
        named; the path of the run's page.
        """
        page = self.get(session).text
        return self.path_of(self.post(f"{session}run/", editor_of(page) | {"target": engine}))


def editor_of(page: str) -> dict[str, str]:
    """What the workspace's code form would send: the editor's text and its version's number."""
    transform = re.search(r'<textarea[^>]*name="transform"[^>]*>(.*?)</textarea>', page, re.S)
    version = re.search(r'<input[^>]*name="version"[^>]*value="(\d+)"', page)
    assert transform, "the page has no editor"
    assert version, "the page's code has no version"
    # A browser drops one line end after the tag.
    return {"transform": unescape(transform[1]).removeprefix("\n"), "version": version[1]}
