"""Explain: every part of a rule's conditions with its value, the clock, and the gates in order."""

from alerts.explain.explanation import Explanation, Known, explain, instances_of

__all__ = ["Explanation", "Known", "explain", "instances_of"]
