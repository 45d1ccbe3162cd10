"""Filters of the pages about models: their short names, and what they cost."""

from __future__ import annotations

from decimal import Decimal

from django import template

from connections.templatetags.portal import MISSING
from jobs.codegen.model_names import short_name

register = template.Library()


@register.filter
def short_model(model: str) -> str:
    return short_name(model) if model else MISSING


@register.filter
def dollars(cost: Decimal | None) -> str:
    """`$1.24`, `$0.0063`; a dash where a price is not known."""
    if cost is None:
        return MISSING
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"
