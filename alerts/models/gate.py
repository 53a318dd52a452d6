"""The reasons not to send, by name; each has a function in ``alerts.gates``."""

from django.db import models


class Gate(models.TextChoices):
    NEWS = "news", "Nothing new"
    DISABLED = "disabled"
    DEPENDENCY = "dependency"
    MAINTENANCE = "maintenance"
    SILENCE = "silence"
    ACKNOWLEDGED = "acknowledged"
    FLAPPING = "flapping"
    COOLDOWN = "cooldown"
    RULE_LIMIT = "rule limit"
    GLOBAL_LIMIT = "global limit"
    AGGREGATION = "aggregation"


LIMITS = (Gate.RULE_LIMIT, Gate.GLOBAL_LIMIT)
GATHERING = (*LIMITS, Gate.AGGREGATION)
"""What these hold is named later in one message with others, also when it is over by then: it is not lost."""
IN_TURN = ("", *GATHERING)
"""What holds a row that will go out in its turn, however the alert goes on."""
