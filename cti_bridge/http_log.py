"""What aiohttp's server says of itself, as lines of our log: a stranger's noise is one line, no traceback."""

from __future__ import annotations

import logging

import structlog
from aiohttp.http_exceptions import HttpProcessingError

_log = structlog.get_logger(__name__)


def server_logger() -> logging.Logger:
    """A logger for one server; nothing of it goes to the standard library's own handlers."""
    logger = logging.Logger("http_server", logging.WARNING)
    logger.addHandler(_ToOurs())
    return logger


class _ToOurs(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            # Its message shows the bytes that could not be read: who sent them may not write our log.
            _log.warning("http_request_unreadable", reason=type(error).__name__, address=_first(record.args))
        else:
            _log.error("http_server_failed", cause=record.getMessage(), exc_info=record.exc_info)


def _first(arguments: object) -> str:
    """The address, which aiohttp gives as the message's only argument."""
    return str(arguments[0]) if isinstance(arguments, tuple) and arguments else ""
