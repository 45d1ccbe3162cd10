"""Sessions of a person at a real portal, made by the plain forms of its pages."""

from __future__ import annotations

from tests.person import Person
from tests.portal import Portal


def pick(person: Person, portal: Portal, session: str, *tables: str) -> None:
    """The pickers: the sample shop's schema `public`, then the tables' checkboxes."""
    place = [("connection", "demo"), ("database", portal.shop.database), ("schema", "public")]
    person.post(f"{session}picker/", place)
    shown = [("shown", table) for table in tables]
    person.post(f"{session}picker/selection/", [*place, *shown, *(("table", table) for table in tables)])


def ready_session(person: Person, portal: Portal, transform: str, *tables: str) -> str:
    """The path of a new session with these tables of the sample shop and this transform, saved as a version."""
    session = person.path_of(person.post("/sessions/new/"))
    pick(person, portal, session, *tables)
    person.post(f"{session}code/", {"transform": transform})
    return session
