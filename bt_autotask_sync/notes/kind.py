"""The three notes that a session can become."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of note; its value begins the names of its two template files."""

    SESSION = "session"
    CUSTOMER_SURVEY = "customer_survey"
    REPRESENTATIVE_SURVEY = "representative_survey"

    def is_internal(self, *, public: bool) -> bool:
        """Tell whether such a note has private facts: one on representatives' surveys always, being never public."""
        return self is Kind.REPRESENTATIVE_SURVEY or not public
