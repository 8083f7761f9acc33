"""The settings of teachers."""

from __future__ import annotations

from rdrec.core.settings.form import Setting, limit

TEACHERS: tuple[Setting, ...] = (
    limit("distill.max_sentence_chars", 300, "characters").why(
        "Longest sentence accepted as a rationale. A rationale is one short sentence; a longer one counts as a failed answer."
    ),
    limit("distill.journal_batch", 64, "reviews").why(
        "Reviews saved to disk together; after a crash at most this many are sent to the teacher again."
    ),
    limit("distill.max_answer_chars", 20_000, "characters").why(
        "Longest raw answer of a language model; 700 tokens are about 3,000 characters."
    ),
    limit("distill.max_opinions", 16, "opinions").why(
        "Most opinions in the answer for one review. A longer list means that the model repeats itself."
    ),
    limit("distill.max_phrases", 4, "phrases").why(
        "Most phrases in each list of an answer. A longer list means that the model repeats itself."
    ),
    limit("distill.max_phrase_chars", 80, "characters").why(
        "Longest phrase. Anything longer is a sentence copied from the review."
    ),
    limit("distill.max_phrase_words", 14, "words").why("Most words in a phrase, so that it fits into a sentence of 20 words."),
    limit("distill.max_shards", 10_000, "shards").why("Most parts into which one run can be divided; each leaves a folder."),
    limit("distill.attempts", 3, "answers").why(
        "Answers requested for one review: the first, and two more if it cannot be parsed."
    ),
    Setting("distill.prompt", "lists", "").why(
        "Prompt: the name of a file in assets/prompts, or the path of your own .toml file."
    ),
    Setting("distill.seed", 0, "", 0, 2**31 - 1).why("Random seed for the sampling of a language model."),
    Setting("distill.parallel", 1, "reviews", 1, 64).why(
        "Reviews that the teacher llama reads at the same time. With 1, a repeated run gives identical files; with more, a few "
        "words may differ."
    ),
    Setting("distill.context", 4096, "tokens", 512, 131_072).why(
        "Context length of the teacher llama: prompt, review and answer together. Memory grows with it."
    ),
    Setting("distill.threads", 0, "threads", 0, 256).why("Threads used by the teacher llama; 0: one per core."),
    Setting("distill.gpu_layers", -1, "layers", -1, 1000).why(
        "Layers of the teacher llama that run on a GPU; -1: all, if xllamacpp was built with GPU support."
    ),
    Setting("distill.concurrency", 32, "requests", 1, 1024).why(
        "Requests open at a server at the same time, which the server can batch."
    ),
    Setting("distill.timeout", 120.0, "seconds", 0.1, 3600.0).why(
        "Time allowed for one answer, from the first byte sent to the last byte read."
    ),
    Setting("distill.max_requests", 0, "requests", 0, 10**9).why("Most requests this run may send; 0: no limit."),
    Setting("distill.max_total_tokens", 0, "tokens", 0, 10**12).why(
        "Most tokens the model may read and write in this run; 0: no limit."
    ),
    Setting("distill.max_cost", 0.0, "dollars", 0.0, 10.0**6).why(
        "Most this run may cost, calculated from --price-in and --price-out; 0: no limit."
    ),
    Setting("distill.price_in", 0.0, "dollars", 0.0, 10.0**4).why("Price of a million input tokens."),
    Setting("distill.price_out", 0.0, "dollars", 0.0, 10.0**4).why("Price of a million output tokens."),
    Setting("distill.batch_tokens", 16_384, "tokens", 256, 10**7).why(
        "Tokens of prompts and answers in one batch of the teacher local. With 16,384, a 7B model in NF4 needs about 13 GB of "
        "GPU memory (calculated)."
    ),
    limit("distill.sorting_window", 512, "reviews").why(
        "Reviews sorted by length before they are cut into batches; no answer waits for more than this many."
    ),
    limit("distill.least_review_tokens", 64, "tokens").why("Tokens that the prompt must leave free for the review."),
    Setting("distill.engine", "single", choices=("single", "ray")).why(
        "Where to run: single, in one process; ray, in workers on a Ray cluster (requirements-ray.txt)."
    ),
    Setting("distill.workers", 2, "workers", 1, 10_000).why(
        "Workers on Ray, each with its own model or its own connection to the server."
    ),
    Setting("distill.worker_gpus", 0.0, "GPUs", 0.0, 64.0).why(
        "GPUs for each Ray worker: 1 for a local model, 0 for http and keywords."
    ),
    Setting("distill.processes", 0, "processes", 0, 64).why("Processes of the teacher keywords; 0: one per core, at most 8."),
    limit("distill.most_processes", 8, "processes").why(
        "Most processes started when --processes is not set. Each one loads the word lists and takes about 100 MB in all."
    ),
    limit("distill.pool_from", 500, "reviews").why(
        "Reviews from which several processes are used: they take a second or two to start."
    ),
    limit("distill.pool_piece", 16, "reviews").why(
        "Reviews given to a process at a time, about 60 ms of work, so that Ctrl-C takes effect at once."
    ),
    limit("distill.cluster_patience", 10, "seconds").why(
        "Time allowed for the first connection to a Ray cluster given by its address."
    ),
    limit("distill.measured", 2000, "rationales").why(
        "Rationales of a teacher that are checked against their reviews at the end of a run: a seeded sample."
    ),
    limit("distill.entailed", 500, "rationales").why(
        "Rationales of a teacher whose claims are checked by a model with --entailment: a seeded sample, about 4,000 pairs with"
        " the control."
    ),
    limit("distill.entailment_window", 512, "tokens").why(
        "Tokens of review and claim checked together. The models are trained on shorter pairs; a longer review is checked in pieces."
    ),
    limit("distill.entailment_overlap", 64, "tokens").why(
        "Tokens that neighbouring pieces share, so that every sentence is whole in at least one of them."
    ),
    limit("distill.entailment_batch", 8192, "tokens").why(
        "Tokens in one batch. The activations of a large model (24 layers) then take about 1 GB (calculated)."
    ),
    limit("distill.shown_examples", 5, "reviews").why("Reviews on which two teachers differ most, printed by a comparison."),
    limit("distill.tries", 5, "requests").why(
        "Requests sent for one answer while the server is busy or fails, with growing pauses."
    ),
    limit("distill.most_lost", 5, "reviews").why(
        "Reviews in a row for which the server fails before the run ends: so many failures mean that the server is down."
    ),
    limit("distill.longest_wait", 300, "seconds").why(
        "Longest wait that a server may ask for (Retry-After); a longer one ends the run."
    ),
    limit("distill.max_answer_bytes", 1_000_000, "bytes").why("Longest reply of a server; 700 tokens are about 5 kB."),
)
