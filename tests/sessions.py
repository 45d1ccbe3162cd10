"""A session of the analyst's with code that is ready to run, made without pages."""

from __future__ import annotations

import json

from tests.portal import Portal

_MAKE = """
import json
from django.contrib.auth.models import User
import catalog.operations
from catalog.types import TableRef
from connections.models import DatabaseConnection
from jobs import operations
wish = json.loads({wish!r})
user = User.objects.get(username="analyst")
session = catalog.operations.create_session(owner=user)
refs = [TableRef(*place) for place in wish["tables"]]
demo = DatabaseConnection.objects.get(name="demo")
catalog.operations.add_sources(session=session, user=user, connection=demo, refs=refs)
operations.save_edit(session=session, transform=wish["transform"], by=user, prompt="Prepared by a test")
print(f"/sessions/{{session.uuid}}/")
"""


def ready_session(portal: Portal, transform: str, *tables: str) -> str:
    """The path of a new session with these tables of the sample shop (`schema.table`) and this transform."""
    places = [[portal.shop.database, *table.split(".", 1)] for table in tables]
    wish = json.dumps({"tables": places, "transform": transform})
    ended = portal.manage("shell", "-c", _MAKE.format(wish=wish))
    assert ended.code == 0, portal.log_of("shell").read_text()
    return ended.output.strip().splitlines()[-1]
