"""Names as Asterisk spells them."""

from cti_bridge.pbx.ami_names import endpoint_of, is_glue, unescape


def test_names_and_endpoints() -> None:
    assert unescape(r"\"O\'Neil\" \\ x\ty") == '"O\'Neil" \\ x y'
    assert unescape("<unknown>") == ""
    assert endpoint_of("PJSIP/a-b-0000001f") == "PJSIP/a-b"
    assert is_glue("Local/1001@agents-00000001;2")
