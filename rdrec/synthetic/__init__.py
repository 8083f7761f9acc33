"""Invented shops: users, interactions and reviews drawn from a stated model, with the ground truth stored beside them."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "facts": ("world_in_words",),
    "make": ("dials_of", "make", "MakePlan"),
    "measures": ("measure",),
    "scoring": ("score",),
    "spec": ("read_world", "World"),
    "truth": ("has_truth", "load_standing", "load_truth", "Standing"),
}
