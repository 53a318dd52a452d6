"""Which of Apprise's services are used, and where each sends to: a new one is a word in the right set.

Names after https://github.com/caronc/apprise/wiki. Left out are those that run programs, open files or write to this
machine, and those whose address may hold another mail server, broker or file.
"""

from urllib.parse import quote

FIXED = frozenset(
    {
        "betterstack",
        "discord",
        "gchat",
        "opsgenie",
        "pagerduty",
        "pbul",
        "pover",
        "slack",
        "splunk",
        "squadcast",
        "tgram",
        "twilio",
        "victorops",
        "webex",
        "wxteams",
    }
)
"""They send to an address of their own, whatever stands in the channel's."""

HOSTED = frozenset(
    {
        "gotify",
        "gotifys",
        "json",
        "jsons",
        "matrix",
        "matrixs",
        "mmost",
        "mmosts",
        "ntfy",
        "ntfys",
        "rocket",
        "rockets",
        "workflow",
        "workflows",
    }
)
"""They send to the host that the address names, which therefore has to be allowed."""

NTFY_CLOUD = "ntfy.sh"
MICROSOFT = (".logic.azure.com", ".api.powerplatform.com")
ARGUMENTS = ("channel", "format", "image", "overflow", "priority", "region", "severity", "sound", "tags", "to")
"""What may stand after the ``?``. Others can switch certificates off, name files, or change where it goes."""

PAGING = {"pagerduty": "action=map&dedup={}", "opsgenie": "alias={}"}
"""Services that hold alerts open, and the arguments by which they know one."""


def deduplicated(scheme: str, url: str, key: str) -> str:
    """The address with ``key``, by which a paging service knows a repeat, or an end, of what it has open."""
    template = PAGING.get(scheme)
    if template is None:
        return url
    return url + ("&" if "?" in url else "?") + template.format(quote(key, safe=""))
