"""What is wrong with a check as somebody entered it, by field; each text says what to write instead."""

from collections.abc import Callable, Iterator

from monitoring.health.base import all_of_settings, are_in_order, limits_of
from monitoring.health.data.files import PatternRefused, check_pattern
from monitoring.health.data.rules import Rules, RulesRefused
from monitoring.health.statuses import parse_statuses
from monitoring.health.watched import check_of
from monitoring.models import WatchedCheck
from monitoring.targets import TargetRefused, Url, parse_host_and_port

Kind = WatchedCheck.Kind
_TLS_PORT = 443
_TAKEN = {"draining", "health"}  # what else stands among the names of checks in answers


def mistakes(row: WatchedCheck) -> dict[str, str]:
    """The first mistake of each field. Nothing is looked up: a host that does not exist yet may be entered."""
    return dict(reversed(list(_mistakes(row))))


def _mistakes(row: WatchedCheck) -> Iterator[tuple[str, str]]:
    if row.name in _TAKEN | {check.name for check in all_of_settings()}:
        yield "name", f"The console has a check called {row.name} of its own; choose another name."
    if row.kind in _TARGETS:
        yield from _refusals("target", lambda: _TARGETS[Kind(row.kind)](row.target))
    if row.kind == Kind.HTTP:
        yield from _refusals("statuses", lambda: parse_statuses(row.statuses))
    yield from _refusals("rules", lambda: Rules.parse(row.rules))
    yield from _limits(row)


def _refusals(field: str, read: Callable[[], object]) -> Iterator[tuple[str, str]]:
    try:
        read()
    except (PatternRefused, RulesRefused, TargetRefused, ValueError) as refused:
        yield field, str(refused)


def _limits(row: WatchedCheck) -> Iterator[tuple[str, str]]:
    """As they will be, also where one was left empty and is the kind's own."""
    check = check_of(row).check
    limits = [getattr(check, name) for name in limits_of(check)]
    if not limits or (row.warning is None and row.critical is None):
        return
    warning, critical = limits
    field = "critical" if row.warning is None else "warning"
    now = f"Now it warns from {warning:g} on and is critical from {critical:g} on."
    if are_in_order(check, warning, critical):
        return
    if check.limits_fall:
        yield field, f"Days that are left: warn while there are more of them than when it is critical. {now}"
    else:
        yield field, f"It has to warn before it is critical. {now}"


_TARGETS: dict[Kind, Callable[[str], object]] = {
    Kind.HTTP: Url.parse,
    Kind.TCP: parse_host_and_port,
    Kind.CERTIFICATE: lambda text: parse_host_and_port(text, _TLS_PORT),
    Kind.DATA: check_pattern,
}
