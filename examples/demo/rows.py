"""What the demo needs in the console's database, and how all of it is taken away again.

Run with the console's settings: ``python -m examples.demo.rows make FILE | forget | remove``.
"""

import os
import sys
from pathlib import Path

NAME = "demo"
CHECK = "demo_mortality_file"
MEMORY_RULE = "demo_dashboard_memory"
MEMORY_LIMIT_MB = 700


def make(token_file: Path) -> None:
    """A token, a check of a data file, a rule. Made again, the token is another one."""
    from django.contrib.auth.models import Group, User

    from ahgd_ops.access import tokens
    from ahgd_ops.models import ApiToken
    from alerts import AlertChannel, AlertManager, AlertRule, AlertSeverity
    from monitoring.models import WatchedCheck

    user, is_new = User.objects.get_or_create(username=NAME, defaults={"first_name": "Demo"})
    if is_new:
        user.set_unusable_password()
        user.save()
    user.groups.add(Group.objects.get(name="Administrator"))
    ApiToken.objects.filter(name=NAME).delete()
    scopes = ["metrics:write", "alerts:read", "alerts:acknowledge", "alerts:resolve"]
    _, text = tokens.issue(NAME, scopes, user)
    token_file.touch(mode=0o600)
    token_file.write_text(text, encoding="utf-8")
    check = {"kind": WatchedCheck.Kind.DATA, "target": "aihw_*.parquet", "every_seconds": 10}
    WatchedCheck.objects.get_or_create(name=CHECK, defaults=check)
    AlertManager().add_rule(
        AlertRule(
            name=MEMORY_RULE,
            condition="name == 'process_resident_memory_bytes' and tags['process'] == 'dashboard'"
            f" and value > {MEMORY_LIMIT_MB * 10**6}",
            severity=AlertSeverity.HIGH,
            channels=[AlertChannel.LOG, AlertChannel.FILE],
            message_template="The dashboard holds {value:.0f} bytes of memory",
        )
    )


def forget() -> str:
    """Takes away the day of history, whether it is in rows or packed."""
    from monitoring.models import Series

    _, gone = Series.objects.filter(tags__demo="made up").delete()
    return f"The day of history is gone: {gone.get(Series._meta.label, 0)} series with all that was kept of them."


def remove() -> str:
    """Takes away the history, the rule, the check, the token and the user."""
    from django.contrib.auth.models import User

    from ahgd_ops.models import ApiToken
    from alerts.models import Rule
    from monitoring.models import Metric, WatchedCheck

    told = forget()
    Metric.objects.filter(series=None, name__startswith="dashboard_").delete()
    Rule.objects.filter(name=MEMORY_RULE).delete()
    for check in WatchedCheck.objects.filter(name=CHECK):
        check.delete()
    ApiToken.objects.filter(name=NAME).delete()
    User.objects.filter(username=NAME).delete()
    return f"{told} So are the demo's rule, check, token and user."


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ahgd_ops.settings")
    import django

    django.setup()
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        print(forget() if sys.argv[1] == "forget" else remove())


if __name__ == "__main__":
    main()
