from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pgspark_site.local_stack.family import ProcessMark, is_alive, mark_of
from pgspark_site.local_stack.state import AlreadyRunning, kept_secrets, only_instance


def test_secrets_are_kept_between_runs_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = kept_secrets(tmp_path)

    assert kept_secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_secrets_do_not_show_in_their_representation(tmp_path: Path) -> None:
    assert kept_secrets(tmp_path).postgres not in repr(kept_secrets(tmp_path))


def test_a_second_instance_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    with only_instance(tmp_path) as first:
        first.serves_at("http://127.0.0.1:8000/")

        with pytest.raises(AlreadyRunning) as refused, only_instance(tmp_path):
            pass

        assert refused.value.url == "http://127.0.0.1:8000/"


def test_a_refused_instance_leaves_the_first_one_s_record(tmp_path: Path) -> None:
    with only_instance(tmp_path) as first:
        first.serves_at("http://127.0.0.1:8000/")
        with pytest.raises(AlreadyRunning), only_instance(tmp_path):
            pass

        assert (tmp_path / "stack.json").exists()


def test_what_a_killed_instance_left_is_ended_by_the_next(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as left:
        mark = mark_of(left.pid)
        (tmp_path / "stack.json").write_text(json.dumps({"url": "", "processes": [["web", *mark]]}))

        with only_instance(tmp_path):
            assert not is_alive(mark)


def test_a_later_process_of_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        mark = mark_of(other.pid)
        earlier = ProcessMark(mark.pid, mark.started - 1)
        (tmp_path / "stack.json").write_text(json.dumps({"url": "", "processes": [["web", *earlier]]}))

        with only_instance(tmp_path):
            assert is_alive(mark)
        other.kill()
