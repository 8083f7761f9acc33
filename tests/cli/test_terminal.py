"""What comes from outside is spelled out on the terminal, never obeyed; a port in use is said in our words."""

import io
import json
import os
import socket
import subprocess
import sys

from rdrec.cli.main import main
from rdrec.cli.terminal import HarmlessOutput
from rdrec.core.home import PROJECT

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"


def test_escape_codes_in_an_error_are_spelled_out(tmp_path, capsys):
    assert main(["data", "import", str(tmp_path / f"{EVIL}.csv"), "--name", "x", "--home", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "\\u001b]0;owned\\u0007" in said and not set(said) & set("\x1b\x07\x9b\u202e")


def test_a_file_name_that_is_no_text_is_an_error_in_words(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.csv"
    asked = [sys.executable, "-m", "rdrec", "data", "import", name, "--name", "x", "--home", str(tmp_path)]
    done = subprocess.run(
        asked, cwd=PROJECT, capture_output=True, timeout=120, env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    )
    assert done.returncode == 2 and b"caf\\udce9.csv: there is no such file" in done.stderr and b"Traceback" not in done.stderr


def test_json_stays_json_and_bars_may_move():
    kept = io.StringIO()
    output = HarmlessOutput(kept)
    said = {"title": "\ud800\x1b\x9b\u202e \u00fc"}
    text = json.dumps(said, ensure_ascii=False)
    assert output.write(text) == len(text) and json.loads(kept.getvalue()) == said
    output.write("\x1b[A")
    output.write("50 %\r\n\t")
    assert kept.getvalue().endswith("\x1b[A50 %\r\n\t")


def test_half_a_surrogate_pair_can_be_printed():
    """As a file name that is not UTF-8 has it; an output in UTF-8 takes none."""
    kept = io.BytesIO()
    output = HarmlessOutput(io.TextIOWrapper(kept, "utf-8", errors="strict"))
    output.write("caf\udce9")
    output.flush()
    assert kept.getvalue() == b"caf\\udce9"


def test_a_port_in_use_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        asked = [sys.executable, "-m", "rdrec", "serve", "--port", port, "--home", str(tmp_path)]
        done = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"127.0.0.1:{port}: another program uses this address - stop it" in done.stderr
