"""Sign-in pages in an opaque origin: tickets for their requests, and a script for their scripts.

A page in an opaque origin counts as another site to the browser. Its links carry the sign-in
cookie, as they are top-level GET requests. Its forms, scripts, pictures and script requests
carry none, so the address contains a ticket, one per page: ``<base>/~<ticket>/<host>/<path>``.

``localStorage``, ``sessionStorage`` and ``document.cookie`` raise errors there, which would end
most of Amazon's scripts. The script inserted first keeps them in the memory of the page and
routes the addresses that scripts request through the sign-in, as a page's own links are.
"""

from collections import OrderedDict
from hashlib import sha256
import json
import secrets
from typing import Final

MARK: Final = "~"
"""First character of the path segment that is a ticket; no host begins with it."""
_MAX_TICKETS: Final = 32
"""Maximum number of tickets of each kind; the oldest is dropped."""


def split_ticket(base: str, target: str) -> tuple[str, str]:
    """Return the ticket of a request target, "" without one, and the target without it."""
    mark = f"{base}/{MARK}"
    if not target.startswith(mark):
        return "", target
    ticket, slash, rest = target[len(mark) :].partition("/")
    return (ticket, f"{base}{slash}{rest}") if ticket else ("", target)


class Tickets:
    """The tickets of one sign-in.

    The ticket of a form that was sent is in the address bar, where others may see it:
    it is good for nothing any more but for the very same form again, as at a reload.
    """

    def __init__(self) -> None:
        """Begin without tickets."""
        self._open: OrderedDict[bytes, None] = OrderedDict()
        self._spent: OrderedDict[bytes, bytes] = OrderedDict()

    def issue(self) -> str:
        """Return a new ticket as a path segment, with its mark."""
        ticket = secrets.token_urlsafe(32)
        self._open[_digest(ticket.encode())] = None
        if len(self._open) > _MAX_TICKETS:
            self._open.popitem(last=False)
        return f"{MARK}{ticket}"

    def admits(self, ticket: str) -> bool:
        """Return whether a page with this ticket is open."""
        return _digest(ticket.encode("utf-8", "surrogatepass")) in self._open

    def spend(self, ticket: str, form: bytes) -> bool:
        """Return whether a page may send this form and lead to the next page by it."""
        key, sent = _digest(ticket.encode("utf-8", "surrogatepass")), _digest(form)
        if key not in self._open:
            return self._spent.get(key) == sent
        del self._open[key]
        self._spent[key] = sent
        if len(self._spent) > _MAX_TICKETS:
            self._spent.popitem(last=False)
        return True


def _digest(data: bytes) -> bytes:
    """Return a digest: looking one up tells nothing about others by the time it takes."""
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
    """Return the markup for a page of ``host``; ``base`` and ``own`` as in ``sign_in_pages.rewritten``.

    ``domain`` is Amazon's site to which the host belongs, e.g. ``amazon.com``.
    """
    settings = json.dumps({"base": base, "own": own, "host": host, "domain": domain}).replace("<", "\\u003c")
    return f"<script>{_SCRIPT.replace('SETTINGS', settings)}</script>"
