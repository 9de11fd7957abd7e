"""The golden traces: what a real Asterisk sent, and what we make of it.

Each ``tests/golden/<name>.ami`` is a recorded AMI stream; beside it stand
``<name>.events``, the neutral events, and ``<name>.effects``, what the call
model calls for. After a deliberate change: ``python -m tests.golden_traces``
writes them anew, to be read before they are committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from cti_bridge.calls import effects as ef
from cti_bridge.calls.events import CallEvent, RosterChanged
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.state import Live
from cti_bridge.calls.views import CallView
from cti_bridge.pbx.ami_message import AmiReader, Block
from cti_bridge.pbx.ami_translate import AmiTranslator

FOLDER = Path(__file__).parent / "golden"
PBX = PbxId("main")
AGENTS = range(1001, 1007)


def names() -> list[str]:
    """Every trace that stands in the folder."""
    return sorted(path.stem for path in FOLDER.glob("*.ami"))


def stream(name: str) -> bytes:
    """The recorded bytes."""
    return (FOLDER / f"{name}.ami").read_bytes()


def events(blocks: Iterable[Block]) -> list[CallEvent]:
    """The neutral events in some blocks."""
    translator = AmiTranslator(PBX)
    translated = (translator.translate(block, _arrival_s(block)) for block in blocks)
    return [event for event in translated if event is not None]


def trace_events(name: str) -> list[CallEvent]:
    """The neutral events of a whole trace."""
    return list(_trace_events(name))


@cache
def _trace_events(name: str) -> tuple[CallEvent, ...]:
    return tuple(events(AmiReader().feed(stream(name))))


def seated() -> Live:
    """A live state in which agents a1001 to a1006 sit at PJSIP/1001 to PJSIP/1006."""
    live = Live()
    seats = tuple((Endpoint(f"PJSIP/{number}"), AgentId(f"a{number}")) for number in AGENTS)
    reduce(live, RosterChanged(PBX, 1.0, seats))
    return live


def story(live: Live, happened: Iterable[CallEvent]) -> Iterator[str]:
    """What the screens and the counts go through, a line each; rows of the board are left out."""
    for event in happened:
        for effect in reduce(live, event):
            match effect:
                case ef.WithdrawOffer():
                    yield f"WithdrawOffer {effect.offer.agent_id} {effect.reason} {_caller(effect.call)}"
                case ef.EndOffer():
                    yield f"EndOffer {effect.offer.agent_id} {effect.reason} {_caller(effect.call)}"
                case ef.OfferCall() if effect.offer.transferred_by:
                    by = effect.offer.transferred_by
                    yield f"OfferCall {effect.offer.agent_id} {_caller(effect.call)} from {by}"
                case ef.OfferCall() | ef.ConnectOffer() | ef.HoldOffer() | ef.ResumeOffer():
                    yield f"{type(effect).__name__} {effect.offer.agent_id} {_caller(effect.call)}"
                case ef.PrefetchCard():
                    yield f"PrefetchCard {effect.caller.e164}"
                case ef.CountQueueCall():
                    yield f"CountQueueCall {effect.queue} {effect.outcome}"
                case ef.CloseCall():
                    yield f"CloseCall {effect.reason} {_caller(effect.call)}"
                case ef.RecordCall() if effect.record.ended_at_s is not None:
                    yield from _record(effect.record)


def _record(record: CallRecord) -> Iterator[str]:
    caller = record.caller.e164 or record.caller.kind
    yield f"Record {record.direction} {caller} to {record.dialled}: {record.outcome}"
    for wait in record.queue_waits:
        yield f"  queue {wait.queue} {wait.outcome}"
    for transfer in record.transfers:
        yield f"  transfer {transfer.kind} by {transfer.by} to {transfer.to}"
    for parked in record.parks:
        yield f"  park {parked.slot} by {parked.by} {parked.how}"
    for stint in record.stints:
        talked = "answered " if stint.answered_at_s is not None else ""
        held = f" held {len(stint.holds)}" if stint.holds else ""
        came = f" from {stint.transferred_by}" if stint.transferred_by else ""
        yield f"  stint {stint.agent_id} at {stint.endpoint} {talked}{stint.end}{held}{came}"


def _caller(call: CallView) -> str:
    return f"{call.caller.kind}:{call.caller.e164}"


def _arrival_s(block: Block) -> float:
    """The block's own time: a recording is read long after it was made."""
    for line in block.split(b"\r\n"):
        if line.startswith(b"Timestamp: "):
            with suppress(ValueError):  # torn on purpose
                return float(line[11:])
    return 0.0


def _write() -> None:
    for name in names():
        found = trace_events(name)
        (FOLDER / f"{name}.events").write_text("".join(f"{event!r}\n" for event in found))
        (FOLDER / f"{name}.effects").write_text("".join(f"{line}\n" for line in story(seated(), found)))


if __name__ == "__main__":
    _write()
