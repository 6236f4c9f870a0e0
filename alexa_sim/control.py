"""Control plane: JSON over plain HTTP on the loopback interface, for users of the simulation."""

import asyncio
from dataclasses import replace
import json
from typing import Any

from . import art, catalogue
from .faults import actions_of
from .hosts import MARKETPLACES
from .http import HttpError, Request, Response, Router, json_response
from .recording import RecordingError, Replay, read_recording
from .simulation import Simulation

_HOST = "control"
_LOOPBACK = ("127.0.0.1", "localhost")


class Control:
    """Handlers for the paths of the control plane."""

    def __init__(self, simulation: Simulation) -> None:
        """Initialize the table of paths."""
        self._simulation = simulation
        self._router = Router()
        self._paths: list[str] = []
        for method, path, handler in (
            ("GET", "/", self._index),
            ("GET", "/ledger", self._ledger),
            ("GET", "/ledger/progress", self._ledger_progress),
            ("POST", "/ledger/reset", self._ledger_reset),
            ("GET", "/state", self._state),
            ("PATCH", "/state", self._patch),
            ("POST", "/push", self._push),
            ("POST", "/say", self._say),
            ("GET", "/spoken", self._spoken),
            ("GET", "/clock", self._clock),
            ("POST", "/clock", self._advance),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", "/faults/{fault}", self._remove_fault),
            ("POST", "/household", self._household),
            ("POST", "/replay/push", self._replay_push),
            ("POST", "/sign-in", self._sign_in),
            ("GET", "/errors", self._errors),
            ("GET", "/art/{folder}/{file}", self._art),
        ):
            self._router.add(method, _HOST, path, handler)
            self._paths.append(f"{method} {path}")

    async def respond(self, request: Request) -> Response:
        """Return the response to a request; every error is JSON with a ``message``."""
        try:
            return await self.answer(request)
        except HttpError as err:
            return err.response
        except Exception as err:  # noqa: BLE001 - kept for GET /errors, and returned to the caller
            self._simulation.note_error(err, method=request.method, path=f"control {request.path}")
            return json_response({"message": f"{type(err).__name__}: {err}"}, 500)

    async def answer(self, request: Request) -> Response:
        """Return the response to a request, after the pushes that it caused; raises ``HttpError``."""
        if request.host not in _LOOPBACK:
            raise HttpError(421, {"message": "The control plane answers to 127.0.0.1 and localhost."})
        found = self._router.match(request.method, _HOST, request.path)
        if isinstance(found, int):
            what = "path" if found == 404 else "method"
            message = f"{request.method} {request.path} is no {what} of the control plane; GET / lists them."
            raise HttpError(found, {"message": message})
        handler, params = found
        response = await handler(replace(request, params=params) if params else request)
        if request.method != "GET":
            await self._simulation.cloud.sent()
        return response

    async def _index(self, _request: Request) -> Response:
        """List the paths."""
        return json_response({"paths": self._paths, "domain": self._simulation.domain})

    async def _art(self, request: Request) -> Response:
        """Return a drawn cover (``sim-track-1/640.svg``) or logo (``provider/spotify.svg``)."""
        folder, name = request.params["folder"], request.params["file"].removesuffix(".svg")
        track = catalogue.TRACKS.get(folder.replace("-", ":"))
        if track is not None:
            drawn = art.cover(track.title, track.album)
        elif folder == "provider" and name.upper() in catalogue.PROVIDERS:
            drawn = art.logo(catalogue.PROVIDERS[name.upper()])
        else:
            raise HttpError(404, {"message": f"There is no picture {folder}/{request.params['file']}."})
        headers = [("content-type", "image/svg+xml"), ("access-control-allow-origin", "*")]
        return Response(body=drawn.encode(), headers=headers)

    async def _ledger(self, request: Request) -> Response:
        """Return the requests, filtered by ``since`` (epoch seconds) and the globs ``path``, ``host``, ``method``."""
        filters: dict[str, Any] = dict(request.query)
        if unknown := set(filters) - {"since", "path", "host", "method"}:
            raise _bad(f"The ledger is filtered by since, path, host and method, not by {', '.join(sorted(unknown))}.")
        if "since" in filters:
            try:
                filters["since"] = float(filters["since"])
            except ValueError:
                raise _bad("since takes epoch seconds.") from None
        return json_response(self._simulation.ledger.entries(**filters))

    async def _ledger_progress(self, _request: Request) -> Response:
        """Return the number of requests, and the paths of those without a complete response."""
        return json_response(self._simulation.ledger.progress())

    async def _ledger_reset(self, _request: Request) -> Response:
        """Clear the list of requests."""
        self._simulation.ledger.reset()
        return json_response({})

    async def _state(self, _request: Request) -> Response:
        """Return the state of the cloud."""
        return json_response(self._simulation.cloud.state())

    async def _patch(self, request: Request) -> Response:
        """Change the state with a JSON merge patch, and return it."""
        self._simulation.cloud.patch(_object(request))
        return json_response(self._simulation.cloud.state())

    async def _push(self, request: Request) -> Response:
        """Send a directive or raw data to the streams."""
        data = _object(request)
        if set(data) == {"raw"}:
            self._simulation.cloud.push_raw(data["raw"])
        elif set(data) <= {"command", "payload"} and isinstance(data.get("command"), str):
            payload = data.get("payload", {})
            if not isinstance(payload, dict):
                raise _bad("payload takes an object.")
            self._simulation.cloud.push(data["command"], payload)
        else:
            raise _bad('A push is {"command": …, "payload": {…}} or {"raw": …}.')
        return json_response({})

    async def _say(self, request: Request) -> Response:
        """Simulate speech to an Echo."""
        return json_response(await self._simulation.cloud.say(_object(request)))

    async def _spoken(self, _request: Request) -> Response:
        """Return what the Echos have spoken."""
        return json_response(self._simulation.cloud.spoken())

    async def _clock(self, _request: Request) -> Response:
        """Return the time of the simulation's clock."""
        return json_response({"now": self._simulation.clock.now()})

    async def _advance(self, request: Request) -> Response:
        """Advance the time; the response also contains the progress of the requests before that."""
        data = _object(request)
        seconds = data.get("advance")
        if set(data) != {"advance"} or not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise _bad('The clock takes {"advance": seconds}, forward only.')
        progress = self._simulation.ledger.progress()
        self._simulation.advance(seconds)
        await asyncio.sleep(0)
        return json_response({"now": self._simulation.clock.now(), **progress})

    async def _faults(self, _request: Request) -> Response:
        """Return the active faults."""
        return json_response(self._simulation.faults.listing())

    async def _add_fault(self, request: Request) -> Response:
        """Add a fault, or run an immediate action."""
        rule = _object(request)
        if (actions := actions_of(rule)) is None:
            return json_response({"id": self._simulation.faults.add(rule).id})
        cloud = self._simulation.cloud
        if "expire_tokens" in actions:
            cloud.expire_tokens()
        if "revoke" in actions:
            cloud.revoke()
        if "close_stream" in actions:
            cloud.close_streams()
        if "silent_stream" in actions:
            cloud.silence_streams(float(actions["silent_stream"]))
        return json_response({})

    async def _clear_faults(self, _request: Request) -> Response:
        """Delete all faults."""
        self._simulation.faults.clear()
        return json_response({})

    async def _remove_fault(self, request: Request) -> Response:
        """Delete one fault."""
        self._simulation.faults.remove(request.params["fault"])
        return json_response({})

    async def _household(self, request: Request) -> Response:
        """Restart with a household."""
        data = _object(request)
        domain = data.get("domain", self._simulation.domain)
        if domain not in MARKETPLACES:
            raise _bad(f"{domain} is no retail domain of Amazon's.")
        if set(data) == {"recording"}:
            return await self._replay(str(data["recording"]))
        if set(data) - {"domain"} not in ({"name"}, {"household"}):
            raise _bad('A household is {"name": …} or {"household": {…}}, with an optional "domain".')
        household = await asyncio.to_thread(_load, data)
        await self._simulation.replace(household, domain)
        return json_response({"domain": domain})

    async def _replay(self, path: str) -> Response:
        """Restart with the home of a recording; return the data of a config entry, and the number of pushes."""
        try:
            recording = await asyncio.to_thread(read_recording, path)
        except RecordingError as err:
            raise _bad(str(err)) from err
        replay = Replay(recording)
        await self._simulation.replace(recording.household(), recording.domain, replay)
        return json_response(
            {
                "domain": recording.domain,
                "entry": recording.entry(),
                "options": recording.options,
                "pushes": replay.left,
            }
        )

    async def _replay_push(self, request: Request) -> Response:
        """Send the next directives of the recording; their number is ``count``."""
        if (replay := self._simulation.replay) is None:
            raise _bad("No recording is replayed.")
        replay.push(self._simulation.cloud, int(_object(request).get("count", 1)))
        return json_response({"pushes": replay.left})

    async def _sign_in(self, request: Request) -> Response:
        """Sign in at a sign-in URL, and return the URL on which a browser would end."""
        data = _object(request)
        url, account = data.get("url"), data.get("account")
        if not isinstance(url, str) or not isinstance(account, str | None) or set(data) - {"url", "account"}:
            raise _bad('A sign-in is {"url": …} with an optional "account".')
        return json_response({"redirect": self._simulation.cloud.sign_in(url, account)})

    async def _errors(self, _request: Request) -> Response:
        """Return the exceptions raised inside the simulation."""
        return json_response(self._simulation.errors)


def _load(data: dict[str, Any]) -> dict[str, Any]:
    """Return the household that a request names or contains; raises ``HttpError`` 400."""
    from .household import HouseholdError, check_household, load_household  # noqa: PLC0415 - slow, and seldom needed

    try:
        if "name" in data:
            return load_household(str(data["name"]))
        household = data["household"]
        if not isinstance(household, dict):
            raise _bad("household takes an object.")
        check_household(household, "The household")
    except HouseholdError as err:
        raise _bad(str(err)) from err
    return household


def _object(request: Request) -> dict[str, Any]:
    """Return the body as a JSON object; raises ``HttpError`` 400 for anything else."""
    try:
        data = json.loads(request.body or b"{}")
    except ValueError as err:
        raise _bad(f"The body is not JSON: {err}.") from err
    if not isinstance(data, dict):
        raise _bad("The body has to be a JSON object.")
    return data


def _bad(message: str) -> HttpError:
    """Return the error for an invalid request."""
    return HttpError(400, {"message": message})
