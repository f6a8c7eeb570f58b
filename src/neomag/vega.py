"""What every Vega-Lite chart of neomag has in common, and making a picture of one."""

from __future__ import annotations

from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
INK, RULE, BAND = "#1f2529", "#d9dde0", "#e6efe2"
FONT = "system-ui, 'Liberation Sans', Arial, sans-serif"
CONFIG = {
    "font": FONT,
    "view": {"stroke": None},
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": INK, "titleColor": INK,
             "gridColor": RULE, "domainColor": "#8a9299", "tickColor": "#8a9299", "labelLimit": 300},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": INK,
               "orient": "top", "titleLimit": 400},
    "text": {"fontSize": 12, "color": INK},
}  # fmt: skip
Spec = dict[str, Any]


class PictureError(RuntimeError):
    """A picture cannot be made; the text says what is missing."""


def png(spec: Spec, scale: float = 2.0) -> bytes:
    """The chart as a PNG, `scale` dots to a point; nothing is fetched. Raises PictureError without vl-convert."""
    try:
        import vl_convert
    except ImportError as error:
        raise PictureError(f"a picture needs the extra `plots`: pip install 'neomag[plots]' ({error.name})") from None
    return vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
