"""Benchmark exact ranking against transformers' beam search and the released program's search.

Everything is timed alternately in one process, encoder included, on synthetic data.  Random weights suffice for the tree pass and
constrained beams, because their work does not depend on the weights.  The bounded top k depends on the student's confidence, and
the released search on when its beams end, so these run on a briefly trained student; for the top k, random weights are the worst
case, so both are reported.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from rdrec.bench import synthetic
from rdrec.bench.timing import PeakMemory, medians, peak_megabytes
from rdrec.core.records import InputError
from rdrec.ranking.beam import constrained_beams, free_beams, masked_beams, released_beams, trie_mask
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.topk import top_k
from rdrec.ranking.trie import Trie, build_trie
from rdrec.student.batches import Batch
from rdrec.student.device import faster_dtype
from rdrec.student.fast_linear import has_onednn, speed_up
from rdrec.student.model import Encoding, Student
from rdrec.student.quantize import PRECISIONS, quantized_copy

BEAMS = TOP = 20
NAMES = ("tree_ms", "topk_ms", "topk_random_ms", "hf_constrained_beam_ms", "hf_masked_beam_ms", "hf_beam_ms", "released_way_ms")
CHECKED_PATHS = 400  # items whose score is recomputed by brute force


@dataclass(frozen=True)
class Plan:
    """What to time.  history: items shown per user; 20 give about as many tokens as an average Beauty user has."""

    shape: str = "small"
    precision: str = "fp32"
    device: str = "cpu"
    form: str = "t5"
    items: int = 12_101
    users: int = 1
    history: int = 20
    repeats: int = 10
    warm_up: int = 2
    train_steps: int = 150
    seed: int = 0
    beams: bool = True


def bench_rank(plan: Plan) -> dict[str, Any]:
    """Time all methods; milliseconds are per batch of users."""
    if plan.precision == "auto":
        plan = replace(plan, precision="bf16" if faster_dtype(plan.device) is torch.bfloat16 else "fp32")
    item_paths = synthetic.paths(plan.items, plan.form)
    trie = build_trie(item_paths)
    shoppers = synthetic.Shoppers(item_paths, plan.seed)
    batch = shoppers.batch(shoppers.histories(plan.users, plan.history), targets=False).to(plan.device)
    random = synthetic.student(plan.shape, plan.form, plan.seed).to(plan.device)
    trained = copy.deepcopy(random)
    if plan.train_steps:
        synthetic.train(trained, shoppers, plan.history, plan.train_steps)
    random, trained = in_precision(random, plan.precision), in_precision(trained, plan.precision)
    # Our methods use the layers that `load_student` returns, transformers' methods the original ones.
    random_ours, trained_ours = speed_up(copy.deepcopy(random)), speed_up(copy.deepcopy(trained))
    ranker, trained_ranker = ExactRanker(random_ours, trie), ExactRanker(trained_ours, trie)

    def encoded(student: Student) -> Encoding:
        return _encoded(student, batch)

    with PeakMemory(plan.device) as memory:
        ranker.rank(encoded(random_ours))
    methods: dict[str, Any] = {
        "tree_ms": lambda: ranker.rank(encoded(random_ours)).cpu(),
        "topk_random_ms": lambda: top_k(ranker, encoded(random_ours), TOP),
    }
    if plan.train_steps:
        methods["topk_ms"] = lambda: top_k(trained_ranker, encoded(trained_ours), TOP)
    if plan.beams:
        methods["hf_constrained_beam_ms"] = lambda: constrained_beams(random, encoded(random), trie, BEAMS, TOP)
        mask = trie_mask(random, trie)
        methods["hf_masked_beam_ms"] = lambda: masked_beams(random, encoded(random), trie, BEAMS, TOP, mask)
        methods["hf_beam_ms"] = lambda: free_beams(random, encoded(random), trie, BEAMS, TOP)
    if plan.beams and plan.train_steps:  # an untrained student never ends a beam before 50 tokens
        methods["released_way_ms"] = lambda: released_beams(trained, batch, trie, BEAMS, TOP)
    times = medians(methods, plan.repeats, plan.warm_up, plan.device)
    found = top_k(trained_ranker, encoded(trained_ours), TOP)
    tree, constrained = times["tree_ms"], times.get("hf_constrained_beam_ms")
    topk, released = times.get("topk_ms"), times.get("released_way_ms")
    return {
        **{key: value for key, value in asdict(plan).items() if key != "beams"},
        "branching_prefixes": len(ranker.choices),
        "input_tokens": int(batch.tokens.shape[1]),
        "linear": "oneDNN" if has_onednn() and plan.device == "cpu" and plan.precision == "fp32" else "torch's own",
        "threads": torch.get_num_threads(),
        **{name: round(times[name], 2) if name in times else None for name in NAMES},
        "topk_opened": float(np.mean(found.opened)),
        "speedup_tree_vs_hf_constrained": _ratio(constrained, tree),
        "speedup_tree_vs_hf_masked": _ratio(times.get("hf_masked_beam_ms"), tree),
        "speedup_topk_vs_hf_constrained": _ratio(constrained, topk),
        "speedup_tree_vs_released": _ratio(released, tree),
        "max_abs_error_vs_brute_force": worst_error(random, ranker, encoded(random), trie, plan.seed),
        "ranking_memory_mb": None if memory.megabytes is None else round(memory.megabytes, 1),
        "peak_memory_mb": round(peak_megabytes(plan.device), 1),
    }


def _encoded(student: Student, batch: Batch) -> Encoding:
    with torch.inference_mode():
        return student.encode(batch)


def in_precision(student: Student, precision: str) -> Student:
    """The student in fp32, bf16, nf4 or int8, for inference.  Raises InputError for another precision."""
    if precision == "fp32":
        return student
    if precision == "bf16":
        return student.to(torch.bfloat16)
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}", todo=f"use fp32, bf16, {' or '.join(PRECISIONS)}")
    return quantized_copy(student, precision)


def worst_error(student: Student, ranker: ExactRanker, encoding: Encoding, trie: Trie, seed: int) -> float:
    """The largest absolute difference to brute force over CHECKED_PATHS random items of the first user.

    Brute force runs the decoder over each item's whole path and normalises each step over the children of the node.
    """
    first = Encoding(encoding.states[:1], encoding.mask[:1])
    scores = ranker.rank(first)[0].cpu()
    rng, worst = np.random.default_rng(seed), 0.0
    items = rng.choice(trie.n_items, min(CHECKED_PATHS, trie.n_items), replace=False)
    start = ranker.decoder.start_token
    for item in items.tolist():
        nodes = [0, *trie.path(item)]
        tokens = torch.tensor([[start, *trie.token[nodes[1:-1]].tolist()]], device=student.device)
        with torch.inference_mode():
            logits = student.logits(first, tokens)[0].float().cpu()
        total = 0.0
        for step, (node, child) in enumerate(pairwise(nodes)):
            legal = trie.token[trie.first_child[node] : trie.first_child[node] + trie.children[node]]
            total += float(logits[step, trie.token[child]] - logits[step, torch.from_numpy(legal)].logsumexp(0))
        worst = max(worst, abs(total - float(scores[item])))
    return worst


def _ratio(slow: float | None, fast: float | None) -> float | None:
    return None if slow is None or fast is None else round(slow / fast, 2)
