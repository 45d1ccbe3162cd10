"""The corpus of `bench/checking`, a part of it: what is broken is found before a run, and nothing good is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.corpus import shop, texts
from bench.corpus.texts import Case
from jobs.checking.check import Checked, check
from jobs.management.commands.check_code import sources_of

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("rehearsal")]

_EVERY = 4


def _checked(case: Case) -> Checked:
    return check(case.text, sources_of({"sources": shop.sources(list(case.aliases))}), wait=90)


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(texts.good()) >= 120
    assert len(texts.broken()) >= 120
    assert len({case.what for case in texts.broken()}) >= 8


def test_none_of_the_good_is_refused(warm: Path) -> None:
    refused = [(case.name, result.findings) for case in texts.good()[::_EVERY] if (result := _checked(case)).is_blocked]

    assert refused == []


def test_all_of_the_broken_are_found(warm: Path) -> None:
    missed = [(case.name, case.what) for case in texts.broken()[::_EVERY] if not _checked(case).is_blocked]

    assert missed == []
