"""The limit on a whole attempt, which checks of targets share: it lives in the lower app."""

from monitoring.deadline import Address as Address
from monitoring.deadline import Deadline as Deadline
from monitoring.deadline import DeadlinePassed as DeadlinePassed
