"""Tables of judgement and telling, one file a noun."""

from alerts.models.alert import Alert as Alert
from alerts.models.alert import AlertEvent as AlertEvent
from alerts.models.case import Case as Case
from alerts.models.channel import Channel as Channel
from alerts.models.escalation import Escalation as Escalation
from alerts.models.escalation import EscalationPolicy as EscalationPolicy
from alerts.models.escalation import EscalationStep as EscalationStep
from alerts.models.gate import Gate as Gate
from alerts.models.muting import MaintenanceWindow as MaintenanceWindow
from alerts.models.muting import Silence as Silence
from alerts.models.notification import Attempt as Attempt
from alerts.models.notification import Notification as Notification
from alerts.models.rule import Instance as Instance
from alerts.models.rule import NoData as NoData
from alerts.models.rule import Rule as Rule
from alerts.models.seed import Seed as Seed
from alerts.models.severity import Severity as Severity

__all__ = [
    "Alert",
    "AlertEvent",
    "Attempt",
    "Channel",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "Gate",
    "Instance",
    "MaintenanceWindow",
    "NoData",
    "Notification",
    "Rule",
    "Seed",
    "Severity",
    "Silence",
]
