"""Where checks that people write may connect to: the networks of ``AHGD_TARGET_ALLOW``, metadata of clouds never.

The address that was checked is the one that is connected to, so a name that resolves anew in between gains nothing.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit

from django.conf import settings

from monitoring.deadline import Address, Deadline

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "100.100.100.200/32",  # Alibaba's metadata
        "168.63.129.16/32",  # Azure's wire server
        "169.254.0.0/16",  # link-local, and metadata of most clouds
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "fd00:ec2::/32",  # Amazon's metadata
        "fd20:ce::254/128",  # Google's
        "fe80::/10",
        "ff00::/8",
    )
)
# What carries an IPv4 address inside could lead around the list above.
_CARRIERS = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")
DEFAULT_PORTS = {"http": 80, "https": 443}
_KEPT_IN_PATHS = "%/:=&?~#+!$,;'@()*[]"


class TargetRefused(ValueError):
    """The target may not be reached, or cannot be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https address, taken apart; as text it has no query, which may hold a token."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises TargetRefused."""
        if any(not character.isprintable() or character in " \\" for character in text):
            raise TargetRefused("The address has a blank, a backslash or an invisible character in it.")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise TargetRefused("The address cannot be read; write http://host:port/path.") from None
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise TargetRefused("The address has to start with http:// or https:// and name a host.")
        if parts.username is not None:
            raise TargetRefused("The address may not hold a user name or password: it is shown to people.")
        path, query = quote(parts.path or "/", safe=_KEPT_IN_PATHS), quote(parts.query, safe=_KEPT_IN_PATHS)
        return cls(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme], path, query)

    @property
    def request_target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def __str__(self) -> str:
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}{self.path}"


def parse_host_and_port(text: str, default_port: int | None = None) -> tuple[str, int]:
    """``db.example.org:5432`` or ``[::1]:5432``. Raises TargetRefused."""
    try:
        parts = urlsplit(f"//{text.strip()}")
        port = parts.port or default_port
    except ValueError:
        port, parts = None, urlsplit("//")
    is_plain = not (parts.path or parts.query or parts.username is not None)
    if not parts.hostname or port is None or not is_plain or any(one.isspace() for one in text.strip()):
        raise TargetRefused(f"Write a host and a port, such as db.example.org:{default_port or 5432}.")
    return parts.hostname, port


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def find(host: str, port: int, deadline: Deadline, *, is_trusted: bool = False) -> list[Address]:
    """Where ``host`` is, every address of it allowed. Raises TargetRefused, or OSError when it cannot be found."""
    addresses = deadline.resolve(host, port)
    for address in addresses:
        check_ip(host, ipaddress.ip_address(address.ip.partition("%")[0]), is_trusted=is_trusted)
    return addresses


def check_ip(host: str, ip: IPAddress, *, is_trusted: bool = False) -> None:
    """Raises TargetRefused. ``is_trusted`` is for targets out of the environment, which no person typed."""
    plain = ip.ipv4_mapped or ip if ip.version == 6 else ip
    if _is_within(plain, _NEVER) or _hides_another(plain):
        raise TargetRefused(f"{host} is {ip}, which checks never reach: metadata of a cloud, link-local or reserved.")
    allowed = (ipaddress.ip_network(text, strict=False) for text in settings.CONFIG.target_allow)
    if not is_trusted and not _is_within(plain, allowed):
        raise TargetRefused(f"{host} is {ip}, which is in no network of AHGD_TARGET_ALLOW; add it there.")


def _hides_another(ip: IPAddress) -> bool:
    is_loopback = ip == ipaddress.IPv6Address("::1")
    return _is_within(ip, _CARRIERS) or (ip.version == 6 and ip in _COMPATIBLE and not is_loopback)


def _is_within(ip: IPAddress, networks: "Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]") -> bool:
    return any(ip in network for network in networks)
