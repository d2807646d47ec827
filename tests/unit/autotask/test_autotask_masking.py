"""Autotask's words are shown without secrets and without anything that steers a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.autotask.masking import HIDDEN, MOST_CHARACTERS, Mask

SECRETS = st.text(st.characters(exclude_characters="*…", exclude_categories=("C", "Z")), min_size=3)


@given(secret=SECRETS, before=st.text(), after=st.text())
def test_a_secret_is_hidden_wherever_it_stands(secret: str, before: str, after: str) -> None:
    shown = Mask([secret])(before + secret + after)
    assert secret not in shown.replace(HIDDEN, "")
    assert len(shown) <= MOST_CHARACTERS
    assert shown.isprintable() or not shown.isascii()
    shown.encode()


def test_a_secret_is_hidden_in_any_case_url_encoded_and_html_escaped() -> None:
    mask = Mask(["a&b@C.com", ""])
    assert mask("A&B@c.COM a%26b%40C.com a&amp;b@c.com") == " ".join([HIDDEN] * 3)


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Mask(["abc", "abcdef"])("abcdef") == HIDDEN


def test_a_secret_is_hidden_before_a_long_text_is_cut() -> None:
    shown = Mask(["sesame-open"])("x" * (MOST_CHARACTERS - 5) + "sesame-open")
    assert "ses" not in shown


def test_control_characters_and_line_breaks_become_blanks() -> None:
    assert Mask([])("red \x1b[31malert\r\n\u202edone\ud800") == "red [31malert done"
