"""Amazon Kids: partly at the account API, partly at the pages for parents."""

from typing import Final

from .base import Answer, Endpoint, Host

KIDS_MODE: Final = Endpoint(name="kids_mode", method="GET", host=Host.WEBSITE, path="/api/device/op-mode")
DISABLE_KIDS: Final = Endpoint(
    name="disable_kids",
    method="POST",
    host=Host.WEBSITE,
    path="/api/unassign-device-from-child/{serial}/{type}",
    is_write=True,
    answer=Answer.ANY,
)
CHILDREN: Final = Endpoint(name="children", method="GET", host=Host.PARENTS, path="/ajax/get-household-with-age")
KIDS_PAGE: Final = Endpoint(
    name="kids_page", method="GET", host=Host.PARENTS, path="/oobe/brownie/start/{type}/{serial}", answer=Answer.PAGE
)
"""Sets the cookie that ``ENABLE_KIDS`` has to repeat."""
ENABLE_KIDS: Final = Endpoint(
    name="enable_kids",
    method="POST",
    host=Host.PARENTS,
    path="/ajax/assign-device-to-child",
    is_write=True,
    answer=Answer.ANY,
)

KIDS_ENDPOINTS: Final = (KIDS_MODE, DISABLE_KIDS, CHILDREN, KIDS_PAGE, ENABLE_KIDS)
