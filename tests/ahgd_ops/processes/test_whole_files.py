from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Empty
from threading import Thread
from time import monotonic

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

from ahgd_ops.celery import app
from ahgd_ops.processes.whole_files import Transport

MESSAGES = 400
OpenQueue = Callable[[], SimpleQueue]


@pytest.fixture
def open_queue(tmp_path: Path) -> Iterator[OpenQueue]:
    """Opens the same queue on connections of their own, as processes do."""
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
        "polling_interval": 0.001,
    }
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    with ExitStack() as stack:

        def open_queue() -> SimpleQueue:
            connection = stack.enter_context(
                Connection("filesystem://localhost", transport=Transport, transport_options=options)
            )
            return stack.enter_context(connection.SimpleQueue(tmp_path.name))

        yield open_queue


def taken(queue: SimpleQueue, timeout_seconds: float = 1) -> list[int]:
    found: list[int] = []
    while True:
        try:
            message = queue.get(timeout=timeout_seconds)
        except Empty:
            return found
        found.append(message.payload["number"])
        message.ack()


def test_what_is_put_is_taken_in_order(open_queue: OpenQueue, tmp_path: Path) -> None:
    queue = open_queue()
    for number in range(3):
        queue.put({"number": number})
    assert taken(queue, 0.1) == [0, 1, 2]
    assert list((tmp_path / "messages").iterdir()) == []


def test_each_message_reaches_one_taker_whole(open_queue: OpenQueue) -> None:
    """With kombu's own transport about one message in a hundred is taken empty, which ends the taker."""
    found: list[int] = []

    ends = monotonic() + 30

    def take() -> None:
        queue = open_queue()
        while len(found) < MESSAGES and monotonic() < ends:
            found.extend(taken(queue, 0.1))

    queue = open_queue()  # declared before the threads, which share what kombu believes to be declared
    takers = [Thread(target=take) for _ in range(2)]
    for taker in takers:
        taker.start()
    for number in range(MESSAGES):
        queue.put({"number": number, "padding": "x" * 4000})
    for taker in takers:
        taker.join()
    assert sorted(found) == list(range(MESSAGES))


def test_processes_that_declare_the_same_exchange_at_once_do_not_meet_half_a_table(open_queue: OpenQueue) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: open_queue().put({"number": number}), range(8)))  # raises what any of them raised


@pytest.mark.embedded
def test_the_embedded_broker_is_this_one() -> None:
    with app.connection_for_write() as connection:
        assert isinstance(connection.transport, Transport)
