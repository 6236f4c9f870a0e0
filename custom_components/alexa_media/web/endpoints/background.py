"""The background of screens."""

from typing import Final

from .base import Answer, Endpoint, Host

SET_BACKGROUND: Final = Endpoint(
    name="set_background",
    method="POST",
    host=Host.WEBSITE,
    path="/api/background-image",
    is_write=True,
    answer=Answer.ANY,
)

BACKGROUND_ENDPOINTS: Final = (SET_BACKGROUND,)
