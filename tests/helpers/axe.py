"""axe-core in a page of the browser tests: what it finds that is serious or critical."""

import pytest

from rdrec.core.home import PROJECT

SCRIPT = PROJECT / "build" / "axe" / "axe.min.js"
GRAVE = ("serious", "critical")


def barriers(page, grave=GRAVE):
    """["serious color-contrast on .x: <p ...>", ...] of the page as it stands now.  Skips where axe-core was not fetched."""
    if not SCRIPT.exists():
        pytest.skip("axe-core is not there: sh tests/browser/install_axe.sh fetches it (npm is needed)")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(SCRIPT.read_text("utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(found => found.violations)")
    return [
        f"{one['impact']} {one['id']} on {node['target']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in grave
        for node in one["nodes"]
    ]
