from __future__ import annotations

import pytest

from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.mustache import Template, TemplateError
from bt_autotask_sync.notes.template_check import check
from bt_autotask_sync.notes.templates import Templates


def found(text: str, *, public: bool = False) -> list[tuple[int, int, str, str]]:
    findings = check(text, Kind.SESSION, public=public)
    return [(finding.line, finding.column, finding.message, finding.advice) for finding in findings]


@pytest.mark.parametrize(
    ("text", "mustache"),
    [
        ("{{#each chat}}{{/chat}}", "Write {{#chat}}…{{/chat}}: it repeats for each of them."),
        ("{{#each this.answers}}{{/answers}}", "Write {{#answers}}…{{/answers}}: it repeats for each of them."),
        ("{{#each chat as |line|}}{{/chat}}", "Write {{#chat}}…{{/chat}}: it repeats for each of them."),
        ("{{#if has_chat}}{{/has_chat}}", "Write {{#has_chat}}…{{/has_chat}}."),
        ("{{#with custom}}{{/custom}}", "Write {{#custom}}…{{/custom}}."),
        ("{{#unless has_chat}}{{/has_chat}}", "Write {{^has_chat}}…{{/has_chat}}."),
        ("{{#if (eq a b)}}{{/if}}", "Write {{#NAME}}…{{/NAME}} with the name of a variable."),
        ("{{#chat}}{{/each}}", "Write {{/chat}}."),
        ("{{@index}}", "Mustache does not count: remove it. For headings there are the has_… variables."),
        ("{{../lsid}}", "Write {{lsid}}: names of outer levels are found by themselves."),
        ("{{../../lsid}}", "Write {{lsid}}: names of outer levels are found by themselves."),
        ("{{this}}", "Write {{.}}."),
        ("{{this.text}}", "Write {{text}}."),
        ("{{./text}}", "Write {{text}}."),
        ("{{~lsid~}}", "Remove the ~: a section alone on its line leaves no empty line anyway."),
        ("{{chat.length}}", "Write {{#chat}}…{{/chat}} for when there are any."),
        (
            "{{date start_time 'x'}}",
            "Helpers do not exist: write {{start_time}}. Times and sizes are already in words.",
        ),
    ],
)
def test_handlebars_is_answered_with_the_mustache_that_does_the_same(text: str, mustache: str) -> None:
    findings = check(text, Kind.SESSION, public=False)
    assert mustache in [finding.advice for finding in findings if "Handlebars" in finding.message and finding.fatal]


def test_else_is_answered_with_the_name_of_its_section() -> None:
    assert found("{{#if has_chat}}a\n {{else}}b{{/if}}")[1] == (
        2,
        2,
        "{{else}} is Handlebars",
        "Write {{/has_chat}}{{^has_chat}}: then comes what stands there otherwise.",
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a\n{{#chat}}", (2, 1), "the section {{#chat}} is never closed"),
        ("{{#chat}}\n {{#notes}}{{/chat}}{{/notes}}", (2, 12), "{{/chat}} closes {{#notes}} of line 2"),
        ("é👩{{/chat}}", (1, 3), "{{/chat}} closes nothing"),
        ("{{lsid", (1, 1), "a tag has no end"),
        ("{{{lsid}}", (1, 1), "a tag begins with three braces and ends with two"),
        ("{{}}", (1, 1), "{{}} names nothing"),
        ("{{> note}}", (1, 1), "a template cannot include another"),
        ("{{=<% %>=}}", (1, 1), "a template cannot change the braces"),
        ("{{ #chat }}", (1, 1), "the # does not stand right behind the braces"),
        ("{{a+b}}", (1, 1), "{{a+b}} is not a variable"),
        ("{{#chat}}{{^chat}}{{/chat}}{{/chat}}", (1, 10), "{{^chat}} inside of {{#chat}} is never shown"),
    ],
)
def test_mistakes_are_found_at_their_place_and_stop_a_run(text: str, place: tuple[int, int], message: str) -> None:
    first = check(text, Kind.SESSION, public=False)[0]
    assert ((first.line, first.column), first.message, first.fatal) == (place, message, True)
    assert first.advice
    with pytest.raises(TemplateError):
        Template.parse(text, "x")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("{{sesion_chat}}", "Did you mean `session_chat`?"),
        ("{{customerName}}", "Did you mean `customer_name`?"),
        ("{{LSID}}", "Did you mean `lsid`?"),
        ("{{CUSTOMER_COMPUTER-NAME}}", "Did you mean `customer_computer_name`?"),
        ("{{session.custom.external_key}}", "Did you mean `external_key`?"),
        ("{{zzzzzz}}", "`templates variables` lists what there is."),
        ("%LSID%", "Write {{lsid}}."),
        ("{{sender}}", "Write it between {{#chat}} and {{/chat}}."),
        ("{{#customer_surveys}}{{answer}}{{/customer_surveys}}", "Write it between {{#answers}} and {{/answers}}."),
        ("{{#custom}}{{email}}{{/custom}}", "Write {{custom.email}}."),
    ],
)
def test_a_name_that_prints_nothing_is_answered_with_what_was_meant(text: str, advice: str) -> None:
    assert [finding[3] for finding in found(text)] == [advice]
    Template.parse(text, "a name alone stops no run")


@pytest.mark.parametrize(
    "text",
    [
        "{{lsid}}{{{lsid}}}{{& lsid}}{{! {{nothing} }}",
        "{{#chat}}{{sender}}{{text}}{{lsid}}{{.}}{{/chat}}",
        "{{#customer_surveys}}{{#answers}}{{question}}{{submitted_by}}{{/answers}}{{/customer_surveys}}",
        "{{custom.any_field}}{{#custom.any_field}}{{.}}{{/custom.any_field}}",
        "{{#has_chat}}{{session_chat}}{{/has_chat}}{{^has_chat}}none{{/has_chat}}",
        "{{.}} 100% %NOT_A_MACRO%",
    ],
)
def test_a_good_template_has_no_findings(text: str) -> None:
    assert found(text) == []


def test_a_private_name_in_a_public_template_is_found_unless_a_section_of_it_hides_it() -> None:
    finding = (
        1,
        4,
        "{{chat_view_url}} is private and prints nothing in a text that customers see",
        "Put it with its heading between {{#chat_view_url}} and {{/chat_view_url}}, so that both vanish.",
    )
    assert found("At {{chat_view_url}}", public=True) == [finding]
    assert found("At {{chat_view_url}}") == []
    assert found("{{#has_links}}At {{chat_view_url}}{{/has_links}}", public=True) == []
    assert found("{{#recordings}}{{view_url}}{{/recordings}}", public=True) == []


def test_the_note_on_representatives_surveys_may_use_private_names() -> None:
    assert check("{{primary_rep_user_name}}", Kind.REPRESENTATIVE_SURVEY, public=True) == ()


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("kind", list(Kind))
def test_the_shipped_templates_have_no_findings(kind: Kind, public: bool) -> None:
    files = Templates.load(None).files
    for part in ("title", "note"):
        assert check(files[f"{kind}_{part}.mustache"].template.text, kind, public=public) == ()
