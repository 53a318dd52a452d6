"""The console's settings, with addresses to compare with, and broken when the bench says so."""

import os

from ahgd_ops.settings import *  # noqa: F403
from ahgd_ops.settings import DATABASES, HEALTH_CHECKS, MIDDLEWARE
from benchmarks.programs.running import free_ports

ROOT_URLCONF = "benchmarks.probed.urls"
if os.environ.get("AHGD_BENCH_BARE"):
    MIDDLEWARE = MIDDLEWARE[:1]
if os.environ.get("AHGD_BENCH_BROKEN"):
    (_NOBODY,) = free_ports(1)
    DATABASES["default"] |= {
        "ENGINE": "django.db.backends.postgresql", "NAME": "ops", "USER": "ops", "HOST": "127.0.0.1",
        "PORT": str(_NOBODY), "OPTIONS": {"connect_timeout": 5, "pool": {"min_size": 0, "timeout": 10}},
    }  # fmt: skip
    HEALTH_CHECKS = (*HEALTH_CHECKS, "benchmarks.probed.views.Hung")
