"""Replaces telephone numbers and names by invented ones of the same kind: the same one each time.

What is replaced depends on a key that is made here and kept nowhere, so a
recording cannot be undone, not by whoever made it either. Numbers go through
a permutation of the numbers of their kind: two of them never become one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from random import Random

import phonenumbers

from cti_bridge.calls.numbers import CallerKind, normalise

# Words that stand for a number that is not told.
_WORDS = frozenset({CallerKind.PRIVATE, CallerKind.PAY_PHONE, CallerKind.UNAVAILABLE, CallerKind.OUT_OF_AREA})
# The part of a national number that says what kind it is; the rest is replaced. Japan (MIC): mobile,
# IP telephone and M2M have ten digits behind the 0, all others nine; of an area code one digit stays.
_JAPAN = re.compile(
    r"(?P<freephone>800)(?=\d{7}$)|(?P<mobile>[2-9]0)(?=\d{8}$)|(?P<service>120|180|570|990)|(?P<area>\d)"
)
_ELSEWHERE = re.compile(r"(?P<any>\d)")
# Seven digits and more are a number, whatever stands between them; fewer may be an extension.
NUMBER_INSIDE = re.compile(r"(?<![0-9+])\+?[0-9](?:[-() .]{0,2}[0-9]){6,}(?![0-9])")
_SHORT_NUMBER = re.compile(r"[0-9]{1,6}")
_ROUNDS = 8  # of a Feistel network; even, so that both halves end as long as they began
# Each replacement is found again within microseconds; the permutation makes the same one anew.
_MAX_REMEMBERED = 65_536
_TRIES = 64
_STEPS = 1000  # one or two are enough wherever the kind is a matter of the first digits
_ESCAPES = "'\"\\?abefnrtv"  # what Asterisk writes behind a backslash

_HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ"
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
_HALF_WIDTH = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜ"
_KANJI = "山川田中村木林森石原松竹梅井上下高橋小大野藤佐加伊渡辺吉岡島本谷沢池内水金青赤白黒北南東西春夏秋冬"
_CONSONANTS, _VOWELS = "bdfghjklmnrstvwz", "aeiou"
_BAD_BYTE = "\udcff"  # as os.fsdecode writes a byte that is no UTF-8


class Pseudonyms:
    """One recording's replacements."""

    def __init__(self, region: str = "JP") -> None:
        self._region = region
        self._key = secrets.token_bytes(32)
        self._numbers: dict[str, str] = {}
        # Names have too few letters for a permutation that reads like names, so those given away are kept.
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def number(self, raw: str) -> str:
        """A number in the spelling of ``raw`` and of its kind; extensions and words for none stay."""
        found = self._numbers.get(raw)
        if found is None:
            if len(self._numbers) >= _MAX_REMEMBERED:
                self._numbers.clear()
            found = self._numbers[raw] = self._number(raw)
        return found

    def name(self, raw: str) -> str:
        """A name of the same length and script; words for a withheld number and extensions stay."""
        if _SHORT_NUMBER.fullmatch(raw) or normalise(raw).kind in _WORDS:
            return raw
        found = self._names.get(raw)
        if found is None:
            found = self._names[raw] = self._name(raw)
            self._taken.add(found)
        return found

    def text(self, raw: str, attempt: int = 0) -> str:
        """Every letter and digit replaced, numbers as ``number`` does, and the rest as it is."""
        chance = Random(self._mac(f"text/{attempt}/{raw}"))
        parts, end = [], 0
        for found in NUMBER_INSIDE.finditer(raw):
            parts += [_letters(raw[end : found.start()], chance), self.number(found[0])]
            end = found.end()
        return "".join([*parts, _letters(raw[end:], chance)])

    def _number(self, raw: str) -> str:
        caller = normalise(raw, "", self._region)
        if caller.kind in _WORDS or caller.kind is CallerKind.EXTENSION:
            return raw
        if caller.e164 is not None:
            respelled = _respell(raw, caller.e164, self._e164(caller.e164))
            if respelled is not None:
                return respelled
        found = raw
        for attempt in range(_TRIES):
            found = _letters(raw, Random(self._mac(f"number/{attempt}/{raw}")))
            if found != raw and normalise(found, "", self._region).kind is caller.kind:
                break
        return found

    def _e164(self, e164: str) -> str:
        """Walk the permutation until it hits a number of the same kind: still a permutation of those."""
        country = str(phonenumbers.parse(e164).country_code)
        number = e164[1 + len(country) :]
        kind, fixed = _kind(country, number)
        for _ in range(_STEPS):
            number = fixed + self._permuted(number[len(fixed) :], f"{country}/{kind}/{fixed}")
            found = f"+{country}{number}"
            if self._is_like(found, e164) and _kind(country, number) == (kind, fixed):
                return found
        return e164[: -len(number)] + fixed + "0" * (len(number) - len(fixed))

    def _is_like(self, found: str, e164: str) -> bool:
        """Whether the model reads it as it is, and it is one that could be given out if the other could."""
        is_valid = (phonenumbers.is_valid_number(phonenumbers.parse(one)) for one in (found, e164))
        return normalise(found, "", self._region).e164 == found and len(set(is_valid)) == 1

    def _permuted(self, digits: str, what: str) -> str:
        """Other digits, as many: a permutation, by a Feistel network whose function is keyed."""
        left, right = digits[: len(digits) // 2], digits[len(digits) // 2 :]
        if not left:
            return f"{(int(right) + self._mac(what)) % 10}" if right else ""
        for step in range(_ROUNDS):
            mixed = (int(left) + self._mac(f"{step}/{what}/{right}")) % 10 ** len(left)
            left, right = right, f"{mixed:0{len(left)}d}"
        return left + right

    def _name(self, raw: str) -> str:
        more = ""
        for attempt in range(1 << 20):
            found = self.text(raw, attempt) + more
            if (found != raw and found not in self._taken and normalise(found).kind not in _WORDS) or not any(
                map(str.isalnum, raw)
            ):
                return found
            if attempt >= _TRIES:  # more one-letter names than letters: the name grows
                more = "".join(Random(attempt).choices(_VOWELS, k=2 + attempt // _TRIES))
        raise AssertionError("no name is left")

    def _mac(self, what: str) -> int:
        data = what.encode("utf-8", "surrogateescape")
        return int.from_bytes(hashlib.blake2b(data, key=self._key, digest_size=16).digest())


def _kind(country: str, number: str) -> tuple[str, str]:
    """What kind of number this is and the digits that say so; of an area code only the first digit."""
    found = (_JAPAN if country == "81" else _ELSEWHERE).match(number)
    return (found.lastgroup or "", found[0]) if found else ("", "")


def _respell(raw: str, old: str, new: str) -> str | None:
    """``raw``, which ends in the digits of ``old``, with those of ``new``; None when it does not."""
    same = next((at for at, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]), len(old))
    changed = len(old) - same
    places = [place for place, char in enumerate(raw) if char.isdecimal()][-changed:] if changed else []
    if "".join(str(unicodedata.decimal(raw[place])) for place in places) != old[same:]:
        return None
    chars = list(raw)
    for place, digit in zip(places, new[same:], strict=True):
        chars[place] = _like(raw[place], int(digit))
    return "".join(chars)


def _like(char: str, digit: int) -> str:
    """A digit in the script of another."""
    return chr(ord(char) - unicodedata.decimal(char) + digit)


def _letters(text: str, chance: Random) -> str:
    """Every letter and digit another one of its script, drawn from ``chance``; escapes stay."""
    chars: list[str] = []
    in_word, is_escaped = 0, False
    for char in text:
        in_word = in_word + 1 if char.isalpha() and not is_escaped else 0
        chars.append(char if is_escaped and char in _ESCAPES else _other(char, in_word, chance))
        is_escaped = char == "\\" and not is_escaped
    return "".join(chars)


def _other(char: str, in_word: int, chance: Random) -> str:
    if char.isdecimal():
        return _like(char, chance.randrange(10))
    if char.isnumeric() and not char.isalpha():
        return str(chance.randrange(10))
    if "\udc80" <= char <= "\udcff":
        return _BAD_BYTE
    if not char.isalpha() or char in "ー・":
        return char
    for first, last, letters in (
        ("ぁ", "ゟ", _HIRAGANA), ("ァ", "ヺ", _KATAKANA), ("ｦ", "ﾝ", _HALF_WIDTH), ("々", "々", _KANJI),
        ("\u3400", "\u9fff", _KANJI), ("\uf900", "\ufaff", _KANJI), ("\U00020000", "\U0003ffff", _KANJI),
    ):  # fmt: skip
        if first <= char <= last:
            return chance.choice(letters)
    letter = chance.choice(_CONSONANTS if in_word % 2 else _VOWELS)
    return letter.upper() if char.isupper() else letter
