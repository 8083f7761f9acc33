"""Debian's Chromium, and arguments with which it sends no requests of its own."""

from pathlib import Path

# The headless shell comes first: it takes half the processor time of the full browser, which also draws its window.
PLACES = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]
CHROMIUM = next((place for place in PLACES if place.exists()), PLACES[-1])
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-extensions", "--disable-default-apps", "--disable-domain-reliability", "--no-pings",
]  # fmt: skip
