"""A program that sends messages through Apprise: JSON comes in on its standard input, JSON goes out.

It is a process of its own since Apprise opens its own connections, without one limit on their time: whoever started it
kills it at the end. Nothing of the console is loaded here, and nothing secret stands in its arguments.
"""

import io
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_STATUS = re.compile(r"\berror=(\d{3})\b")
_MOST_SAID = 500
AT_ONCE = 8
"""Messages; all have to be sent before whoever waits gives up."""


def send(asked: list[dict[str, str]]) -> dict[str, Any]:
    """``accepted``, all of them; ``is_readable``, of the address; the ``status`` that a service answered with; what was
    ``said``."""
    import apprise
    import requests

    vars(requests.sessions)["DEFAULT_REDIRECT_LIMIT"] = 0  # a redirect would lead where nobody checked
    asset = apprise.AppriseAsset(
        app_id="AHGD Ops", app_desc="AHGD Ops", app_url="", async_mode=False, image_url_mask="", image_url_logo=""
    )

    def notify(one: dict[str, str]) -> tuple[bool, bool]:
        services = apprise.Apprise(asset=asset)
        if not services.add(one["url"]):
            return False, False
        sent = services.notify(title=one["title"], body=one["body"], notify_type=one["type"], body_format="text")
        return bool(sent), True

    with apprise.LogCapture(level=apprise.logging.INFO, fmt="%(message)s") as captured:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = list(pool.map(notify, asked))
        said = captured.getvalue()
    found = _STATUS.search(said)
    return {
        "accepted": all(sent for sent, _ in outcomes),
        "is_readable": all(readable for _, readable in outcomes),
        "status": int(found[1]) if found else None,
        "said": said[-_MOST_SAID:],
    }


def main() -> None:
    asked = json.load(sys.stdin)
    terminal, sys.stdout = sys.stdout, io.StringIO()  # a library that prints must not spoil the answer
    answer = send(asked)
    json.dump(answer, terminal)


if __name__ == "__main__":
    main()
