"""Writes code versions, in the worker: `advance` moves a version from state to state, `journal` keeps what happens on
the way and sees when nobody wants it any more, `memory` tells what a version was asked and answered before, `quota`
counts tokens."""

from __future__ import annotations

from jobs.generation.advance import advance_code

__all__ = ["advance_code"]
