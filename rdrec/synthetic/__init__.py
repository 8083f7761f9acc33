"""Invented shops: users, interactions and reviews drawn from a known model and stored with their ground truth."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "make": ("dials_of", "make", "MakePlan"),
    "measures": ("measure",),
    "scoring": ("score",),
    "spec": ("read_world", "World", "world_in_words"),
    "truth": ("has_truth", "load_standing", "load_truth", "Standing"),
}
