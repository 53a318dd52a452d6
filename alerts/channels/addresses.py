"""Where webhooks typed by people may go: public addresses, and what ``AHGD_WEBHOOK_ALLOW`` excepts.

The list of networks is ours, after IANA's special-purpose registries and the metadata services of clouds: Python's
``is_private`` misses 100.64.0.0/10, NAT64, 6to4, mapped and compatible IPv6, and multicast.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit

from monitoring.deadline import Address

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_DENIED: tuple[IPNetwork, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers, and Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's wire server
        "169.254.0.0/16",  # link-local, and metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")  # mapped, compatible, NAT64, local and multicast lie outside
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOWEST_FREE_PORT = 1024
_KEPT_IN_PATHS = "%/:=&?~#+!$,;'@()*[]"


class AddressRefused(ValueError):
    """The address may not be used; the text says why, without the parts of it that can hold a token."""


@dataclass(frozen=True, slots=True)
class Target:
    """An http or https address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str
    has_user: bool

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises AddressRefused."""
        if any(not character.isprintable() or character in " \\" for character in url):
            raise AddressRefused("The address has a blank, a backslash or an invisible character in it.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("The address cannot be read; write https://host/path.") from None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise AddressRefused("The address has to start with https:// or http:// and name a host.")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
            path=quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_KEPT_IN_PATHS),
            has_user=parts.username is not None,
        )

    def __str__(self) -> str:
        """Without path and query: they often are the secret."""
        return f"{self.scheme}://{self.host}/…"


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be reached. ``trusted`` is for addresses out of the environment, which no person typed."""

    trusted: bool = False
    hosts: frozenset[str] = frozenset()
    networks: tuple[IPNetwork, ...] = ()

    @classmethod
    def allowing(cls, exceptions: Iterable[str], *, trusted: bool = False) -> Self:
        """``exceptions`` are hosts, addresses or networks."""
        hosts, networks = set[str](), list[IPNetwork]()
        for text in exceptions:
            try:
                networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                hosts.add(text.lower())
        return cls(trusted, frozenset(hosts), tuple(networks))

    def check_target(self, target: Target) -> None:
        """What can be said without a look-up. Raises AddressRefused."""
        if self.trusted:
            return
        if target.has_user:
            raise AddressRefused("The address may not hold a user name or password.")
        if target.port not in _DEFAULT_PORTS.values() and target.port < _LOWEST_FREE_PORT:
            raise AddressRefused(f"Port {target.port} is not allowed; allowed are 80, 443 and 1024 up.")
        try:
            literal = ipaddress.ip_address(target.host)
        except ValueError:
            return
        self._check_ip(target, literal)

    def check_addresses(self, target: Target, addresses: Iterable[Address]) -> None:
        """Every address the name stands for has to be allowed. Raises AddressRefused."""
        if self.trusted or target.host.lower() in self.hosts:
            return
        for address in addresses:
            self._check_ip(target, ipaddress.ip_address(address.ip))

    def _check_ip(self, target: Target, ip: IPAddress) -> None:
        if self._excepts(target, ip) or is_public(ip):
            return
        raise AddressRefused(f"{target.host} is not a public address ({ip}); AHGD_WEBHOOK_ALLOW can except it.")

    def _excepts(self, target: Target, ip: IPAddress) -> bool:
        return target.host.lower() in self.hosts or any(ip in network for network in self.networks)


def is_public(ip: IPAddress) -> bool:
    """Whether the address belongs to the public internet."""
    if ip.version == 6 and ip not in _GLOBAL_IPV6:
        return False
    return not any(ip in network for network in _DENIED)


def without_path(url: object) -> str:
    """An address as it may be shown to people who must not use it."""
    try:
        return str(Target.parse(str(url)))
    except AddressRefused:
        return "…"
