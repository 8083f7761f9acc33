"""Recommenders without a student to compare with: simple rules, EASE, SASRec, rationale neighbours."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "ease": ("EASE",),
    "rationale_neighbours": ("RationaleNeighbours",),
    "rules": ("higher_first", "LEAK_RULES", "PLAIN", "purchases", "Rule", "RULES", "rules_for", "Together"),
    "run": ("KIND", "load_rival", "read_rival_card", "run_rival"),
    "sasrec": ("SASRec",),
    "train": ("RivalSettings",),
}
