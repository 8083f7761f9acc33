"""Benchmarks: compare two implementations of the same work, timed alternately in one run on this machine."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "app": ("bench_app", "Plan", "soak_app"),
    "local_teacher": ("bench_local_teacher", "Plan"),
    "rank": ("bench_rank", "Plan"),
    "teachers": ("bench_teachers",),
    "train": ("bench_train", "Plan"),
}
