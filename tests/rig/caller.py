"""Who calls from outside, as the trunk tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller's From header; `asserted` is the number in P-Asserted-Identity, `private` adds Privacy: id."""

    number: str = "09012345678"
    name: str = ""
    host: str = "127.0.0.2"
    asserted: str = ""
    private: bool = False

    @property
    def address(self) -> str:
        """The From header's value, without a tag."""
        return (f'"{self.name}" ' if self.name else "") + f"<sip:{self.number}@{self.host}>"

    @property
    def headers(self) -> dict[str, str]:
        """Further headers, named as SipPhone.call takes them."""
        asserted = {"p_asserted_identity": f"<sip:{self.asserted}@{self.host}>"} if self.asserted else {}
        return asserted | ({"privacy": "id"} if self.private else {})

    @property
    def lines(self) -> list[str]:
        """The same as header lines."""
        return [f"{name.replace('_', '-').title()}: {value}" for name, value in self.headers.items()]


YAMADA = Caller("09012345678", "山田 太郎")
SASAKI = Caller("0312349999", "佐々木")

# What a Japanese carrier sends for somebody who dialled 184 first: the network still knows the number.
WITHHELD = Caller("anonymous", "Anonymous", "anonymous.invalid", asserted="09012345678", private=True)

# The same from a carrier, or through an SBC, that tells the number to nobody.
WITHHELD_LITERAL = Caller("anonymous", "非通知")
