"""Number normalising (P3): every form that a Japanese trunk or a person writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.calls.numbers import CallerKind, NumberRules, clean_text, normalise


@pytest.mark.parametrize(
    ("raw", "e164", "display"),
    [
        ("0312345678", "+81312345678", "03-1234-5678"),
        ("03-1234-5678", "+81312345678", "03-1234-5678"),
        ("(03)1234-5678", "+81312345678", "03-1234-5678"),
        ("03/1234/5678", "+81312345678", "03-1234-5678"),
        ("０３－１２３４－５６７８", "+81312345678", "03-1234-5678"),
        ("03ー1234ー5678", "+81312345678", "03-1234-5678"),
        ("+81312345678", "+81312345678", "03-1234-5678"),
        ("+81 3 1234 5678", "+81312345678", "03-1234-5678"),
        ("81312345678", "+81312345678", "03-1234-5678"),
        ("0081312345678", "+81312345678", "03-1234-5678"),
        ("01081312345678", "+81312345678", "03-1234-5678"),
        ("1840312345678", "+81312345678", "03-1234-5678"),
        ("18609012345678", "+819012345678", "090-1234-5678"),
        ("09012345678", "+819012345678", "090-1234-5678"),
        ("07012345678", "+817012345678", "070-1234-5678"),
        ("06012345678", "+816012345678", "060-1234-5678"),
        ("05012345678", "+815012345678", "050-1234-5678"),
        ("0120123456", "+81120123456", "0120-123-456"),
        ("08001234567", "+818001234567", "0800-123-4567"),
        ("+442071838750", "+442071838750", "+44 20 7183 8750"),
        ("010442071838750", "+442071838750", "+44 20 7183 8750"),
        ("08012345678", "+818012345678", "080-1234-5678"),
        ("0570012345", "+81570012345", "0570-012-345"),
        ("02012345678", "+812012345678", "020-1234-5678"),
        ("0462123456", "+81462123456", "046-212-3456"),
        ("0123234567", "+81123234567", "0123-23-4567"),
        ("0997212345", "+81997212345", "0997-21-2345"),
        ("0152231234", "+81152231234", "0152-23-1234"),
        ("０１２０－１２３－４５６", "+81120123456", "0120-123-456"),
        ("186-03-1234-5678", "+81312345678", "03-1234-5678"),
        ("184-010-44-20-7183-8750", "+442071838750", "+44 20 7183 8750"),
        ("0012125550123", "+12125550123", "+1 212-555-0123"),
        ("+1 (212) 555-0123", "+12125550123", "+1 212-555-0123"),
        ("00442071838750", "+442071838750", "+44 20 7183 8750"),
        ("03.1234.5678", "+81312345678", "03-1234-5678"),
        ("sip:0312345678@trunk.example.jp;user=phone", "+81312345678", "03-1234-5678"),
        ("<sip:+81312345678@10.0.0.1:5060>", "+81312345678", "03-1234-5678"),
        ("tel:+81-3-1234-5678;ext=22", "+81312345678", "03-1234-5678"),
        ("0312345678;ext=22", "+81312345678", "03-1234-5678"),
    ],
)
def test_numbers_have_one_form(raw: str, e164: str, display: str) -> None:
    caller = normalise(raw)
    assert (caller.kind, caller.e164, caller.display) == (CallerKind.NUMBER, e164, display)


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        ("anonymous", "", CallerKind.PRIVATE),
        ("Anonymous", "非通知", CallerKind.PRIVATE),
        ("restricted", "", CallerKind.PRIVATE),
        ("anonymous", "公衆電話", CallerKind.PAY_PHONE),
        ("", "コウシュウ", CallerKind.PAY_PHONE),
        ("anonymous", "表示圏外", CallerKind.OUT_OF_AREA),
        ("", "表示圏外", CallerKind.OUT_OF_AREA),
        ("Out of Area", "", CallerKind.OUT_OF_AREA),
        ("ｏｕｔ　ｏｆ　ａｒｅａ", "", CallerKind.OUT_OF_AREA),
        ("anonymous", "通知不可", CallerKind.UNAVAILABLE),
        ("sip:anonymous@anonymous.invalid", "", CallerKind.PRIVATE),
        ("anonymous@anonymous.invalid", "公衆電話", CallerKind.PAY_PHONE),
        ("ＡＮＯＮＹＭＯＵＳ", "", CallerKind.PRIVATE),
        ("非通知", "", CallerKind.PRIVATE),
        ("コウシュウ", "", CallerKind.PAY_PHONE),
        ("119", "", CallerKind.EXTENSION),
        ("177", "", CallerKind.EXTENSION),
        ("sip:1001@pbx.local", "", CallerKind.EXTENSION),
        ("sip:@host", "", CallerKind.UNAVAILABLE),
        ("", "", CallerKind.UNAVAILABLE),
        ("<unknown>", "", CallerKind.UNAVAILABLE),
        ("unknown", "", CallerKind.UNAVAILABLE),
        ("unavailable", "", CallerKind.UNAVAILABLE),
        ("1001", "", CallerKind.EXTENSION),
        ("110", "", CallerKind.EXTENSION),
        ("9" * 79, "", CallerKind.UNREADABLE),
        ("0312345678\r\nUniqueid: 1", "", CallerKind.UNREADABLE),
        ("０３あ", "", CallerKind.UNREADABLE),
        ("++81", "", CallerKind.UNREADABLE),
        ("----", "", CallerKind.UNREADABLE),
    ],
)
def test_what_is_no_number_stays_distinct(raw: str, name: str, kind: CallerKind) -> None:
    caller = normalise(raw, name)
    assert (caller.kind, caller.e164) == (kind, None)


def test_a_name_never_overrules_a_number() -> None:
    assert normalise("0312345678", "非通知").kind is CallerKind.NUMBER


def test_numbers_are_read_in_the_centres_country() -> None:
    assert normalise("2071838750", "", "GB").e164 == "+442071838750"


@given(st.text(max_size=100), st.text(max_size=30))
def test_no_text_raises(raw: str, name: str) -> None:
    caller = normalise(raw, name)
    assert (caller.kind is CallerKind.NUMBER) == (caller.e164 is not None)


@given(st.text(max_size=300))
def test_cleaned_text_has_no_control_characters(raw: str) -> None:
    cleaned = clean_text(raw)
    assert len(cleaned) <= 80
    assert not any(ord(character) < 32 or ord(character) == 127 for character in cleaned)


@pytest.mark.parametrize(
    ("raw", "prefixes", "e164"),
    [
        ("00312345678", ("0",), "+81312345678"),
        ("0312345678", ("0",), "+81312345678"),
        ("90312345678", ("9",), "+81312345678"),
        ("909012345678", ("9",), "+819012345678"),
        ("09012345678", ("0", "9"), "+819012345678"),
        ("88010442071838750", ("88",), "+442071838750"),
        ("*90312345678", ("9",), None),
        ("1001", ("1",), None),
        ("91001", ("9",), None),
    ],
)
def test_what_a_trunk_puts_before_numbers_is_taken_off(
    raw: str, prefixes: tuple[str, ...], e164: str | None
) -> None:
    assert NumberRules("JP", prefixes).caller(raw).e164 == e164


def test_what_a_queue_puts_before_names_is_taken_off() -> None:
    rules = NumberRules("JP", (), ("受注:", "[OL]"))
    assert [rules.name(name) for name in ("受注: 佐藤", "[OL]佐藤", "佐藤", "佐藤 受注:", "受注:")] == [
        "佐藤", "佐藤", "佐藤", "佐藤 受注:", ""
    ]  # fmt: skip
    # The reason for a withheld number is read behind the prefix too.
    assert rules.caller("anonymous", "受注:公衆電話").kind is CallerKind.PAY_PHONE


domestic = st.one_of(
    st.from_regex(r"0[789]0[1-9][0-9]{7}", fullmatch=True),
    st.from_regex(r"03[3-9][0-9]{7}", fullmatch=True),
    st.from_regex(r"0120[0-9]{6}", fullmatch=True),
)


@given(domestic, st.data())
def test_every_spelling_of_a_number_is_the_same(number: str, data: st.DataObject) -> None:
    expected = normalise(number)
    spaced = "".join(
        digit + (data.draw(st.sampled_from(["", "", "", "-", " ", "‐", "－", ".", "ー"])) if place else "")
        for place, digit in enumerate(number)
    )
    wide = spaced.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    intl = [prefix + number[1:] for prefix in ("+81", "0081", "01081")]
    others = ["186" + number, f"sip:{number}@host", f"({number[:2]}){number[2:]}"]
    for spelling in (spaced, wide, *intl, *others):
        assert normalise(spelling) == expected, spelling


@given(domestic)
def test_the_normal_form_of_a_normal_form_is_itself(number: str) -> None:
    e164 = normalise(number).e164
    assert e164 is not None
    assert normalise(e164).e164 == e164


@given(st.text(max_size=200), st.text(max_size=20), st.lists(st.sampled_from(["0", "9", "88"]), max_size=2))
def test_no_text_is_a_fault(raw: str, name: str, prefixes: list[str]) -> None:
    caller = NumberRules("JP", tuple(prefixes), ("x",)).caller(raw, name)
    assert (caller.e164 is not None) == (caller.kind is CallerKind.NUMBER)
