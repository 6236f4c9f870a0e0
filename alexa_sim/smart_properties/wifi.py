"""Wi-Fi: networks stored in the account's locker and installed on Echos remotely."""

from uuid import uuid4

from alexa_sim.http import Response, json_response

from .api import WIFI_SCOPES, Api, Call, RefusalError, Route, empty
from .bodies import BodyError, check
from .organization import is_echo, reachable

_MOST_NETWORKS = 32
"""Maximum number of networks that an Echo stores."""


def add_wifi(api: Api) -> None:
    """Add the three Wi-Fi operations."""
    base = "/v2/endpoints/{endpointId}/features/connectivity/addOrUpdateWifiConfigurations"
    unknown = (404, "NO_SUCH_ENDPOINT")
    api.add("POST", "/credentiallocker/v2/saveWifiConfigurations", Route(_save, scopes=WIFI_SCOPES))
    api.add("POST", base, Route(_install, scopes=WIFI_SCOPES, missing=unknown))
    api.add("GET", f"{base}/submittedOperations/{{operationId}}", Route(_status, scopes=WIFI_SCOPES))


def _save(call: Call) -> Response:
    """Store networks; a network with the same name is replaced."""
    for network in call.body("saveWifi")["wifiConfigurations"]:
        call.organization.data["wifiNetworks"][network["ssid"]] = {
            "keyManagement": network["keyManagement"],
            "credentialConfiguration": network.get("credentialConfiguration", {}),
        }
    return empty()


def _install(call: Call) -> Response:
    """Start the installation of a stored network."""
    endpoint = call.writable()
    networks = call.body("addWifi")["payload"]["wifiConfigurations"]
    if len(networks) != 1:
        raise RefusalError(400, "TOO_MANY_CONFIGURATIONS", "One network at a time is installed")
    (network,) = networks
    try:
        check(network, "wifiConfiguration")
    except BodyError as err:
        raise RefusalError(400, "INVALID_CONFIGURATION", str(err)) from err
    if not is_echo(endpoint):
        raise RefusalError(400, "ENDPOINT_NOT_SUPPORTED", "The endpoint gets no networks from afar")
    ssid = network["ssid"]
    saved = call.organization.data["wifiNetworks"].get(ssid)
    if saved is None or saved["keyManagement"] != network["keyManagement"]:
        raise RefusalError(404, "NO_SUCH_CONFIGURATION", "No saved network fits")
    if ssid not in endpoint["wifiNetworks"] and len(endpoint["wifiNetworks"]) >= _MOST_NETWORKS:
        raise RefusalError(400, "TOO_MANY_CONFIGURATIONS", "The endpoint has 32 networks already")
    if not reachable(endpoint):
        raise RefusalError(504, "ENDPOINT_UNREACHABLE", "The endpoint is offline")
    operation_id = str(uuid4())
    call.organization.data["wifiOperations"][operation_id] = {
        "endpoint": call.endpoint_id,
        "ssid": ssid,
        "keyManagement": network["keyManagement"],
        "started": call.organization.now(),
        "status": "IN_PROGRESS",
    }
    return json_response({"submittedOperationId": operation_id}, 202)


def _status(call: Call) -> Response:
    """Return the state of an installation, with the new id if the id of the endpoint changed."""
    operation = call.organization.data["wifiOperations"].get(call.params["operationId"])
    if operation is None or operation["endpoint"] != call.endpoint_id:
        call.endpoint()
        raise RefusalError(404, "NOT_FOUND", "There is no such operation")
    if (new_id := call.organization.data["moved"].get(call.endpoint_id)) is not None:
        return json_response(f"/v2/endpoints/{new_id}", 301)
    call.endpoint()
    return json_response({"status": operation["status"]})
