"""Loads, before the first fork, what the processes would each load for themselves."""

from importlib import import_module

from django.conf import settings

from ahgd_ops.celery import app
from ahgd_ops.processes.forking import freeze

_MODULES = (
    settings.ROOT_URLCONF,
    "ahgd_ops.wsgi",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "ahgd_ops.processes.ticking",
    "django_celery_beat.schedulers",
    "gunicorn.workers.gthread",
    "monitoring.queries.sampler",
    "monitoring.views.probes",
    "sqlglot.dialects.postgres",
    "sqlglot.dialects.sqlite",
)


def load() -> None:
    for name in _MODULES:
        import_module(name)
    app.loader.import_default_modules()
    app.finalize()
    app.connection().transport  # noqa: B018  (loads its module, opens nothing)
    freeze()
