"""A program that sends one message through Apprise: JSON comes in on its standard input, JSON goes out.

It is a process of its own since Apprise opens its own connections, without one limit on their time: whoever started it
kills it at the end. Nothing of the console is loaded here, and nothing secret stands in its arguments.
"""

import io
import json
import re
import sys
from typing import Any

_STATUS = re.compile(r"\berror=(\d{3})\b")
_MOST_SAID = 500


def send(asked: dict[str, Any]) -> dict[str, Any]:
    """``accepted``; ``is_readable``, of the address; the ``status`` that a service answered with; what was ``said``."""
    import apprise
    import requests

    vars(requests.sessions)["DEFAULT_REDIRECT_LIMIT"] = 0  # a redirect would lead where nobody checked
    asset = apprise.AppriseAsset(
        app_id="AHGD Ops", app_desc="AHGD Ops", app_url="", async_mode=False, image_url_mask="", image_url_logo=""
    )
    with apprise.LogCapture(level=apprise.logging.INFO, fmt="%(message)s") as captured:
        services = apprise.Apprise(asset=asset)
        is_readable = services.add(asked["url"])
        accepted = is_readable and bool(
            services.notify(title=asked["title"], body=asked["body"], notify_type=asked["type"], body_format="text")
        )
        said = captured.getvalue()
    found = _STATUS.search(said)
    status = int(found[1]) if found else None
    return {"accepted": accepted, "is_readable": is_readable, "status": status, "said": said[-_MOST_SAID:]}


def main() -> None:
    asked = json.load(sys.stdin)
    terminal, sys.stdout = sys.stdout, io.StringIO()  # a library that prints must not spoil the answer
    answer = send(asked)
    json.dump(answer, terminal)


if __name__ == "__main__":
    main()
