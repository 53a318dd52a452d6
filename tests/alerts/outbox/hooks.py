"""Webhook channels of a local receiver, and what it accepted."""

from typing import Any

from pytest_httpserver import HTTPServer

from alerts.models import Channel
from tests.alerts.rows import a_channel


def a_webhook(server: HTTPServer, name: str = "hook", path: str = "/hook", **fields: Any) -> Channel:
    return a_channel(name, kind="webhook", settings={"url": server.url_for(path)}, **fields)


def arrived(server: HTTPServer) -> list[str]:
    """Delivery ids of what the receiver accepted, in order."""
    return [request.headers["webhook-id"] for request, response in server.log if response.status_code == 200]
