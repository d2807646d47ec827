from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_autotask_sync.notes.text import clean, clip, one_line, split_note, titled, utf16_length

ANY_TEXT = st.text(alphabet=st.characters(), max_size=120)
HOLDABLE = st.text(alphabet=st.sampled_from("ab é\u0301👩\u200d👩🏽文\n\n x"), max_size=200)
MARKER = "[bt:e9e99aeb9ad5]"


def left_out(count: int) -> str:
    return f"({count} characters left out)"


def test_length_counts_as_dotnet_does() -> None:
    assert utf16_length("a文👩") == 4


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_cleaned_text_survives_json_and_holds_no_control(text: str) -> None:
    cleaned = clean(text)
    assert json.loads(json.dumps(cleaned, ensure_ascii=False).encode("utf-8")) == cleaned
    assert not [c for c in cleaned if unicodedata.category(c) == "Cs" or (c < " " and c not in "\n\t")]


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn")), max_size=80))
def test_cleaning_leaves_ordinary_text_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_a_pair_of_surrogates_is_one_character_and_a_lone_one_is_removed() -> None:
    assert clean("\ud83d\ude00 \ud83d \ude00 \x00a\r\nb\rc\x0b") == "😀   a\nb\nc"


@given(ANY_TEXT)
def test_one_line_is_one_line_without_controls_and_direction_overrides(text: str) -> None:
    line = one_line(f"{text}\u202e\n")
    assert not [c for c in line if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} or c in "\u202e\u2066"]
    assert line == one_line(line)


@given(ANY_TEXT, st.integers(min_value=0, max_value=60))
def test_clipped_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert utf16_length(clipped) <= limit
    assert clipped == text or clipped.endswith("…") or limit == 0
    assert text.startswith(clipped.removesuffix("…"))


def test_clipping_keeps_accents_and_joined_emoji_whole() -> None:
    assert clip("abcde\u0301f", 6) == "abcd…"
    assert clip("ab👩\u200d👩xyz", 6) == "ab…"
    assert clip("ab👩🏽xyz", 6) == "ab…"
    assert clip("👩👩", 2) == "…"


def test_clipping_keeps_as_much_as_fits_up_to_the_end_of_a_word() -> None:
    assert clip("👩" * 100, 51) == "👩" * 25 + "…"
    assert clip("文" * 100, 51) == "文" * 50 + "…"
    assert clip("abc def", 5) == "abc…"


def test_endless_accents_do_not_eat_the_text() -> None:
    assert len(clip("a" + "\u0301" * 500, 100)) == 100


@given(ANY_TEXT, st.integers(min_value=30, max_value=80))
def test_a_title_ends_with_its_whole_marker_and_fits(title: str, limit: int) -> None:
    marked = titled(title, MARKER, limit)
    assert marked.endswith(MARKER)
    assert utf16_length(marked) <= limit
    assert marked.count("[bt:") == 1
    assert "\n" not in marked


@pytest.mark.parametrize("forged", ["[bt:000000000000]", "[BT:000000000000]", "[ bt\n:000000000000]", "[\x00bt:0]"])
def test_a_title_cannot_forge_a_marker(forged: str) -> None:
    assert "[bt:0" not in titled(f"Session with {forged}", MARKER).replace(" ", "").lower()


def test_a_marker_stands_alone_where_there_is_no_title() -> None:
    assert titled(" \n", MARKER) == MARKER


@given(HOLDABLE, st.integers(min_value=40, max_value=90), st.integers(min_value=1, max_value=4))
def test_parts_fit_and_together_are_the_text_as_far_as_it_goes(text: str, limit: int, parts: int) -> None:
    pieces = split_note(text, limit, parts, left_out=left_out)
    assert 1 <= len(pieces) <= parts
    assert all(utf16_length(piece) <= limit for piece in pieces)
    told, cut, _ = "\n".join(pieces).partition("\n\n(")
    told, text = "".join(told.split()), "".join(text.split())
    assert text.startswith(told)
    assert cut or told == text


@given(st.lists(st.text(alphabet="abc文👩", min_size=1, max_size=20), min_size=1, max_size=60))
def test_texts_of_ordinary_lines_are_cut_at_line_ends_only(lines: list[str]) -> None:
    pieces = split_note("\n".join(lines), 100, 100, left_out=left_out)
    assert [line for piece in pieces for line in piece.split("\n")] == lines


@given(st.text(alphabet="ab👩\n", min_size=200, max_size=400))
def test_the_last_part_tells_how_many_characters_are_missing(text: str) -> None:
    told: list[int] = []

    def counted(count: int) -> str:
        told.append(count)
        return left_out(count)

    pieces = split_note(text, 50, 2, left_out=counted)
    if told:
        assert pieces[-1].endswith(left_out(told[-1]))
        kept = "".join(pieces).removesuffix(left_out(told[-1])).replace("\n", "")
        assert len(text.replace("\n", "")) - len(kept) <= told[-1] <= len(text)


def test_a_text_that_fits_is_one_part() -> None:
    assert split_note("a" * 32_000, left_out=left_out) == ("a" * 32_000,)


def test_a_line_that_is_too_long_is_cut_at_a_space() -> None:
    assert split_note("aaaa bbbb cccc", 10, left_out=left_out) == ("aaaa bbbb", " cccc")


def test_nothing_but_line_ends_is_one_empty_part() -> None:
    assert split_note("\n" * 100_000, left_out=left_out) == ("",)
