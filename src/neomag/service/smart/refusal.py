"""Why a launch does not go on, as a page says it."""

from __future__ import annotations

import re

_CODE = re.compile(r"[a-z_]{1,40}")


class Refusal(Exception):  # noqa: N818 - it is what happens to the launch
    """A launch that ends: the status of its page, what is wrong, and what to do. Holds no token and nothing of a patient."""

    def __init__(self, status: int, says: str, hint: str = "Launch neomag again from the record of the infant.") -> None:
        super().__init__(says)
        self.status = status
        self.says = says
        self.hint = hint


def error_code(said: object) -> str:
    """An OAuth error in brackets, when it has the form of one: a server's free text is not repeated."""
    return f" ({said})" if isinstance(said, str) and _CODE.fullmatch(said) else ""
