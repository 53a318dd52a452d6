"""Ways to reach people: one file a kind, all of one shape.

``validate_settings`` and ``validate_secret`` are what forms ask, ``send`` what delivery does.
"""

from alerts.channels.addresses import without_path as without_path
from alerts.channels.base import DeliveryFailed as DeliveryFailed
from alerts.channels.base import Message as Message
from alerts.channels.base import PermanentFailure as PermanentFailure
from alerts.channels.base import Receipt as Receipt
from alerts.channels.base import TransientFailure as TransientFailure
from alerts.channels.base import one_line as one_line
from alerts.channels.forms import require_secret as require_secret
from alerts.channels.forms import validate_secret as validate_secret
from alerts.channels.forms import validate_settings as validate_settings
from alerts.channels.kinds import send as send

__all__ = [
    "DeliveryFailed",
    "Message",
    "PermanentFailure",
    "Receipt",
    "TransientFailure",
    "one_line",
    "require_secret",
    "send",
    "validate_secret",
    "validate_settings",
    "without_path",
]
