"""What people said: the privacy pages."""

from typing import Final

from .base import Answer, Endpoint, Host

HISTORY_PAGE: Final = Endpoint(
    name="history_page", method="GET", host=Host.RETAIL, path="/alexa-privacy/apd/activity", answer=Answer.HTML
)
HISTORY: Final = Endpoint(
    name="history",
    method="POST",
    host=Host.RETAIL,
    path="/alexa-privacy/apd/rah/alexa-history-records-v2",
    bearer=True,
    csrf=False,
)
HISTORY_BEFORE: Final = Endpoint(
    name="history_before",
    method="POST",
    host=Host.RETAIL,
    # the form that the one above took over from
    path="/alexa-privacy/apd/rvh/customer-history-records-v2",
    csrf=False,
)

HISTORY_ENDPOINTS: Final = (HISTORY_PAGE, HISTORY, HISTORY_BEFORE)
