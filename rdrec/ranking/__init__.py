"""Rank every item of the catalogue exactly, in one pass over the trie of item ids."""

PUBLIC: dict[str, tuple[str, ...]] = {
    "beam": ("constrained_beams", "free_beams", "masked_beams", "released_beams", "trie_mask"),
    "beam_tree": ("BeamTree", "Prefix"),
    "exact": ("ExactRanker",),
    "explain": ("Branch",),
    "generation": ("generate_texts",),
    "influence": ("Contrast", "Influence", "leave_one_out", "NumberInfluence"),
    "recommender": ("Recommender", "score_of", "StudentInTraining"),
    "shares": ("log_shares", "tempered"),
    "topk": ("top_k",),
    "trie": ("build_trie", "Trie"),
}
