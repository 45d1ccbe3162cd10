"""The catalogue's part about asking by the API: who asks, and whether the request can be read."""

from __future__ import annotations

from connections.error_kinds import ErrorKind

API: dict[str, ErrorKind] = {
    "NOT_SIGNED_IN": ErrorKind(
        "Nobody is signed in.",
        "Send a token: Authorization: Bearer pgs_… (made on the page “API tokens” of your account), or sign in.",
        status=401,
    ),
    "TOKEN_INVALID": ErrorKind(
        "The token is unknown, expired or revoked.",
        "Make a new one on the page “API tokens” of your account.",
        status=401,
    ),
    "TOKEN_NAME_TAKEN": ErrorKind(
        "You already have a token called {name}.", "Choose another name, or revoke that one.", status=409
    ),
    "CSRF_FAILED": ErrorKind(
        "The request came with a login but without its CSRF token.",
        "Send the value of the cookie csrftoken as the header X-CSRFToken. Scripts use a token instead.",
        status=403,
    ),
    "INVALID_REQUEST": ErrorKind(
        "The request is not as it should be: {problem}.",
        "/api/docs describes what each path takes.",
    ),
    "METHOD_NOT_ALLOWED": ErrorKind(
        "{method} cannot be used here.", "The header Allow names the methods that can.", status=405
    ),
    "REQUEST_TOO_LARGE": ErrorKind(
        "The request is larger than {limit} bytes.",
        "Send less at once; files are sent to /api/uploads.",
        status=413,
    ),
}
