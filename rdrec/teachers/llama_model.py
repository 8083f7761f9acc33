"""llama.cpp in this process, through the optional package `xllamacpp` (requirements-llama.txt): one GGUF file, several requests at a time.

The package is imported when a model is set up, and the model loaded at the first request.
"""

from __future__ import annotations

import json
import secrets
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from rdrec.core.children import cores
from rdrec.core.records import InputError, RDRecError
from rdrec.core.storage import sha256_of
from rdrec.teachers.gguf_file import GgufHeader, read_header
from rdrec.teachers.model_files import optional_package, unreachable
from rdrec.teachers.prompts import Message, neutralised

PACKAGE = "xllamacpp", "--teacher llama", "requirements-llama.txt"
ALL_LAYERS = -1
_NO_REVIEW = "\n"  # reviews are stripped, so none begins with it
_SPARE = 300_000_000  # bytes besides weights and cache: compute buffers and the vocabulary
_MANY = 10_000  # layers, more than any model has
_COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}  # as json.dumps writes JSON


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer.  cut: it reached the token limit; token counts are llama.cpp's."""

    text: str
    cut: bool
    tokens_in: int
    tokens_out: int


class TooLongError(Exception):
    """A prompt and its answer do not fit into the context."""


def find_gguf(model: str) -> Path:
    """A local path, or the file of "OWNER/NAME/FILE.gguf" on the hub, downloaded once.  Raises InputError."""
    path = Path(model).expanduser()
    parts = model.split("/")
    if path.exists() or len(parts) < 3 or model.startswith((".", "/", "~")):
        return path
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # reported by the error below
    try:
        return Path(hf_hub_download("/".join(parts[:2]), "/".join(parts[2:])))
    except (OSError, ValueError) as error:  # the hub's errors derive from these
        raise unreachable(model, error, "GGUF file", instead="give the path of a .gguf file") from None


class LlamaModel:
    """A GGUF file and how to run it.

    parallel    requests at a time, each with `context` tokens of its own.  With 1, an answer depends only on its request, to the
                byte; more are faster, but batching occasionally changes a few words
    threads     0: one for each core available to this process
    gpu_layers  layers on a GPU; `ALL_LAYERS`: all, if the package was built for one
    """

    def __init__(
        self, path: Path, *, parallel: int = 1, context: int = 4096, threads: int = 0, gpu_layers: int = ALL_LAYERS
    ) -> None:
        self.path, self.parallel = path, parallel
        self.header: GgufHeader = read_header(path)
        if self.header.chat_template is None:
            raise InputError("this model has no chat template", where=path, todo="use a chat or instruct model")
        self.context = min(context, self.header.context or context)
        self.threads = threads or cores()
        package = optional_package(*PACKAGE)
        self.engine = f"xllamacpp {package.__version__}"
        self.gpu_layers = _gpu_layers(package, gpu_layers)
        if not self.gpu_layers:
            self._check_memory()
        self._opening, self._alone = threading.Lock(), threading.Lock()
        self._server: Any = None

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the whole file, which identifies the weights."""
        return sha256_of(self.path)

    def chat(self, messages: list[Message], *, schema: dict[str, Any], options: dict[str, Any]) -> Completion:
        """One answer, sampled with `Ask.options` and constrained to the schema if there is one.  Thread-safe.

        Raises TooLongError, and InputError if the model cannot be loaded or its template rejects the messages.
        """
        body: dict[str, Any] = {
            "messages": [{**m, "content": neutralised(m["content"], self.header.control_tokens)} for m in messages],
            **options,
            "top_k": 0,
            "min_p": 0.0,
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
        """Reset the cache to the prefix that all prompts share.

        llama.cpp reuses the longest prefix shared with the previous prompt.  How many tokens it then computes together changes rounding,
        and with it occasionally a word.
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
            raise TooLongError  # stopped by the context length, not by max_tokens
        text = choice["message"]["content"]
        return Completion(text if isinstance(text, str) else "", cut, usage["prompt_tokens"], usage["completion_tokens"])

    def _opened(self) -> Any:
        with self._opening:
            if self._server is None:
                self._server = self._open()
            return self._server

    def _open(self) -> Any:
        package = optional_package(*PACKAGE)
        params = package.CommonParams()
        params.model.path = str(self.path)
        params.n_parallel, params.n_ctx = self.parallel, self.parallel * self.context
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        params.n_gpu_layers = self.gpu_layers
        params.verbosity, params.warmup = -1, False
        params.fit_params = False  # else it may silently use fewer layers or a shorter context
        params.force_pure_content_parser = True  # return the text unparsed
        params.api_keys = [secrets.token_hex(32)]  # the package also listens on loopback; this locks that out
        try:
            return package.Server(params)
        except RuntimeError:
            raise InputError(
                f"llama.cpp cannot load this file (architecture {self.header.architecture[:40]!r}): it may be damaged or too new, or its chat template faulty",
                where=self.path,
                todo="download it again, or install a newer xllamacpp",
            ) from None

    def _check_memory(self) -> None:
        """Raise InputError if memory is short: weights would be read from disk for every token, taking hours instead of seconds."""
        needed = self.header.size + self.header.kv_bytes * self.context * self.parallel + _SPARE
        free = psutil.virtual_memory().available
        if needed > free:
            raise InputError(
                f"the model needs about {needed / 1e9:.1f} GB of memory, but only {free / 1e9:.1f} GB are free",
                where=self.path,
                todo="use a smaller file, --parallel 1, or a smaller --context",
            )


def _gpu_layers(package: Any, requested: int) -> int:
    """How many layers to put on a GPU.  Raises InputError if some are requested and there is no GPU."""
    cpu = package.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    found = [device for device in package.get_device_info() if device["type"] != cpu]
    if found:
        return _MANY if requested == ALL_LAYERS else requested
    if requested > 0:
        raise InputError(
            "this build of xllamacpp finds no GPU",
            where=f"--gpu-layers {requested}",
            todo="install a build for your GPU (docs/teachers.md), or leave the option out",
        )
    return 0
