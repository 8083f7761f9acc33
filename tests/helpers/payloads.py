"""Texts that try to become something else on a page."""

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=javascript:alert(1)>",
    "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "</bdi></li></ol><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>", "<body onload=alert(1)>", "<math><mtext><script>alert(1)</script>",
    "<style>@import 'http://evil.test/x.css'</style>", "<link rel=stylesheet href=http://evil.test/>", "<base href=http://evil.test/>",
    "<meta http-equiv=refresh content='0;url=http://evil.test'>", "<form action=http://evil.test><input name=a></form>",
    "<object data=http://evil.test></object>", "<embed src=http://evil.test>", "<video src=x onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;", "{{constructor.constructor('alert(1)')()}}", "{{#each this}}<b>{{/each}}", "${alert(1)}",
    "`${alert(1)}`", "{% raw %}{{7*7}}{% endraw %}", "<%= 7*7 %>", "[click](javascript:alert(1))", "![x](http://evil.test/x.png)",
    "**bold** _em_ <b>b</b> # head", "```\n<script>alert(1)</script>\n```", "=HYPERLINK(\"http://evil.test\")", "+1+cmd|' /C calc'!A0",
    "abc\u202egnp.exe", "\u2066\u2067hidden\u2069", "zero\u200bwidth\u200d\ufeff", "nul\x00 bell\x07 esc\x1b[31m", "line\u2028sep\u2029",
    "lone \ud800 surrogate".encode("utf-8", "replace").decode(), "z" + "\u0300" * 80, "W" * 3000, "\U000e0041\U000e0042 tags",
    "' OR 1=1 --", "../../etc/passwd", "%2e%2e%2f", "javascript:alert(1)", "<!-- --><script>alert(1)</script>",
]  # fmt: skip
