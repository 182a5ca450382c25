"""Small writer of SVG with fixed decimals, so that the same drawing has the same bytes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

FONT = "DejaVu Sans, Verdana, sans-serif"


def px(value: float) -> str:
    """Write a length in pixels with at most one decimal; never "-0"."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(tag: str, content: str = "", /, **attributes: str | float) -> str:
    """Write one element; underscores of attribute names become hyphens, a trailing one is dropped."""
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(value if isinstance(value, str) else px(value))}"
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def text(x: float, y: float, words: str, *, size: float = 11, **attributes: str | float) -> str:
    """Write a line of text with its baseline at (x, y)."""
    look: dict[str, str | float] = {"font_family": FONT, "font_size": size, "fill": "#1d2328"}
    look.update(attributes)
    return element("text", escape(words), x=x, y=y, **look)


def halo_text(x: float, y: float, words: str, *, size: float = 11, **attributes: str | float) -> str:
    """Write text over a white outline of itself, readable on any ground."""
    outline: dict[str, str | float] = {"stroke": "#ffffff", "stroke_width": 3, "fill": "#ffffff"}
    under = text(x, y, words, size=size, **(attributes | outline))
    return under + text(x, y, words, size=size, **attributes)


def points(pairs: Iterable[tuple[float, float]]) -> str:
    """Write the coordinates of a polyline."""
    return " ".join(f"{px(x)},{px(y)}" for x, y in pairs)


def layer(name: str, parts: Iterable[str]) -> str:
    """Write a group that says which layer it is."""
    return element("g", "".join(parts) or "<!-- empty -->", id=f"layer-{name}")


def drawing(width: float, height: float, title: str, description: str, content: str) -> str:
    """Write a whole drawing with its title and description for those who do not see it."""
    head = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    ground = element("rect", x=0, y=0, width=width, height=height, fill="#ffffff")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {px(width)} {px(height)}" width="{px(width)}" '
        f'height="{px(height)}" role="img">{head}{ground}{content}</svg>'
    )


def data_uri(svg: str) -> str:
    """Return a drawing as the source of an HTML image."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
