"""Judgement: rules over facts, alerts with a life, and notifications that reach people.

The door is lazy (PEP 562): Django imports this package before its models can be.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerts.coded import AlertChannel as AlertChannel
    from alerts.coded import AlertConfig as AlertConfig
    from alerts.coded import AlertRule as AlertRule
    from alerts.coded import AlertSeverity as AlertSeverity
    from alerts.coded import RuleVerdict as RuleVerdict
    from alerts.manager import AlertManager as AlertManager
    from alerts.manager import get_alert_manager as get_alert_manager

_HOMES = {
    "AlertChannel": "alerts.coded",
    "AlertConfig": "alerts.coded",
    "AlertManager": "alerts.manager",
    "AlertRule": "alerts.coded",
    "AlertSeverity": "alerts.coded",
    "RuleVerdict": "alerts.coded",
    "get_alert_manager": "alerts.manager",
}

__all__ = [
    "AlertChannel",
    "AlertConfig",
    "AlertManager",
    "AlertRule",
    "AlertSeverity",
    "RuleVerdict",
    "get_alert_manager",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'alerts' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
