"""What the library of the sockets says of itself, as lines of our log: a stranger's noise is one line."""

from __future__ import annotations

import logging

import structlog
from websockets.exceptions import WebSocketException

_log = structlog.get_logger(__name__)
# A browser that goes away while it opens its socket, or something that is no browser.
_NOISE = (WebSocketException, EOFError, OSError, TimeoutError)


def push_logger() -> logging.Logger:
    """A logger for one server; nothing of it goes to the standard library's own handlers."""
    logger = logging.Logger("push_server", logging.WARNING)
    logger.addHandler(_ToOurs())
    return logger


class _ToOurs(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, _NOISE):
            # Its message shows what could not be read: who sent that may not write our log.
            _log.warning("push_handshake_failed", reason=type(error).__name__)
        else:
            _log.error("push_server_failed", cause=record.getMessage(), exc_info=record.exc_info)
