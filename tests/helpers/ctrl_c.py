"""Processes that hear Ctrl-C, however the tests were started."""

import signal


def hears_ctrl_c():
    """For `preexec_fn`: a shell that runs tests in the background lets them ignore Ctrl-C, and so all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
