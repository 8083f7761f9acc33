"""What language models need: an optional package, weights from the hub or a folder with a fingerprint, and why they cannot be loaded."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

from rdrec.core.records import InputError

_MEGABYTE = 2**20
_NO_HUB = ("connect", "offline", "resolve", "couldn't", "can't load", "max retries", "not found", "404", "timed out")


def optional_package(name: str, option: str, requirements: str) -> Any:
    """The imported package.  Raises InputError if it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        todo = f"install it: pip install -r {requirements}"
        raise InputError(f"the package {name} is not installed", where=option, todo=todo) from None


def folder_mark(folder: Path) -> str:
    """A fingerprint of a folder of weights that does not read all of them: names, sizes, first and last megabyte of each file."""
    mark = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")]):
        mark.update(f"{path.name} {path.stat().st_size}".encode())
        with path.open("rb") as file:
            mark.update(file.read(_MEGABYTE))
            file.seek(max(0, path.stat().st_size - _MEGABYTE))
            mark.update(file.read(_MEGABYTE))
    return mark.hexdigest()[:16]


def unreachable(model: str, error: Exception, kind: str = "chat model", *, instead: str = "use another model") -> InputError:
    """The error for a model that cannot be loaded, with what to do about it.  instead: what to use in its place."""
    text = f"{type(error).__name__} {error}".lower()
    if "gated" in text or "401" in text or "403" in text or "awaiting" in text:
        what = "the hub offers this model only to users who have accepted its licence"
        todo = f"accept it at https://huggingface.co/{model} and set HF_TOKEN, or {instead}"
    elif Path(model).exists():
        what = f"this folder contains no {kind} that can be loaded ({str(error)[:200]})"
        todo = "give a folder with config.json and *.safetensors"
    elif model.startswith((".", "/", "~")):
        what, todo = "there is no such folder", "give a folder with config.json and *.safetensors, or a hub ID"
    elif "safetensors" in text:
        what, todo = (
            "this model has no safetensors weights; pickled weights can run code and are not loaded",
            "use another model",
        )
    elif any(word in text for word in _NO_HUB):
        what = "the model is not on this machine, and the hub cannot be reached or has no such model"
        todo = "check the name and the network, or download it elsewhere and give its path"
    else:
        what, todo = f"the model cannot be loaded ({str(error)[:300]})", instead
    return InputError(what, where=model, todo=todo)
