"""Sequences: previewing them, validating music, and what there is to choose from."""

from alexa_sim.catalogue import provider_entities, sound_entities
from alexa_sim.http import Response, json_response
from alexa_sim.operations import OperationError

from . import Call, WebsiteApi, bad_request, empty


def add_behaviors(api: WebsiteApi) -> None:
    """Add the endpoints about behaviors."""
    api.add("POST", "/api/behaviors/preview", _preview)
    api.add("POST", "/api/behaviors/operation/validate", _validate)
    api.add("GET", "/api/behaviors/entities", _entities)


def _preview(call: Call) -> Response:
    """Play a sequence; accepted does not mean that anybody hears it."""
    try:
        with call.state.change():
            call.services.sequences.preview(call.account_id, call.body())
    except OperationError as err:
        raise bad_request(str(err)) from err
    return empty()


def _validate(call: Call) -> Response:
    """Check a music phrase before it is played."""
    try:
        return json_response(call.services.sequences.validate(call.account_id, call.body()))
    except OperationError as err:
        raise bad_request(str(err)) from err


def _entities(call: Call) -> Response:
    """List music providers or sounds; music is empty without the header Routines-Version."""
    match call.request.query.get("skillId"):
        case "amzn1.ask.1p.music":
            default = call.account["defaultMusicProvider"]
            return json_response(provider_entities(default) if "routines-version" in call.request.headers else [])
        case "amzn1.ask.1p.sound":
            return json_response(sound_entities())
        case _:
            return json_response([])
