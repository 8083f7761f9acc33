"""Debian's Chromium, and how it starts so that it asks nobody anything."""

from pathlib import Path

# The headless shell takes half the processor time of the whole browser, which also draws a window that nobody sees.
PLACES = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]
CHROMIUM = next((place for place in PLACES if place.exists()), PLACES[-1])
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-extensions", "--disable-default-apps", "--disable-domain-reliability", "--no-pings",
]  # fmt: skip
