"""Visitors of a page in the browser tests: each in a browser context of its own, which later visitors may take over."""

import re

PATIENCE = 90_000  # milliseconds for anything to appear: only a fault or a very busy machine takes that long


class Visitor:
    """A page in a context of its own, and what goes wrong in the pages of this context."""

    def __init__(self, browser):
        context = browser.new_context()
        self.page, self._wrong = context.new_page(), []
        self._history = context.new_cdp_session(self.page)
        self.page.set_default_timeout(PATIENCE)
        self.page.on(
            "request", lambda r: self._say(r.url, unless=re.match(r"(http://127\.0\.0\.1:|data:|blob:|about:)", r.url))
        )
        self.page.on("console", lambda m: self._say(f"console: {m.text}", unless=m.type != "error"))
        self.page.on("pageerror", lambda e: self._say(f"page error: {e}"))
        self.page.on("dialog", lambda d: (self._say(f"dialog: {d.message}"), d.dismiss()))
        self.page.on("response", lambda r: self._say(f"{r.status} {r.url}", unless=r.status < 400))

    def leave(self):
        """What went wrong.  The address is left, and nothing is kept that it stored, asked permission for or opened beside the page."""
        context = self.page.context
        for other in context.pages:
            if other is not self.page:
                other.close()
        context.clear_cookies()
        context.clear_permissions()
        if not self.page.is_closed():
            self.page.evaluate("() => { if (location.protocol === 'http:') { localStorage.clear(); sessionStorage.clear(); } }")
        wrong = self._wrong[:]
        if not self.page.is_closed():
            self.page.mouse.move(0, 0)  # over the corner, where nothing is lit up
            self.page.goto("about:blank")
            self._history.send("Page.resetNavigationHistory")
        self._wrong.clear()  # requests that ended unanswered
        return wrong

    def _say(self, words, unless=False):
        if not unless:
            self._wrong.append(words)
