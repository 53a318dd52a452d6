"""Who asks, and what they need for it: a scope of their token and a permission of its owner, or of their own."""

from dataclasses import dataclass
from typing import Protocol, cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from alerts.api.problems import Problem


@dataclass(frozen=True, slots=True)
class Need:
    scope: str
    permission: str
    to_do: str


READ = Need("alerts:read", "ahgd_alerts.view_alert", "read alerts")
READ_RULES = Need("rules:read", "ahgd_alerts.view_rule", "read rules")
WRITE_RULES = Need("rules:write", "ahgd_alerts.change_rule", "change rules")
ACKNOWLEDGE = Need("alerts:acknowledge", "ahgd_alerts.acknowledge_alert", "acknowledge alerts")
SILENCE = Need("alerts:silence", "ahgd_alerts.add_silence", "silence alerts")
RESOLVE = Need("alerts:resolve", "ahgd_alerts.resolve_alert", "resolve alerts")


class Caller(Protocol):
    """What authentication leaves in ``request.auth``. ``scopes`` is None for a person who is signed in."""

    @property
    def user(self) -> User: ...

    @property
    def scopes(self) -> frozenset[str] | None: ...


def caller_of(request: HttpRequest, need: Need) -> User:
    """Who it is, for history and audit log; a token acts for its owner, and never may do more. Raises Problem 403."""
    caller = cast(Caller, getattr(request, "auth"))  # noqa: B009  (django-ninja's name, on no model)
    if caller.scopes is not None and need.scope not in caller.scopes:
        raise Problem(403, f"This token may not {need.to_do}: it lacks the scope {need.scope}.")
    if not caller.user.has_perm(need.permission):
        whose = (
            "Your role" if caller.scopes is None else f"The role of {caller.user.get_username()}, who owns the token,"
        )
        raise Problem(403, f"{whose} may not {need.to_do}. Ask an administrator for another.")
    return caller.user
