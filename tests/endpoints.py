"""All endpoints of the account API and all operations of Smart Properties, found in the modules that define them."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

from custom_components.alexa_media.cloud import account
from custom_components.alexa_media.cloud.account import endpoints, settings
from custom_components.alexa_media.cloud.account.endpoints import Endpoint
from custom_components.alexa_media.cloud.http import Target
from custom_components.alexa_media.cloud.property import operations
from custom_components.alexa_media.cloud.property.operation import Operation
from custom_components.alexa_media.cloud.property.operations import GET_UNIT, LIST_UNITS, SEND_NOTIFICATION
from custom_components.alexa_media.cloud.property.settings import SETTINGS


def _found[T: Target](kind: type[T], *modules: ModuleType) -> tuple[T, ...]:
    """Return the targets in modules, each once: a module may import those of another one."""
    values = [value for module in modules for value in vars(module).values() if isinstance(value, kind)]
    return tuple({id(value): value for value in values}.values())


_MODULES: Final = (import_module(f"{account.__name__}.{module.name}") for module in iter_modules(account.__path__))

ACCOUNT_ENDPOINTS: Final = _found(Endpoint, endpoints)
ENDPOINTS: Final = _found(Endpoint, endpoints, *_MODULES)
SETTINGS_ENDPOINTS: Final = tuple(
    endpoint for endpoint in _found(Endpoint, settings) if endpoint not in (*ACCOUNT_ENDPOINTS, settings.SET_BACKGROUND)
)

SIBLINGS: Final = (LIST_UNITS, GET_UNIT, SEND_NOTIFICATION)
"""Operations of other APIs on the same hosts; their names are not Amazon's."""
OPERATIONS: Final = (
    *(operation for operation in _found(Operation, operations) if operation not in SIBLINGS),
    *(operation for setting in SETTINGS.values() for operation in (setting.read, setting.write)),
)
"""All operations of the Endpoint API."""
