"""TLS of a listener: its certificate, read again when it was renewed."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Literal

import structlog

from cti_bridge.errors import Unavailable
from cti_bridge.settings import HttpSettings, PushSettings

_log = structlog.get_logger(__name__)

# How often a handshake looks whether the files have changed: renewed ones are good for weeks beforehand.
LOOK_EVERY_S = 60.0


def tls_context(
    section: Literal["http", "push"],
    settings: HttpSettings | PushSettings,
    look_every_s: float = LOOK_EVERY_S,
) -> ssl.SSLContext | None:
    """What the listener of ``section`` speaks TLS with; None where it does not.

    A renewed certificate is taken for connections from then on, without a
    restart; one that cannot be read leaves the one there is, and is logged.

    Raises:
        Unavailable: a file cannot be read, or they are no certificate and its key.

    """
    certificate, key = settings.certificate, settings.key
    if certificate is None or key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise Unavailable(f"{section}.certificate", _why(error, certificate, key)) from error
    renewal = _Renewal(section, certificate, key, look_every_s)
    # Every handshake passes here, with or without a server's name. Source: RFC 6066, 3.
    context.sni_callback = lambda _connection, _name, mine: renewal.look(mine)
    return context


class _Renewal:
    """Reads the files again when one of them has changed."""

    def __init__(self, section: str, certificate: Path, key: Path, look_every_s: float) -> None:
        self._section = section
        self._files = (certificate, key)
        self._look_every_s = look_every_s
        self._looked_s = time.monotonic()
        self._stamps = self._read_stamps()

    def look(self, context: ssl.SSLContext) -> None:
        """Called at each handshake; never raises."""
        now_s = time.monotonic()
        if now_s - self._looked_s < self._look_every_s:
            return
        self._looked_s = now_s
        stamps = self._read_stamps()
        if stamps is None or stamps == self._stamps:
            return
        try:
            context.load_cert_chain(*self._files)
        except OSError as error:
            _log.warning("certificate_not_renewed", listener=self._section, cause=_why(error, *self._files))
            return
        self._stamps = stamps
        _log.info("certificate_renewed", listener=self._section)

    def _read_stamps(self) -> tuple[int, ...] | None:
        try:
            return tuple(path.stat().st_mtime_ns for path in self._files)
        except OSError:
            return None  # being replaced just now


def _why(error: OSError, certificate: Path, key: Path) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{certificate} and {key} are no certificate and its key: {error.reason or error}"
    return f"{error.filename or certificate}: {error.strerror or error}"
