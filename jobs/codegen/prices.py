"""What tokens cost, as far as whoever runs the portal has said so. Without a price there is no figure."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from jobs.codegen.calling import Counts

_MILLION = Decimal(1_000_000)


def cost_usd(model: str, counts: Counts) -> Decimal | None:
    """Dollars for these tokens; None where PGSPARK_MODEL_PRICES does not name the model.

    Its entries are dollars per million tokens: `input` and `output`, and `cached` and `cache_write` where they differ
    from `input`.
    """
    prices = settings.PGSPARK_MODEL_PRICES.get(model)
    if prices is None:
        return None
    plain = counts.input - counts.cached - counts.cache_written
    parts = (
        (plain, prices["input"]),
        (counts.cached, prices.get("cached", prices["input"])),
        (counts.cache_written, prices.get("cache_write", prices["input"])),
        (counts.output, prices["output"]),
    )
    return sum((Decimal(tokens) * Decimal(str(price)) / _MILLION for tokens, price in parts), Decimal(0))
