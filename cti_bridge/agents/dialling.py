"""What an agent dials, as the PBX is to be told it: only keys of a telephone, after a plus for some."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

MAX_DIALLED = 32

_FILLING = re.compile(r"[\s().\-/‐‑–—−ー・]")
_DIALLED = re.compile(rf"^(?P<prefix>18[46](?=[+0]))?(?P<number>\+?[0-9*#]{{1,{MAX_DIALLED}}})$", re.ASCII)


def dialled(raw: str, region: str = "JP") -> str | None:
    """What to dial for ``raw`` in ``region``, or None when it is no number.

    A number with a country code becomes what is dialled for it here, since
    few dialplans know a plus. 184 and 186, which hide and show one's own
    number in Japan, stay in front.
    """
    if not raw.isprintable():
        return None
    match = _DIALLED.match(_FILLING.sub("", unicodedata.normalize("NFKC", raw)))
    if match is None:
        return None
    prefix, number = match["prefix"] or "", match["number"]
    if not number.startswith("+"):
        return prefix + number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return prefix + _FILLING.sub("", phonenumbers.format_out_of_country_calling_number(parsed, region))
