"""What Django and Celery tell of: connections, sign-ins. Connected when the apps are ready; nothing is started."""

import os
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from caching import Plan
from caching.signals import query_executed
from monitoring import automatic
from monitoring.models import LONGEST_DATABASE


def connect() -> None:
    """Begins to measure, unless AHGD_PERFORMANCE_MONITORING is false, and to notice checks that people end."""
    post_save.connect(retire_check, sender="ahgd_monitoring.WatchedCheck", dispatch_uid="monitoring.retire_check")
    post_delete.connect(retire_check, sender="ahgd_monitoring.WatchedCheck", dispatch_uid="monitoring.forget_check")
    for signal in (post_save, post_delete):
        signal.connect(measure_days, sender="ahgd_monitoring.ExcludedInterval", dispatch_uid="monitoring.measure_days")
    if not settings.CONFIG.enable_performance_monitoring:
        return
    automatic.executions.slow_seconds = settings.CONFIG.slow_query_ms / 1000
    automatic.executions.repeated = settings.CONFIG.repeated_queries
    os.register_at_fork(after_in_child=automatic.executions.forget)
    connection_created.connect(watch_connection, dispatch_uid="monitoring.watch_connection")
    query_executed.connect(hear_query, dispatch_uid="monitoring.hear_query")
    for connection in connections.all(initialized_only=True):
        automatic.executions.watch(connection)
    if apps.is_installed("django.contrib.auth"):
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        user_logged_in.connect(count_login, dispatch_uid="monitoring.count_login")
        user_logged_out.connect(count_logout, dispatch_uid="monitoring.count_logout")
        user_login_failed.connect(count_login_failure, dispatch_uid="monitoring.count_login_failure")


def retire_check(sender: Any, signal: Any, instance: Any, **kwargs: Any) -> None:
    """A check that was switched off or taken away has no result any more; rules would else keep to its last."""
    from monitoring.health.history import retire

    if signal is post_delete or not instance.enabled:
        retire(instance.name, timezone.now())


def measure_days(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Days that are over count an interval that was excluded afterwards."""
    from monitoring.health.days import measure_again

    measure_again(instance, timezone.now())


def watch_connection(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    automatic.executions.watch(connection)


def hear_query(
    sender: Any,
    database: str,
    vendor: str,
    sql: str,
    parameters: Any,
    seconds: float,
    rows: int,
    failed: bool,
    is_measured: bool,
    plan: Plan | None,
    **kwargs: Any,
) -> None:
    """A ``QueryOptimizer`` ran a statement over connections of its own."""
    asked = (database[:LONGEST_DATABASE], vendor, sql)
    automatic.executions.hear(asked, parameters or None, seconds, rows, failed, is_measured)
    if plan is not None:
        automatic.executions.hear_plan(asked, plan.text, ((one.sql, one.reason) for one in plan.advice))


def count_login(sender: Any, **kwargs: Any) -> None:
    automatic.count("user_logins_total", "user")


def count_logout(sender: Any, **kwargs: Any) -> None:
    automatic.count("user_logouts_total", "user")


def count_login_failure(sender: Any, **kwargs: Any) -> None:
    automatic.count("user_login_failures_total", "user")
