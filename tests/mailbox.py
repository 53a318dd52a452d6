"""A real SMTP server in a thread, that keeps what it accepts and answers what a test tells it to."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

ACCEPTED = "250 2.0.0 Accepted"
Login = tuple[str, str]


class Mailbox:
    """Mail that arrived, in order. ``replies`` holds the answers to the next messages; only "2.." ones keep them.

    With a ``login``, a user and a password, nobody else is let in.
    """

    host = "127.0.0.1"

    def __init__(self, port: int = 0, login: Login | None = None) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []  # of each message, by its envelope
        self.replies: deque[str] = deque()
        self._needs_login = login is not None
        self._arrived = threading.Condition()
        self._controller = _BoundController(self, self.host, port, login)

    @property
    def port(self) -> int:
        return self._controller.port

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def wait_for(self, count: int, *, timeout_seconds: float = 20) -> list[EmailMessage]:
        """The messages, once there are ``count`` of them. Raises AssertionError when they do not come."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.messages) >= count, timeout_seconds)
        assert came, f"{len(self.messages)} of {count} messages came within {timeout_seconds} s"
        return list(self.messages)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._needs_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        reply = self.replies.popleft() if self.replies else ACCEPTED
        if reply.startswith("2"):
            content = cast(bytes, envelope.original_content)
            with self._arrived:
                self.recipients.append(list(envelope.rcpt_tos))
                self.messages.append(message_from_bytes(content, policy=policy.default))
                self._arrived.notify_all()
        return reply


class PickyMailbox(Mailbox):
    """Refuses the recipients in ``refusals`` with their answer."""

    def __init__(self, port: int = 0, login: Login | None = None) -> None:
        super().__init__(port, login)
        self.refusals: dict[str, str] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"


class _BoundController(Controller):
    """aiosmtpd's thread on a socket that is bound already, so that no other process can take its port first."""

    def __init__(self, mailbox: Mailbox, host: str, port: int, login: Login | None) -> None:
        self._socket = socket.create_server((host, port))
        door = {} if login is None else {"authenticator": _only(login)}
        own_port = self._socket.getsockname()[1]
        super().__init__(mailbox, hostname=host, port=own_port, auth_require_tls=login is None, **door)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


def _only(login: Login) -> Callable[[SMTP, Session, Envelope, str, LoginPassword], AuthResult]:
    wanted = LoginPassword(*(part.encode() for part in login))

    def admit(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given == wanted)

    return admit
