"""A page without script, as a browser has it: the fields of its form, and what would be posted."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """The elements of a page, and the fields of its forms as a browser would post them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.fields: list[tuple[str, str]] = []
        self.text = ""
        self._in: list[str] = []
        self._form = ""
        self._templates = 0
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        # What stands in a template is not in the page until a script puts it there.
        self._templates += tag == "template"
        if self._templates:
            return
        self.elements.append((tag, given))
        if tag == "form":
            self._form = given.get("id", "")
        if tag in ("script", "style"):
            self._in.append(tag)
        if self._form != "clinician-form":
            return
        if tag == "input" and "name" in given:
            kind = given.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in given:
                self.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = (given.get("name", ""), [])
        elif tag == "option" and self._select:
            self._select[1].append((given.get("value", ""), "selected" in given))

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "form":
            self._form = ""
        if self._in and tag == self._in[-1]:
            self._in.pop()
        if tag == "select" and self._select:
            name, options = self._select
            chosen = next((value for value, selected in options if selected), options[0][0] if options else "")
            self.fields.append((name, chosen))
            self._select = None

    def handle_data(self, data: str) -> None:
        if not self._in and not self._templates:
            self.text += data

    def names(self) -> set[str]:
        """The names of all fields, also of those that would not be posted as they stand."""
        return {given["name"] for tag, given in self.elements if tag in ("input", "select", "textarea") and "name" in given}

    def ids(self) -> set[str]:
        """Every id in the page."""
        return {given["id"] for _, given in self.elements if "id" in given}

    def links(self) -> list[str]:
        """Where its links lead."""
        return [given.get("href", "") for tag, given in self.elements if tag == "a"]


def changed(fields: list[tuple[str, str]], **values: str | list[str]) -> list[tuple[str, str]]:
    """The fields with other values; `_` in a name stands for `-`, `__` for `.`."""
    said = {name.replace("__", ".").replace("_", "-"): value for name, value in values.items()}
    kept = [(name, value) for name, value in fields if name not in said]
    for name, value in said.items():
        kept += [(name, one) for one in ([value] if isinstance(value, str) else value)]
    return kept
