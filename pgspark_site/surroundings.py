"""Where settings come from: the environment, and the file `.env` beside `manage.py`."""

from __future__ import annotations

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("PGSPARK_VAR_DIR", str(BASE_DIR / "var")))
