"""Percentiles over the last few hundred pops, for the board's latency line."""

from __future__ import annotations

from collections import deque

from cti_bridge.board.rows import Latency

# Enough for a steady 99th percentile, few enough to follow the last minutes.
WINDOW = 500


class LatencyWindow:
    """The last pops' times from the PBX's bytes to the sockets, and to the browsers' paint."""

    def __init__(self) -> None:
        self._server_ms: deque[float] = deque(maxlen=WINDOW)
        self._painted_ms: deque[float] = deque(maxlen=WINDOW)
        self._has_changed = True

    def add_server(self, seconds: float) -> None:
        """One pop was handed to its agent's sockets."""
        self._server_ms.append(seconds * 1000)
        self._has_changed = True

    def add_painted(self, seconds: float) -> None:
        """One pop was painted by a browser."""
        self._painted_ms.append(seconds * 1000)
        self._has_changed = True

    def take_change(self) -> Latency | None:
        """The figures, if they changed since they were last taken."""
        if not self._has_changed:
            return None
        self._has_changed = False
        return self.figures()

    def figures(self) -> Latency:
        """The figures now."""
        return Latency(
            count=len(self._server_ms),
            server_p50_ms=percentile(self._server_ms, 0.50),
            server_p99_ms=percentile(self._server_ms, 0.99),
            painted_p50_ms=percentile(self._painted_ms, 0.50),
            painted_p99_ms=percentile(self._painted_ms, 0.99),
        )


def percentile(values: deque[float], part: float) -> float | None:
    """The nearest-rank percentile, rounded to microseconds; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3)
