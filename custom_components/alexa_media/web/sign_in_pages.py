"""Addresses of Amazon's sign-in pages behind a path of ours, and the pages rewritten to them."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup

from custom_components.alexa_media.const import MARKETPLACES

_AMAZON_HOST: Final = re.compile(
    rf"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*(?:{'|'.join(re.escape(domain) for domain in MARKETPLACES)})"
)
# What of a request target goes on to Amazon: visible ASCII without what has a meaning of its own to a parser.
_TARGET: Final = re.compile(r"/[!$-;=?-\[\]_a-z|~]*")

# Tags and the attributes in which they hold an address.
_ADDRESSES: Final = (
    ("a", "href"),
    ("area", "href"),
    ("button", "formaction"),
    ("form", "action"),
    ("iframe", "src"),
    ("img", "src"),
    ("input", "formaction"),
    ("input", "src"),
    ("link", "href"),
    ("script", "src"),
)
_REFRESH: Final = re.compile(r"(\s*\d+\s*[;,]\s*(?:url\s*=\s*)?[\"']?)([^\"']*)(.*)", re.IGNORECASE)


def is_amazon(host: str | None) -> bool:
    """Return whether a host is one of Amazon's retail sites or below one."""
    return host is not None and _AMAZON_HOST.fullmatch(host) is not None


def behind(base: str, url: str) -> str | None:
    """Return where ``base`` (a path) serves an address of Amazon's; ``None`` for anything else.

    ``https://www.amazon.com/ap/signin?a=1`` is served at ``<base>/www.amazon.com/ap/signin?a=1``.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    default = {"https": 443, "http": 80}.get(parts.scheme)
    if default is None or port not in (None, default) or "@" in parts.netloc or not is_amazon(host):
        return None
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{base}/{host}{parts.path or '/'}{query}{fragment}"


def in_front(base: str, target: str) -> str | None:
    """Return the address of Amazon's that a request target (path and query as received) stands for.

    ``None`` unless it begins with ``base`` and one of Amazon's hosts, and has nothing in
    it that one parser could read in another way than the next.
    """
    if not target.startswith(f"{base}/"):
        return None
    host, slash, rest = target[len(base) + 1 :].partition("/")
    rest = slash + rest
    if not is_amazon(host) or _TARGET.fullmatch(rest) is None:
        return None
    return f"https://{host}{rest}"


def rewritten(html: str, page: str, base: str) -> str:
    """Return a page whose links and forms lead through ``base`` as far as they lead to Amazon.

    ``page`` is the address that the page came from, against which its relative addresses
    are resolved. Addresses of others are made absolute and otherwise left.
    """
    soup = BeautifulSoup(html, "html.parser")
    start = page
    for tag in soup.find_all("base"):
        start = urljoin(page, str(tag.get("href") or ""))
        tag.decompose()
    for form in soup.find_all("form"):
        # A form without an action goes to its page, which the browser knows by another address.
        if not form.get("action"):
            form["action"] = page
    for name, attribute in _ADDRESSES:
        for tag in soup.find_all(name, attrs={attribute: True}):
            tag[attribute] = _moved(str(tag[attribute]), start, base)
    for tag in soup.find_all("meta", attrs={"content": True, "http-equiv": re.compile("^refresh$", re.IGNORECASE)}):
        if found := _REFRESH.fullmatch(str(tag["content"])):
            tag["content"] = f"{found[1]}{_moved(found[2], start, base)}{found[3]}"
    return str(soup)


def _moved(value: str, start: str, base: str) -> str:
    """Return an address of a page that came from ``start`` as the browser should see it."""
    if value.startswith("#"):
        return value
    try:
        url = urljoin(start, value.strip())
    except ValueError:
        return value
    return behind(base, url) or url
