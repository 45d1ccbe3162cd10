"""A call can be cut by another thread at any moment: the waiting one wakes at once, the service sees it leave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from connections.aws import forget_clients, model_client
from connections.lines import Line, line_in_use
from tests.connections.wire import silent_server


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Bedrock that takes calls and never answers."""
    with silent_server() as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"http://127.0.0.1:{port}")
        forget_clients()
        yield
        forget_clients()


def test_a_call_that_waits_for_its_first_byte_is_cut_at_once(silence: None) -> None:
    """This is what breaks when botocore changes how it makes its connections: see `connections.aws.model_client`."""
    line, failures = Line(), []

    def call() -> None:
        with line.used():
            try:
                model_client().converse(modelId="us.example.alpha-1-v1:0", messages=[])
            except Exception as error:
                failures.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    time.sleep(0.5)
    assert thread.is_alive()
    began = time.monotonic()
    line.cut()
    thread.join(5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 1
    assert len(failures) == 1


def test_a_line_that_was_cut_before_it_opened_is_shut_as_soon_as_it_opens() -> None:
    line = Line()
    line.cut()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line.hold(ours)
        assert theirs.recv(1) == b""


def test_a_line_belongs_to_one_thread_and_one_call() -> None:
    line, seen = Line(), []
    with line.used():
        assert line_in_use() is line
        other = threading.Thread(target=lambda: seen.append(line_in_use()))
        other.start()
        other.join()
    assert seen == [None]
    assert line_in_use() is None
