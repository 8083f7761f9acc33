"""Every stage of the program on a tiny shop, in order: what each is called with and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SHOPPERS = 24
REVIEWS = [
    ("I love the clear sound.", 5),
    ("Sadly it has a cheap clamp.", 2),
    ("What a sturdy case, and the price is fair.", 5),
    ("The strings are bright and stay in tune.", 4),
]
LEARN = ("--epochs", 1, "--batch-rows", 64, "--least-steps", 0, "--device", "cpu")


@dataclass(frozen=True)
class Stage:
    """`older` are arguments that make another result of the same name first; `replace` lets the command replace it."""

    name: str
    arguments: tuple[object, ...]
    needs: tuple[str, ...] = ()
    older: tuple[object, ...] | None = None
    replace: tuple[object, ...] = ()
    slow: bool = False


def write_reviews(path: Path) -> Path:
    """A csv of 2014: 20 users and 10 items, 5 purchases each."""
    lines = ["reviewerID,asin,reviewText,overall,summary,unixReviewTime"]
    for user in range(20):
        for step in range(5):
            text, stars = REVIEWS[(user + step) % len(REVIEWS)]
            item = (user * 3 + step * 7) % 10
            lines.append(f'A{user:03d},B{item:03d},"{text} Number {user} {step}.",{stars},fine,{1_400_000_000 + step * 86_400}')
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def stages(reviews: Path, endpoint: str, llama: tuple[Path, Path] | None = None) -> dict[str, Stage]:
    """By name.  `endpoint` is a chat server that answers anything; `llama` a GGUF file and a prompt, or None."""
    toys = ("--data", "toys")
    both = "rdrec-nano-clean-s{0}-nf4,baseline-nano-clean-s{0}-nf4".format
    http = ("--teacher", "http", "--model", "toy-model", "--endpoint", endpoint, "--concurrency", 2)
    every = [
        Stage(
            "data import",
            ("data", "import", reviews, "--name", "shop", "--core", 1),
            older=("--seed", 1),
            replace=("--replace",),
        ),
        Stage(
            "data make", ("data", "make", "--name", "toys", "--users", SHOPPERS), older=("--seed", 1), replace=("--replace",)
        ),
        Stage("distill http", ("distill", "--data", "shop", *http), ("data import",)),
        Stage("distill keywords", ("distill", *toys, "--processes", 1), ("data make",), slow=True),
        *(
            Stage(
                f"train {variant} {seed}",
                ("train", *toys, "--variant", variant, "--seed", seed, "--teacher", "answer-key", *LEARN),
                ("data make",),
                older=("--learning-rate", 0.01),
                replace=("--replace",),
                slow=True,
            )
            for variant in ("rdrec", "baseline")
            for seed in (0, 1)
        ),
        *(
            Stage(
                f"quantize {variant} {seed}",
                ("quantize", *toys, "--run", f"{variant}-nano-clean-s{seed}", "--device", "cpu"),
                (f"train {variant} {seed}",),
                slow=True,
            )
            for variant in ("rdrec", "baseline")
            for seed in (0, 1)
        ),
        Stage(
            "rival",
            ("rival", *toys, "--epochs", 2, "--width", 16, "--device", "cpu"),
            ("data make",),
            older=("--learning-rate", 0.01),
            replace=("--replace",),
            slow=True,
        ),
        *(
            Stage(
                f"evaluate {seed}",
                ("evaluate", *toys, "--models", both(seed), "--rivals", "ease", "--seed", seed, "--name", f"clean-s{seed}"),
                (f"quantize rdrec {seed}", f"quantize baseline {seed}"),
                older=("--ridge", 50),
                slow=True,
            )
            for seed in (0, 1)
        ),
        Stage("evaluate --gather", ("evaluate", *toys, "--gather", "0,1"), ("evaluate 0", "evaluate 1"), slow=True),
        Stage(
            "precompute",
            ("precompute", *toys, "--teacher", "answer-key"),
            ("quantize rdrec 0", "quantize baseline 0", "evaluate --gather"),
            older=("--title", "An older set"),
            slow=True,
        ),
        Stage("collect", ("collect", *toys, "--to", "{home}/precomputed/evidence"), ("evaluate --gather",), slow=True),
        Stage("report", ("report", "--from", "{home}", "--out", "{home}/results.md")),
    ]
    if llama is not None:
        model = ("--teacher", "llama", "--model", llama[0], "--prompt", llama[1], "--limit", 12)
        every.append(Stage("distill llama", ("distill", "--data", "shop", *model), ("data import",), slow=True))
    return {stage.name: stage for stage in every}
