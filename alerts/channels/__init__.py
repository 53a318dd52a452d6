"""Ways to reach people: one file a kind, all of one shape.

``validate_settings`` and ``validate_secret`` are what forms ask, ``transport`` what delivery asks.
"""

from alerts.channels.base import DeliveryFailed as DeliveryFailed
from alerts.channels.base import Message as Message
from alerts.channels.base import PermanentFailure as PermanentFailure
from alerts.channels.base import Receipt as Receipt
from alerts.channels.base import TransientFailure as TransientFailure
from alerts.channels.forms import validate_secret as validate_secret
from alerts.channels.forms import validate_settings as validate_settings
from alerts.channels.kinds import TRANSPORTS as TRANSPORTS
from alerts.channels.kinds import transport as transport

__all__ = [
    "TRANSPORTS",
    "DeliveryFailed",
    "Message",
    "PermanentFailure",
    "Receipt",
    "TransientFailure",
    "transport",
    "validate_secret",
    "validate_settings",
]
