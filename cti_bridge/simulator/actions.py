"""AMI actions of a signed-in client: the headers of one action in, the bytes of its answer out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cti_bridge.simulator import answers
from cti_bridge.simulator.click_call import Wish
from cti_bridge.simulator.dialled_call import leads_somewhere
from cti_bridge.simulator.exchange import Exchange

Headers = Mapping[str, str]
Action = Callable[[Exchange, Headers, str, float], bytes]

_EXISTS = re.compile(r"^DIALPLAN_EXISTS\([^,()]+,(?P<extension>[^,()]+),1\)$")
_SHOWN = re.compile(r"CONNECTEDLINE\((num|name),i\)=([^,]*)")
_TRUE = {"yes", "true", "y", "t", "1", "on"}


def take(exchange: Exchange, headers: Headers, at_s: float) -> bytes:
    """Do one action and answer it. Names of headers are in lower case."""
    action_id = headers.get("actionid", "")
    name = headers.get("action", "")
    if not name:
        return answers.error(action_id, "Missing action in request")
    action = _ACTIONS.get(name.lower())
    if action is None:
        message = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
        return answers.error(action_id, message)
    return action(exchange, headers, action_id, at_s)


def _ping(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.response("Success", action_id, Ping="Pong", Timestamp=f"{at_s:.6f}")


def _channels(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.channels(exchange, action_id, at_s)


def _queue_status(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.queue_status(
        exchange, action_id, at_s, headers.get("queue", ""), headers.get("member", "")
    )


def _queue_summary(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.queue_summary(exchange, action_id, at_s, headers.get("queue", ""))


def _device_states(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.device_states(exchange, action_id)


def _bridges(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.bridges(exchange, action_id)


def _core_status(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.core_status(exchange, action_id)


def _core_settings(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    return answers.core_settings(action_id)


def _queue_pause(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    endpoint, paused = headers.get("interface", ""), headers.get("paused", "")
    if not endpoint or not paused:
        return answers.error(action_id, "Need 'Interface' and 'Paused' parameters.")
    is_paused = paused.lower() in _TRUE
    if not exchange.pause(at_s, endpoint, is_paused, headers.get("reason", ""), headers.get("queue", "")):
        return answers.error(action_id, "Interface not found")
    word = "paused" if is_paused else "unpaused"
    return answers.response("Success", action_id, Message=f"Interface {word} successfully")


def _queue_add(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    queue, endpoint = headers.get("queue", ""), headers.get("interface", "")
    if queue not in exchange.queues:
        return answers.error(action_id, "Unable to add interface to queue: No such queue")
    if not exchange.add_member(at_s, queue, endpoint, headers.get("membername", "")):
        return answers.error(action_id, "Unable to add interface: Already there")
    return answers.response("Success", action_id, Message="Added interface to queue")


def _queue_remove(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    queue, endpoint = headers.get("queue", ""), headers.get("interface", "")
    if queue not in exchange.queues:
        return answers.error(action_id, "Unable to remove interface from queue: No such queue")
    if not exchange.remove_member(at_s, queue, endpoint):
        return answers.error(action_id, "Unable to remove interface: Not there")
    return answers.response("Success", action_id, Message="Removed interface from queue")


def _hangup(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    channel = exchange.channel_of(headers.get("channel", ""))
    if channel is None:
        return answers.error(action_id, "No such channel")
    exchange.end_channel(at_s, channel)
    return answers.response("Success", action_id, Message="Channel Hungup")


def _originate(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    application, spied = headers.get("application", "").lower(), ""
    extension = headers.get("exten", "")
    if application == "chanspy":
        spied = headers.get("data", "").partition(",")[0]
    elif not extension or application:
        return answers.error(action_id, "Originate not permitted")
    shown = dict(_SHOWN.findall(headers.get("variable", "")))
    wish = Wish(
        action_id,
        headers.get("channelid", ""),
        headers.get("channel", ""),
        extension,
        shown.get("num", extension),
        shown.get("name", ""),
        spied,
    )
    exchange.originate(at_s, wish)
    return answers.response("Success", action_id, Message="Originate successfully queued")


def _blind_transfer(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    channel = exchange.channel_of(headers.get("channel", ""))
    if channel is None:
        return answers.error(action_id, "Channel specified does not exist")
    if not exchange.transfer(at_s, channel, headers.get("exten", "")):
        return answers.error(action_id, "Transfer invalid")
    return answers.response("Success", action_id, Message="Transfer succeeded")


def _getvar(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    """One function only: whether the dialplan knows an extension."""
    asked = headers.get("variable", "")
    match = _EXISTS.match(asked)
    value = str(int(leads_somewhere(exchange.layout, match["extension"]))) if match else ""
    return answers.response("Success", action_id, Variable=asked, Value=value)


def _mute_recording(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    """Nothing is recorded here, so there is nothing to mute."""
    is_known = exchange.channel_of(headers.get("channel", "")) is not None
    return answers.error(action_id, "Cannot set mute flag" if is_known else "No such channel")


def _denied(exchange: Exchange, headers: Headers, action_id: str, at_s: float) -> bytes:
    """What the user of a careful administrator may not do."""
    return answers.error(action_id, "Permission denied")


_ACTIONS: dict[str, Action] = {
    "ping": _ping,
    "coreshowchannels": _channels,
    "queuestatus": _queue_status,
    "queuesummary": _queue_summary,
    "devicestatelist": _device_states,
    "bridgelist": _bridges,
    "corestatus": _core_status,
    "coresettings": _core_settings,
    "queuepause": _queue_pause,
    "queueadd": _queue_add,
    "queueremove": _queue_remove,
    "hangup": _hangup,
    "originate": _originate,
    "blindtransfer": _blind_transfer,
    "getvar": _getvar,
    "mixmonitormute": _mute_recording,
    "mixmonitor": _denied,
    "pjsipnotify": _denied,
    "command": _denied,
}
