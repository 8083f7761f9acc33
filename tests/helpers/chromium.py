"""Debian's Chromium, and how it starts so that it asks nobody anything."""

from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-extensions", "--disable-default-apps", "--disable-domain-reliability", "--no-pings",
]  # fmt: skip
