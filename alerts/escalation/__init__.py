"""Who is told next while nobody takes an alert on: the door of the package."""

from alerts.escalation.auditing import Overdue as Overdue
from alerts.escalation.auditing import audit as audit
from alerts.escalation.auditing import late_since as late_since
from alerts.escalation.auditing import overdue as overdue
from alerts.escalation.stepping import sweep as sweep

__all__ = ["Overdue", "audit", "late_since", "overdue", "sweep"]
