"""Which alerts share messages: those of a rule, or those that agree on the tags that their rules chose. Pure."""

from collections.abc import Mapping, Sequence

RULE = "rule"
LONGEST_KEY = 300


def key_of(group_by: Sequence[str], rule_name: str, labels: Mapping[str, object]) -> str:
    """The text that alerts of one group have in common; empty for an alert that has messages of its own.

    Rules that chose the same tags share groups; with ``rule`` among what they chose, they do not.
    """
    if not group_by:
        return ""
    parts = {name: rule_name if name == RULE else str(labels.get(name, "")) for name in sorted(set(group_by))}
    return ", ".join(f"{name}={value}" for name, value in parts.items())[:LONGEST_KEY]
