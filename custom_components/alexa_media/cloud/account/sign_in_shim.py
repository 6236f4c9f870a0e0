"""The script that comes first in a sign-in page: what scripts of the page miss in an opaque origin.

There, ``localStorage``, ``sessionStorage`` and ``document.cookie`` raise an error, which would
end most scripts of Amazon's. Here they are kept in the memory of the page. Addresses that
scripts ask for are led through the sign-in, as a page's own links are.
"""

import json
from typing import Final

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
