"""Makes the phones of a test, each where Asterisk expects it."""

from contextlib import AsyncExitStack
from pathlib import Path

from tests.rig.asterisk import AsteriskRig
from tests.rig.sip_phone import SipPhone


class PhoneShop:
    """Makes phones, which are closed, with their logs written, when the test is over."""

    def __init__(self, rig: AsteriskRig, logs: Path, exits: AsyncExitStack) -> None:
        self._rig, self._logs, self._exits = rig, logs, exits
        self._pbx = (rig.host, rig.sip_port)

    async def agent(self, agent: str, *, media: bool = False) -> SipPhone:
        """The phone of an agent, 1001 … 1006."""
        return await self._exits.enter_async_context(
            SipPhone(
                agent,
                self._rig.phone_address(agent),
                self._pbx,
                password=f"change-me-{agent}",
                media_port=self._rig.phone_media_port(agent),
                media=media,
                log_file=self._logs / f"phone-{agent}.log",
            )
        )

    async def agents(self, *agents: str, media: bool = False) -> list[SipPhone]:
        """Several of them."""
        return [await self.agent(agent, media=media) for agent in agents]

    async def outside(self, *, media: bool = False) -> SipPhone:
        """Somebody who calls through the trunk."""
        port, media_port = self._rig.caller_ports()
        phone = SipPhone(
            "outside",
            (self._rig.trunk_host, port),
            self._pbx,
            media_port=media_port,
            media=media,
            log_file=self._logs / f"outside-{port}.log",
        )
        return await self._exits.enter_async_context(phone)

    async def carrier(self) -> SipPhone:
        """Whoever is called through the trunk."""
        log_file = self._logs / "carrier.log"
        phone = SipPhone("carrier", self._rig.carrier_address, self._pbx, log_file=log_file)
        return await self._exits.enter_async_context(phone)
