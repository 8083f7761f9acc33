"""A page served as `app.py` serves it, and how a visitor gets to a tab of it."""

from unittest.mock import patch

from rdrec.ui.page import launch_options


def launched(demo):
    """The address of a page on a free port.  The caller closes it.

    Gradio gives a page three seconds to answer itself, which a busy machine does not keep; whoever visits it waits longer.
    """
    with patch("gradio.networking.url_ok", return_value=True):
        return demo.launch(prevent_thread_lock=True, quiet=True, **launch_options())[1]


# The layout, and for how many frames it has been the same; a transition that runs or a part that waits for an answer starts anew.
_STILL = """frames => {
  const parts = [...document.querySelectorAll('[id^=rd-], .rd-tour, dialog[open], .rd-chart')].map(it => it.getBoundingClientRect());
  const now = [scrollX, scrollY, innerWidth, document.querySelectorAll('*').length,
    ...parts.flatMap(box => [box.x, box.y, box.width, box.height])].join();
  const busy = document.querySelector('.pending, .generating') || document.getAnimations().some(it => it.playState === 'running');
  const seen = window.rdStill ?? {};
  window.rdStill = { now, frames: seen.now === now && !busy ? seen.frames + 1 : 0 };
  return window.rdStill.frames >= frames;
}"""


def settled(page, frames=12, timeout=90_000):
    """Wait until nothing has moved for so many frames."""
    page.evaluate("delete window.rdStill")
    page.wait_for_function(_STILL, arg=frames, timeout=timeout)


def click_tab(page, name):
    """On a phone the later tabs stand in a menu behind dots."""
    tab = page.get_by_role("tab", name=name)
    if tab.count() and tab.first.is_visible():
        tab.first.click()
    else:
        page.locator(".rd-tabs .overflow-menu > button").first.click()
        page.locator(".rd-tabs .overflow-dropdown button", has_text=name).click()


def example(page, place):
    """Choose a featured shopper from the menu "Try an example"; `place` counts from 0."""
    page.locator("#rd-examples [data-menu]").click()
    page.locator("#rd-featured label").nth(place).click()


def switch(page, key, on):
    """Tick or untick one of the switches of the Teach menu, and close the menu."""
    page.locator("#rd-teach-menu [data-menu]").click()
    box = page.locator(f"#rd-{key} input")
    box.check() if on else box.uncheck()
    page.keyboard.press("Escape")
