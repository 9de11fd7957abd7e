"""What Asterisk is to be asked for each command, and which events tell how it went.

Every action names channels by their unique ID, which Asterisk takes wherever
it takes a channel's name.

Source: Asterisk 22.10.1, measured; tests/commands_asterisk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused
from cti_bridge.errors import UsageError
from cti_bridge.pbx import verdicts as v

_DIALLABLE = re.compile(r"^\+?[0-9*#]{1,40}$", re.ASCII)
_FILE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.wav$", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f\"',;()=\\$\[\]{}<>|&]")
_BAD_NUMBER = Refused(
    RefusalCode.BAD_NUMBER, "only digits, * and # can be dialled here, after a plus for some"
)
_DEAF = Refused(RefusalCode.NOT_SUPPORTED, "the telephone was asked by NOTIFY and did nothing")
# Whisper and barge need their option; q: no tone betrays it; u: by unique ID; E: ends with the call.
_SPY_OPTIONS = {cmd.SpyMode.LISTEN: "qu", cmd.SpyMode.WHISPER: "quw", cmd.SpyMode.BARGE: "quB"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited: for an answer, for an event, for a person to take a telephone.

    ``event_s``: measured 1.0 s at most (parking). ``keys_s``: Asterisk plays a
    transfer's target as keys, 0.1 s each, and waits 3 s for more of an outside number.
    """

    answer_s: float = 5.0
    event_s: float = 5.0
    hold_s: float = 3.0
    keys_s: float = 10.0
    ring_s: float = 20.0


@dataclass(slots=True)
class Plan:
    """One command at Asterisk.

    ``grant``: the write class its user needs. ``extension``: must exist in
    the agents' context. ``is_one_enough``: the actions are tried until one is
    taken. ``failed``, ``silence``: what it means that the event which follows
    the action says so, that no event comes.
    """

    actions: list[dict[str, str]]
    judge: v.Judge
    grant: str
    confirm_s: float
    extension: str = ""
    is_one_enough: bool = False
    failed: Callable[[], Refused | None] | None = None
    silence: Callable[[], Refused | None] | None = None


def plan(command: cmd.Command, context: str, patience: Patience) -> Plan | Refused:
    """How to carry out ``command``, or why it cannot be.

    Raises:
        UsageError: it has a part that must not be sent.

    """
    match command:
        case cmd.Originate() | cmd.Spy():
            return _call(command, context, patience)
        case cmd.BlindTransfer() | cmd.BeginTransfer() | cmd.CompleteTransfer() | cmd.CancelTransfer():
            return _transfer(command, context, patience)
        case cmd.HangUp(channel=channel):
            action = {"Action": "Hangup", "Channel": channel, "Cause": "16"}
            return Plan([action], v.end_of(channel, Done()), "call", patience.event_s)
        case cmd.Park() | cmd.SetHold():
            return _aside(command, patience)
        case cmd.Pause() | cmd.AddMember() | cmd.RemoveMember():
            return _membership(command, patience)
        case cmd.StartRecording() | cmd.MuteRecording():
            return _recording(command, patience)


def _call(command: cmd.Originate | cmd.Spy, context: str, patience: Patience) -> Plan | Refused:
    judge = v.OwnCall(command.channel, is_spy=isinstance(command, cmd.Spy))
    action = {
        "Action": "Originate",
        "Channel": command.endpoint,
        "ChannelId": command.channel,
        "OtherChannelId": f"{command.channel}-2",
        "Async": "true",
        "Timeout": str(int(patience.ring_s * 1000)),
    }
    if isinstance(command, cmd.Spy):
        action |= {"Application": "ChanSpy", "Data": f"{command.target},{_SPY_OPTIONS[command.mode]}E"}
        return Plan([action], judge, "originate", patience.ring_s + patience.event_s, failed=judge.failed)
    if not _DIALLABLE.match(command.number):
        return _BAD_NUMBER
    # Not CallerID, which would also be what the called party sees: the agent's telephone shows
    # whom it is about to call, and the other side sees whom it always sees.
    shown = [f"CONNECTEDLINE(num,i)={command.number}"]
    name = _NOT_IN_A_NAME.sub(" ", command.name).strip()
    shown += [f"CONNECTEDLINE(name,i)={name}"] if name else []
    action |= {
        "Context": context,
        "Exten": command.number,
        "Priority": "1",
        "Variable": ",".join(shown),
    }
    return Plan([action], judge, "originate", patience.event_s, command.number, failed=judge.failed)


def _transfer(
    command: cmd.BlindTransfer | cmd.BeginTransfer | cmd.CompleteTransfer | cmd.CancelTransfer,
    context: str,
    patience: Patience,
) -> Plan | Refused:
    channel = command.channel
    match command:
        case cmd.BlindTransfer(target=target):
            if not _DIALLABLE.match(target):
                return _BAD_NUMBER
            action = {"Action": "BlindTransfer", "Channel": channel, "Context": context, "Exten": target}
            judge = v.either(v.of(channel, ev.BlindTransferred), v.gone(channel))
            return Plan([action], judge, "call", patience.event_s, target)
        case cmd.BeginTransfer(target=target):
            if not _DIALLABLE.match(target) or "+" in target:
                return _BAD_NUMBER  # Asterisk plays the target as keys, and no key is a plus
            action = {"Action": "Atxfer", "Channel": channel, "Context": context, "Exten": target}
            began = v.Consultation(channel)
            return Plan([action], began, "call", patience.keys_s, target, silence=began.silence)
        case cmd.CompleteTransfer():
            action = {"Action": "Hangup", "Channel": channel, "Cause": "16"}
            return Plan([action], v.joined(channel), "call", patience.event_s)
        case cmd.CancelTransfer():
            action = {"Action": "CancelAtxfer", "Channel": channel}
            judge = v.either(v.of(channel, ev.BridgeEntered), v.gone(channel))
            return Plan([action], judge, "call", patience.event_s)


def _aside(command: cmd.Park | cmd.SetHold, patience: Patience) -> Plan:
    channel = command.channel
    if isinstance(command, cmd.Park):
        action = {"Action": "Park", "Channel": channel, "TimeoutChannel": command.by}
        return Plan([action], v.either(v.parked(channel), v.gone(channel)), "call", patience.event_s)
    # Asterisk cannot hold for a telephone; it can only ask the telephone to, which few kinds understand.
    wish, kind = ("hold", ev.HoldStarted) if command.is_held else ("talk", ev.HoldEnded)
    action = {"Action": "PJSIPNotify", "Channel": channel, "Variable": f"Event={wish}"}
    judge = v.either(v.of(channel, kind), v.gone(channel))
    return Plan([action], judge, "system", patience.hold_s, silence=lambda: _DEAF)


def _membership(command: cmd.Pause | cmd.AddMember | cmd.RemoveMember, patience: Patience) -> Plan:
    match command:
        case cmd.Pause():
            wish = {"Paused": "true" if command.is_paused else "false", "Reason": command.reason}
            # Without a queue's name it is for all queues in which the interface is.
            interfaces = dict.fromkeys(member.interface for member in command.members)
            actions = [{"Action": "QueuePause", "Interface": one, **wish} for one in interfaces]
            return Plan(actions, v.paused(command), "agent", patience.event_s)
        case cmd.AddMember():
            action = {"Action": "QueueAdd", "Queue": command.queue, "Interface": command.endpoint}
            action |= {"Penalty": str(command.penalty), "MemberName": command.name}
            return Plan([action], v.added(command), "agent", patience.event_s)
        case cmd.RemoveMember():
            action = {"Action": "QueueRemove", "Queue": command.queue, "Interface": command.interface}
            return Plan([action], v.removed(command), "agent", patience.event_s)


def _recording(command: cmd.StartRecording | cmd.MuteRecording, patience: Patience) -> Plan:
    if isinstance(command, cmd.StartRecording):
        if not _FILE.match(command.file):
            raise UsageError(f"{command.file!r} is no name for a recording")
        action = {"Action": "MixMonitor", "Channel": command.channel, "File": command.file}
        judge = v.either(v.of(command.channel, ev.RecordingStarted), v.gone(command.channel))
        return Plan([action], judge, "system", patience.event_s)
    wish = {"Direction": "both", "State": "1" if command.is_muted else "0"}
    actions = [{"Action": "MixMonitorMute", "Channel": one, **wish} for one in command.channels]
    return Plan(actions, v.muted(command), "call", patience.event_s, is_one_enough=True)
