"""The signed-in account, its service endpoints, and the pages that set the csrf cookie."""

from typing import Any
from urllib.parse import urlencode

from alexa_sim.http import HttpError, Request, Response, html_response, json_response, redirect
from alexa_sim.marketplaces import MARKETPLACES

from . import Call, Services, WebsiteApi

_CSRF_LIFE = 20 * 365 * 86400


def add_account(api: WebsiteApi) -> None:
    """Add the endpoints for the account."""
    api.add("GET", "/api/users/me", _me, everywhere=True)
    api.add("GET", "/api/endpoints", _endpoints, everywhere=True)
    api.add("GET", "/api/welcome", _welcome, everywhere=True)
    api.add("GET", "/api/customer-status", _status)
    api.add("GET", "/api/household", _household)
    api.add("GET", "/api/ping", _ping, everywhere=True)
    api.add("GET", "/api/language", _language, everywhere=True)
    api.add("GET", "/api/strings", _strings, everywhere=True)
    for host in ("alexa.{domain}", "{region}-api-alexa.{domain}"):
        for path in ("/spa/index.html", "/templates/oobe/d-device-pick.handlebars"):
            api.services.router.add("GET", host, path, _Page(api.services))


def csrf_headers(request: Request) -> list[tuple[str, str]]:
    """Return the Set-Cookie header with a csrf cookie if a signed-in browser has none."""
    if "csrf" in request.cookies:
        return []
    number = sum(request.headers.get("cookie", "").encode()) * 7919 % 2**31
    domain = request.params["domain"]
    return [("set-cookie", f"csrf={number}; Domain=.{domain}; Path=/; Max-Age={_CSRF_LIFE}; Secure")]


class _Page:
    """A page of the web app; users who are not signed in are redirected to the sign-in page."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, request: Request) -> Response:
        domain = request.params["domain"]
        marketplace = MARKETPLACES.get(domain)
        if marketplace is None:
            raise HttpError(404, {"message": "Not Found"})
        if self._services.auth.account_of(request.cookies, marketplace) is None:
            query = urlencode({"openid.return_to": f"https://{request.host}{request.path}"})
            return redirect(f"https://www.{domain}/ap/signin?{query}")
        return html_response("<!DOCTYPE html><title>Alexa</title><div id='app'></div>", headers=csrf_headers(request))


def _me(call: Call) -> Response:
    """Return the signed-in user; the marketplace is the account's own at every domain."""
    market = call.marketplace
    return json_response(
        {
            "countryOfResidence": market.country,
            "effectiveMarketPlaceId": market.id,
            "email": call.account["email"],
            "eulaAcceptance": True,
            "features": [],
            "fullName": call.account["name"],
            "hasActiveDopplers": bool(call.devices("VOX", "WHA")),
            "id": call.account_id,
            "marketPlaceDomainName": f"https://www.{market.domain}",
            "marketPlaceId": market.id,
            "marketPlaceLocale": market.locale,
        }
    )


def _endpoints(call: Call) -> Response:
    """Return the service endpoints of the account."""
    market = call.marketplace
    return json_response(
        {
            "alexaApiUrl": market.alexa_api,
            "awsRegion": market.aws_region,
            "retailDomain": market.domain,
            "retailUrl": f"https://www.{market.domain}",
            "skillsStoreUrl": f"https://skills-store.{market.domain}",
            "websiteApiUrl": market.website_api,
            "websiteUrl": f"https://alexa.{market.domain}",
        }
    )


def _welcome(call: Call) -> Response:
    """Return the host of the account's web app."""
    return json_response({"alexaHostName": f"alexa.{call.marketplace.domain}"})


def _status(call: Call) -> Response:
    """Respond to the probe for a signed-in user."""
    return json_response({"customerId": call.account_id})


def _household(call: Call) -> Response:
    """Return the people of the household."""
    people = [
        {"id": call.account_id, "name": call.account["name"], "email": call.account["email"], "role": "ADULT"},
        *call.account["household"],
    ]
    accounts = [_person(person) for person in people]
    return json_response({"accounts": accounts, "id": None})


def _person(person: dict[str, Any]) -> dict[str, Any]:
    """Return an element of /api/household."""
    return {
        "email": person.get("email"),
        "firstName": person["name"].split()[0],
        "fullName": person["name"],
        "id": person["id"],
        "pendingUserPin": None,
        "role": person.get("role", "ADULT"),
    }


def _ping(_call: Call) -> Response:
    """Respond to a ping, in plain text unlike the other endpoints."""
    return Response(200, b"healthy", [("content-type", "text/plain;charset=UTF-8")])


def _language(call: Call) -> Response:
    """Return the language, and set the csrf cookie."""
    return json_response({"language": call.marketplace.locale}, headers=csrf_headers(call.request))


def _strings(call: Call) -> Response:
    """Return the texts of the web app (none), and set the csrf cookie."""
    return json_response({}, headers=csrf_headers(call.request))
