"""JSON API of what a run will probably take and cost, and of what a person has spent this month."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Literal

from ninja import Query, Router
from pydantic import BaseModel, Field

from catalog.queries import own_session
from connections.envelope import Answer, ApiRequest, ShortText, answers
from jobs import budgets, quotes, workspace
from jobs.api.code import platform_wish
from jobs.forms import TIMEOUT_MINUTES

router = Router(tags=["Costs"], by_alias=True)


class QuoteWish(BaseModel):
    """As for a run; nothing for what is usual."""

    execution_platform: ShortText = "auto"
    size: ShortText = ""
    timeout_minutes: int | None = Field(None, ge=1, le=max(TIMEOUT_MINUTES))


class Range(BaseModel):
    low: float
    median: float
    high: float


class Quote(BaseModel):
    """`count` past runs of like size: `same` sources, or such that read about as much (`like`); none: no figures.

    `most_usd` is the most that the run can cost; costs are null where a price is not known. `timeout_minutes` is the
    time limit that it gets; where that is less than was asked for or is usual, `timeout_note` says so.
    """

    basis: Literal["", "same", "like"]
    count: int
    seconds: Range | None
    cost_usd: Range | None
    most_usd: float | None
    timeout_minutes: int
    timeout_note: str | None


class Spent(BaseModel):
    """Dollars of this month: runs as billed, set aside for those that are not yet, models; limits are null for none."""

    runs_usd: float
    reserved_usd: float
    models_usd: float
    warn_from_usd: float | None
    refuse_beyond_usd: float | None


class QuoteAnswer(Answer):
    """No quote for a session without sources, or where nothing can run them."""

    quote: Quote | None
    spent: Spent


@router.get("/sessions/{uuid:session_id}/quote", response=answers(QuoteAnswer))
def get_quote(request: ApiRequest, session_id: uuid.UUID, wish: Query[QuoteWish]) -> QuoteAnswer:
    """What a run of the session's sources will probably take and cost, from past runs; and what is spent."""
    session = own_session(request.auth, session_id)
    told = workspace.quote_of(
        session,
        request.auth,
        target=platform_wish(wish.execution_platform),
        size=wish.size,
        minutes=wish.timeout_minutes,
    )
    spent = told.get("spending") or budgets.spending(request.auth)
    return QuoteAnswer(
        quote=_quote(told["quote"], told["limit_minutes"], told["limit_note"]) if "quote" in told else None,
        spent=Spent(
            runs_usd=float(spent.runs),
            reserved_usd=float(spent.reserved),
            models_usd=float(spent.tokens),
            warn_from_usd=_dollars(spent.soft),
            refuse_beyond_usd=_dollars(spent.hard),
        ),
    )


def _quote(told: quotes.Quote, minutes: int, note: str) -> Quote:
    return Quote(
        basis=told.basis,
        count=told.count,
        seconds=_range(told.seconds),
        cost_usd=_range(told.cost_usd),
        most_usd=_dollars(told.most_usd),
        timeout_minutes=minutes,
        timeout_note=note or None,
    )


def _range(told: quotes.Range | None) -> Range | None:
    return Range(low=told.low, median=told.median, high=told.high) if told else None


def _dollars(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
