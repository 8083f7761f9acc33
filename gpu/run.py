"""Run one step of measurements on a graphics card, part by part, and store every finished part.

usage: python gpu/run.py a [--out FOLDER] [--minutes 4] [--parts REGEX] [--device cuda] [--rehearse]

The results of step a are in FOLDER/a.json (default gpu/results).  A part with a result there is skipped, so an interrupted step
continues where it stopped; a part that failed or has "finished": false is tried again.  --list prints the parts without a result and
their time limits, and runs nothing.  --parts takes only the parts whose whole name matches, so that several processes can share a card
for parts that are not timed; each needs its own --out, and --merge FILE adds the results in FILE to those of the step.  --rehearse runs
the same parts at toy sizes and stores results in FOLDER/a-rehearsal.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
PACKAGES = ("torch", "transformers", "bitsandbytes", "numpy")


@dataclass(frozen=True)
class Setting:
    """Options of a run.  scratch: a folder for files of parts, kept between parts on one machine; out: the folder of results."""

    device: str
    rehearse: bool
    scratch: Path
    out: Path


@dataclass(frozen=True)
class Part:
    """One measurement; `work` returns JSON values.  seconds: its time limit on a data-centre card."""

    name: str
    work: Callable[[Setting], dict[str, Any]]
    seconds: int


def card(device: str) -> dict[str, Any]:
    """The machine and package versions."""
    import torch

    known = {"python": platform.python_version(), "processor_cores": torch.get_num_threads()}
    for name in PACKAGES:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            known[name] = None
    if device == "cuda":
        known["card"] = torch.cuda.get_device_name()
        known["cuda"] = torch.version.cuda
        asked = ["nvidia-smi", "--query-gpu=driver_version,memory.total", "--format=csv,noheader"]
        known["driver"] = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return known


def done(results: dict[str, Any], name: str) -> bool:
    """Whether the part of that name has a finished result."""
    found = results.get(name, {}).get("result")
    return found is not None and bool(found.get("finished", True))


def outcome(found: dict[str, Any]) -> str:
    """One line about a part: done, not finished, or its error."""
    if "error" in found:
        return str(found["error"])
    return "done" if found["result"].get("finished", True) else "not finished, run the step again"


def results_file(step: str, out: Path, rehearse: bool) -> Path:
    """Where the results of a step are stored; a rehearsal's apart."""
    return out / (f"{step}-rehearsal.json" if rehearse else f"{step}.json")


def results_of(step: str, setting: Setting) -> dict[str, Any]:
    """Results so far, by part."""
    file = results_file(step, setting.out, setting.rehearse)
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def write(file: Path, results: dict[str, Any]) -> None:
    """Write the results at once and whole, so that a machine that is taken away leaves no half-written file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".part")
    temporary.write_text(json.dumps(results, indent=1) + "\n")
    temporary.replace(file)


def merge(step: str, added: list[Path], setting: Setting) -> None:
    """Add the results in the files `added` to those of the step; a finished result is kept."""
    results = results_of(step, setting)
    for file in added:
        for name, found in json.loads(file.read_text()).items():
            if not done(results, name):
                results[name] = found
    write(results_file(step, setting.out, setting.rehearse), results)


def chosen_parts(step: str, setting: Setting, pattern: str) -> list[Part]:
    """The parts of a step whose whole name matches."""
    return [part for part in import_module(f"step_{step}").parts(setting) if re.fullmatch(pattern, part.name)]


def run(step: str, minutes: float, setting: Setting, chosen: str = ".*") -> bool:
    """Run the parts whose name matches `chosen` and that have no result while there is time; returns whether all of these have one."""
    parts = chosen_parts(step, setting, chosen)
    file, results = results_file(step, setting.out, setting.rehearse), results_of(step, setting)
    setting.out.mkdir(parents=True, exist_ok=True)
    setting.scratch.mkdir(parents=True, exist_ok=True)
    machine, began = card(setting.device), time.monotonic()
    for part in parts:
        if done(results, part.name):
            continue
        left = minutes * 60 - (time.monotonic() - began)
        if part.seconds > left and not setting.rehearse:
            print(f"{part.name}: not started: it may take {part.seconds} s, but only {left:.0f} s are left", flush=True)
            continue
        started = time.monotonic()
        try:
            found = {"result": part.work(setting)}
        except Exception:  # anything can fail on a new card: the other parts still run, and this one is tried again
            found = {"error": traceback.format_exc()[-4000:]}
        results[part.name] = {"machine": machine, "seconds": round(time.monotonic() - started, 1), **found}
        write(file, results)
        print(f"{part.name}: {outcome(found)} in {results[part.name]['seconds']} s", flush=True)
    return all(done(results, part.name) for part in parts)


def main() -> int:
    """Run one step; the exit status is 1 if a part failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=sorted(path.stem[5:] for path in Path(__file__).parent.glob("step_*.py")))
    parser.add_argument("--out", type=Path, default=PROJECT / "gpu" / "results")
    parser.add_argument("--scratch", type=Path, default=PROJECT / "build" / "gpu")
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--parts", default=".*", metavar="REGEX")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--merge", type=Path, nargs="+", metavar="FILE")
    args = parser.parse_args()
    setting = Setting(args.device, args.rehearse, args.scratch, args.out)
    if args.list:
        results = results_of(args.step, setting)
        for part in chosen_parts(args.step, setting, args.parts):
            if not done(results, part.name):
                print(f"{part.name}: {part.seconds} s")
        return 0
    if args.merge:
        merge(args.step, args.merge, setting)
        return 0
    return 0 if run(args.step, args.minutes, setting, args.parts) else 1


if __name__ == "__main__":
    sys.exit(main())
