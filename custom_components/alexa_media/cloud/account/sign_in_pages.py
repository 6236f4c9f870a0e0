"""Addresses, rewriting and origin of Amazon's sign-in pages, served below a path of Home Assistant.

The pages have an opaque origin, which the browser treats as another site. Links on them send the sign-in cookie,
because they are top-level GET requests. Posted forms, scripts, pictures and requests of scripts do not send it, so
their URL contains a ticket, one per page: ``<base>/~<ticket>/<host>/<path>``. An inserted script replaces
``localStorage``, ``sessionStorage`` and ``document.cookie``, which raise errors in an opaque origin.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from html.entities import html5
from html.parser import HTMLParser
import json
import re
import secrets
from typing import Final, override
from urllib.parse import urljoin, urlsplit

from ...const import MARKETPLACES

MARK: Final = "~"
"""First character of a path segment that is a ticket; no host name starts with it."""
_MAX_TICKETS: Final = 32
"""Maximum number of open tickets, and of spent ones; the oldest is dropped."""


def split_ticket(base: str, target: str) -> tuple[str, str]:
    """Return the ticket of a request target ("" if there is none) and the target without the ticket."""
    mark = f"{base}/{MARK}"
    if not target.startswith(mark):
        return "", target
    ticket, slash, rest = target[len(mark) :].partition("/")
    return (ticket, f"{base}{slash}{rest}") if ticket else ("", target)


class Tickets:
    """Tickets of one sign-in.

    The ticket of a submitted form is visible in the address bar. It is therefore only valid for the same form again, as
    on a reload.
    """

    def __init__(self) -> None:
        """Initialize without tickets."""
        self._open: OrderedDict[bytes, None] = OrderedDict()
        self._spent: OrderedDict[bytes, bytes] = OrderedDict()

    def issue(self) -> str:
        """Return a new ticket as a path segment that starts with ``MARK``."""
        ticket = secrets.token_urlsafe(32)
        self._open[_digest(ticket.encode())] = None
        if len(self._open) > _MAX_TICKETS:
            self._open.popitem(last=False)
        return f"{MARK}{ticket}"

    def admits(self, ticket: str) -> bool:
        """Return whether a ticket is open: issued, and neither spent nor dropped."""
        return _digest(ticket.encode("utf-8", "surrogatepass")) in self._open

    def spend(self, ticket: str, form: bytes) -> bool:
        """Return whether a page may submit this form; afterward, the ticket is only valid for the same form."""
        key, sent = _digest(ticket.encode("utf-8", "surrogatepass")), _digest(form)
        if key not in self._open:
            return self._spent.get(key) == sent
        del self._open[key]
        self._spent[key] = sent
        if len(self._spent) > _MAX_TICKETS:
            self._spent.popitem(last=False)
        return True


def _digest(data: bytes) -> bytes:
    """Return a digest; with digests as keys, the duration of a lookup reveals nothing about the tickets."""
    return sha256(data).digest()


_SCRIPT: Final = r"""
(() => {
  "use strict";
  const {base, own, host, domain} = SETTINGS;

  const area = () => {
    const items = new Map();
    const api = {
      getItem: (key) => items.get(String(key)) ?? null,
      setItem: (key, value) => void items.set(String(key), String(value)),
      removeItem: (key) => void items.delete(String(key)),
      clear: () => items.clear(),
      key: (index) => [...items.keys()][index] ?? null,
      get length() { return items.size; },
    };
    const known = (key) => Reflect.has(api, key);
    return new Proxy(api, {
      get: (target, key) => known(key) ? target[key] : items.get(key),
      set: (target, key, value) => known(key) || (api.setItem(key, value), true),
      has: (target, key) => known(key) || items.has(key),
      deleteProperty: (target, key) => (items.delete(key), true),
      ownKeys: () => [...items.keys()],
      getOwnPropertyDescriptor: (target, key) => items.has(key)
        ? {value: items.get(key), writable: true, enumerable: true, configurable: true} : undefined,
    });
  };
  const replace = (object, name, value) => {
    try { Object.defineProperty(object, name, {configurable: true, enumerable: true, ...value}); } catch {}
  };
  for (const name of ["localStorage", "sessionStorage"]) replace(window, name, {value: area()});

  const cookies = new Map();
  replace(document, "cookie", {
    get: () => [...cookies].map(([name, value]) => name ? `${name}=${value}` : value).join("; "),
    set: (text) => {
      const [pair, ...rules] = String(text).split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const name = at < 0 ? "" : pair.slice(0, at).trim();
      const over = rules.some((rule) => {
        const [key, ...rest] = rule.split("=");
        const value = rest.join("=");
        if (/^max-age$/i.test(key)) return Number(value) <= 0;
        return /^expires$/i.test(key) && Date.parse(value) <= Date.now();
      });
      if (over) cookies.delete(name); else cookies.set(name, pair.slice(at + 1).trim());
    },
  });

  const moved = (address) => {
    let url;
    try { url = new URL(address, document.baseURI); } catch { return address; }
    if (!/^https?:$/.test(url.protocol)) return address;
    const rest = url.search + url.hash;
    if (url.host === location.host) {
      if (url.pathname.startsWith(`${own}/`)) return url.href;
      const old = url.pathname.startsWith(`${base}/`);
      const path = old ? url.pathname.slice(base.length).replace(/^\/~[^/]*/, "") : `/${host}${url.pathname}`;
      return own + path + rest;
    }
    const theirs = url.hostname === domain || url.hostname.endsWith(`.${domain}`);
    return theirs ? `${own}/${url.hostname}${url.pathname}${rest}` : url.href;
  };
  const ask = window.fetch;
  window.fetch = (what, options) => what instanceof Request
    ? ask(new Request(moved(what.url), what), {...options, credentials: "omit"})
    : ask(moved(what), {...options, credentials: "omit"});
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    return open.call(this, method, moved(address), ...rest);
  };
  replace(XMLHttpRequest.prototype, "withCredentials", {get: () => false, set: () => {}});
  const beacon = navigator.sendBeacon;
  if (beacon) navigator.sendBeacon = (address, data) => beacon.call(navigator, moved(address), data);

  const lead = (form) => {
    const action = form.getAttribute("action");
    const posts = /^post$/i.test(form.getAttribute("method") ?? "");
    if (action !== null && posts) form.setAttribute("action", moved(action));
    form.removeAttribute("target");
  };
  const submit = HTMLFormElement.prototype.submit;
  HTMLFormElement.prototype.submit = function () { lead(this); return submit.call(this); };
  window.addEventListener("submit", (event) => lead(event.target));
})();
"""


def shim(base: str, own: str, host: str, domain: str) -> str:
    """Return the script to insert into a page of ``host``; see ``rewritten`` for ``base`` and ``own``.

    ``domain`` is the Amazon site of the host, such as ``amazon.com``.
    """
    settings = json.dumps({"base": base, "own": own, "host": host, "domain": domain}).replace("<", "\\u003c")
    return f"<script>{_SCRIPT.replace('SETTINGS', settings)}</script>"


_AMAZON_HOST: Final = re.compile(
    rf"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*(?:{'|'.join(re.escape(domain) for domain in MARKETPLACES)})"
)
# Request targets that are passed on to Amazon: visible ASCII without the characters " # < > \ ^ ` { and }.
_TARGET: Final = re.compile(r"/[!$-;=?-\[\]_a-z|~]*")

# Attributes that contain a URL that a page loads or submits a form to, by tag.
_LOADED: Final = {
    "button": "formaction",
    "iframe": "src",
    "img": "src",
    "input": "src",
    "link": "href",
    "script": "src",
}
# These attributes may name another window, which the sandbox of the page does not allow to open.
_DROPPED: Final = frozenset({"formtarget", "target"})
_REFRESH: Final = re.compile(r"(\s*\d+\s*[;,]\s*(?:url\s*=\s*)?[\"']?)([^\"']*)(.*)", re.IGNORECASE)


def is_amazon(host: str | None) -> bool:
    """Return whether a host is one of Amazon's retail sites or a subdomain of one."""
    return host is not None and _AMAZON_HOST.fullmatch(host) is not None


def site_of(host: str) -> str:
    """Return the retail site of one of Amazon's hosts, such as ``amazon.com``."""
    return next(domain for domain in MARKETPLACES if host == domain or host.endswith(f".{domain}"))


def proxied_path(base: str, url: str) -> str | None:
    """Return the path below ``base`` that serves a URL of Amazon's, or ``None``.

    ``https://www.amazon.com/ap/signin?a=1`` is served at ``<base>/www.amazon.com/ap/signin?a=1``. URLs of other sites,
    those with a scheme other than http and https, and those with a user name or an unusual port are not served.
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


def original_url(base: str, target: str) -> str | None:
    """Return Amazon's URL for a request target (path and query as received) below ``base``, or None if invalid."""
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
    """Return a page whose links and forms to Amazon have URLs below ``base``.

    ``page`` is the URL of the page. ``own`` is the base of resources that the page loads and of forms that it posts;
    the default is ``base``. ``first`` is markup that is inserted before all elements except html and head. ``fields``
    contains values for empty inputs, by the name of the input.
    """
    rewriter = _Rewriter(page, base, own or base, first, fields or {})
    rewriter.feed(html)
    rewriter.close()
    return "".join(rewriter.parts)


type _Attributes = list[tuple[str, str | None]]


class _Rewriter(HTMLParser):
    """Copies a page into ``parts``, with some of its start tags rewritten or removed."""

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
        """Write a start tag unless it is to be removed."""
        if self._first and tag not in ("html", "head"):
            self.parts.append(self._first)
            self._first = ""
        raw = self.get_starttag_text() or ""
        # the first of several attributes with the same name counts, as in a browser
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
        """Return the attributes of a tag for the browser; ``None`` if the tag is removed."""
        match tag:
            case "base":
                self._start = urljoin(self._page, given.get("href") or "")
                return None
            case "meta":
                return self._meta(given)
            case "form":
                # A form without an action posts to its own page, whose address in the browser is that of the proxy.
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
        """Return the value attribute for an empty input whose name is in ``fields``; else an empty mapping."""
        value = self._fields.get(given.get("name") or "")
        return {"value": value} if value is not None and not given.get("value") else {}

    def _meta(self, given: dict[str, str | None]) -> dict[str, str | None] | None:
        """Return the attributes of a meta tag, with the URL of a refresh rewritten; None removes the tag.

        A content security policy is removed because it would not allow the rewritten URLs.
        """
        match (given.get("http-equiv") or "").strip().lower():
            case "content-security-policy":
                return None
            case "refresh" if found := _REFRESH.fullmatch(given.get("content") or ""):
                return given | {"content": f"{found[1]}{self._moved(found[2], self._base)}{found[3]}"}
        return given

    def _moved(self, value: str, base: str) -> str:
        """Return a URL of the page, replaced with one below ``base`` if it is Amazon's."""
        if value.startswith("#"):
            return value
        try:
            url = urljoin(self._start, value.strip())
        except ValueError:
            return value
        return proxied_path(base, url) or url
