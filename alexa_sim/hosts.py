"""Amazon's hosts: one table for the certificate, the router and the redirect.

It only imports the standard library, because every redirected client loads it while its interpreter starts.
"""

from functools import lru_cache

MARKETPLACES = (
    "amazon.com",
    "amazon.co.uk",
    "amazon.de",
    "amazon.fr",
    "amazon.it",
    "amazon.es",
    "amazon.com.au",
    "amazon.co.jp",
    "amazon.com.br",
    "amazon.ca",
    "amazon.com.mx",
    "amazon.in",
    "amazon.nl",
    "amazon.se",
    "amazon.pl",
    "amazon.com.tr",
    "amazon.ae",
    "amazon.sa",
    "amazon.eg",
    "amazon.sg",
    "amazon.com.be",
    "amazon.ie",
    "amazon.co.za",
)
"""Retail domains that sell Echo devices."""

_REGIONS = ("na", "eu", "fe")

HOSTS = (
    "api.amazonalexa.com",
    *(f"api.{region}.amazonalexa.com" for region in _REGIONS),
    *(f"alexa.{region}.gateway.devices.a2z.com" for region in _REGIONS),
    "credential-locker-service.amazon.eu",
    "credential-locker-service.amazon.jp",
)
"""Hosts outside the retail domains."""


def certificate_names() -> list[str]:
    """Return the host names in the server's certificate.

    A wildcard stands for one label, and every Amazon host in a retail domain has one label more than the domain
    (``alexa.``, ``www.``, ``eu-api-alexa.``, ``bob-dispatch-prod-na.``, ``parents.`` …).
    """
    return [*MARKETPLACES, *(f"*.{domain}" for domain in MARKETPLACES), *HOSTS]


@lru_cache(maxsize=1024)
def is_amazon(host: str) -> bool:
    """Return whether a host name is simulated; upper case and a final dot are allowed."""
    name = host.lower().removesuffix(".")
    return name in HOSTS or name in MARKETPLACES or name.partition(".")[2] in MARKETPLACES


def chromium_resolver_rules(port: int) -> str:
    """Return Chromium's ``--host-resolver-rules``: Amazon's hosts lead to the server, others do not resolve."""
    rules = [f"MAP {name}:443 127.0.0.1:{port}" for name in certificate_names()]
    return ", ".join([*rules, "MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE 127.0.0.1"])
