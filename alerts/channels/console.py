"""The terminal of the process that delivers: a line on its standard output."""

import sys

from alerts.channels.base import (
    ChannelSettings,
    Message,
    PermanentFailure,
    Receipt,
    TransientFailure,
    Transport,
    one_line,
)


class ConsoleTransport(Transport):
    kind = "console"

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        terminal = sys.__stdout__  # Celery puts a logger in the place of sys.stdout
        if terminal is None:
            raise PermanentFailure("this process has no standard output")
        text = one_line(f"{message.headline}: {message.news}", longest=2000)
        try:
            terminal.write(f"{message.attempted_at:%Y-%m-%d %H:%M:%S} UTC {text} {message.url}\n")
            terminal.flush()
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise TransientFailure(f"standard output: {error}") from error
        return Receipt("written to standard output")
