"""Number normalising (P3): every form that a Japanese trunk or a person writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.calls.numbers import CallerKind, clean_text, normalise


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
        ("anonymous", "表示圏外", CallerKind.UNAVAILABLE),
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
