"""Addresses of Amazon's sign-in pages behind a path of Home Assistant, and the rewritten pages."""

from collections.abc import Mapping
from html import escape
from html.entities import html5
from html.parser import HTMLParser
import re
from typing import Final, override
from urllib.parse import urljoin, urlsplit

from ...const import MARKETPLACES

_AMAZON_HOST: Final = re.compile(
    rf"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*(?:{'|'.join(re.escape(domain) for domain in MARKETPLACES)})"
)
# What of a request target goes on to Amazon: visible ASCII except characters special to a parser.
_TARGET: Final = re.compile(r"/[!$-;=?-\[\]_a-z|~]*")

# Attributes that hold an address, by tag. First those opened as a page, then those loaded by a page.
_LINKS: Final = {"a": "href", "area": "href"}
_LOADED: Final = {
    "button": "formaction",
    "iframe": "src",
    "img": "src",
    "input": "src",
    "link": "href",
    "script": "src",
}
# A window of the page's own would not be held to the rules of the page.
_DROPPED: Final = frozenset({"formtarget", "target"})
_REFRESH: Final = re.compile(r"(\s*\d+\s*[;,]\s*(?:url\s*=\s*)?[\"']?)([^\"']*)(.*)", re.IGNORECASE)


def is_amazon(host: str | None) -> bool:
    """Return whether a host is one of Amazon's retail sites or below one."""
    return host is not None and _AMAZON_HOST.fullmatch(host) is not None


def site_of(host: str) -> str:
    """Return the retail site that one of Amazon's hosts belongs to, e.g. ``amazon.com``."""
    return next(domain for domain in MARKETPLACES if host == domain or host.endswith(f".{domain}"))


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


def rewritten(
    html: str,
    page: str,
    base: str,
    own: str | None = None,
    *,
    first: str = "",
    fields: Mapping[str, str] | None = None,
) -> str:
    """Return a page whose links and forms lead through ``base`` as far as they lead to Amazon.

    ``page`` is the address that the page came from, against which its relative addresses
    are resolved. Addresses of others are made absolute and otherwise left.

    ``own`` is the base for what the page loads and for the forms that it posts; ``base``
    when left out. ``first`` is markup that comes before everything that the page brings.
    ``fields`` are values for empty inputs, by name. The time is proportional to the size.
    """
    rewriter = _Rewriter(page, base, own or base, first, fields or {})
    rewriter.feed(html)
    rewriter.close()
    return "".join(rewriter.parts)


type _Attributes = list[tuple[str, str | None]]


class _Rewriter(HTMLParser):
    """Copy a page into ``parts``; only tags with addresses are written again."""

    def __init__(self, page: str, base: str, own: str, first: str, fields: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._page = page
        self._start = page
        self._base = base
        self._own = own
        self._first = first
        self._fields = fields

    @override
    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        self._put(tag, attrs, ">")

    @override
    def handle_startendtag(self, tag: str, attrs: _Attributes) -> None:
        self._put(tag, attrs, "/>")

    @override
    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    @override
    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @override
    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};" if f"{name};" in html5 else f"&{name}")

    @override
    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    @override
    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")

    @override
    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    @override
    def handle_pi(self, data: str) -> None:
        self.parts.append(f"<?{data}>")

    @override
    def unknown_decl(self, data: str) -> None:
        self.parts.append(f"<![{data}]>")

    def _put(self, tag: str, attrs: _Attributes, end: str) -> None:
        """Write a start tag, and what comes first before the first one that can have a script before it."""
        if self._first and tag not in ("html", "head"):
            self.parts.append(self._first)
            self._first = ""
        raw = self.get_starttag_text() or ""
        # the first attribute of a name counts, as in a browser
        given: dict[str, str | None] = {}
        for name, value in attrs:
            given.setdefault(name, value)
        changed = self._changed(tag, given)
        if changed is None:
            return
        if changed is given:
            self.parts.append(raw)
            return
        texts = (name if value is None else f'{name}="{escape(value)}"' for name, value in changed.items())
        self.parts.append(f"<{' '.join((tag, *texts))}{' ' if end == '/>' else ''}{end}")

    def _changed(self, tag: str, given: dict[str, str | None]) -> dict[str, str | None] | None:
        """Return the attributes of a tag as the browser should see them; ``None`` for a tag that goes."""
        match tag:
            case "base":
                self._start = urljoin(self._page, given.get("href") or "")
                return None
            case "meta":
                return self._meta(given)
            case "form":
                # A form without an action goes to its page, which the browser knows by another address.
                posts = (given.get("method") or "").strip().lower() == "post"
                action = self._moved(given.get("action") or self._page, self._own if posts else self._base)
                new = given | {"action": action}
            case "a" | "area" if given.get("href"):
                new = given | {"href": self._moved(given["href"] or "", self._base)}
            case _ if tag in _LOADED:
                names = {_LOADED[tag], "formaction"} if tag == "input" else {_LOADED[tag]}
                addresses: dict[str, str | None] = {
                    name: self._moved(value, self._own) for name in names if (value := given.get(name))
                }
                filled = self._filled(given) if tag == "input" else {}
                if not addresses and not filled and not _DROPPED & given.keys():
                    return given
                new = given | addresses | filled
            case _:
                return given
        return {name: value for name, value in new.items() if name not in _DROPPED}

    def _filled(self, given: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the value for an input that waits for one."""
        value = self._fields.get(given.get("name") or "")
        return {"value": value} if value is not None and not given.get("value") else {}

    def _meta(self, given: dict[str, str | None]) -> dict[str, str | None] | None:
        """Move the address of a refresh; a policy of the page's own names hosts that it is not on here."""
        match (given.get("http-equiv") or "").strip().lower():
            case "content-security-policy":
                return None
            case "refresh" if found := _REFRESH.fullmatch(given.get("content") or ""):
                return given | {"content": f"{found[1]}{self._moved(found[2], self._base)}{found[3]}"}
        return given

    def _moved(self, value: str, base: str) -> str:
        """Return an address of the page as the browser should see it."""
        if value.startswith("#"):
            return value
        try:
            url = urljoin(self._start, value.strip())
        except ValueError:
            return value
        return behind(base, url) or url
