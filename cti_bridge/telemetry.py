"""What the bridge tells of itself: Prometheus metrics, structured logs.

No telephone number and no note's text is ever a label or a log value; numbers
appear masked to their last four digits.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From tens of microseconds inside the bridge to seconds at a sleeping browser.
_BUCKETS_S = (
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip


class Telemetry:
    """Every metric of one bridge, on a registry of its own so that tests can run several.

    ``pop_seconds`` by hop of a call's road, each measured from the one before:
    ``reduce`` AMI bytes read to effects; ``card`` effects to card at hand;
    ``publish`` card to frame handed to the sockets; ``paint`` frame to the
    browser's acknowledgement; ``server`` bytes to frame; ``total`` bytes to paint.

    ``offers``: each that is ``shown`` is ``painted`` once, or ``gone_unpainted``
    when it was over before a browser had it on the screen.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.source_bytes = Counter("cti_source_bytes", "Bytes read from a PBX", ["pbx"], registry=registry)
        self.source_blocks = Counter("cti_source_blocks", "Protocol blocks read", ["pbx"], registry=registry)
        self.source_skipped = Counter(
            "cti_source_skipped",
            "Input skipped because it was not well formed",
            ["pbx", "reason"],
            registry=registry,
        )
        self.source_connected = Gauge(
            "cti_source_connected", "1 while the PBX is reached", ["pbx"], registry=registry
        )
        self.events = Counter("cti_events", "Neutral call events", ["pbx", "type"], registry=registry)
        self.unlisted = Counter(
            "cti_unlisted_transitions", "Events that no table lists", ["table"], registry=registry
        )
        self.offers = Counter("cti_offers", "Offers by how they ended", ["outcome"], registry=registry)
        self.lookups = Counter(
            "cti_lookups", "Card look-ups by where the answer came from", ["source"], registry=registry
        )
        self.lookup_seconds = Histogram(
            "cti_lookup_seconds", "Time of a card look-up", ["source"], buckets=_BUCKETS_S, registry=registry
        )
        self.pop_seconds = Histogram(
            "cti_pop_seconds", "Latency of a pop by hop", ["hop"], buckets=_BUCKETS_S, registry=registry
        )
        self.records_waiting = Gauge(
            "cti_records_waiting", "Records on disk that PostgreSQL does not have yet", registry=registry
        )
        self.records_written = Counter(
            "cti_records_written", "Records written to PostgreSQL", ["kind"], registry=registry
        )
        self.records_dead = Counter(
            "cti_records_dead", "Records that PostgreSQL refused for good", ["kind"], registry=registry
        )
        self.records_lost = Counter(
            "cti_records_lost", "Records that will never be written", ["reason"], registry=registry
        )
        self.store_up = Gauge("cti_store_up", "1 while the store answers", ["store"], registry=registry)
        self.connections = Gauge("cti_push_connections", "Open browser sockets", registry=registry)
        self.frames = Counter("cti_push_frames", "Frames handed to sockets", ["type"], registry=registry)
        self.closed = Counter("cti_push_closed", "Sockets closed by us", ["code"], registry=registry)
        self.searches = Counter("cti_searches", "Searches for a customer", ["result"], registry=registry)
        self.sign_ins = Counter("cti_sign_ins", "Sign-ins by result", ["result"], registry=registry)
        self.task_failures = Counter(
            "cti_task_failures", "Faults swallowed at a task's border", ["task"], registry=registry
        )


def mask(number: str | None) -> str:
    """A number for logs: only its last four digits can be read."""
    if not number:
        return ""
    return "*" * max(0, len(number) - 4) + number[-4:]


def configure_logs(level: str, style: Literal["text", "json"]) -> None:
    """Send structured logs to standard error, one line an event."""
    renderer: structlog.types.Processor
    if style == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
