"""A Ray cluster that runs by itself and is named by its address: what one process gives; no cluster there is said soon."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from made_home import save_made

from rdrec.core.records import InputError
from rdrec.teachers import on_ray

PROJECT = Path(__file__).parents[2]
NOUNS = ["clasp", "hinge", "strap", "lid", "handle", "cord", "sound", "zipper", "color", "stand"]
WORDS = ["sturdy", "flimsy", "crisp", "great", "poor", "comfortable", "cheap", "smooth"]


@pytest.mark.parametrize("address", ["127.0.0.1", "cluster", "ray://here:port", "10.0.0.1:99999", ":6379", "a:٣"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InputError, match="not the address of a cluster"):
        on_ray._knock(address)


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_where_nothing_listens_it_is_said_at_once(form):
    with socket.socket() as held:  # bound and not listening: nobody else gets the port
        held.bind(("127.0.0.1", 0))
        began = time.monotonic()
        with pytest.raises(InputError, match=r"nothing listens there .*ray start --head"):
            on_ray._knock(form.format(held.getsockname()[1]))
    assert time.monotonic() - began < 10
    with pytest.raises(InputError, match="nothing listens there"):
        on_ray._knock("no-such-machine.invalid:6379")


def test_what_listens_is_knocked_at():
    with socket.create_server(("127.0.0.1", 0)) as server:
        on_ray._knock(f"127.0.0.1:{server.getsockname()[1]}")
        server.settimeout(5)
        server.accept()[0].close()


class Broken:
    """Ray where nothing comes up: it raises `Exception` itself."""

    def init(self, **options):
        raise Exception("The current node timed out during startup.")


@pytest.mark.parametrize(
    ("address", "words"), [(None, "--engine ray: no cluster could be started"), ("auto", "--address auto: the cluster")]
)
def test_what_ray_raises_is_said_in_words(address, words):
    with pytest.raises(InputError, match=words):
        on_ray._connect(Broken(), address, 2)


@pytest.fixture
def invented(tmp_path):
    """A home with 300 invented reviews of 60 shoppers."""
    texts = [
        f"The {NOUNS[n % 10]} is {WORDS[n % 8]}. I {'love' if n % 3 else 'regret'} the {WORDS[n % 7]} {NOUNS[(n // 7) % 10]}."
        for n in range(300)
    ]
    return save_made(tmp_path, texts, 5)


def distil(home, *more):
    command = [sys.executable, "-m", "rdrec", "distill", "--data", "made", "--home", str(home.root), *more]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=900)


STARTS = 3  # a node that does not come up within Ray's own 30 seconds, as on a busy machine, is started anew


def _head(folder):
    """(process of a head node, its address, what it said); the process has ended where it did not come up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start", "--head", "--block"]
    command += [f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=3", "--include-dashboard=false"]
    command += ["--min-worker-port=0", "--max-worker-port=0"]  # any free ones: Ray's own range may hold the port
    command += [f"--temp-dir={folder}", "--object-store-memory=100000000", "--disable-usage-stats"]
    head = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    said = ""
    while "runtime started" not in said and (line := head.stdout.readline()):
        said += line
    if "runtime started" not in said:
        head.wait(60)
        head.stdout.close()
    return head, f"127.0.0.1:{port}", said


@pytest.fixture
def cluster(monkeypatch, tmp_path_factory):
    """The address of a head node that runs in a process of its own; it ends with the test, and leaves no token in the home."""
    pytest.importorskip("ray", reason="Ray is not installed (requirements-ray.txt)")
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    folder = tempfile.mkdtemp(prefix="ray")  # short: names of Unix sockets have at most 107 characters
    try:
        for _ in range(STARTS):
            head, address, said = _head(folder)
            if head.returncode is None:
                break
            assert "timed out during startup" in said, f"the head node did not start: {said}"
        else:
            pytest.skip(f"no Ray node came up within its 30 seconds, {STARTS} times: the machine is too busy")
        yield address
        head.terminate()
        head.wait(60)
        head.stdout.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_cluster_at_an_address_gives_what_one_process_gives(invented, cluster):
    single = distil(invented)
    assert single.returncode == 0, single.stderr
    folder = invented.rationales("made", "keywords")
    before = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    shutil.rmtree(folder)
    divided = distil(invented, "--engine", "ray", "--address", cluster, "--workers", "2")
    assert divided.returncode == 0, divided.stderr
    assert "300 reviews read by keywords" in divided.stdout
    assert {path.name: path.read_bytes() for path in sorted(folder.iterdir())} == before
    again = distil(invented, "--engine", "ray", "--address", cluster, "--workers", "2")
    assert again.returncode == 0, "the cluster is left as it was: a second run finds it"


@pytest.mark.slow
def test_something_else_at_the_address_is_said_in_words(invented):
    """A server that speaks no Ray: Ray's own retries are bounded, and the error is one sentence."""
    pytest.importorskip("ray", reason="Ray is not installed (requirements-ray.txt)")
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        done = distil(invented, "--engine", "ray", "--address", f"127.0.0.1:{server.getsockname()[1]}")
    assert done.returncode == 2 and "the cluster cannot be reached" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and time.monotonic() - began < 240
