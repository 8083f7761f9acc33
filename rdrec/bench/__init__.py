"""Benchmarks: compare two implementations of the same work, timed alternately in one run on this machine."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "app": ("bench_app", "Plan", "soak_app"),
    "rank": ("bench_rank", "Plan"),
    "train": ("bench_train", "Plan"),
}
