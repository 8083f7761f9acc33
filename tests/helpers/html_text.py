"""The words of a piece of HTML, as a reader sees them."""

import html as escapes
import re


def text_of(html: str) -> str:
    return " ".join(escapes.unescape(re.sub(r"<[^>]+>", " ", html)).split())
