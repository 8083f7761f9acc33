"""A live run that the queue refuses: the panel says that the page is busy, and stops waiting."""

import pytest
from served import launched

from rdrec.ui import texts
from rdrec.ui.page import build_page
from rdrec.ui.server.fair_share import FairShare

pytestmark = pytest.mark.browser
READY = ".rd-predictions .student"


def test_the_panel_says_that_the_page_is_busy(browser, catalogue, monkeypatch):
    demo = build_page(catalogue)
    page = browser.new_page()
    try:
        page.goto(launched(demo))
        page.wait_for_selector(READY, timeout=60_000)
        monkeypatch.setattr(FairShare, "accepts", lambda self, client, kind: False)
        page.locator("#rd-run").click()
        page.locator("#rd-live").get_by_text(texts.BUSY).wait_for(timeout=60_000)
        assert texts.LIVE_AWAITED not in page.locator("#rd-live").inner_text()
    finally:
        page.close()
        demo.close()
