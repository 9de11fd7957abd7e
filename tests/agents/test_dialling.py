import pytest

from cti_bridge.agents.dialling import dialled


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1004", "1004"),
        ("*81002", "*81002"),
        ("700#", "700#"),
        ("090-1234-5678", "09012345678"),
        ("(03) 1234 5678", "0312345678"),
        ("０９０－１２３４－５６７８", "09012345678"),
        ("03ー1234ー5678", "0312345678"),
        ("+819012345678", "09012345678"),
        ("+81 3 1234 5678", "0312345678"),
        ("+442079460000", "010442079460000"),
        ("184 090-1234-5678", "18409012345678"),
        ("186+819012345678", "18609012345678"),
        ("1841", "1841"),
        (" 110 ", "110"),
    ],
)
def test_what_is_dialled(raw: str, expected: str) -> None:
    assert dialled(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "+",
        "++81",
        "09+1",
        "abc",
        "1004,1",
        "1004&1005",
        "1004@trunk",
        "${SHELL(x)}",
        "1004\r\nAction: Command",
        "1004\n",
        "1" * 33,
        "+999",
        "+81",
        "\u202a1004",
        "٠٩٠",
        "186+",
    ],
)
def test_what_is_no_number(raw: str) -> None:
    assert dialled(raw) is None


def test_a_number_is_dialled_as_the_region_dials_it() -> None:
    assert dialled("+819012345678", "US") == "011819012345678"
    assert dialled("+12125550123", "US") == "12125550123"
