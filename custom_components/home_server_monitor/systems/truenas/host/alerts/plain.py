"""From the HTML in which TrueNAS words an alert to plain text."""

from html.parser import HTMLParser
import re
from typing import override

_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "pre"})
_SILENT = frozenset({"script", "style"})
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


class _Text(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        self._silent = max(self._silent - (tag in _SILENT), 0)
        if tag in _BREAKS:
            self.parts.append("\n")

    @override
    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def plain(html: str) -> str:
    """Return the text of a piece of HTML; a text without any stays as it is, but for spaces."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return _LINES.sub("\n", _SPACES.sub(" ", "".join(reader.parts))).strip()
