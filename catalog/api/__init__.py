"""JSON API of what there is to pick, and of sessions with what was picked in them."""

from __future__ import annotations

from ninja import Router

from catalog.api import files, glue, postgres, sessions

routers: tuple[Router, ...] = (postgres.router, glue.router, files.router, sessions.router)
