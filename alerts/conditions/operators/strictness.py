"""What every operator does before it computes: pass on the unknown, refuse the wrong types."""

from collections.abc import Callable
from typing import Any

from alerts.conditions.values import ConditionBroken, NotFinite, number_types

Operator = Callable[..., Any]
Types = type | tuple[type, ...]


def wrong_types(doing: str, *values: object) -> ConditionBroken:
    """The reason why these values cannot be used, in the words of the language."""
    if any(isinstance(value, NotFinite) for value in values):
        return ConditionBroken("a number is NaN or infinite")
    return ConditionBroken(f"{doing} cannot take {' and '.join(_kind(value) for value in values)}")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, number_types):
        return "a number"
    return "a text" if isinstance(value, str) else f"a {type(value).__name__}"


def strict(name: str, *takes: Types) -> Callable[[Operator], Operator]:
    """Call the function only with known arguments of these types; the last type stands for all that follow it."""
    last = len(takes) - 1

    def decorate(run: Operator) -> Operator:
        def call(*arguments: Any) -> Any:
            for argument in arguments:
                if argument is None:
                    return None
            for position, argument in enumerate(arguments):
                if not isinstance(argument, takes[min(position, last)]):
                    raise wrong_types(name, argument)
            return run(*arguments)

        return call

    return decorate
