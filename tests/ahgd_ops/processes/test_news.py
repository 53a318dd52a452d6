import os
from collections.abc import Iterator

import pytest

from ahgd_ops.processes.news import FINISHED, LOST, READY, News, Wire, read


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_what_is_announced_is_read_in_order(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    wire = Wire()
    wire.connect(writer)
    wire.announce(READY)
    wire.announce(LOST, "web-1 ended")
    assert read(reader) == [News(os.getpid(), READY), News(os.getpid(), LOST, "web-1 ended")]


def test_nothing_new_is_no_wait(pipe: tuple[int, int]) -> None:
    assert read(pipe[0]) == []


def test_what_is_no_news_is_dropped(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.write(writer, b"\xff\xfe\nhello\n\n12\n34 ready\n")
    assert read(reader) == [News(34, READY)]


def test_without_a_supervisor_nothing_is_said(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda *written: pytest.fail(f"{written} was said to nobody"))
    Wire().announce(READY)
    assert read(pipe[0]) == []


def test_a_supervisor_that_does_not_read_holds_nobody_up(pipe: tuple[int, int]) -> None:
    wire = Wire()
    wire.connect(pipe[1])
    for _ in range(20_000):
        wire.announce(FINISHED)
    assert len(read(pipe[0])) > 0
