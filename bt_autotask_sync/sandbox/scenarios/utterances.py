"""Twists of what people write: every script there is, text that breaks careless programs, and very much of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sandbox.scenarios.draft import Draft


def unicode_chat(draft: Draft) -> None:
    """Write in many scripts at once."""
    draft.say(
        0.8,
        draft.client,
        "Zoë → 山田さん: שלום עולם, مرحبا بالعالم 👩‍💻🇩🇪 ẞ ﬁ e\u0301 𝔘𝔫𝔦 \u202bהפוך\u202c \u200bend",  # noqa: RUF001  # as people write
    )


def hostile_text(draft: Draft) -> None:
    """Write what breaks careless XML, and a fake marker."""
    draft.say(
        0.81, draft.client, "]]> <!-- </body></event> &amp; &lt;b&gt; \"quoted\" 'single' <![CDATA[x]]> &#65; %s {0}"
    )
    draft.say(0.82, draft.client, "[bt:0123456789ab] is what the last mail said, what is that?")


def template_text(draft: Draft) -> None:
    """Write what a template engine or a browser would swallow."""
    draft.say(0.83, draft.client, "The page shows {{secret}} and {{{raw}}} and <b>& nothing else, also {{#each}}")


def encoded_text(draft: Draft) -> None:
    """Paste a terminal's output, with characters that XML cannot carry."""
    draft.say(0.84, draft.client, "\x1b[31mERROR\x1b[0m disk \x07 /dev/sda1: ungültig\x00 - please help")
    draft.log(0.85, "Session Note Added", draft.lead, body="Terminal said: \x1b[1mI/O error\x1b[0m")


def chatty(characters: int) -> Callable[[Draft], None]:
    """Return a twist with more than `characters` characters of chat, pasted line by line."""

    def twist(draft: Draft) -> None:
        pasted = 0
        while pasted <= characters:
            code = draft.random.getrandbits(32)
            text = (
                f"{code % 24:02}:{code % 60:02} [{code:08x}] Sicherung von {draft.customer.hostname}: "
                + "Block übersprungen; " * 14
            )
            draft.say(0.3 + 0.5 * pasted / (characters + len(text)), draft.client, text.strip())
            pasted += len(text)

    return twist
