"""gunicorn's settings, read by ``manage.py up`` and by ``gunicorn --config`` alike."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ahgd_ops.settings")

from django.conf import settings

from ahgd_ops.processes import ports, web

_CONFIG = settings.CONFIG

bind = f"{ports.in_url(_CONFIG.bind)}:{_CONFIG.port}"
proc_name = "ahgd-ops"
worker_class = "gthread"
workers = _CONFIG.web_workers
threads = _CONFIG.web_threads
preload_app = True  # loaded once, shared by the workers
timeout = 60
graceful_timeout = max(1, int(_CONFIG.stop_seconds) - 2)  # done before the supervisor loses patience
keepalive = 15  # longer than the console's poll
forwarded_allow_ips = ""  # TrustedProxyMiddleware decides whom to believe
control_socket_disable = True
loglevel = _CONFIG.log_level.lower()
_MEMORY = "/dev/shm"  # noqa: S108  (a worker's sign of life must not wait for a disk)
if os.access(_MEMORY, os.W_OK):
    worker_tmp_dir = _MEMORY

pre_fork = web.pre_fork
post_fork = web.post_fork
post_worker_init = web.post_worker_init
worker_exit = web.worker_exit
child_exit = web.child_exit
