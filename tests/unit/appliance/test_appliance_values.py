from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bt_autotask_sync.appliance import values


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.20:61606", "203.0.113.20"),
        ("203.0.113.20", "203.0.113.20"),
        ("[2001:db8::1]:56722", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::", "2001:db8::"),
        ("ws-042:", "ws-042:"),
        ("42", "42"),
        ("Unknown", ""),
        ("unknown:0", ""),
        ("", ""),
    ],
)
def test_an_address_loses_its_port(text: str, address: str) -> None:
    assert values.address(text) == address


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:15:02", 902), ("123:00:01", 442801), ("0:0:9", 9), ("15:02", None), ("", None)]
)
def test_a_duration_is_hours_minutes_and_seconds(text: str, seconds: int | None) -> None:
    assert values.duration_seconds(text) == seconds


@pytest.mark.parametrize("stamp", ["0", "", "-5", "1733240467.5", "1733240467000", "\u0661", None])
def test_a_stamp_that_names_no_moment_gives_way_to_the_text(stamp: str | None) -> None:
    assert values.moment(stamp, "2024-12-03T15:41:07") == datetime(2024, 12, 3, 15, 41, 7, tzinfo=UTC)
    assert values.moment(stamp, "yesterday") is None


@pytest.mark.parametrize("encoded", ["aGVsbG8=", "aGVsbG8", " aGVs\r\n bG8= ", "aGVsbG8=\x00"])
def test_base64_is_decoded_however_it_is_folded_or_padded(encoded: str) -> None:
    assert values.decoded(encoded) == "hello"


@pytest.mark.parametrize("text", ["0" * 31, "0" * 33, "g" * 32, "0" * 32 + "\n", "\u0660" * 32, "", None])
def test_what_is_not_32_hexadecimal_digits_is_no_lsid(text: str | None) -> None:
    assert values.lsid(text) is None
