"""The application log: one line to the logger ``ahgd_ops.alerts``."""

import logging

from alerts.channels.base import ChannelSettings, Message, Receipt, Transport, one_line

LOGGER = "ahgd_ops.alerts"
_LEVELS = {"low": logging.WARNING, "medium": logging.WARNING, "high": logging.ERROR, "critical": logging.CRITICAL}


class LogTransport(Transport):
    kind = "log"

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        level = logging.INFO if message.is_resolved else _LEVELS[message.severity]
        text = one_line(f"{message.headline}: {message.news}", longest=2000)
        logging.getLogger(LOGGER).log(level, "%s %s id=%s", text, message.url, message.delivery_id)
        return Receipt(f"written to the log {LOGGER}")
