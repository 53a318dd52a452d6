"""Calls that may hang, on threads that nobody has to wait for."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def launch(name: str, work: Callable[[], T]) -> "Future[T]":
    """Calls ``work`` on a daemon thread of its own, with database connections of its own.

    An executor will not do: its threads are joined when the process ends, so that one that hangs would keep it alive.
    """
    future: Future[T] = Future()
    Thread(target=_fly, args=(future, work), name=name, daemon=True).start()
    return future


def _fly(future: "Future[T]", work: Callable[[], T]) -> None:
    try:
        answer = _land(work)
    except BaseException as error:  # noqa: BLE001  (it is raised where the answer is asked for)
        future.set_exception(error)
    else:
        future.set_result(answer)


def _land(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()  # before the answer is out: whoever has it may drop the database
