"""`python -m tests.settings_check`: Django's own checks as a server would see them, and complete migrations."""

from __future__ import annotations

import os
import warnings

import django
from django.core.management import call_command

_SERVER = {
    "DJANGO_SETTINGS_MODULE": "pgspark_site.settings",
    "DEBUG": "0",
    "SECRET_KEY": "not-a-secret-but-as-long-as-one-0123456789-abcdefghijklmnopqrstuvwxyz",
    "PGSPARK_S3_BUCKET": "example",
    "PGSPARK_OBJECT_STORE_DIR": "/nonexistent",
}

if __name__ == "__main__":
    os.environ |= _SERVER
    django.setup()
    call_command("check", deploy=True, fail_level="ERROR", verbosity=0)
    # No database is needed to compare models with migrations; that one does not answer is only a warning.
    warnings.simplefilter("ignore", RuntimeWarning)
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
