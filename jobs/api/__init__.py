"""JSON API of questions, their code, and runs with their results."""

from __future__ import annotations

from ninja import Router

from jobs.api import changes, code, costs, runs

routers: tuple[Router, ...] = (code.router, changes.router, runs.router, costs.router)
