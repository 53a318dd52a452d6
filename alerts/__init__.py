"""Judgement: rules over facts, alerts with a life, and notifications that reach people.

The door is lazy (PEP 562): Django imports this package before its models can be.
"""

from typing import TYPE_CHECKING

from caching.doors import lazy_door

_HOMES = {
    "AlertChannel": "alerts.coded",
    "AlertConfig": "alerts.coded",
    "AlertManager": "alerts.manager",
    "AlertRule": "alerts.coded",
    "AlertSeverity": "alerts.coded",
    "RuleVerdict": "alerts.coded",
    "get_alert_manager": "alerts.manager",
}
__all__ = [*_HOMES]

if TYPE_CHECKING:
    from alerts.coded import AlertChannel as AlertChannel
    from alerts.coded import AlertConfig as AlertConfig
    from alerts.coded import AlertRule as AlertRule
    from alerts.coded import AlertSeverity as AlertSeverity
    from alerts.coded import RuleVerdict as RuleVerdict
    from alerts.manager import AlertManager as AlertManager
    from alerts.manager import get_alert_manager as get_alert_manager
else:
    __getattr__ = lazy_door(__name__, _HOMES)
