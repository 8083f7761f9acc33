#!/bin/sh
# The browser tests drive Debian's Chromium; put it there where we may, say so where we may not.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing chromium for the browser tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
if [ -n "$CI" ]; then
    echo "chromium is missing and could not be installed: the browser tests cannot run" >&2
    exit 1
fi
echo "chromium is not installed: the browser tests will be skipped (install it with: sudo apt-get install chromium)"
