#!/bin/sh
# The browser tests let axe-core (Deque, MPL 2.0) look for barriers.  It is fetched, pinned, into build/ and never committed.
set -eu
cd "$(dirname "$0")/../.."
VERSION=4.14.1
INTEGRITY="FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
FOLDER=build/axe
test -f "$FOLDER/axe.min.js" && grep -q "v$VERSION" "$FOLDER/axe.min.js" && exit 0
if ! command -v npm >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing npm, to fetch axe-core for the browser tests"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null; } || true
fi
if ! command -v npm >/dev/null; then
    if [ -n "${CI:-}" ]; then
        echo "npm is missing and could not be installed: accessibility cannot be checked" >&2
        exit 1
    fi
    echo "npm is not installed: the accessibility tests will be skipped (install it, then: sh tests/browser/install_axe.sh)"
    exit 0
fi
mkdir -p "$FOLDER"
(cd "$FOLDER" && npm pack --silent "axe-core@$VERSION" >/dev/null)
FOUND=$(openssl dgst -sha512 -binary "$FOLDER/axe-core-$VERSION.tgz" | openssl base64 -A)
if [ "$FOUND" != "$INTEGRITY" ]; then
    echo "axe-core-$VERSION.tgz is not the file that was pinned: $FOUND" >&2
    exit 1
fi
tar -xzf "$FOLDER/axe-core-$VERSION.tgz" -C "$FOLDER" --strip-components=1 package/axe.min.js package/LICENSE
rm "$FOLDER/axe-core-$VERSION.tgz"
