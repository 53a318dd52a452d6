"""The embedded broker: kombu's filesystem transport, with messages that appear and are taken whole.

kombu 5.7 opens a message's file under its final name, and writes it after that: a worker that lists the directory in
between takes an empty message, which ends the worker. Here a message is written as a draft and renamed, and taken by
renaming it to a name of the taker's own, so that one of several takers gets it, on whatever file system.
"""

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.transport.virtual import Empty
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu's own names differ
        name = f"{monotonic_ns():020d}_{uuid4()}"  # their order is the order they are taken in
        draft = Path(self.data_folder_out, f"{name}.draft")
        try:
            draft.write_text(dumps(payload), encoding="utf-8")
            draft.rename(draft.with_name(f"{name}.{queue}.msg"))
        except OSError as error:
            raise ChannelError(f"The broker cannot write {draft}: {error.strerror}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{uuid4()}.taken"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:  # another taker was faster
                continue
            text = taken.read_text(encoding="utf-8")
            taken.unlink()
            return loads(text)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: Any, queue: str) -> None:
        """Adds the queue to the exchange's table, which kombu, too, would make empty and write after that."""
        table: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # missing in kombu's stubs
        if not table.exists():
            self.control_folder.mkdir(exist_ok=True)
            draft = table.with_name(f"{uuid4()}.draft")
            draft.write_text("[]", encoding="utf-8")
            with suppress(FileExistsError):  # another process was faster
                os.link(draft, table)
            draft.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    Channel = Channel
