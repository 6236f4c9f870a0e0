"""Hooks for mkdocs: redirect links outside of ``docs/`` to the repository, and link pictures to their full size."""

from pathlib import Path
import re
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
OUTSIDE: Final = re.compile(r"(?<=\]\()(?:\.\./)+(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")
"""Link to a file outside of ``docs/``; the pages are also read on GitHub, where relative links work."""

PICTURE: Final = re.compile(r'<img [^>]*src="(?P<path>(?!https?:)[^"]*images/[^"]+)"[^>]*>')
"""Picture of the documentation. Pictures of whole pages are too small on a phone, where only a file can be zoomed."""


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Return a page with its links outside of ``docs/`` replaced; raises if a file does not exist."""
    folder = (ROOT / "docs" / page.file.src_uri).parent

    def repository(match: re.Match[str]) -> str:
        target = (folder / match[0].partition("#")[0]).resolve()
        if target.is_relative_to(ROOT / "docs"):
            return match[0]
        if not target.exists():
            message = f"{page.file.src_uri}: there is no {match[0]}"
            raise FileNotFoundError(message)
        kind = "tree" if target.is_dir() else "blob"
        return f"{config.repo_url}/{kind}/main/{target.relative_to(ROOT)}{match['anchor'] or ''}"

    return OUTSIDE.sub(repository, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Return a page whose pictures open in their full size."""
    return PICTURE.sub(r'<a href="\g<path>">\g<0></a>', html)
