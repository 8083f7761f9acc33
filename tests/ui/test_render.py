"""The one maker of HTML: whatever the text, it stays text."""

import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payloads import HOSTILE

from rdrec.core.home import PROJECT
from rdrec.core.records import Claim
from rdrec.explorer.answers import Distilled
from rdrec.explorer.comparisons import Against
from rdrec.ui.evidence import figures
from rdrec.ui.render import MAX_MARKS, Html, chart_text, element, fill, join, page, plain


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.data = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_data(self, data):
        self.data += data


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    seen = Tags(page(element("p", text, title=text, aria_label=text)))
    assert [tag for tag, _ in seen.tags] == ["p"] and {name for name, _ in seen.tags[0][1]} == {"title", "aria-label"}
    assert seen.data == plain(text) == dict(seen.tags[0][1])["title"]


@given(st.text())
def test_any_text_reads_back_as_its_plain_form(text):
    seen = Tags(page(element("span", text)))
    assert [tag for tag, _ in seen.tags] == ["span"] and seen.data == plain(text)


@given(st.text())
def test_no_template_character_and_no_invisible_control_is_left(text):
    written = page(text)
    assert not re.search(r"[<>\"'`{}$]", written)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u2028\u2029]", written)


def letter_by_letter(text: str) -> str:
    """`plain` as its docstring says it, with no way round for easy text."""
    kept, marks = "", 0
    for letter in text.replace("\r\n", "\n").replace("\r", "\n"):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind in ("Zl", "Zp"):
            kept += "\n"
        elif letter in "\n\t" or not (kind.startswith("C") or marks > MAX_MARKS):
            kept += letter
    return kept


PIECES = st.sampled_from(
    ["plain words", "\n", "\r\n", "\t", "\u2028", "\u200d", "\x00", "é", "e" + "\u0301" * 5, "\u20dd", "{{<&"]
)


@given(st.lists(st.one_of(st.text(max_size=5), PIECES)).map("".join))
def test_easy_text_takes_a_way_round_to_the_same_letters(text):
    shown = letter_by_letter(text)
    assert plain(text) == shown
    escaped = "".join(f"&#{ord(letter)};" if letter in "&<>\"'`{}$" else letter for letter in shown)
    assert page(text) == page(text) == escaped, "asked again it is remembered"


def test_ordinary_writing_is_untouched():
    for text in ("naïve café — “quotes”, 5 °C", "日本語のレビュー", "مراجعة جيدة", "emoji 🎸 fine", "two\nlines\tand a tab"):
        assert plain(text) == text


def test_plain_cuts_with_an_ellipsis_and_limits_marks():
    assert plain("abcdef", 4) == "abc…" and plain("abcd", 4) == "abcd"
    assert plain("z" + "\u0300" * 80) == "z" + "\u0300" * 3


def test_only_known_tags_attributes_and_links_within_the_page():
    for bad in (lambda: element("script", "x"), lambda: element("p", onclick="x"), lambda: element("a", href="javascript:x")):
        with pytest.raises(AssertionError):
            bad()
    assert str(element("a", "x", href="#c1")) == '<a href="#c1">x</a>'


def test_children_shares_and_nothing():
    assert str(element("li", None, "a", element("b", "c"), cls="x", title=None)) == '<li class="x">a<b>c</b></li>'
    assert str(element("span", shares={"w": 0.25, "b": 7.0})) == '<span style="--w:25.00%;--b:100.00%"></span>'
    assert join("<", Html("<br>")) == Html("&#60;<br>")


def test_no_other_file_of_the_page_holds_markup():
    for path in sorted((PROJECT / "rdrec" / "ui").rglob("*.py")):
        if path.name == "render.py":
            continue
        source = Path(path).read_text("utf-8")
        assert not re.search(r"</?(a|b|p|div|span|li|ul|ol|table|h[1-6]|script|style|img|br|mark)\b[^>]*>", source), path
        assert not re.search(r"\bHtml\(", source), f"{path}: Html is made in render.py only"


def test_plotly_reads_no_tag_and_no_entity_of_a_name():
    assert chart_text('<a href="https://x.example">b</a> &lt;', 60) == '&lt;a href="https://x.example"&gt;b&lt;/a&gt; &amp;lt;'
    assert chart_text("<" * 50, 10) == "&lt;" * 9 + "…"
    figure = figures.difference([Against("<a href='//x'>m</a>", 0.1, 0.05, 0.2)], "HR@10")
    assert "<" not in figure.data[0].hovertext and not any("<" in one.text for one in figure.layout.annotations)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_a_template(text):
    example = Distilled(0, 1, "ok", None, text, text, (Claim("user_preference", text, "like", ()),), text, None, text)
    seen = Tags(str(fill("side_by_side", rationales=[example], about={}, sentences=lambda _: [text], reason=lambda *_: text)))
    assert {tag for tag, _ in seen.tags} <= {"div", "p", "b", "bdi", "ul", "li", "span", "details", "summary", "pre"}
    assert seen.data.count(plain(text)) >= 3


def test_no_template_goes_round_the_escaping():
    files = sorted((PROJECT / "assets" / "templates").glob("*.html"))
    assert len(files) > 10
    for path in files:
        source = path.read_text("utf-8")
        assert not re.search(r"\bsafe\b|~|autoescape|Markup|<script|<style|style=|\bon\w+=|href=\"[^#?]", source), path
