"""A wire to a server that a test can cut, or let hang, and mend."""

import socket
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread


class Wire:
    """Listens on a port of 127.0.0.1 and carries bytes to a Unix socket and back."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._flowing = Event()
        self._ends: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        self._flowing.set()
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def cut(self) -> None:
        """Ends every connection and refuses new ones, as a server that was stopped."""
        self._close(self._listener)
        for end in self._ends:
            self._close(end)
        self._ends.clear()

    def mend(self) -> None:
        """Takes connections again after ``cut``."""
        self._listener = self._listen(self.port)

    def hang(self) -> None:
        """Holds back every byte, as a network that swallows them."""
        self._flowing.clear()

    def flow(self) -> None:
        """Lets what was held back go on after ``hang``."""
        self._flowing.set()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the listener was closed: the wire is cut
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self.target))
                self._ends += (near, far)
                Thread(target=self._carry, args=(near, far), daemon=True).start()
                Thread(target=self._carry, args=(far, near), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # either end was closed
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        self._close(source)
        self._close(sink)

    @staticmethod
    def _close(end: socket.socket) -> None:
        with suppress(OSError):  # it was closed before
            end.shutdown(socket.SHUT_RDWR)
        end.close()
