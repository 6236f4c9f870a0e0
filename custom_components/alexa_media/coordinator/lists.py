"""Lists of the account, and the items of the lists that have listeners."""

import asyncio
from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.errors import AlexaCommandError, AlexaError, AlexaUnsupportedError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.lists import ListInfo, ListItem, ListsApi
from ..cloud.names import same
from .absences import KeptTopicCoordinator
from .base import PartRetry
from .devices import is_out_of_reach
from .echo_events import LIST_ITEM, EchoEvent, async_send

MAX_ITEM_IDS: Final = 5000
"""Maximum number of earlier item ids remembered per list; an item with a remembered id is not new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlexaList:
    """A list of the account; ``items`` is ``None`` until they have been read."""

    info: ListInfo
    items: tuple[ListItem, ...] | None = None


class ListsCoordinator(KeptTopicCoordinator[AlexaList]):
    """Lists by id; items are read only for lists that have listeners."""

    topic: ClassVar[str] = "lists"
    interval_without_push: ClassVar[timedelta] = timedelta(minutes=15)

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: ListsApi) -> None:
        """Initialize without lists."""
        super().__init__(hass, entry, backend)
        self._api = api
        self._item_ids: dict[str, dict[str, None]] = {}
        self._changed: set[str] = set()
        self._refused: set[str] = set()
        self._read_items: frozenset[str] = frozenset()
        self._retry = PartRetry(hass, entry, self._async_part_hint)
        self._wanting: asyncio.Task[None] | None = None

    # --- reading ---------------------------------------------------------------------

    @override
    async def _async_read(self) -> Mapping[str, AlexaList]:
        """Read the items of changed lists, and in a whole read also the list of lists."""
        if self._is_partial:
            with contextlib.suppress(AlexaUnsupportedError):
                return await self._async_with_items(dict(self.data), only_changed=True)
            # One of the lists may have been deleted: the list of lists shows that.
            self._is_partial = False
        return await self._async_with_items(await self._async_lists(), only_changed=False)

    async def _async_with_items(self, lists: dict[str, AlexaList], *, only_changed: bool) -> dict[str, AlexaList]:
        """Return the lists, with new items for changed ones that have listeners; raises ``AlexaError``.

        A list whose items Amazon refuses was probably just deleted.
        """
        self._changed &= lists.keys()
        wanted = [key for key in sorted(self._changed - self._absences.missing) if self._is_wanted(key)]
        self._read_items = frozenset(wanted)
        # A hint during the read causes another read.
        self._changed.difference_update(wanted)
        try:
            answers = await asyncio.gather(*map(self._api.async_items, wanted), return_exceptions=True)
        except asyncio.CancelledError:
            self._changed.update(wanted)
            raise
        refusals: dict[str, AlexaUnsupportedError] = {}
        failures: dict[str, BaseException] = {}
        for list_id, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, BaseException):
                self._changed.add(list_id)
                if isinstance(answer, AlexaUnsupportedError):
                    refusals[list_id] = answer
                else:
                    failures[list_id] = answer
                continue
            self._refused.discard(list_id)
            lists[list_id] = replace(lists[list_id], items=answer)
            # Keep what has been read, in case another read failed.
            self.data = {**self.data, list_id: lists[list_id]}
        self._async_raise_or_retry(failures)
        if refusals and (only_changed or len(refusals) == len(lists)):
            raise next(iter(refusals.values()))
        if refusals.keys() - self._refused:
            self._refused |= refusals.keys()
            self.async_list_hint(None)
        return lists

    @callback
    def _async_raise_or_retry(self, failures: Mapping[str, BaseException]) -> None:
        """Raise an error if the whole read counts as failed, else retry the failed lists later."""
        if not failures:
            self._retry.async_succeeded()
            return
        fatal = [err for err in failures.values() if not isinstance(err, AlexaError) or is_out_of_reach(err)]
        if fatal or not (self.watched() & self.data.keys()) - failures.keys():
            raise next(iter(fatal or failures.values()))
        self._retry.async_failed()

    async def _async_lists(self) -> dict[str, AlexaList]:
        """Read the list of lists, and mark the lists whose items may have changed."""
        infos = await self._api.async_lists()
        # If pushes may have been missed, all items are read, because the revision may not reflect every change.
        missed = not self.push_up or self.read_whole_at is None or self.read_whole_at < self._push_up_at
        lists = self._kept(infos)
        for key, info in infos.items():
            before = self.data.get(key)
            lists[key] = AlexaList(info=info, items=before.items if before else None)
            if missed or before is None or before.items is None or before.info.revision != info.revision:
                self._changed.add(key)
        return lists

    def _is_wanted(self, list_id: str) -> bool:
        """Return whether a list has listeners."""
        return list_id in self._by_context

    @override
    @callback
    def _async_changed(self, before: Mapping[str, AlexaList], after: Mapping[str, AlexaList]) -> None:
        """Send an event for each open item with a new id in a list whose items were known."""
        for list_id, known in after.items():
            earlier = before.get(list_id)
            if earlier is None or earlier.items is None or known.items is None or earlier.items is known.items:
                continue
            ids = self._item_ids.setdefault(list_id, {}) | dict.fromkeys(item.item_id for item in earlier.items)
            now = dict.fromkeys(item.item_id for item in known.items)
            self._item_ids[list_id] = {**(ids if len(ids) < MAX_ITEM_IDS else {}), **now}
            for item in known.items:
                if item.item_id not in ids and not item.complete:
                    data = {"item": item.name, "item_id": item.item_id}
                    event = EchoEvent(entry_id=self.entry.entry_id, serial=list_id, kind=LIST_ITEM, data=data)
                    async_send(self.hass, event)

    @override
    def _is_covered(self, key: str) -> bool:
        """Return whether the last read was a whole one or included the items of the list."""
        return not self._is_partial or key in self._read_items

    # --- hints -----------------------------------------------------------------------

    @callback
    def async_list_hint(self, list_id: str | None) -> None:
        """Read the items of a list soon if it has listeners; for None or an unknown list, read the list of lists."""
        if list_id is None or list_id not in self.data:
            self.async_hint()
            return
        self._changed.add(list_id)
        if self._is_wanted(list_id):
            self._async_part_hint()

    async def async_refresh_items(self, list_id: str) -> None:
        """Read the lists, including the items of the given list if it has listeners.

        Callers in one turn of the event loop share a read.
        """
        self._changed.add(list_id)
        await self.async_refresh_shared()

    @callback
    def async_want(self, list_id: str) -> None:
        """Read the items of a list for a new listener; calls in one turn of the event loop share a read."""
        self._changed.add(list_id)
        if self._wanting is None:
            self._wanting = self.async_read_in_task(self._async_read_wanted(), "wanted")

    async def _async_read_wanted(self) -> None:
        """Read the items of the changed lists that have listeners."""
        self._wanting = None
        await self._async_refresh_part()

    @override
    @callback
    def async_key_hint(self, key: str) -> None:
        """Read the items of a list soon if it has listeners, like ``async_list_hint``."""
        self.async_list_hint(key)

    @override
    @callback
    def _async_look_again(self) -> None:
        """Request another read of the list of lists."""
        self.async_list_hint(None)

    # --- writing ---------------------------------------------------------------------

    async def async_create(self, name: str) -> str:
        """Create a custom list and return its id; raises ``AlexaError``, also if Amazon does not list it afterward."""
        before = await self._api.async_lists()
        created = await self._api.async_create(name)
        found = await self._async_read_lists_now()
        added = (
            [created]
            if created and created in found
            else [key for key in found.keys() - before if found[key].name == name]
        )
        if not added:
            raise AlexaCommandError("Amazon does not list the new list", code="not_confirmed")
        return added[0]

    @callback
    def is_taken(self, name: str) -> bool:
        """Return whether a list has a name, unless Amazon no longer lists it."""
        missing = self._absences.missing
        return any(same(known.info.name, name) for key, known in self.data.items() if key not in missing)

    async def async_delete_list(self, list_id: str) -> None:
        """Delete a custom list if it exists; raises ``AlexaError``, also if Amazon still lists it afterward."""
        if found := (await self._api.async_lists()).get(list_id):
            await self._api.async_delete_list(found)
        if list_id in await self._async_read_lists_now():
            raise AlexaCommandError("Amazon still lists the list", code="not_confirmed")
        self._absences.miss(self.data.keys() & {list_id})

    async def _async_read_lists_now(self) -> Mapping[str, ListInfo]:
        """Read the list of lists after a change and return it."""
        found = await self._api.async_lists()
        self.async_apply({key: AlexaList(info=info) for key, info in found.items() if key not in self.data})
        self.async_list_hint(None)
        return found

    async def async_items_now(self, list_id: str) -> Mapping[str, ListItem]:
        """Read the items of a list now, and return them by id; raises ``AlexaError``."""
        items = await self._api.async_items(list_id)
        if known := self.data.get(list_id):
            self.async_apply({list_id: replace(known, items=items)})
        return {item.item_id: item for item in items}

    @callback
    def async_item_written(self, list_id: str, item: ListItem | None) -> None:
        """Apply Amazon's response to a write (None if it contains no item), and expect the push about it."""
        known = self.data.get(list_id)
        if known and known.items is not None and item is not None:
            items = {each.item_id: each for each in known.items} | {item.item_id: item}
            self.async_apply({list_id: replace(known, items=tuple(items.values()))})
        self.async_expect(list_id)

    @callback
    def async_item_deleted(self, list_id: str, item_id: str) -> None:
        """Remove an item that Amazon has deleted, and expect the push about it."""
        if (known := self.data.get(list_id)) and known.items is not None:
            items = tuple(item for item in known.items if item.item_id != item_id)
            self.async_apply({list_id: replace(known, items=items)})
        self.async_expect(list_id)
