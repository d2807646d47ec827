from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bt_autotask_sync.appliance.session import Session
from bt_autotask_sync.notes.example import EXAMPLE_CONTEXT, EXAMPLE_SESSION
from bt_autotask_sync.notes.model import InternalModel, PublicModel
from bt_autotask_sync.notes.mustache import Template, TemplateError
from bt_autotask_sync.notes.template_syntax import mistakes, tags_of
from bt_autotask_sync.notes.variable_names import words

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = Session("0" * 32, None, None, has_end_event=False, last_event_at=None)
MODEL = InternalModel.of(EXAMPLE_SESSION, EXAMPLE_CONTEXT).as_dict()
PIECES = st.sampled_from(
    [
        "{{", "}}", "{{{", "}}}", "{{#", "{{^", "{{/", "{{!", "{{>", "{{=", "{{&", "{{ ", " ", "\n", "\r\n", "text",
        ".", "chat", "custom", "lsid", "has_chat", "title", "upper", "__class__", "answers", "customer_surveys", "0",
        "{{#chat}}", "{{/chat}}", "{{^chat}}", "{{#lsid}}", "{{/lsid}}", "{{#custom}}", "{{/custom}}", "{{.}}",
        "{{title}}", "{{#unknown}}", "{{/unknown}}", "{{text}}", "{{#has_chat}}", "{{/has_chat}}", "{{^has_chat}}",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "chat",
        "custom",
        "lsid",
        "has_chat",
        "files_moved",
        "representatives",
        "stays",
        "name",
        "text",
        "title",
        "count",
        ".",
    ]
)
WELL_FORMED = st.recursive(
    NAMES.map("{{{{{0}}}}}".format) | st.sampled_from(["text", "\n", " ", "{{! {{ }}"]),
    lambda inner: st.builds(
        "{{{{{0}{1}}}}}{2}{{{{/{1}}}}}".format, st.sampled_from("#^"), NAMES, st.lists(inner, max_size=4).map("".join)
    ),
    max_leaves=12,
)


def rendered(text: str, model: dict[str, object] = MODEL) -> str:
    return Template.parse(text, "a template").render(model)


def assert_nothing_of_python(output: str) -> None:
    assert not [trace for trace in ("built-in", " object at 0x", "<class", "<method") if trace in output]


def session_in_which_the_customer_typed(text: str) -> dict[str, object]:
    line = replace(EXAMPLE_SESSION.chat[1], text=text)
    return PublicModel.of(replace(EXAMPLE_SESSION, chat=(line,)), EXAMPLE_CONTEXT).as_dict()


@given(st.text(alphabet=st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn")), max_size=60))
@example("{{secret}}")
@example("<b>&\"'")
@example("{{{")
@example("{{=<% %>=}}")
@example("{{> partial}}")
@example("{{#chat}}{{/chat}}")
@example("%LSID%")
@example("\\n \\g<0> %s {0}")
def test_what_a_customer_typed_comes_out_exactly(typed: str) -> None:
    model = session_in_which_the_customer_typed(typed)
    for tag in ("{{text}}", "{{{text}}}", "{{&text}}"):
        assert rendered("{{#chat}}[" + tag + "]{{/chat}}", model) == f"[{typed}]"


@given(st.lists(PIECES, max_size=25).map("".join))
@example("{{#lsid}}{{title}}{{/lsid}}")
@example("{{#chat}}{{^chat}}{{/chat}}{{/chat}}{{lsid}}")
@example("abc{{")
@example("{{{a}}")
@example("{{}}")
def test_any_text_is_refused_with_its_place_or_filled_in_without_reaching_into_python(text: str) -> None:
    if list(mistakes(text.replace("\r\n", "\n"))):
        with pytest.raises(TemplateError, match=r"^x\.mustache, line \d+, column \d+: "):
            Template.parse(text, "x.mustache")
        return
    assert_nothing_of_python(Template.parse(text, "x.mustache").render(MODEL))


@given(WELL_FORMED)
def test_sections_in_sections_of_any_kind_are_filled_in_without_reaching_into_python(text: str) -> None:
    if not list(mistakes(text)):
        assert_nothing_of_python(rendered(text))
        assert_nothing_of_python(rendered(text, PublicModel.of(EMPTY, EXAMPLE_CONTEXT).as_dict()))


@given(st.lists(PIECES, max_size=25).map("".join))
def test_places_and_names_of_tags_are_those_that_chevron_sees(text: str) -> None:
    try:
        template = Template.parse(text, "x")
    except TemplateError:
        return
    seen = [value for kind, value in template.tokens if kind != "literal"]
    ours = [tag for tag in tags_of(template.text) if not tag.is_comment]
    assert len(seen) == len(ours)
    for value, tag in zip(seen, ours, strict=True):
        assert value in {tag.name, "-"}
        line = template.text.split("\n")[tag.line - 1]
        assert line[tag.column - 1 :].startswith("{{")


@pytest.mark.parametrize(
    "attribute", ["title", "upper", "count", "index", "format", "real", "__class__", "__doc__", "items", "-"]
)
@pytest.mark.parametrize("section", ["lsid", "has_chat", "files_transferred", "chat", "custom"])
def test_no_section_reaches_pythons_own_attributes(section: str, attribute: str) -> None:
    for head, tail in (("{{#", "}}"), ("{{^", "}}")):
        opened = f"{head}{section}{tail}"
        assert rendered(f"{opened}[{{{{{attribute}}}}}]{{{{/{section}}}}}").replace("[]", "") == ""
    assert rendered(f"[{{{{{section}.{attribute}}}}}]") == "[]"


def test_no_variable_has_the_name_of_an_attribute_of_a_text_a_number_or_a_boolean() -> None:
    assert not words() & (set(dir(str)) | set(dir(int)) | set(dir(bool)))


def test_a_custom_field_is_read_by_its_code_name_and_a_missing_one_is_empty() -> None:
    assert rendered("{{custom.customer_email}}[{{custom.other}}]") == "jane@contoso.example[]"
    assert rendered("{{#lsid}}{{custom.customer_email}}{{/lsid}}") == "jane@contoso.example"


def test_a_file_beside_the_working_directory_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.mustache").write_text("leaked", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TemplateError, match="line 1, column 3: a template cannot include another"):
        Template.parse("a {{> secret}}", "x.mustache")


def test_the_place_of_a_mistake_is_exact_after_tags_over_several_lines() -> None:
    with pytest.raises(TemplateError, match=r"^mine\.mustache, line 4, column 3: {{/chat}} closes nothing$"):
        Template.parse("{{! a\ncomment }}\r\ntext\n  {{/chat}}", "mine.mustache")


def test_sections_alone_on_their_line_leave_no_empty_line_also_with_windows_line_ends() -> None:
    assert rendered("a\r\n{{#has_chat}}\r\nb\r\n{{/has_chat}}\r\nc\r\n") == "a\nb\nc\n"


def test_a_zero_is_printed_and_hides_a_section() -> None:
    assert rendered("{{files_moved}}{{#files_moved}}moved{{/files_moved}}") == "0"
