"""Step a: whether the code runs on a card, and how fast: tests, ranking, training, and a student in four precisions."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from run import Part, Setting

PROJECT = Path(__file__).resolve().parent.parent
SHOPPERS = 3_600
TRAINING: list[str] = []  # the defaults, as precomputed/make-toys.sh uses for the shipped students
SHORTER = ("--shape", "nano", "--epochs", "1", "--least-steps", "0")  # for a rehearsal


def rdrec(home: Path, *words: str) -> dict[str, Any]:
    """Run an `rdrec` command in this process and return its --json answer.  Raises RuntimeError with the end of its output."""
    from rdrec.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*words, "--home", str(home), "--json"])
    if code != 0:
        raise RuntimeError(f"rdrec {' '.join(words)} ended with {code}:\n{out.getvalue()[-800:]}{err.getvalue()[-1800:]}")
    answer: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return answer


LATER = ("tests/ranking/test_gpu.py", "tests/gpu/test_on_device.py")  # tests added after the result of `gpu_tests`


def gpu_tests(setting: Setting, later: bool = False) -> dict[str, Any]:
    """Run the tests marked gpu in all files or only in `LATER`; without a card they must be skipped, not pass."""
    marked = sorted(path for path in (PROJECT / "tests").rglob("test_*.py") if "pytest.mark.gpu" in path.read_text())
    files = list(LATER) if later else [str(path) for path in marked]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider", *files],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stdout[-1500:]
    counted = {what: int(count) for count, what in re.findall(r"(\d+) (passed|failed|skipped|errors?)", said.splitlines()[-1])}
    expected = "skipped" if setting.device == "cpu" else "passed"
    if done.returncode != 0 or set(counted) != {expected}:
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{said}{done.stderr[-1500:]}")
    return counted


def ceilings(setting: Setting) -> dict[str, Any]:
    """The card's peak rates in a large copy (bytes read and written) and large matrix products."""
    import torch

    from rdrec.bench.timing import medians

    side = 256 if setting.rehearse else 8192
    found: dict[str, Any] = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        left, right = (torch.randn(side, side, device=setting.device, dtype=dtype) for _ in range(2))
        took = medians({"product": lambda a=left, b=right: a @ b}, 10, 3, setting.device)["product"]
        found[f"{name}_tflops"] = float(f"{2 * side**3 / took / 1e9:.4g}")  # a rehearsal has less than 0.05
    source = torch.randn(2**20 if setting.rehearse else 2**30, device=setting.device)
    target = torch.empty_like(source)
    took = medians({"copy": lambda: target.copy_(source)}, 10, 3, setting.device)["copy"]
    found["copy_gb_per_s"] = float(f"{2 * source.nbytes / took / 1e6:.4g}")
    return found


def rank(setting: Setting, precision: str, users: int) -> dict[str, Any]:
    """Time exact ranking and three beam searches."""
    from rdrec.bench.rank import Plan, bench_rank

    if setting.rehearse:
        return bench_rank(
            Plan(shape="nano", precision=precision, device=setting.device, items=120, users=min(users, 2), repeats=1,
                 warm_up=0, train_steps=3)
        )  # fmt: skip
    return bench_rank(Plan(precision=precision, device=setting.device, users=users, repeats=10 if users == 1 else 3, warm_up=1))


def train(setting: Setting, precision: str, rows: int) -> dict[str, Any]:
    """Time an optimiser step on one batch per task, and on one mixed padded batch."""
    from rdrec.bench.train import Plan, bench_train

    if setting.rehearse:
        return bench_train(Plan(shape="nano", precision=precision, device=setting.device, rows=2, repeats=1, warm_up=0))
    return bench_train(Plan(precision=precision, device=setting.device, rows=rows, repeats=10, warm_up=2))


def students(setting: Setting) -> dict[str, Any]:
    """Train a student on the invented shop, quantise it with bitsandbytes, and compare its rankings in four precisions."""
    shoppers, training = (30, [*TRAINING, *SHORTER]) if setting.rehearse else (SHOPPERS, TRAINING)
    home = setting.scratch / ("home-rehearsal" if setting.rehearse else "home")
    rdrec_here = partial(rdrec, home)
    device = ("--device", setting.device)
    rdrec_here("data", "make", "--name", "toys", "--users", str(shoppers), "--replace")
    trained = rdrec_here("train", "--data", "toys", "--teacher", "answer-key", "--run", "s", "--replace", *training, *device)
    quantised = {
        form: rdrec_here("quantize", "--data", "toys", "--run", "s", "--precision", form, *device) for form in ("nf4", "int8")
    }
    compared = rdrec_here("evaluate", "--data", "toys", "--models", "s", "--precision", "fp32,bf16,int8,nf4", *device)
    return {"train": trained, "quantize": quantised, "precision": compared}


def parts(setting: Setting) -> list[Part]:
    """All parts in order."""
    from run import Part

    ranks = [(precision, users) for users in (1, 256) for precision in ("fp32", "bf16", "nf4", "int8")]
    return [
        Part("gpu_tests", gpu_tests, 60),
        Part("gpu_tests-later", partial(gpu_tests, later=True), 80),
        Part("ceilings", ceilings, 15),
        *(Part(f"rank-{precision}-{users}", partial(rank, precision=precision, users=users), 30 if users == 1 else 60)
          for precision, users in ranks),
        *(Part(f"train-{precision}-{rows}", partial(train, precision=precision, rows=rows), 20 if rows < 100 else 70)
          for precision in ("fp32", "bf16") for rows in (16, 256)),
        Part("students", students, 200),
    ]  # fmt: skip
