"""Every setting and limit: name, default, unit, bounds, reason.  The command line, the docs and the page read this one table.

In: nothing.  Out: `SETTINGS`, `default(name)`, `check(name, value)`.  It knows no stage; a stage asks for its numbers by name.
A setting that is `option=True` becomes a command-line option (`train.batch_rows` -> `--batch-rows`); the others are limits.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from rdrec.records import InputError

Value = int | float | str


@dataclass(frozen=True)
class Setting:
    name: str
    default: Value
    unit: str
    reason: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    option: bool = True

    @property
    def flag(self) -> str:
        return "--" + self.name.split(".", 1)[1].replace("_", "-")


def _limit(name: str, default: Value, unit: str, reason: str) -> Setting:
    return Setting(name, default, unit, reason, option=False)


SETTINGS: tuple[Setting, ...] = (
    # data
    Setting(
        "data.core",
        5,
        "interactions",
        "keep users and items with at least this many, as the released sets do; 0 or 1 keeps all",
        0,
        1000,
    ),
    Setting(
        "data.seed",
        0,
        "",
        "draws the review split of an import, an invented world, the negatives of an export, the permuted ids of an audit",
        0,
        2**31 - 1,
    ),
    _limit(
        "data.max_line_bytes",
        4_000_000,
        "bytes",
        "the longest real review line is under 100 kB; a longer one is an attack or a wrong file",
    ),
    _limit("data.max_unpacked_bytes", 64 * 2**30, "bytes", "the largest Amazon 2023 category unpacks to about 60 GiB"),
    _limit("data.max_gzip_ratio", 100, "", "real review text packs 3 to 8 times; a bomb packs 1,000 times"),
    _limit("data.gzip_grace_bytes", 2**20, "bytes", "the ratio is judged once this much is unpacked: tiny files pack oddly"),
    _limit(
        "data.max_json_bytes",
        2**29,
        "bytes",
        "explanation_rationale.json of Sports, the largest file read whole, is under 150 MB",
    ),
    _limit(
        "data.max_literal_bytes",
        200_000,
        "bytes",
        "a 2014 metadata line is under 60 kB; Python's own parser needs about 100 times the line in memory",
    ),
    _limit("data.max_faults", 100, "faults", "reading stops there: such a file is of another kind, not one with a few slips"),
    _limit("data.max_key_chars", 100, "characters", "user and item keys of Amazon have 10 to 28"),
    _limit("data.max_title_chars", 500, "characters", "longer titles, summaries and category paths are cut"),
    _limit(
        "data.earliest_time",
        631_152_000,
        "Unix seconds",
        "1990, before the first online shop: an earlier time was given in another unit",
    ),
    _limit("data.latest_time", 4_102_444_800, "Unix seconds", "2100: a later time was given in another unit"),
    _limit(
        "data.max_review_chars",
        20_000,
        "characters",
        "longer reviews are cut; the longest in the released sets is about 30,000",
    ),
    _limit("data.negatives", 99, "items", "the top-N task ranks 1 positive among 99 negatives (RDRec, section 4.1)"),
    _limit("data.min_leave_one_out", 3, "interactions", "a user with fewer has no training, validation and test item at once"),
    # world
    Setting("world.users", 1200, "shoppers", "of an invented data set", 1, 10_000_000),
    Setting("world.workers", 1, "processes", "that make an invented data set; the bytes are the same with any number", 1, 64),
    # distill
    _limit(
        "distill.max_sentence_chars", 300, "characters", "a rationale is one short sentence; a longer one is a failed answer"
    ),
    _limit("distill.journal_batch", 64, "reviews", "synced together: at most this many answers are asked again after a crash"),
    _limit("distill.max_answer_chars", 20_000, "characters", "of a language model's raw answer; 700 tokens are about 3,000"),
    _limit("distill.max_opinions", 16, "opinions", "of one review; a longer list is a model that repeats itself"),
    _limit("distill.max_shards", 10_000, "shards", "of one run; each leaves a folder"),
    _limit(
        "distill.attempts", 3, "answers", "a model may give for a review: the first and two more after one that does not parse"
    ),
    Setting("distill.prompt", "grounded", "", "a file of assets/prompts by name, or the path of a .toml file of your own"),
    Setting("distill.seed", 0, "", "of a language model's sampling", 0, 2**31 - 1),
    Setting("distill.concurrency", 32, "requests", "at a server at once; servers batch what comes together", 1, 1024),
    Setting("distill.timeout", 120.0, "seconds", "for one answer, from the first byte sent to the last one read", 0.1, 3600.0),
    Setting("distill.max_requests", 0, "requests", "of this run; 0: no limit", 0, 10**9),
    Setting(
        "distill.max_total_tokens",
        0,
        "tokens",
        "read and written by the model in this run, never passed; 0: no limit",
        0,
        10**12,
    ),
    Setting("distill.max_cost", 0.0, "dollars", "of this run by the two prices, never passed; 0: no limit", 0.0, 10.0**6),
    Setting("distill.price_in", 0.0, "dollars", "for a million tokens that the model reads", 0.0, 10.0**4),
    Setting("distill.price_out", 0.0, "dollars", "for a million tokens that the model writes", 0.0, 10.0**4),
    Setting(
        "distill.batch_tokens",
        16_384,
        "tokens",
        "of prompts and answers in one batch of the local teacher: a 7B model in NF4 then takes about 13 GB of a 24 GB card by calculation",
        256,
        10**7,
    ),
    _limit(
        "distill.sorting_window",
        512,
        "reviews",
        "sorted by length before they are cut into batches; answers wait no longer than that",
    ),
    _limit("distill.least_review_tokens", 64, "tokens", "of a review that a prompt must leave room for"),
    Setting(
        "distill.engine",
        "single",
        "",
        "one process, or workers on a Ray cluster (requirements-ray.txt)",
        choices=("single", "ray"),
    ),
    Setting("distill.workers", 2, "workers", "on Ray, each with a model of its own or a line to the server", 1, 10_000),
    Setting(
        "distill.worker_gpus", 0.0, "GPUs", "of each worker on Ray; 1 for a local model, 0 for http and offline", 0.0, 64.0
    ),
    _limit(
        "distill.measured",
        2000,
        "rationales",
        "of a teacher, a seeded sample, that are checked against their reviews at the end of a run",
    ),
    _limit("distill.shown_examples", 5, "reviews", "where two teachers differ most, printed by a comparison"),
    _limit("distill.tries", 5, "requests", "for one answer while the server is busy or fails, with growing pauses"),
    _limit("distill.most_lost", 5, "reviews", "in a row that a server may fail before the run ends: it is down, not unlucky"),
    _limit("distill.longest_wait", 300, "seconds", "that a server may ask to wait (Retry-After); a longer one ends the run"),
    _limit("distill.max_answer_bytes", 1_000_000, "bytes", "of a server's reply; 700 tokens are about 5 kB"),
    # train
    Setting(
        "train.shape",
        "tiny",
        "",
        "nano about 1 M parameters in one layer, tiny about 2 M, mini about 8 M, small is T5-small",
        choices=("nano", "tiny", "mini", "small"),
    ),
    Setting(
        "train.variant",
        "rdrec",
        "",
        "scrambled trains on rationales shuffled between interactions: the control",
        choices=("rdrec", "baseline", "scrambled"),
    ),
    Setting(
        "train.protocol",
        "clean",
        "",
        "which ids and which review text training may see",
        choices=("clean", "shuffled", "published"),
    ),
    Setting(
        "train.ablate",
        "",
        "",
        "tasks to leave out, comma-separated, for the paper's ablations: user_preference, item_attribution, or both; also explanation, sequential, topn",
    ),
    Setting(
        "train.claims",
        "all",
        "",
        "supported leaves out of the rationales what the review does not carry: a claim, or the sentence where no claim is left",
        choices=("all", "supported"),
    ),
    Setting("train.seed", 0, "", "of weights, sampling and shuffled ids", 0, 2**31 - 1),
    Setting("train.epochs", 100, "epochs", "at most; early stop usually comes first (RDRec, section 4.1)", 1, 100_000),
    Setting("train.patience", 5, "epochs", "stop after this many epochs without a better validation loss", 1, 10_000),
    Setting("train.batch_rows", 16, "rows", "rows of one task in a batch (RDRec: 16 a task, 32 rationales)", 1, 4096),
    Setting(
        "train.topn_rows",
        0,
        "rows",
        "rows of the top-N task in a step, 10 times as long as others; 0: as --batch-rows",
        0,
        4096,
    ),
    Setting("train.text_rows", 0, "rows", "rows of each text task in a step; 0: as --batch-rows", 0, 4096),
    Setting("train.learning_rate", 5e-4, "", "of AdamW (RDRec, section 4.1)", 1e-7, 1.0),
    Setting("train.warm_up", 0, "steps", "in which the learning rate rises from 0", 0, 1_000_000),
    Setting(
        "train.schedule",
        "constant",
        "",
        "what the learning rate does after warm-up; cosine falls to 0 at the last of --epochs",
        choices=("constant", "cosine"),
    ),
    Setting(
        "train.hide_user",
        0.0,
        "",
        "share of sequential training rows in which 'somebody' stands for the user, so that purchases are learned from and not shoppers by heart",
        0.0,
        1.0,
    ),
    Setting(
        "train.sequential_weight", 1.0, "", "of the sequential loss beside the other tasks, which weigh 1 each", 0.01, 100.0
    ),
    Setting("train.dropout", 0.1, "", "share of activations that are dropped in training (T5: 0.1)", 0.0, 0.9),
    Setting(
        "train.watch",
        "paper",
        "",
        "what chooses the weights and stops: paper, the mean of four validation losses (RDRec, section 4.1); ids, that of the two "
        "recommendation tasks; ndcg, NDCG@10 of the validation items by exact ranking; last, none: the last epoch, without early stop",
        choices=("paper", "ids", "ndcg", "last"),
    ),
    Setting(
        "train.start",
        "random",
        "",
        "of a student without pretrained weights; purchases: an item's number starts where the training purchases put it, beside what the "
        "same shoppers buy (for catalogues of at most 999 items)",
        choices=("random", "purchases"),
    ),
    Setting(
        "train.average",
        0.0,
        "",
        "share of the running mean of the weights that stays at each step, for example 0.99; the mean is what is judged and kept; 0: no mean",
        0.0,
        0.99999,
    ),
    Setting(
        "train.accumulate",
        1,
        "parts",
        "in which the rows of a task are computed, one after the other, before a step: the same step in a part of the memory",
        1,
        256,
    ),
    Setting(
        "train.precision",
        "fp32",
        "",
        "of the products in training; weights, sums of gradients and losses are fp32 always",
        choices=("fp32", "bf16"),
    ),
    _limit(
        "train.validation_rows",
        400,
        "rows",
        "of each task, a seeded sample of users, after every epoch: all of a large set would take longer than the epoch",
    ),
    _limit(
        "train.judged_users",
        1000,
        "users",
        "whose validation item is ranked after every epoch, a seeded sample: five seconds for a small student on a CPU",
    ),
    _limit("train.max_history", 20, "items", "the sequential prompt shows the last 20 items (RDRec, section 4.1)"),
    _limit("train.max_target_tokens", 20, "tokens", "explanations and rationales are cut to 20 tokens (RDRec, section 4.1)"),
    _limit("train.prompt_vectors", 3, "vectors", "trainable vectors before the input of each task (RDRec)"),
    _limit(
        "train.vocabulary",
        4000,
        "tokens",
        "of a tokenizer trained on the data set's own training text; small students need a small one",
    ),
    _limit("train.max_input_tokens", 1024, "tokens", "100 candidate ids take about 700; longer input is refused"),
    # released checkpoints
    _limit(
        "release.max_file_bytes", 16 * 2**30, "bytes", "T5-3b, the largest that is likely, takes 11.4 GB in fp32; T5-small 0.24"
    ),
    _limit(
        "release.max_pickle_bytes", 2**25, "bytes", "everything but the numbers: 22 kB for one layer, about 2 MB for T5-large"
    ),
    _limit(
        "release.max_operations",
        2_000_000,
        "operations",
        "of the pickle: about 5,000 a layer; more is made to keep a reader busy",
    ),
    _limit("release.max_entries", 20_000, "entries", "of the archive, one a tensor: T5-small has 133"),
    _limit("release.max_depth", 32, "modules", "one inside the other: T5 nests 7"),
    # rivals
    Setting("rival.seed", 0, "", "of weights, order, negatives and dropout of a trained rival", 0, 2**31 - 1),
    Setting("rival.epochs", 200, "epochs", "at most; early stop usually comes first", 1, 100_000),
    Setting("rival.patience", 5, "epochs", "stop after this many without a better NDCG@10 on the validation items", 1, 10_000),
    Setting("rival.batch_users", 128, "users", "histories in a step", 1, 65_536),
    Setting("rival.learning_rate", 1e-3, "", "of Adam (eSASRec's recipe)", 1e-7, 1.0),
    Setting(
        "rival.negatives",
        2048,
        "items",
        "drawn uniformly in every step and shared by all its places: 256 shared ones learn clearly less than the recipe's 256 for each place",
        1,
        1_000_000,
    ),
    Setting("rival.width", 256, "", "of an item's vector", 1, 4096),
    Setting("rival.blocks", 1, "blocks", "of attention and a feed-forward layer", 1, 32),
    Setting("rival.heads", 1, "heads", "of attention", 1, 64),
    Setting("rival.length", 50, "items", "the last purchases that are read", 1, 4096),
    Setting("rival.dropout", 0.2, "", "share of activations that are dropped in training", 0.0, 0.9),
    _limit(
        "rival.validation_users",
        25_000,
        "users",
        "a seeded sample of larger sets, ranked after every epoch; a sample of 5,000 of Beauty chose an epoch by luck (.062; of all it was .055)",
    ),
    Setting("rival.ridge", 100.0, "", "of EASE, added to every item's count of purchases", 1e-3, 1e6),
    _limit(
        "rival.ease_items", 20_000, "items", "EASE inverts a matrix of items by items: 1.6 GB at this size, twice while made"
    ),
    # evaluate
    Setting("evaluate.batch_users", 64, "users", "ranked together; length-sorted", 1, 4096),
    Setting("evaluate.sample", 500, "purchases", "held-out ones about which students write, with --text", 2, 10_000_000),
    _limit("evaluate.bootstrap", 1000, "resamples", "for the 95 % interval over users"),
    _limit("evaluate.permutations", 9999, "resamples", "of the paired sign-flip test: the smallest p is 1 in 10,000"),
    # precompute
    _limit("precompute.top", 20, "items", "predictions kept for each user, student and task"),
    # page
    Setting("serve.port", 7860, "", "where the page listens", 1, 65535),
    Setting("serve.host", "127.0.0.1", "", "0.0.0.0 opens the page to the network"),
    _limit("page.search_results", 50, "users", "a longer list is not read by anyone and makes the page heavy"),
    _limit("page.search_chars", 80, "characters", "longer search text is cut"),
    _limit("page.history_rows", 100, "interactions", "the most recent are shown; the page says how many are not"),
    _limit("page.item_results", 8, "products", "that a search for a product lists: they stand open below each other"),
    _limit("page.pins", 3, "variants", "of edited purchases side by side; more columns fit on no screen"),
    _limit("page.beams", 20, "beams", "of the beam search that exact ranking is compared with (RDRec, section 4.1)"),
    _limit("page.queue", 64, "calls", "waiting live predictions; one more is told that the page is busy"),
    _limit("page.review_chars", 6_000, "characters", "of a review that a visitor has read; the prompts read no more either"),
    _limit("page.patience", 90, "seconds", "for a language model's answer to a visitor, waiting for its turn apart"),
    _limit("page.max_body_bytes", 65_536, "bytes", "the largest request that the page's own controls make is under 10 kB"),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def setting(name: str) -> Setting:
    return _BY_NAME[name]


def default(name: str) -> Value:
    return _BY_NAME[name].default


def integer(name: str) -> int:
    """The default of a whole-number setting."""
    value = _BY_NAME[name].default
    assert isinstance(value, int)
    return value


def check(name: str, value: Value) -> Value:
    """`value` if the setting allows it.  Raises InputError naming the setting and its bounds."""
    entry = _BY_NAME[name]
    if entry.choices and value not in entry.choices:
        raise InputError(f"{entry.flag} is {value!r}", todo=f"use one of {', '.join(entry.choices)}")
    if isinstance(value, (int, float)) and not (
        (entry.low is None or value >= entry.low) and (entry.high is None or value <= entry.high)
    ):
        raise InputError(f"{entry.flag} is {value}", todo=f"use a number from {entry.low:g} to {entry.high:g}")
    return value


def add_option(parser: argparse._ActionsContainer, name: str) -> None:
    """Make a setting an option of a command; its value is checked by argparse's own error path."""
    entry = _BY_NAME[name]
    assert entry.option, f"{name} is a limit, not an option"
    kind = type(entry.default)

    def parse(text: str) -> Value:
        try:
            return check(name, kind(text))
        except (ValueError, InputError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    default = "none" if entry.default == "" else entry.default
    what = f"{entry.reason} (default {default}{' ' + entry.unit if entry.unit else ''})"
    parser.add_argument(entry.flag, type=parse, default=entry.default, metavar=_metavar(entry), help=what.replace("%", "%%"))


def _metavar(entry: Setting) -> str:
    return "{" + ",".join(entry.choices) + "}" if entry.choices else entry.flag[2:].upper().replace("-", "_")


def as_markdown() -> str:
    """The table of `docs/settings.md`; a test holds the file to it."""
    rows = ["| name | default | unit | bounds | option | reason |", "|---|---|---|---|---|---|"]
    for s in SETTINGS:
        bounds = ", ".join(s.choices) if s.choices else ("" if s.low is None else f"{s.low:g} to {s.high:g}")
        rows.append(f"| `{s.name}` | {s.default} | {s.unit} | {bounds} | {f'`{s.flag}`' if s.option else ''} | {s.reason} |")
    return "\n".join(rows) + "\n"
