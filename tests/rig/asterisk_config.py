"""Lays out a home for one test Asterisk: config/asterisk as a user has it, and over it what must differ."""

import shutil
from pathlib import Path

from tests.rig import ports
from tests.rig.ports import PortBlock

CONFIG = Path(__file__).parents[2] / "config" / "asterisk"
AGENTS = tuple(f"100{n}" for n in range(1, 7))

# Core files that may stay empty, but whose absence Asterisk reports as an error.
EMPTY = ("acl", "ccss", "cdr", "cel", "pjproject", "queuerules", "stasis", "udptl")
DIRECTORIES = ("etc", "run", "log", "spool", "db")

# Queues that only tests need, beside "orders" and "support". quick (0312345677): a ringing lasts two seconds.
# locals (0312345676): its member is reached through a Local channel. Those of the shapes (030000000x) begin
# empty: a scene signs its members in, in the order in which they shall ring.
TEST_QUEUES = """\
[quick](queue)
strategy = ringall
timeout = 2
member => PJSIP/1001,0,佐藤 花子
member => PJSIP/1002,0,鈴木 一郎

[locals](queue)
strategy = ringall
member => Local/1004@phones,0,田中 健,PJSIP/1004

[brief](queue)
strategy = ringall
timeout = 2

[second](queue)
strategy = ringall

[linear](queue)
strategy = linear
timeout = 2

[memory](queue)
strategy = rrmemory
timeout = 2

[recent](queue)
strategy = leastrecent
timeout = 2
"""
MAY_ACT = """\
[cti-bridge](+)
write = reporting,agent,call,originate
"""
TEST_NUMBERS = """\
[from-trunk](+)
exten => 0312345677,1,Gosub(private,s,1)
 same => n,Queue(quick,rt,,,60)
 same => n,Hangup(19)
exten => 0312345676,1,Gosub(private,s,1)
 same => n,Queue(locals,rt,,,60)
 same => n,Hangup(19)

; two phones at once, without a queue
exten => 0300000001,1,Dial(PJSIP/1001&PJSIP/1002,20,tk)
 same => n,Hangup(19)
; a ringing of two seconds
exten => 0300000002,1,Dial(PJSIP/1001,2,tk)
 same => n,Hangup(19)
exten => 0300000003,1,Queue(brief,rtk,,,60)
 same => n,Hangup(19)
exten => 0300000004,1,Queue(second,rtk,,,60)
 same => n,Hangup(19)
exten => 0300000005,1,Queue(linear,rtk,,,60)
 same => n,Hangup(19)
exten => 0300000006,1,Queue(memory,rtk,,,60)
 same => n,Hangup(19)
exten => 0300000007,1,Queue(recent,rtk,,,60)
 same => n,Hangup(19)
; the caller's patience ends with the first ringing
exten => 0300000008,1,Queue(brief,rtk,,,2)
 same => n,Hangup(19)
exten => 0300000009,1,Queue(brief,rtk,,,2)
 same => n,Queue(second,rtk,,,60)
 same => n,Hangup(19)
; a phone that parks this caller does so where time is short
exten => 0300000010,1,Set(__PARKINGLOT=short)
 same => n,Dial(PJSIP/1002,20,tk)
 same => n,Hangup(19)

[from-agents](+)
include => short-lot
exten => 8104,1,Queue(second,rtk,,,60)
 same => n,Hangup(19)
"""
TEST_LOTS = """\
[short]
parkext = 750
parkpos = 751-755
context = short-lot
parkingtime = 2
comebacktoorigin = yes
"""


def lay_out(home: Path, inside: Path, block: PortBlock, *, may_act: bool) -> None:
    """Fills `home`, which Asterisk itself sees as `inside`. May be done again over an old one.

    `may_act`: whether the manager user may do more than manager.conf grants, so that a test can pause agents,
    originate and transfer.
    """
    for name in (*DIRECTORIES, "etc/local", "moh"):
        (home / name).mkdir(parents=True, exist_ok=True)
    for name in EMPTY:
        (home / "etc" / f"{name}.conf").touch()
    for file in CONFIG.glob("*.conf"):
        shutil.copy(file, home / "etc")
    # A second of µ-law silence: a bare Asterisk has no music, and without music there is no event for it.
    (home / "moh" / "silence.ulaw").write_bytes(b"\xff" * 8000)
    # Here and not by #include, which Asterisk resolves in the very directory that this sets.
    with (home / "etc" / "asterisk.conf").open("a") as conf:
        conf.write("\n[directories]\n")
        conf.writelines(f"ast{name}dir => {inside}/{name}\n" for name in DIRECTORIES)
    for name, text in _overlay(inside, block, may_act=may_act).items():
        (home / "etc" / "local" / f"{name}.conf").write_text(text)


def phone_address(block: PortBlock, agent: str) -> tuple[str, int]:
    """Where the phone of this agent is expected."""
    return ports.LOOPBACK, block[ports.PHONES + int(agent) - 1000]


def carrier_address(block: PortBlock) -> tuple[str, int]:
    """Where calls to the outside arrive."""
    return ports.TRUNK_HOST, block[ports.CARRIER]


def _overlay(inside: Path, block: PortBlock, *, may_act: bool) -> dict[str, str]:
    return {
        "manager": f"[general](+)\nport = {block[ports.AMI]}\n" + (MAY_ACT if may_act else ""),
        "pjsip": _sip(block),
        "rtp": f"[general](+)\nrtpstart = {block[ports.RTP]}\nrtpend = {block[ports.RTP_END]}\n",
        "musiconhold": f"[default](+)\ndirectory = {inside}/moh\n",
        "queues": TEST_QUEUES,
        "extensions": TEST_NUMBERS,
        "res_parking": TEST_LOTS,
    }


def _sip(block: PortBlock) -> str:
    """Our ports, and phones that are found without registering."""
    carrier_host, carrier_port = carrier_address(block)
    lines = [
        "[transport-udp](+)",
        f"bind = {ports.LOOPBACK}:{block[ports.SIP]}",
        "[trunk](+type=endpoint)",
        "aors = carrier",
        "[carrier]",
        "type = aor",
        f"contact = sip:{carrier_host}:{carrier_port}",
    ]
    for agent in AGENTS:
        host, port = phone_address(block, agent)
        lines += [f"[{agent}](+type=aor)", f"contact = sip:{agent}@{host}:{port}"]
    return "\n".join(lines) + "\n"
