"""``ahgd-ops``: Django's command line with this project's settings; the same as ``manage.py``.

``health`` is answered before Django is loaded: it asks processes that run, and a probe may not take a second.
"""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["health"]:
        from ahgd_ops import health_command

        sys.exit(health_command.main(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ahgd_ops.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
