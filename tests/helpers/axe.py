"""axe-core in a page of the browser tests: what it finds that is serious or critical."""

from importlib.resources import files

SCRIPT = files("axe_playwright_python") / "axe.min.js"
GRAVE = ("serious", "critical")
# Half of axe's time goes into what this page has nowhere: it loads all style sheets again for sound that plays by itself, and looks at
# every element for spacing set in a `style`.  Each is done where there is such an element.
RUN = """within => axe.run(within ? { include: [[within]] } : document, {
  resultTypes: ["violations"],
  preload: !!document.querySelector("audio, video"),
  rules: { "avoid-inline-spacing": { enabled: !!document.querySelector("[style*='-spacing' i], [style*='line-height' i]") } },
}).then(found => found.violations)"""


def barriers(page, within=None, grave=GRAVE):
    """["serious color-contrast on .x: <p ...>", ...] of the page as it stands now, or of what stands `within` a selector.

    A whole page takes seconds; what opens on a page that was looked at before is looked at alone.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(SCRIPT.read_text("utf-8"))
    found = page.evaluate(RUN, within)
    return [
        f"{one['impact']} {one['id']} on {node['target']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in grave
        for node in one["nodes"]
    ]
