"""Where a run's files are in the store (by the text of its uuid), and the manifest that says what the job wrote."""

from __future__ import annotations

import json
from typing import Any

from connections.errors import PortalError
from connections.object_store import store


def prefix_of(run_id: str) -> str:
    """Everything of one run, and nothing else."""
    return f"runs/{run_id}/"


def script_key(run_id: str) -> str:
    return prefix_of(run_id) + "script.py"


def output_prefix(run_id: str) -> str:
    """The prefix of the result's files; nothing but this run writes below it."""
    return prefix_of(run_id) + "output/"


def manifest_key(run_id: str) -> str:
    return prefix_of(run_id) + "manifest.json"


def log_prefix(run_id: str) -> str:
    """Where an engine that keeps its logs in the store puts them."""
    return prefix_of(run_id) + "logs/"


def read_manifest(run_id: str) -> dict[str, Any]:
    """What the script's epilogue wrote last: rows, columns, files. Raises RESULT_MISSING when it is not whole.

    Every file that the manifest names must be there with its size: a result is complete or it is none.
    """
    try:
        manifest: dict[str, Any] = json.loads(store().get(manifest_key(run_id)))
        promised = {output_prefix(run_id) + file["name"]: file["size"] for file in manifest["files"]}
        int(manifest["rows"]), list(manifest["columns"])
    except (ValueError, KeyError, TypeError) as error:
        raise PortalError("RESULT_MISSING") from error
    except PortalError as error:
        if error.code != "STORE_OBJECT_MISSING":
            raise
        raise PortalError("RESULT_MISSING") from error
    found = {info.key: info.size for info in store().list(output_prefix(run_id))}
    if not promised.items() <= found.items():
        raise PortalError("RESULT_MISSING")
    return manifest
