"""The answer on one page of paper, set by typst (the extra `report`)."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from markupsafe import Markup

from neomag.web.clinician import words
from neomag.web.clinician.shown import Shown, sources
from neomag.web.clinician.view import View
from neomag.web.languages import Language
from neomag.web.page import rendered

# Letters in points, tried from the largest until all stands on one page.
_SIZES = (9.0, 8.2, 7.5, 6.8, 6.2)
# typst brings letters for Latin scripts alone. Families that hold Chinese, by the names they are installed under.
_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Noto Serif CJK SC",
    "Noto Serif SC", "Source Han Serif SC", "SimSun", "SimHei", "AR PL UMing CN",
)  # fmt: skip


@cache
def _families() -> frozenset[str] | None:
    """The families of letters on this machine; None without typst."""
    try:
        import typst
    except ImportError:
        return None
    return frozenset(typst.Fonts(include_system_fonts=True).families())


def cannot_set(language: Language) -> str:
    """Why there is no sheet in this language on this machine; empty when there is."""
    _ = language.gettext
    families = _families()
    if families is None:
        return _("No PDF here: it needs the extra `report` of neomag (typst).")
    if language.code == "zh" and not families.intersection(_CHINESE):
        return _("No PDF in Chinese here: this machine has no Chinese letters. Install Noto Sans CJK, or print this page.")
    return ""


def sheet(shown: Shown, view: View) -> bytes:
    """The sheet as PDF. Raises RuntimeError where `cannot_set` says why, or when typst cannot set it."""
    if why := cannot_set(view.language):
        raise RuntimeError(why)
    import typst

    fonts = ["Libertinus Serif", *(name for name in _CHINESE if name in (_families() or ()))][:2]
    text = b""
    for size in _SIZES:
        text = _text(shown, view, size, fonts)
        if int(str(typst.query(text, "<pages>", field="value", one=True))) == 1:
            break
    return typst.compile(text)


def _text(shown: Shown, view: View, size: float, fonts: list[str]) -> bytes:
    values: dict[str, Any] = {
        "shown": shown, "form": view, "named": words, "size": size, "fonts": fonts, "t": _quoted,
        "sources": partial(sources, knowledge=view.knowledge),
    }  # fmt: skip
    return rendered("clinician/sheet.typ", view.language, **values).encode("utf-8", "replace")


def _quoted(said: object) -> Markup:
    """A text as typst has it in code: nothing in it can be anything but text."""
    text = "".join(sign if sign.isprintable() else " " for sign in str(said))
    return Markup('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
