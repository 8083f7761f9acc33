#!/bin/sh
# Install Debian's Chromium for the browser tests, as root; otherwise say what is missing. The headless shell is preferred, as it is lighter.
command -v chromium-headless-shell >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    for name in chromium-headless-shell chromium; do
        apt-get install -y -qq --no-install-recommends "$name" fonts-dejavu-core >/dev/null && exit 0
    done
fi
command -v chromium >/dev/null && exit 0
if [ -n "$CI" ]; then
    echo "chromium is missing and could not be installed: the browser tests cannot run" >&2
    exit 1
fi
echo "chromium is not installed: the browser tests will be skipped (install it with: sudo apt-get install chromium-headless-shell)"
