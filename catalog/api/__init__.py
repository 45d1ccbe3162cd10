"""JSON API of what there is to pick, and of sessions with what was picked in them."""

from __future__ import annotations

from ninja import Router

from catalog.api import glue, postgres, sessions

routers: tuple[Router, ...] = (postgres.router, glue.router, sessions.router)
