"""The whole decision table of routing, which is also what `docs/routing.md` shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connections.errors import PortalError
from jobs.execution.routing import Application, Route, Selection, route
from jobs.states import Target

MB = 1024 * 1024
VPC = Application("00fpostgres", "", "VPC application")
STANDARD = Application("00fstandard", "", "standard application")
NO_VPC = Application("", "PGSPARK_EMR_POSTGRES_APPLICATION_ID is not set", "VPC application")
NO_STANDARD = Application("", "PGSPARK_EMR_APPLICATION_ID is not set", "standard application")
EVERYTHING = Selection((), 0, [Target.EMR, Target.LAMBDA, Target.LOCAL], VPC, STANDARD)

PICKED = {
    "PostgreSQL": (["POSTGRES"], 0),
    "PostgreSQL and Glue": (["POSTGRES", "GLUE"], 0),
    "PostgreSQL and files of 1 MB": (["POSTGRES", "CSV"], MB),
    "Glue": (["GLUE"], 0),
    "Glue and files of 1 MB": (["GLUE", "CSV"], MB),
    "files of 101 MB": (["CSV"], 101 * MB),
    "files of unknown size": (["CSV"], None),
    "files of 100 MB": (["CSV"], 100 * MB),
}
PORTALS = {
    "all engines": EVERYTHING,
    "EMR and local": replace(EVERYTHING, offered=[Target.EMR, Target.LOCAL]),
    "EMR": replace(EVERYTHING, offered=[Target.EMR]),
    "EMR without its VPC application, local": replace(
        EVERYTHING, offered=[Target.EMR, Target.LOCAL], database_application=NO_VPC
    ),
    "EMR without its standard application": replace(EVERYTHING, offered=[Target.EMR], standard_application=NO_STANDARD),
    "Lambda": replace(EVERYTHING, offered=[Target.LAMBDA]),
    "local": replace(EVERYTHING, offered=[Target.LOCAL]),
}
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "routing.md"


def routed(portal: Selection, picked: str, wish: str = "") -> Route:
    kinds, total_bytes = PICKED[picked]
    return route(replace(portal, kinds=kinds, total_bytes=total_bytes, wish=wish))


def cell(portal: Selection, picked: str, wish: str = "") -> str:
    try:
        found = routed(portal, picked, wish)
    except PortalError as error:
        return f"refused: {error.facts['reason']}"
    words = {VPC.id: "EMR, VPC", STANDARD.id: "EMR, standard", "": found.target.label}
    return words[found.application_id]


def table(columns: dict[str, list[str]]) -> str:
    rows = [["picked", *columns], ["---"] * (1 + len(columns))]
    rows += [[picked, *(cells[number] for cells in columns.values())] for number, picked in enumerate(PICKED)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def whole_table() -> str:
    return table({name: [cell(portal, picked) for picked in PICKED] for name, portal in PORTALS.items()})


def wishes() -> str:
    return table({wish.label: [cell(EVERYTHING, picked, wish) for picked in PICKED] for wish in Target})


def test_the_document_shows_the_decision_table() -> None:
    assert whole_table() in DOCUMENT.read_text()


def test_the_document_shows_what_may_be_wished_for() -> None:
    assert wishes() in DOCUMENT.read_text()


@pytest.mark.parametrize("picked", ["PostgreSQL", "PostgreSQL and Glue", "PostgreSQL and files of 1 MB"])
def test_postgresql_goes_to_the_vpc_application_whatever_is_beside_it(picked: str) -> None:
    assert routed(EVERYTHING, picked).application_id == VPC.id


@pytest.mark.parametrize("picked", ["Glue", "Glue and files of 1 MB", "files of 101 MB", "files of unknown size"])
def test_glue_and_large_files_go_to_the_standard_application(picked: str) -> None:
    assert routed(EVERYTHING, picked).application_id == STANDARD.id


def test_small_files_go_to_lambda_then_emr_then_local() -> None:
    portals = (EVERYTHING, PORTALS["EMR and local"], PORTALS["local"])

    assert [routed(portal, "files of 100 MB").target for portal in portals] == ["lambda", "emr", "local"]


def test_the_consequence_is_told_in_one_sentence() -> None:
    assert routed(EVERYTHING, "PostgreSQL").sentence == "PostgreSQL picked: runs on EMR Serverless, VPC application"
    assert (
        routed(EVERYTHING, "Glue and files of 1 MB").sentence
        == "Glue and files picked: runs on EMR Serverless, standard application"
    )
    assert routed(PORTALS["local"], "PostgreSQL").sentence == "PostgreSQL picked: runs on Local Spark"


def test_a_fallback_names_the_setting_that_lacks() -> None:
    found = routed(PORTALS["EMR without its VPC application, local"], "PostgreSQL")

    assert found.target == Target.LOCAL
    assert "Not on EMR Serverless: PGSPARK_EMR_POSTGRES_APPLICATION_ID is not set." in found.reasons


def test_an_engine_that_is_listed_but_lacks_its_settings_says_so() -> None:
    portal = replace(PORTALS["local"], unavailable={Target.EMR: "PGSPARK_EXECUTION_ROLE_ARN is not set"})

    assert "Not on EMR Serverless: PGSPARK_EXECUTION_ROLE_ARN is not set." in routed(portal, "Glue").reasons


def test_a_portal_without_engines_refuses_and_names_the_setting() -> None:
    with pytest.raises(PortalError, match="PGSPARK_TARGETS"):
        routed(replace(EVERYTHING, offered=[]), "Glue")


@pytest.mark.parametrize("wish", ["quantum", "LOCAL"])
def test_a_wish_for_what_is_no_engine_is_refused(wish: str) -> None:
    with pytest.raises(PortalError, match="TARGET_UNAVAILABLE"):
        routed(EVERYTHING, "Glue", wish)


def test_a_wish_is_told_as_such_and_leaves_the_others_to_choose_from() -> None:
    found = routed(EVERYTHING, "PostgreSQL", "local")

    assert (found.target, found.application_id) == (Target.LOCAL, "")
    assert found.reasons[0] == "You chose it."
    assert found.alternatives == (Target.EMR,)


@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.parametrize("picked", PICKED)
def test_every_alternative_could_be_wished_for_and_nothing_else(portal: str, picked: str) -> None:
    try:
        found = routed(PORTALS[portal], picked)
    except PortalError:
        able: set[Target] = set()
    else:
        able = {found.target, *found.alternatives}

    for target in Target:
        assert cell(PORTALS[portal], picked, target).startswith("refused") is (target not in able)
