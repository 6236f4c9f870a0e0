"""Covers and logos, drawn from names in the invented catalogue."""

from colorsys import hls_to_rgb
from html import escape
from math import cos, pi, sin
from zlib import crc32

_WAVES = 3


def cover(title: str, album: str) -> str:
    """Return a cover as SVG; the colors depend on the album, the shapes on the title."""
    hue = crc32(album.encode()) % 360 / 360
    seed = crc32(title.encode())
    waves = "".join(
        _wave(seed >> (5 * number), number, _color(hue + 0.06 * number, 0.3 + 0.1 * number)) for number in range(_WAVES)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        '<defs><linearGradient id="sky" x1="0" y1="0" x2="0.4" y2="1">'
        f'<stop offset="0" stop-color="{_color(hue, 0.32)}"/><stop offset="1" stop-color="{_color(hue + 0.12, 0.62)}"/>'
        "</linearGradient></defs>"
        '<rect width="400" height="400" fill="url(#sky)"/>'
        f'<circle cx="{90 + seed % 220}" cy="{90 + seed % 70}" r="{38 + seed % 30}" fill="{_color(hue + 0.5, 0.8)}"/>'
        f"{waves}"
        "</svg>"
    )


def logo(name: str) -> str:
    """Return the logo of a music provider as SVG: its initials on a square."""
    initials = "".join(word[0] for word in name.split())[:2].upper()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        f'<rect width="200" height="200" rx="36" fill="{_color(crc32(name.encode()) % 360 / 360, 0.42)}"/>'
        '<text x="100" y="132" text-anchor="middle" font-family="sans-serif" font-size="92" font-weight="bold" '
        f'fill="#ffffff">{escape(initials)}</text></svg>'
    )


def _wave(seed: int, number: int, color: str) -> str:
    """Return an SVG path of a hill from the left to the right edge."""
    base, height, phase = 235 + 45 * number, 18 + seed % 26, seed % 7
    points = [(x, base + height * sin(phase + x / 400 * (2 + number) * pi) * cos(x / 500)) for x in range(0, 401, 20)]
    line = " ".join(f"{x},{y:.0f}" for x, y in points)
    return f'<polygon points="0,400 {line} 400,400" fill="{color}" fill-opacity="0.85"/>'


def _color(hue: float, light: float) -> str:
    """Return an SVG color; ``hue`` and ``light`` are 0–1."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in hls_to_rgb(hue % 1, light, 0.5))
