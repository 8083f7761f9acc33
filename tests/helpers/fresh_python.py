"""A program of its own, for what happens while things are imported."""

import json
import os
import subprocess
import sys

from rdrec.core.home import PROJECT


def python(code, home=None):
    """The last line that `code` prints, as JSON."""
    environment = {**os.environ, **({} if home is None else {"RDREC_HOME": str(home)})}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
