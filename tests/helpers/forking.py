"""Processes that are forked from one which has imported what training needs: a new process would take seconds for that."""

import importlib
import multiprocessing
import os
import subprocess
import sys
from multiprocessing import forkserver
from multiprocessing.reduction import DupFd
from pathlib import Path
from types import SimpleNamespace

import pytest

from rdrec.core.home import PROJECT

IMPORTED = ["rdrec.student.run", "rdrec.explorer.lab_student", "accelerate", "accelerate.state"]


def forking_context():
    """A context of `multiprocessing` for such processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT), str(Path(__file__).parent)]))
        forkserver.ensure_running()
    return context


class ForkedProgram:
    """Stands for a `subprocess.Popen` of `python -m MODULE` with three pipes."""

    def __init__(self, arguments, *, env, cwd, **_):
        program, option, module = arguments
        assert (program, option) == (sys.executable, "-m")
        pipes = [os.pipe() for _ in range(3)]
        theirs, ours = zip(pipes[0], pipes[1][::-1], pipes[2][::-1], strict=True)
        self._process = forking_context().Process(target=_DupsAndRuns(theirs), args=(module, dict(env), str(cwd)), daemon=True)
        self._process.start()
        for end in theirs:
            os.close(end)
        self.stdin, self.stdout, self.stderr = (os.fdopen(end, mode) for end, mode in zip(ours, "wrr", strict=True))
        self.pid = self._process.pid

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a forked program", timeout)
        return self._process.exitcode

    def kill(self):
        self._process.kill()


class _DupsAndRuns:
    """Takes three open files along to the process."""

    def __init__(self, files):
        self.files = files

    def __getstate__(self):
        return [DupFd(file) for file in self.files]

    def __setstate__(self, sent):
        self.files = [file.detach() for file in sent]

    def __call__(self, module, environment, folder):
        os.setsid()
        for stream, file in enumerate(self.files):
            os.dup2(file, stream)
            os.close(file)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, closefd=False) for number, mode in enumerate("rww"))
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        importlib.import_module(module).main()


# What a module needs of `subprocess` to start forked programs.
FORKED = SimpleNamespace(Popen=ForkedProgram, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)
