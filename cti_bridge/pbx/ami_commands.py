"""Commands to one Asterisk, each reported done only when its own events say so.

An action's answer proves little: Originate succeeds for telephones that do not
exist, BlindTransfer for extensions that lead nowhere (and hangs up on the
customer), so the target is looked up first.

Source: Asterisk 22.10.1, measured; tests/commands_asterisk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from cti_bridge.calls import commands as cmd
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result, Unconfirmed
from cti_bridge.calls.events import CallEvent, CallOriginated, ChannelEnded, Purpose
from cti_bridge.calls.ids import PbxId
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.pbx.ami_actions import AmiActions, Answer, ManagerSocketException
from cti_bridge.pbx.ami_message import Headers
from cti_bridge.pbx.ami_plans import Patience, Plan, plan
from cti_bridge.pbx.confirmations import Confirmations
from cti_bridge.pbx.verdicts import OwnCall

Tell: TypeAlias = Callable[[CallEvent], None]

# Parts of Asterisk's refusals, most telling first.
_MESSAGES = (
    ("Permission denied", RefusalCode.NOT_PERMITTED_AT_PBX),
    ("Invalid/unknown command", RefusalCode.NOT_SUPPORTED),
    ("not dynamic", RefusalCode.NOT_SUPPORTED),
    ("No such", RefusalCode.NOT_FOUND),
    ("not found", RefusalCode.NOT_FOUND),
    ("does not exist", RefusalCode.NOT_FOUND),
    ("Transfer invalid", RefusalCode.WRONG_STATE),
    ("Transfer not permitted", RefusalCode.WRONG_STATE),
    ("Cannot set mute flag", RefusalCode.WRONG_STATE),
)
# The wish is already true: not an event, but the PBX's own word.
_ALREADY_SO = ("Already there", "Not there")


class AmiCommands:
    """Carries out commands at one Asterisk. ``confirmations`` must be given every event of it."""

    def __init__(
        self,
        pbx: PbxId,
        agent_context: str,
        actions: Callable[[], AmiActions | None],
        clock: Clock,
        patience: Patience | None = None,
    ) -> None:
        self.confirmations = Confirmations()
        self._pbx = pbx
        self._setting = f"pbx.{pbx}"
        self._context = agent_context
        self._actions = actions
        self._clock = clock
        self._patience = patience or Patience()

    async def perform(self, command: cmd.Command, tell: Tell) -> Result:
        """Carry out one command. ``tell`` takes events of ours that must stand before the PBX's own.

        Raises:
            UsageError: a part of the command cannot be sent, such as a name with a line break.

        """
        actions = self._actions()
        if actions is None:
            return Refused(RefusalCode.PBX_AWAY, f"{self._setting}: not connected")
        began_ns = self._clock.ticks_ns()
        made = plan(command, self._context, self._patience)
        if isinstance(made, Refused):
            return made
        try:
            if made.extension and not await self._leads_somewhere(actions, made.extension):
                return Refused(
                    RefusalCode.NOT_FOUND,
                    f"nothing answers to it in the dialplan's context {self._context} (agent_context)",
                )
            if isinstance(command, cmd.Originate | cmd.Spy):
                return await self._call(actions, command, made, tell, began_ns)
            return await self._execute(actions, made, began_ns)
        except Unavailable as error:
            return Refused(RefusalCode.PBX_AWAY, str(error))

    async def _call(
        self, actions: AmiActions, command: cmd.Originate | cmd.Spy, made: Plan, tell: Tell, began_ns: int
    ) -> Result:
        """Have a telephone called; a call that is not confirmed is taken back."""
        number, purpose = (
            (command.number, Purpose.CALL) if isinstance(command, cmd.Originate) else ("", Purpose.LISTEN)
        )
        tell(CallOriginated(self._pbx, self._clock.now_s(), command.channel, number, purpose))
        result = await self._execute(actions, made, began_ns)
        if isinstance(result, Unconfirmed):
            self._take_back(actions, command)
        elif isinstance(result, Refused) and isinstance(made.judge, OwnCall) and not made.judge.has_begun:
            # No channel ever was, so no event will end it.
            tell(ChannelEnded(self._pbx, self._clock.now_s(), command.channel, 0))
        return result

    @staticmethod
    def _take_back(actions: AmiActions, command: cmd.Originate | cmd.Spy) -> None:
        try:
            actions.send_action({"Action": "Hangup", "Channel": command.channel})
        except ManagerSocketException:
            return

    async def _execute(self, actions: AmiActions, made: Plan, began_ns: int) -> Result:
        with self.confirmations.waiting(made.judge) as confirmed:
            lost = actions.lost()
            if lost.done():
                raise Unavailable(self._setting, lost.result())
            try:
                refusal = await self._send(actions, made, confirmed)
                if refusal is None:
                    either: set[asyncio.Future[Any]] = {confirmed, lost}
                    await asyncio.wait(either, timeout=made.confirm_s, return_when=asyncio.FIRST_COMPLETED)
            except ManagerSocketException as error:
                return Unconfirmed(self._waited_s(began_ns), f"{error.args[-1]} before it answered")
            except TimeoutError:
                return Unconfirmed(self._waited_s(began_ns), "the PBX did not answer")
            finally:
                lost_cause = lost.result() if lost.done() else None
                lost.cancel()
            if confirmed.done():
                return confirmed.result()
            if refusal is not None:
                return refusal
            if lost_cause is not None:
                return Unconfirmed(self._waited_s(began_ns), f"{lost_cause} before it was seen to happen")
            if made.silence is not None and (meaning := made.silence()) is not None:
                return meaning
            return Unconfirmed(self._waited_s(began_ns), "the PBX took it, but no event told of it")

    async def _send(
        self, actions: AmiActions, made: Plan, confirmed: asyncio.Future[Result]
    ) -> Refused | None:
        """Send the plan's actions. With ``is_one_enough`` in turn until one is taken, else all of them."""

        def follow(headers: Headers) -> None:
            if made.failed is None or headers.get("Response") == "Success" or confirmed.done():
                return
            refused = made.failed()
            if refused is not None:
                confirmed.set_result(refused)

        refusal: Refused | None = None
        for action in made.actions:
            answer = await self._ask(actions, action, follow if made.failed is not None else None)
            message = answer.headers.get("Message", "")
            if answer.is_success:
                if made.is_one_enough:
                    return None
            elif message.endswith(_ALREADY_SO):
                if not confirmed.done():
                    confirmed.set_result(Done())
                return None
            else:
                refusal = refusal or _refusal(message, made.grant)
        return refusal

    async def _ask(
        self, actions: AmiActions, action: dict[str, str], follow: Callable[[Headers], None] | None = None
    ) -> Answer:
        try:
            answered = actions.send_action(action, follow=follow)
        except ManagerSocketException as error:
            raise Unavailable(self._setting, str(error.args[-1])) from error
        async with asyncio.timeout(self._patience.answer_s):
            return await answered

    async def _leads_somewhere(self, actions: AmiActions, extension: str) -> bool:
        """Whether the agents' dialplan knows ``extension``; True when it cannot be asked."""
        asked = f"DIALPLAN_EXISTS({self._context},{extension},1)"
        try:
            answer = await self._ask(actions, {"Action": "Getvar", "Variable": asked})
        except (ManagerSocketException, TimeoutError) as error:
            raise Unavailable(self._setting, "no answer") from error
        return answer.headers.get("Value") != "0"

    def _waited_s(self, began_ns: int) -> float:
        return round((self._clock.ticks_ns() - began_ns) / 1e9, 3)


def _refusal(message: str, grant: str) -> Refused:
    code = next((code for part, code in _MESSAGES if part in message), RefusalCode.FAILED)
    if code is RefusalCode.NOT_PERMITTED_AT_PBX:
        return Refused(code, f"{message}: the AMI user needs write class {grant!r}")
    return Refused(code, message or "the PBX refused it and gave no reason")
