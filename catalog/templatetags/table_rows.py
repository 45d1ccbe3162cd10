"""Rows of the lists of PostgreSQL tables, as HTML.

Every list holds dozens of them and every search draws them anew, and a template takes ten times as long for a row.
What is rare in a row still is a template: partials/table_marks.html.
"""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from catalog.models import AnalysisSession
from catalog.table_rows import TableRow, Tick
from connections.templatetags.portal import compact, icon, size

register = template.Library()

_ROW = """
<li class="ps-row{off}" id="{dom_id}" data-table="{name}"{elsewhere}>
{tick}
<details class="ps-fold ps-row-fold"><summary title="{title}">{chevron}<span class="ps-row-name">{name}\
<span class="ps-row-marks">{marks}</span>{why}</span>{figures}</summary>
{fold}
</details>
</li>"""
_TICK = """\
<span class="ps-tick"><input class="ps-check" type="checkbox" name="table" value="{name}"{form} aria-label="{label}"\
{checked} hx-post="{address}" hx-vals="{toggle}" hx-params="connection,database,schema,name,at,pick" \
hx-trigger="change" hx-target="closest .ps-tick" hx-swap="outerHTML" hx-sync="#rail:queue all">{error}</span>"""
_NO_TICK = '<span class="ps-tick" title="No SELECT on it">{}</span>'
_ERROR = '<span class="ps-tick-error" role="alert"><b>{}</b> {}</span>'
_COLUMNS = """\
<div class="ps-columns" hx-get="{columns}?{query}" hx-trigger="toggle from:closest details once" hx-target="this" \
hx-swap="outerHTML"><a class="ps-loading-line" href="{preview}?{query}">Reading columns</a></div>"""
_NO_COLUMNS = SafeString(
    '<p class="ps-rail-note">The connection\'s database user has no SELECT on it. '
    "Ask the owner of the database for it.</p>"
)
_FIGURES = '<span class="ps-num">{}</span><span class="ps-num">{}</span>'
_KIND = '<span class="ps-row-kind">{}</span>'
_WHY = '<small class="ps-row-why" title="{}">{}</small>'
_FORM, _CHECKED, _OFF = (SafeString(text) for text in (' form="selection-form"', " checked", " ps-row-off"))
_NOTHING = SafeString("")


@register.simple_tag
def table_rows(session: AnalysisSession, rows: Iterable[TableRow]) -> SafeString:
    """All rows; their addresses are those of `session`."""
    addresses = {name: _address(session, name) for name in ("pick", "columns", "preview")}
    same = {"chevron": icon("chevron-right", size=14, extra="ps-chevron")}
    return format_html_join("", _ROW, (same | _parts(row, addresses) for row in rows))


@register.simple_tag
def table_tick(session: AnalysisSession, tick: Tick) -> SafeString:
    """The checkbox of one table, with why the last click on it failed."""
    return _tick(tick, _address(session, "pick"))


def _address(session: AnalysisSession, name: str) -> SafeString:
    return conditional_escape(reverse(f"catalog:{name}", args=[session.uuid]))


def _parts(row: TableRow, addresses: dict[str, SafeString]) -> dict[str, str]:
    """What fills `_ROW`."""
    readable = row.summary.readable
    return {
        "off": _NOTHING if readable else _OFF,
        "dom_id": row.dom_id,
        "name": row.summary.name,
        "elsewhere": format_html(' data-schema="{}"', row.place.schema) if row.tick.is_elsewhere else _NOTHING,
        "tick": _tick(row.tick, addresses["pick"]) if readable else _no_tick(),
        "title": row.title,
        "marks": _marks(row) if row.is_marked else _NOTHING,
        "why": format_html(_WHY, _cut(row.found_by, 200), _cut(row.found_by, 80)) if row.found_by else _NOTHING,
        "figures": _figures(row),
        "fold": format_html(_COLUMNS, query=row.query, **addresses) if readable else _NO_COLUMNS,
    }


def _tick(tick: Tick, address: SafeString) -> SafeString:
    return format_html(
        _TICK,
        name=tick.name,
        form=_NOTHING if tick.is_elsewhere else _FORM,
        label=tick.label,
        checked=_CHECKED if tick.picked else _NOTHING,
        address=address,
        toggle=tick.toggle,
        error=format_html(_ERROR, tick.error.message, tick.error.hint) if tick.error else _NOTHING,
    )


def _no_tick() -> SafeString:
    return format_html(_NO_TICK, icon("lock", size=14, label="Not readable"))


def _marks(row: TableRow) -> SafeString:
    return render_to_string("catalog/partials/table_marks.html", {"starred": row.is_starred, "note_text": row.note})


def _figures(row: TableRow) -> SafeString:
    if row.is_plain:
        return format_html(_FIGURES, compact(row.summary.estimated_rows), size(row.summary.size_bytes))
    return format_html(_KIND, row.summary.kind)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else Truncator(text).chars(most)
