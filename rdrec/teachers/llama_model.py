"""llama.cpp in this process, through the optional package `xllamacpp` (requirements-llama.txt): one GGUF file, several requests at a time.

The model is loaded at the first request.  Nothing of it is imported before.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from rdrec.core.records import InputError, RDRecError
from rdrec.core.storage import sha256_of
from rdrec.teachers.gguf_file import GgufHeader, read_header
from rdrec.teachers.model_files import unreachable
from rdrec.teachers.prompts import Message

REQUIREMENTS = "requirements-llama.txt"
ALL_LAYERS = -1
_NO_REVIEW = "\n"  # no review begins like this: reviews are stripped
_SPARE = 300_000_000  # bytes beside weights and cache: compute buffers and the vocabulary
_MANY = 10_000  # layers: more than any model has
_COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}  # JSON as json.dumps writes it


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer; `cut`: it reached its longest length; tokens as llama.cpp counts them."""

    text: str
    cut: bool
    tokens_in: int
    tokens_out: int


class TooLongError(Exception):
    """A prompt and its answer do not fit into the context."""


def find_gguf(model: str) -> Path:
    """The file of a path, or of "OWNER/NAME/FILE.gguf" on the hub (downloaded once).  Raises InputError."""
    path = Path(model).expanduser()
    parts = model.split("/")
    if path.exists() or len(parts) < 3 or model.startswith((".", "/", "~")):
        return path
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the error below says it
    try:
        return Path(hf_hub_download("/".join(parts[:2]), "/".join(parts[2:])))
    except (OSError, ValueError) as error:  # the hub's errors derive from these
        raise unreachable(model, error, "GGUF file", instead="give the path of a .gguf file") from None


class LlamaModel:
    """A GGUF file and how to run it.

    parallel    requests at a time; each has `context` tokens of its own.  With 1 an answer depends on nothing but its request, to
                the byte; more are faster, and what is computed together changes a few words now and then
    threads     0: one for each core that this process may use
    gpu_layers  that go to a GPU, `ALL_LAYERS` for all where the package was built for one
    """

    def __init__(
        self, path: Path, *, parallel: int = 1, context: int = 4096, threads: int = 0, gpu_layers: int = ALL_LAYERS
    ) -> None:
        self.path, self.parallel = path, parallel
        self.header: GgufHeader = read_header(path)
        if self.header.chat_template is None:
            raise InputError("this model has no chat template", where=path, todo="use a chat or instruct model")
        self.context = min(context, self.header.context or context)
        self.threads = threads or _cores()
        package = _package()
        self.engine = f"xllamacpp {package.__version__}"
        self.gpu_layers = _gpu_layers(package, gpu_layers)
        if not self.gpu_layers:
            self._check_memory()
        self._opening, self._alone = threading.Lock(), threading.Lock()
        self._server: Any = None

    @cached_property
    def sha256(self) -> str:
        """Of the whole file: what tells these weights from others."""
        return sha256_of(self.path)

    def chat(
        self,
        messages: list[Message],
        *,
        schema: dict[str, Any],
        temperature: float,
        top_p: float,
        max_tokens: int,
        seed: int,
    ) -> Completion:
        """One answer, held to the schema where there is one.  Several threads may ask at the same time.

        Raises TooLongError, InputError where the model cannot be loaded or its template cannot say these messages.
        """
        body: dict[str, Any] = {
            "messages": [{**message, "content": self._spoilt(message["content"])} for message in messages],
            "temperature": temperature,
            "top_p": top_p,
            "top_k": 0,
            "min_p": 0.0,
            "max_tokens": max_tokens,
            "seed": seed,
            "cache_prompt": True,
        }
        if schema:
            body["grammar"] = f"%llguidance {{}}\nstart: %json {json.dumps({**schema, 'x-guidance': _COMPACT})}"
        try:
            with self._alone if self.parallel == 1 else nullcontext():
                if self.parallel == 1:
                    self._rewind(body)
                reply = self._opened().handle_chat_completions(body)
        except (RuntimeError, ValueError) as error:
            raise RDRecError(
                f"llama.cpp stopped ({str(error)[:200]})", where=self.path, todo="run the same command again to resume"
            ) from error
        return self._completion(reply)

    def _rewind(self, body: dict[str, Any]) -> None:
        """Bring the cache back to what all prompts share.

        llama.cpp keeps as much of the last prompt as the next one begins with; how many tokens are then computed together changes
        the last digits of what it computes, and with them now and then a word.
        """
        shared = [*body["messages"][:-1], {**body["messages"][-1], "content": _NO_REVIEW}]
        self._opened().handle_chat_completions({**body, "messages": shared, "max_tokens": 1})

    def close(self) -> None:
        """Free the model."""
        self._server = None

    def _completion(self, reply: dict[str, Any]) -> Completion:
        if fault := reply.get("error"):
            if fault.get("type") == "exceed_context_size_error":
                raise TooLongError
            raise InputError(
                f"the model rejects the prompt ({str(fault.get('message'))[:200]})", where=self.path, todo="use another model"
            )
        choice, usage = reply["choices"][0], reply["usage"]
        cut = choice["finish_reason"] == "length"
        if cut and usage["prompt_tokens"] + usage["completion_tokens"] >= self.context:
            raise TooLongError  # the context ended, not the model
        text = choice["message"]["content"]
        return Completion(text if isinstance(text, str) else "", cut, usage["prompt_tokens"], usage["completion_tokens"])

    def _spoilt(self, text: str) -> str:
        """`text` in which no control token of this model is left whole."""
        for token in self.header.control_tokens:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    def _opened(self) -> Any:
        with self._opening:
            if self._server is None:
                self._server = self._open()
            return self._server

    def _open(self) -> Any:
        package = _package()
        params = package.CommonParams()
        params.model.path = str(self.path)
        params.n_parallel, params.n_ctx = self.parallel, self.parallel * self.context
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        params.n_gpu_layers = self.gpu_layers
        params.verbosity, params.warmup = -1, False
        params.fit_params = False  # not fewer layers or less context than asked for, silently
        params.force_pure_content_parser = True  # the text as it came
        params.api_keys = [secrets.token_hex(32)]  # the package listens on loopback too; nobody is to use that
        try:
            return package.Server(params)
        except RuntimeError:
            raise InputError(
                f"llama.cpp cannot load this file (architecture {self.header.architecture[:40]!r}): it may be damaged or too new, or its chat template faulty",
                where=self.path,
                todo="download it again, or install a newer xllamacpp",
            ) from None

    def _check_memory(self) -> None:
        """Weights that do not fit are read from the disk again for every token: hours instead of seconds."""
        wanted = self.header.size + self.header.kv_bytes * self.context * self.parallel + _SPARE
        free = psutil.virtual_memory().available
        if wanted > free:
            raise InputError(
                f"the model needs about {wanted / 1e9:.1f} GB of memory, but only {free / 1e9:.1f} GB are free",
                where=self.path,
                todo="use a smaller file, --parallel 1, or a smaller --context",
            )


def _cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _package() -> Any:
    try:
        import xllamacpp
    except ImportError:
        raise InputError(
            "the package xllamacpp is not installed", where="--teacher llama", todo=f"install it: pip install -r {REQUIREMENTS}"
        ) from None
    return xllamacpp


def _gpu_layers(package: Any, wanted: int) -> int:
    """How many layers go to a GPU.  Raises InputError where some are wanted and the package has no GPU."""
    cpu = package.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    found = [device for device in package.get_device_info() if device["type"] != cpu]
    if found:
        return _MANY if wanted == ALL_LAYERS else wanted
    if wanted > 0:
        raise InputError(
            "this build of xllamacpp finds no GPU",
            where=f"--gpu-layers {wanted}",
            todo="install a build for your GPU (docs/teachers.md), or leave the option out",
        )
    return 0
