#!/usr/bin/env python3
"""Draw the images of custom_components/alexa_media/brand: a speaker and its sound.

    .venv/bin/python scripts/brand.py

Home Assistant accepts icons of 256 × 256 pixels and logos with a height of up to 256 pixels, both also at twice the
size and for dark themes, on a transparent background.
"""

from pathlib import Path

from PIL import Image, ImageDraw

BRAND = Path(__file__).resolve().parent.parent / "custom_components" / "alexa_media" / "brand"
# The image is drawn larger and then reduced, which smooths the edges.
OVERSAMPLING = 4
BODY = {"": "#33415c", "dark_": "#c9d3e6"}
TOP = {"": "#4d5f85", "dark_": "#e9eef7"}
LIGHT = "#12b5a6"


def speaker(draw: ImageDraw.ImageDraw, unit: float, left: float, theme: str) -> None:
    """Draw the speaker, 100 units wide and 224 high, starting at ``left`` (units)."""

    def box(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        return ((left + x0) * unit, y0 * unit, (left + x1) * unit, y1 * unit)

    draw.rounded_rectangle(box(0, 16, 100, 240), radius=34 * unit, fill=BODY[theme])
    draw.ellipse(box(10, 26, 90, 62), fill=TOP[theme])
    draw.ellipse(box(22, 32, 78, 56), outline=LIGHT, width=round(5 * unit))
    for row in range(6):
        for column in range(5):
            x, y = 18 + column * 16, 92 + row * 22
            draw.ellipse(box(x - 3.5, y - 3.5, x + 3.5, y + 3.5), fill=TOP[theme])


def waves(draw: ImageDraw.ImageDraw, unit: float, centre: float, facing: float) -> None:
    """Draw three arcs around ``centre`` (units) that open towards ``facing`` (degrees, 0 is right)."""
    for radius in (52, 88, 124):
        box = ((centre - radius) * unit, (128 - radius) * unit, (centre + radius) * unit, (128 + radius) * unit)
        draw.arc(box, facing - 42, facing + 42, fill=LIGHT, width=round(16 * unit))


def picture(width: int, height: int, theme: str) -> Image.Image:
    """Return a picture of a size in pixels: an icon if it is square, else a logo with waves on both sides."""
    canvas = Image.new("RGBA", (width * OVERSAMPLING, height * OVERSAMPLING))
    draw = ImageDraw.Draw(canvas)
    unit = height * OVERSAMPLING / 256
    if width == height:
        speaker(draw, unit, 16, theme)
        waves(draw, unit, 116, 0)
    else:
        middle = width / height * 128
        speaker(draw, unit, middle - 50, theme)
        waves(draw, unit, middle + 50, 0)
        waves(draw, unit, middle - 50, 180)
    return canvas.resize((width, height), Image.Resampling.LANCZOS)


def main() -> None:
    """Write all images."""
    BRAND.mkdir(parents=True, exist_ok=True)
    for theme in ("", "dark_"):
        for scale, suffix in ((1, ""), (2, "@2x")):
            for name, width in (("icon", 256), ("logo", 384)):
                image = picture(width * scale, 256 * scale, theme).quantize(64)
                image.save(BRAND / f"{theme}{name}{suffix}.png", optimize=True)


if __name__ == "__main__":
    main()
