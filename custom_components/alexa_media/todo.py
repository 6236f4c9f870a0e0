"""To-do list platform."""

from collections.abc import Awaitable, Callable
from functools import partial
import re
from typing import Final, override

from homeassistant.components.todo.const import TodoItemStatus, TodoListEntityFeature
from homeassistant.components.todo.entity import TodoItem, TodoListEntity
from homeassistant.core import callback

from .cloud.errors import AlexaCommandError, AlexaUnsupportedError
from .cloud.model.lists import ItemChanges, ListItem, ListsApi, ListType
from .coordinator.lists import AlexaList, ListsCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import AccountEntity, Candidates, EntityAdder, async_all, command_errors, invalid_input, platform_setup

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the to-do lists of an account."""
    entry, lists, api = add.entry, data.lists, data.backend.lists
    if lists is None or api is None:
        return

    def candidates() -> Candidates:
        for list_id in lists.data:
            yield _unique_id(entry, list_id), partial(AlexaTodoList, entry, lists, api, list_id)

    add.follow_kept(candidates, lists, _unique_id(entry, ""))


# A quantity begins with a digit; any other text that contains × is not split.
_QUANTITY: Final = re.compile(r"(?P<quantity>\d[^×]{0,29}?)\s*×\s*(?P<name>\S.*)", re.DOTALL)


def summary_of(name: str, quantity: str | None) -> str:
    """Return the text of an item, such as ``2 × milk``; only the name if there is no quantity."""
    return f"{quantity} × {name}" if quantity else name


def parse_summary(summary: str) -> tuple[str, str | None]:
    """Return the name in a text entered by a user, and the quantity or None."""
    text = " ".join(summary.split())
    if found := _QUANTITY.fullmatch(text):
        return found["name"], found["quantity"]
    return text, None


_NAMES: Final = {ListType.SHOP: "shopping_list", ListType.TODO: "to_do_list"}

_STATUS: Final = {True: TodoItemStatus.COMPLETED, False: TodoItemStatus.NEEDS_ACTION}


def _unique_id(entry: AlexaConfigEntry, list_id: str) -> str:
    """Return the unique id of a list's entity."""
    return f"{entry.unique_id}_list_{list_id}"


class AlexaTodoList(AccountEntity[ListsCoordinator], TodoListEntity):
    """A list of the account; an item's summary contains its quantity and name, its description is Amazon's note."""

    _attr_supported_features = (
        TodoListEntityFeature.CREATE_TODO_ITEM
        | TodoListEntityFeature.UPDATE_TODO_ITEM
        | TodoListEntityFeature.DELETE_TODO_ITEM
        | TodoListEntityFeature.SET_DESCRIPTION_ON_ITEM
    )

    def __init__(self, entry: AlexaConfigEntry, coordinator: ListsCoordinator, api: ListsApi, list_id: str) -> None:
        """Initialize for one list of the account."""
        super().__init__(entry, coordinator, f"list_{list_id}", list_id)
        self._api = api
        self._list_id = list_id
        self._async_take()

    @property
    def _list(self) -> AlexaList | None:
        """Return the list as last known, or None."""
        return self.coordinator.data.get(self._list_id)

    @property
    def _items(self) -> dict[str, ListItem]:
        """Return the items by id."""
        return {item.item_id: item for item in (self._list.items if self._list else None) or ()}

    @property
    @override
    def available(self) -> bool:
        """Return whether the lists may be shown and contain this one."""
        return super().available and self._list is not None

    @callback
    def _async_take(self) -> None:
        """Update name and items."""
        if (held := self._list) is None:
            return
        if (key := _NAMES.get(held.info.type)) and held.info.name is None:
            self._attr_translation_key = key
        else:
            self._attr_name = held.info.name
        if held.items is None:
            return
        # Open items first.
        self._attr_todo_items = [
            TodoItem(
                uid=item.item_id,
                summary=summary_of(item.name, item.quantity),
                status=_STATUS[item.complete],
                description=item.note,
            )
            for item in sorted(held.items, key=lambda item: item.complete)
        ]

    @override
    async def async_added_to_hass(self) -> None:
        """Request the items of the list, which are only read for a listener."""
        await super().async_added_to_hass()
        if self._list and self._list.items is None:
            self.coordinator.async_want(self._list_id)

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        self._async_take()
        super()._handle_coordinator_update()

    @override
    async def async_update(self) -> None:
        """Read the lists and the items of this list now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_items(self._list_id)

    # --- changes ---------------------------------------------------------------------

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Add an item; quantity, note and completion need a second request, because the first only accepts a name."""
        name, quantity = parse_summary(item.summary or "")
        if not name:
            raise invalid_input("todo_item_without_name")
        with command_errors(self.hass, self.entry):
            added = await self._api.async_add(self._list_id, name)
        self.coordinator.async_item_written(self._list_id, added)
        note = (item.description or "").strip() or None
        complete = item.status is TodoItemStatus.COMPLETED or None
        if not (quantity or note or complete):
            return
        if added is None:
            raise invalid_input("todo_item_half_added", name=name)
        await self._async_change(added, ItemChanges(quantity=quantity, note=note, complete=complete))

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Change the fields that differ from the shown item."""
        shown = self._items.get(item.uid or "")
        if shown is None:
            raise invalid_input("todo_item_gone")
        changes = self._changes(shown, item)
        if changes != ItemChanges():
            await self._async_change(shown, changes)

    def _changes(self, shown: ListItem, item: TodoItem) -> ItemChanges:
        """Return the fields that the user changed."""
        name = quantity = note = complete = None
        if item.summary != summary_of(shown.name, shown.quantity):
            wanted, amount = parse_summary(item.summary or "")
            if not wanted:
                raise invalid_input("todo_item_without_name")
            name = wanted if wanted != shown.name else None
            quantity = (amount or "") if amount != shown.quantity else None
        if ((item.description or "").strip() or None) != shown.note:
            note = (item.description or "").strip()
        if item.status is not None and item.status is not _STATUS[shown.complete]:
            complete = not shown.complete
        return ItemChanges(name=name, quantity=quantity, note=note, complete=complete)

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Delete items; if one fails, the others are still deleted.

        Raises ``ServiceValidationError``, and deletes nothing, if an item is no longer in the list.
        """
        items = self._items
        if gone := [uid for uid in uids if uid not in items]:
            raise invalid_input("todo_item_gone" if len(uids) == 1 else "todo_items_gone", count=str(len(gone)))
        await async_all(self._async_delete(items[uid]) for uid in uids)

    async def async_delete_list(self, confirm: bool) -> None:
        """Delete the list with its items (``alexa_media.delete_list``); Amazon only allows this for custom lists."""
        if not confirm:
            raise invalid_input("confirmation_missing")
        if self._list is None or self._list.info.type is not ListType.CUSTOM:
            raise invalid_input("list_is_default")
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_delete_list(self._list_id)

    async def _async_change(self, item: ListItem, changes: ItemChanges) -> None:
        """Change an item, of which ``item`` may be an outdated version."""

        async def send(current: ListItem) -> None:
            changed = await self._api.async_update(self._list_id, current, changes)
            self.coordinator.async_item_written(self._list_id, changed)

        await self._async_versioned(item, changes, send)

    async def _async_delete(self, item: ListItem) -> None:
        """Delete an item, of which ``item`` may be an outdated version."""

        async def send(current: ListItem) -> None:
            await self._api.async_delete(self._list_id, current)
            self.coordinator.async_item_deleted(self._list_id, current.item_id)

        await self._async_versioned(item, None, send)

    async def _async_versioned(
        self, item: ListItem, changes: ItemChanges | None, send: Callable[[ListItem], Awaitable[None]]
    ) -> None:
        """Send a change; after a version conflict, read the item and retry once unless the same fields changed.

        Amazon refuses an outdated version. ``changes`` is None for a deletion.
        """
        with command_errors(self.hass, self.entry):
            try:
                await send(item)
            except AlexaCommandError, AlexaUnsupportedError:
                fresh = (await self.coordinator.async_items_now(self._list_id)).get(item.item_id)
                if fresh is None:
                    if changes is None:
                        return
                    raise invalid_input("todo_item_gone") from None
                if fresh.version == item.version:
                    raise
                if not _untouched(item, fresh, changes):
                    raise invalid_input("todo_item_changed", name=fresh.name) from None
                await send(fresh)


def _untouched(seen: ListItem, fresh: ListItem, changes: ItemChanges | None) -> bool:
    """Return whether the fields to change are unchanged in ``fresh``; for a deletion, all except completion."""
    if changes is None:
        return (seen.name, seen.quantity, seen.note) == (fresh.name, fresh.quantity, fresh.note)
    return all(
        getattr(changes, name) is None or getattr(seen, name) == getattr(fresh, name)
        for name in ("name", "complete", "quantity", "note")
    )
