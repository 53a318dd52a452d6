"""Settings under which each request with a session looks it up in Django's cache, as a site may choose."""

from ahgd_ops.settings import *  # noqa: F403  (all of them, and one differs)

SESSION_ENGINE = "django.contrib.sessions.backends.cache"
