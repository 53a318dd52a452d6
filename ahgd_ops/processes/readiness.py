"""Whether the web process answers, asked over HTTP as anybody would."""

from http.client import HTTPConnection, HTTPException

from ahgd_ops.processes.ports import connectable

TIMEOUT_SECONDS = 1.0


def answers_live(host: str, port: int) -> bool:
    connection = HTTPConnection(connectable(host), port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
