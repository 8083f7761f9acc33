"""A page served as `app.py` serves it, and how a visitor gets to a tab of it."""

from rdrec.ui.page import launch_options


def launched(demo):
    """The address of a page on a free port.  The caller closes it."""
    return demo.launch(prevent_thread_lock=True, quiet=True, **launch_options())[1]


def click_tab(page, name):
    """On a phone the later tabs stand in a menu behind dots."""
    tab = page.get_by_role("tab", name=name)
    if tab.count() and tab.first.is_visible():
        tab.first.click()
    else:
        page.locator(".rd-tabs .overflow-menu > button").first.click()
        page.locator(".rd-tabs .overflow-dropdown button", has_text=name).click()
