"""Answers to AMI actions: single responses, and the lists that tell a client the PBX's present state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cti_bridge.simulator import blocks
from cti_bridge.simulator.blocks import lines
from cti_bridge.simulator.channel import Channel
from cti_bridge.simulator.exchange import Exchange
from cti_bridge.simulator.queues import Queue, Waiting

VERSION = "22.10.1"


def response(kind: str, action_id: str, **headers: object) -> bytes:
    """``Response: <kind>``, the ActionID if the action bore one, then the rest."""
    return b"".join((lines(Response=kind), _id(action_id), lines(**headers), b"\r\n"))


def error(action_id: str, message: str) -> bytes:
    """The action was not taken."""
    return response("Error", action_id, Message=message)


def fully_booted(exchange: Exchange, at_s: float) -> bytes:
    """The event that follows a login."""
    age_s = int(at_s - exchange.started_at_s)
    return b"".join(
        (
            lines(Event="FullyBooted", Privilege="system,all"),
            lines(Uptime=age_s, LastReload=age_s, Status="Fully Booted"),
            b"\r\n",
        )
    )


def channels(exchange: Exchange, action_id: str, at_s: float) -> bytes:
    """CoreShowChannels: every live channel, oldest first."""
    items = [
        b"".join(
            (
                lines(Event="CoreShowChannel"),
                _id(action_id),
                channel.headers,
                lines(
                    Application=channel.application,
                    ApplicationData=channel.application_data,
                    Duration=_duration(int(at_s - channel.created_at_s)),
                    BridgeId=channel.bridge,
                ),
                b"\r\n",
            )
        )
        for channel in exchange.channels.values()
    ]
    return _list(action_id, "Channels will follow", items, "CoreShowChannelsComplete")


def queue_status(exchange: Exchange, action_id: str, at_s: float, queue: str = "", member: str = "") -> bytes:
    """QueueStatus: each queue, its members, who waits in it; or of one queue, or one member."""
    items: list[bytes] = []
    for one in exchange.queues.values():
        if queue not in {"", one.name}:
            continue
        items.append(_params(one, action_id))
        items += [
            _item("QueueMember", action_id, _member(one, endpoint))
            for endpoint in one.members
            if member in {"", endpoint}
        ]
        if not member:
            items += [
                _item("QueueEntry", action_id, _entry(one, caller, exchange.channels[caller.unique_id], at_s))
                for caller in one.waiting
            ]
    return _list(action_id, "Queue status will follow", items, "QueueStatusComplete")


def queue_summary(exchange: Exchange, action_id: str, at_s: float, queue: str = "") -> bytes:
    """QueueSummary: a line of figures for each queue."""
    items = []
    for one in exchange.queues.values():
        if queue in {"", one.name}:
            longest_s = max((int(at_s) - int(caller.joined_at_s) for caller in one.waiting), default=0)
            figures = lines(
                Queue=one.name,
                LoggedIn=len(one.members),
                Available=len(one.free_members(float("inf"))),
                Callers=len(one.waiting),
                HoldTime=one.figures.hold_s,
                TalkTime=one.figures.talk_s,
                LongestHoldTime=longest_s,
            )
            items.append(_item("QueueSummary", action_id, figures))
    return _list(action_id, "Queue summary will follow", items, "QueueSummaryComplete")


def device_states(exchange: Exchange, action_id: str) -> bytes:
    """DeviceStateList: every device, queues included."""
    items = [
        b"".join(
            (
                lines(Event="DeviceStateChange"),
                _id(action_id),
                lines(Device=device, State=state),
                b"\r\n",
            )
        )
        for device, state in exchange.devices.states()
    ]
    return _list(action_id, "Device State Changes will follow", items, "DeviceStateListComplete")


def bridges(exchange: Exchange, action_id: str) -> bytes:
    """BridgeList: every bridge."""
    items = [
        b"".join(
            (
                lines(Event="BridgeListItem"),
                _id(action_id),
                blocks.bridge(unique_id, len(inside)),
                b"\r\n",
            )
        )
        for unique_id, inside in exchange.bridges.items()
    ]
    return _list(action_id, "Bridge listing will follow", items, "BridgeListComplete")


def core_status(exchange: Exchange, action_id: str) -> bytes:
    """CoreStatus: since when it runs, how many calls it has and had."""
    started = datetime.fromtimestamp(exchange.started_at_s, UTC)
    day, time = started.strftime("%Y-%m-%d"), started.strftime("%H:%M:%S")
    return response(
        "Success",
        action_id,
        CoreStartupDate=day,
        CoreStartupTime=time,
        CoreReloadDate=day,
        CoreReloadTime=time,
        CoreCurrentCalls=len({channel.linked_id for channel in exchange.channels.values()}),
        CoreProcessedCalls=exchange.calls_taken,
    )


def core_settings(action_id: str) -> bytes:
    """CoreSettings: what it is."""
    return response(
        "Success",
        action_id,
        AMIversion="11.0.0",
        AsteriskVersion=VERSION,
        SystemName="",
        CoreMaxCalls=0,
        CoreMaxLoadAvg="0.000000",
        CoreRunUser="",
        CoreRunGroup="",
        CoreMaxFilehandles=0,
        CoreRealTimeEnabled="No",
        CoreCDRenabled="Yes",
        CoreHTTPenabled="No",
        SoundsSearchCustomDir="No",
    )


def _params(queue: Queue, action_id: str) -> bytes:
    figures = queue.figures
    share = 100 * figures.completed_in_time / figures.completed if figures.completed else 0.0
    total = figures.completed + figures.abandoned
    return _item(
        "QueueParams",
        action_id,
        lines(
            Queue=queue.name,
            Max=0,
            Strategy=queue.config.strategy,
            Calls=len(queue.waiting),
            Holdtime=figures.hold_s,
            TalkTime=figures.talk_s,
            Completed=figures.completed,
            Abandoned=figures.abandoned,
            ServiceLevel=queue.config.service_level_s,
            ServicelevelPerf=f"{share:.1f}",
            ServicelevelPerf2=f"{100 * figures.completed_in_time / total if total else 0.0:.1f}",
            Weight=0,
        ),
    )


def _member(queue: Queue, endpoint: str) -> bytes:
    member = queue.members[endpoint]
    return lines(
        Queue=queue.name,
        Name=member.name,
        Location=endpoint,
        StateInterface=endpoint,
        Membership=member.membership,
        **member.figures(),
        Wrapuptime=0,
    )


def _entry(queue: Queue, caller: Waiting, channel: Channel, at_s: float) -> bytes:
    return lines(
        Queue=queue.name,
        Position=queue.position(caller),
        Channel=channel.name,
        Uniqueid=channel.unique_id,
        CallerIDNum=channel.number or "unknown",
        CallerIDName=channel.caller_name or "unknown",
        ConnectedLineNum=channel.connected_number or "unknown",
        ConnectedLineName=channel.connected_name or "unknown",
        Wait=int(at_s) - int(caller.joined_at_s),
        Priority=0,
    )


def _item(event: str, action_id: str, headers: bytes) -> bytes:
    """A list item of the queues' kind: its ActionID comes last."""
    return b"".join((lines(Event=event), headers, _id(action_id), b"\r\n"))


def _list(action_id: str, message: str, items: Iterable[bytes], complete: str) -> bytes:
    found = list(items)
    start = response("Success", action_id, EventList="start", Message=message)
    end = (lines(Event=complete), _id(action_id), lines(EventList="Complete", ListItems=len(found)), b"\r\n")
    return b"".join((start, *found, *end))


def _id(action_id: str) -> bytes:
    return lines(ActionID=action_id) if action_id else b""


def _duration(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
