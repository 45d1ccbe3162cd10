"""How values look on the pages: numbers, durations, sizes, times, states and icons. Missing values are an en dash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

MISSING = "–"
THIN = "\u202f"
GAP = "\u00a0"
SOURCE_COLOURS = 4


@register.filter
def number(value: float | Decimal | None) -> str:
    """48212 -> `48 212`, with narrow no-break spaces."""
    return MISSING if value is None else f"{value:,}".replace(",", THIN)


@register.filter
def compact(value: int | None) -> str:
    """Rows in a narrow column: exact below a million, then `3.0 M` and `1.2 bn`."""
    if value is None or abs(value) < 1_000_000:
        return number(value)
    if abs(value) < 999_950_000:
        return f"{value / 1e6:.1f}{GAP}M"
    return f"{value / 1e9:.1f}{GAP}bn"


@register.filter
def size(value: int | None) -> str:
    """Bytes in decimal units: `64 kB`, `3.4 MB`, `412 MB`."""
    if value is None:
        return MISSING
    amount, unit = float(value), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    digits = 1 if unit != "B" and amount < 9.95 else 0
    return f"{amount:.{digits}f}{GAP}{unit}"


def _seconds(value: float | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


@register.filter
def percent(share: float | None) -> str:
    """A share of 1: `0 %`, `0.4 %`, `37 %`."""
    if share is None:
        return MISSING
    digits = 1 if 0 < share < 0.0995 else 0
    return f"{share * 100:.{digits}f}{GAP}%"


@register.filter
def duration(value: float | timedelta | None) -> str:
    """`20 ms`, `0.8 s`, `46 s`, `1 min 48 s`, `2 h 5 min`."""
    if value is None:
        return MISSING
    seconds = max(_seconds(value), 0)
    if 0 < seconds < 0.0995:
        return f"{max(round(seconds * 1000), 1)}{GAP}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}{GAP}s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest}{GAP}s"
    if minutes < 60:
        return f"{minutes}{GAP}min {rest}{GAP}s"
    return f"{minutes // 60}{GAP}h {minutes % 60}{GAP}min"


@register.filter
def clock(value: float | timedelta | None) -> str:
    """A duration in a table: `1:48`, `1:02:03`."""
    if value is None:
        return MISSING
    minutes, seconds = divmod(int(max(_seconds(value), 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def dash(value: Any) -> Any:
    """The value itself, or an en dash where there is none; zero is a value."""
    return MISSING if value is None or value == "" else value


def _ago_words(moment: datetime) -> str:
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)}{GAP}min ago"
    local = timezone.localtime(moment)
    days = (timezone.localdate() - local.date()).days
    if days == 0:
        return local.strftime("%H:%M")
    if days == 1:
        return f"yesterday {local:%H:%M}"
    return local.strftime("%Y-%m-%d %H:%M")


@register.filter
def ago(moment: datetime | None) -> str | SafeString:
    """A <time> in words, exact UTC in its title; static/js/clock.js keeps it true."""
    if moment is None:
        return MISSING
    exact = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-ago>{}</time>',
        exact.isoformat(timespec="seconds"),
        exact.strftime("%Y-%m-%d %H:%M:%S"),
        _ago_words(moment),
    )


@register.filter
def elapsed(moment: datetime | None) -> str | SafeString:
    """The time since `moment`, as text that static/js/clock.js keeps ticking."""
    if moment is None:
        return MISSING
    return format_html(
        '<time class="ps-num" data-elapsed-from="{}">{}</time>',
        moment.astimezone(UTC).isoformat(timespec="milliseconds"),
        duration(timezone.now() - moment),
    )


@register.filter
def source_class(position: int) -> str:
    """The CSS class of the n-th source (from 1); colours come round again after four."""
    return f"ps-source-{(int(position) - 1) % SOURCE_COLOURS + 1}"


@register.filter
def initials(user: Any) -> str:
    """Two letters for an avatar."""
    words = user.get_full_name().split() or [user.get_username()]
    return "".join(word[0] for word in words[:2]) if len(words) > 1 else words[0][:2]


class Look(NamedTuple):
    """How a state is shown: always icon and word, `tone` is one of ok, bad, warn, idle, live."""

    icon: str
    tone: str
    word: str


RUN_LOOKS = {
    "PENDING": Look("clock", "idle", "Queued"),
    "SUBMITTING": Look("spinner", "live", "Starting"),
    "RUNNING": Look("spinner", "live", "Running"),
    "COLLECTING": Look("spinner", "live", "Collecting"),
    "CANCELLING": Look("square", "warn", "Cancelling…"),
    "SUCCEEDED": Look("circle-check-filled", "ok", "Succeeded"),
    "FAILED": Look("circle-x-filled", "bad", "Failed"),
    "CANCELLED": Look("circle-minus", "idle", "Cancelled"),
}


@register.filter
def run_look(run: Any) -> Look:
    """The look of a run, or of the name of a state. A wish to cancel shows before the engine has heard it."""
    if isinstance(run, str):
        return RUN_LOOKS[run]
    if run.cancel_requested_at and run.state in ("PENDING", "SUBMITTING", "RUNNING"):
        return RUN_LOOKS["CANCELLING"]
    return RUN_LOOKS[run.state]


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "", extra: str = "") -> SafeString:
    """An icon of static/vendor/icons.svg; decorative unless it has a label."""
    classes = " ".join(filter(None, ["ps-icon", f"ps-icon-{size}", "ps-spin" if name == "spinner" else "", extra]))
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"></use></svg>', classes, role, static("vendor/icons.svg"), name
    )


@register.simple_tag
def demo_accounts() -> list[tuple[str, str]]:
    """Name and password of the demonstration's accounts; empty everywhere else."""
    return [(name, password) for name, _, password in (pair.partition(":") for pair in settings.PGSPARK_DEMO_ACCOUNTS)]
