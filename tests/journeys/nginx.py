"""A real nginx before two consoles, with the file that is in deploy/."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.checkout import PROJECT_DIR
from tests.debian import program
from tests.servers import free_port


@contextmanager
def nginx(directory: Path, consoles: tuple[int, int]) -> Iterator[int]:
    """Runs it with the file that is in deploy/, other ports, and a header that says who answered."""
    port = free_port()
    text = (PROJECT_DIR / "deploy/nginx/ahgd-ops.conf").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8503", f"127.0.0.1:{consoles[0]}").replace(
        "127.0.0.1:8603", f"127.0.0.1:{consoles[1]}"
    )
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};\n    add_header X-Served-By $upstream_addr always;")
    text = text.replace("fail_timeout=10s", "fail_timeout=1s")
    paths = "".join(
        f"{name}_temp_path {directory}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(
        f"{user}pid {directory}/pid;\nerror_log stderr warn;\nworker_processes 1;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{text}}}\n",
        encoding="utf-8",
    )
    command = [str(program("nginx")), "-p", str(directory), "-c", str(directory / "nginx.conf"), "-g", "daemon off;"]
    with subprocess.Popen(command) as process:
        try:
            yield port
        finally:
            process.terminate()


def served_by(port: int) -> tuple[int, str]:
    """Status, and the consoles that were asked, of a page that has to look a session up in the database."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            "GET", "/ops/", headers={"Cookie": "ahgd_ops_session=0123456789abcdef0123456789abcdef", "Host": "localhost"}
        )
        response = connection.getresponse()
        response.read()
        return response.status, str(response.getheader("X-Served-By"))
    finally:
        connection.close()
