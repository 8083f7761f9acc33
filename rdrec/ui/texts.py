"""Sentences shared by several parts of the page, in plain words with technical terms in the small print; some have {fields}."""

from __future__ import annotations

from rdrec.explorer.labels import MODEL

TITLE = "RDRec Explorer"
TAGLINE = "Does it help to know why people buy?"

WITH, WITHOUT = MODEL["rdrec"], MODEL["baseline"]
STUDENT = {"rdrec": WITH, "baseline": WITHOUT}
STUDENT_SMALL = {
    "rdrec": "trained on purchases, reviews and rationales",
    "baseline": "the same student, trained without rationales",
}
MODEL_SMALL = {
    "rdrec": "RDRec student",
    "baseline": "the same student without rationale tasks (POD)",
    "scrambled": "control: the same texts, given to the wrong purchases",
    "start-only": "starts from what the rationales say, but never learns to write them",
    "tasks-only": "starts from purchases alone, but learns to write rationales",
    "popularity": "no learning: what sold most in training",
    "bought together": "no learning: what other shoppers with the same purchases bought",
    "max-id rule": "no learning: shows whether item numbers give the answer away",
    "order rule": "no learning: “often bought together”, reordered; shows whether the order of purchases gives the answer away",
    "sasrec": "strong rival without language: learns from the order of purchases",
    "ease": "rival without language: learns which products the same shoppers buy",
    "rationale neighbours": "no student: EASE plus the similarity between a product's rationales and the shopper's",
    "rationale neighbours, items shuffled": "control: the same, with each product's words given to another product",
    "knows all tastes": "the best possible: the shop's own probabilities",
    "knows what reviews mention": "EASE plus the knowledge of which products really have what the shopper's reviews ask for",
    "knows what reviews of others mention": "control: the same with the reviews of another shopper",
}

# Status line
SYNTHETIC, REAL = "invented data", "real reviews"
PROTOCOL = {
    "clean": "clean test: no review of a held-out purchase was seen in training, item numbers carry no order",
    "shuffled": "item numbers carry no order; some reviews of held-out purchases were seen in training",
    "published": "as in the paper: item numbers and training reviews can give answers away",
    "temporal": "one cut in time: training ends before it, the held-out purchase is each shopper's first one after it, and no later text was seen",
}
CUT = "cut at {test_from}, validation from {validation_from}"
CACHED = "precomputed, no model loaded"
LIVE = "live on {device}, {precision}"

# Choosing a shopper
SEARCH_LABEL = "Find a shopper"
SEARCH_PLACEHOLDER = "ID or product name, then Enter"
USER_LABEL = "Shopper"
RANDOM = "Surprise me"
FEATURED_LABEL = "Try an example"
FEATURED = {
    "the largest gain among": "Rationales helped a lot",
    "the largest gain": "Rationales helped most",
    "the largest loss": "Rationales hurt most",
    "found by both": "Both got it right",
    "missed by both": "Both got it wrong",
    "a taste that drifts": "Changing tastes",
    "a beam search misses": "Missed by beam search",
}  # labels of examples, by the first words of the stored reason; other reasons are their own labels
TEACH_LABEL = "Teach"
DATA_LABEL = "Data set"
MATCHES = "{count} found, choose one here"
MATCHES_CAPPED = "first {count} found, choose one here"
NO_MATCH = "no shopper found"
NOBODY_FOUND = "No shopper found for “{text}”. Search for an ID from 1 to {users}, or words of a product's name."
SHOPPER = "Shopper {user}"
SHOPPER_CHOICE = "{user} · {purchases}"
BOUGHT = "bought {title}"

# Sharing
COPY, COPY_HINT = "Copy link", "A link to exactly this view: data set, shopper, tab, edits and switches"
COPIED, NOT_COPIED = "Copied.", "Copy it from here:"

# 1 Who
WHO = "Who is shopping?"
FACTS = "{purchases}, {years}"
MEAN_RATING = "average\u00a0{mean}\u00a0★"
PROFILE_NOTE = "From {reviews} in the training data; the held-out purchase is not among them."
PROFILE_NOTE_ALL = "From {reviews}; no purchase of this shopper is held out."

# 2 What next
NEXT = "What will they buy next?"
TASK_LABEL = "Rank"
TASK_SEQUENTIAL = "all products"
TASK_TOPN = "{candidates} candidates"
TASK_SMALL = {
    "sequential": "Sequential recommendation: every item not bought before, ranked exactly.",
    "topn": "Top-N recommendation: the true item among others drawn at random, ranked exactly.",
}
VERDICT_START = "Bought next: "
VERDICT_RANKS = ": rank {a} of {among} with rationales, {b} without."
VERDICT_ONE = ": rank {rank} of {among} ({student})."
NO_TRUTH = "This shopper has too few purchases to hide one, so there is no true answer to compare with."
NO_PREDICTIONS = "No prediction was computed for this shopper."
TRUE_PURCHASE = "true purchase"
MORE = "Ranks {first} to {last}"
TOP_HIT, TOP_MISS = "In top 10", "Not in top 10"
OTHER_AT = "{student}: rank {rank}"
OTHER_NOT = "{student}: not in its top {top}"
BAR_NOTE = "♥ The shopper's reviews state this taste, and reviews of the product mention it. Bars: {bars}, on one scale for both lists."
BARS, BARS_CALIBRATED = "probability, not calibrated", "calibrated probability"
WHY_DOOR, WHAT_IF_DOOR = "Why the top product?", "Remove a purchase"

# Live
RUN = "Re-run live"
LIVE_AWAITED = "Running both students. The first run also loads them, which takes a few seconds."
LIVE_LINE = "Ran live on {device} ({precision})."
LIVE_LOAD = "Loading took {load} ms."
LIVE_STUDENT = "{student}: {ms} ms, {same}."
LIVE_FELL_BACK = "It ran on the CPU because {why}."
LIVE_FAILED = "The live run did not work: {what}. {todo}."
LIVE_ABSENT = "This installation cannot run the students live ({why}); the results on this page are precomputed."

# 3 Is it real
SHORT_MODEL = {"rdrec": WITH, "baseline": WITHOUT, "scrambled": "Shuffled rationales (control)"}
BEST_BASELINE = "Best baseline: {model}"
NOT_BEATEN = "No clear lead over the best baseline."
BEATEN_BY = "The best baseline is clearly ahead."
BEST_USES = "{it} uses rationales too."
BEST_USES_WITHOUT = "{it} uses rationales too; the best one without, {model}, reaches {value}."
ONLY_ONE = "In the top 10 only with rationales: {a} shoppers, only without: {b}. {sure}"
CHECKED = "Manipulation check: the student learned its rationales."
FROM_KEY = "These came from the answer key, not from a language model."
PAIRED = (
    "In the top 10 only with rationales: {a} shoppers, only without: {b}. If the two students were equally good, a split at least this "
    "uneven would occur by chance in {chance} of 100 repeats."
)
PAIRED_NONE = "Both students have the held-out purchase in their top 10 for exactly the same shoppers."
REAL_YES = "Unlikely to be chance among these shoppers, but another training run could reverse it."
REAL_RUNS = "Unlikely to be chance among these shoppers, and the same in all {runs} training runs."
REAL_NO = "Could easily be chance."

# Tabs
TAB_EXPLORE = "Explore"
TAB_EVIDENCE = "Evidence"
PART_WRITING = "In the students' own words"
PART_TABLE = "Purchases as a table"

HISTORY_CUT = "The {shown} most recent of {all} purchases are shown."
NO_REVIEW = "No review text."
NO_RATIONALE = "The teacher found nothing to say: {reason}."
FAILED_RATIONALE = "The teacher gave no usable answer: {reason}."
PREFERENCE, ATTRIBUTES = "What the shopper prefers", "What the product is like"
STARS = "{rating} of 5 stars"
SAID = "reviewers mention {said}"

WRITING = {
    "explanation": ("Why this product?", "explanation"),
    "user_preference": ("What does this shopper prefer?", "user preference"),
    "item_attribution": ("What is this product like?", "item attributes"),
}
WRITING_WHICH = {"rdrec": "with rationales", "baseline": "without rationales"}

EVIDENCE_INTRO = "Every shopper counts once. In brackets: 95 % interval over shoppers."
TASK_NAME = {"sequential": "Next purchase, whole catalogue", "topn": "True item in a short list"}
METRIC = {
    "HR@1": "in how many of 100 cases the true item ranks first",
    "HR@5": "in how many of 100 cases the true item is in the top 5",
    "HR@10": "in how many of 100 cases the true item is in the top 10",
    "NDCG@5": "like HR@5, with more credit for higher ranks (0 to 100)",
    "NDCG@10": "like HR@10, with more credit for higher ranks (0 to 100)",
    "MRR": "100 divided by the rank, on average",
}
BEYOND = {
    "coverage": ("Coverage", "of 100 products, how many are in the top 10 of at least one shopper"),
    "popularity": ("Popularity", "how often products in the top 10 were bought in training, on average; products that these shoppers really bought next: {bought} times"),
    "novelty": ("Novelty", "how unexpected the top 10 is, in bits: one bit more for products that were bought half as often"),
    "similarity": ("Similarity", "how similar two products of one list are, 0 to 100 (mean cosine of their known attributes)"),
    "top_share": ("Top products", "of 100 places in all top-10 lists, how many go to the ten products shown most often"),
}  # fmt: skip
EVIDENCE_CAPTION = "{task}: {users} shoppers, {protocol} protocol, seed {seed}"
EVIDENCE_NONE = "This data set has no evaluation."
MODEL_COLUMN = "Ranked by"

# Evidence over several training runs
TEACHER = {
    "answer-key": "answer key",
    "keywords": "keywords: rules, no model",
    "offline": "offline teacher",
    "released": "released rationales",
}
SHORT_TEACHER = TEACHER | {"keywords": "keyword rules"}  # in lists and sentences
A_TEACHER = "A teacher"
READ = " read it and noted what the shopper likes."  # after the teacher's name
READ_FOR_US = (" read it; the student learned from ", ".")  # around that of the student's teacher
FROM_THE_KEY = " was written together with the review."
TEACHER_IS = {
    "answer-key": "written together with the reviews",
    "llama": "a language model",
    "local": "a language model",
    "http": "a language model",
    "offline": "rules, no model",
}
WHY_NOT = {
    "from the examples": "its words come from the prompt's examples, not from the review",
    "no evidence given": "no words in the review support it",
    "the evidence says the opposite": "the review says the opposite",
    "the evidence denies it": "the review denies it",
}
SEEDS_TITLE = "Over {count} training runs of each"
SEEDS_RUNS = "Every run: NDCG@10 (points of 100). {task}"
SEED, MEAN = "run {seed}", "mean"
SLICES = {
    "purchases of the true item in training": "NDCG@10 by how often the true product was bought in training (number of shoppers)",
    "purchases shown": "NDCG@10 by how many purchases the student is shown (number of shoppers)",
    "true cause of the purchase": "NDCG@10 by what really led to the held-out purchase, known because this shop is invented (number of shoppers)",
}
CAUSE = {"follow": "follow-up", "gift": "present", "popular": "following the crowd", "taste": "own taste", "whim": "a whim"}
SEEDS_SMALL = (
    "A run's seed sets samples, item numbers, the lists of 100 and random initial weights, the same for all methods; students that start from data differ little between runs. Interval: bootstrap over shoppers "
    "of their means over runs. p: two-sided paired sign-flip test over shoppers. Command: python -m rdrec evaluate --gather."
)


TABLE_HEADERS = ("Date", "Product", "Stars", "Review title", "Review", "Prefers", "Product is", "Role")
TABLE_SPLIT = {"train": "training", "val": "validation", "test": "held out"}

# When something is not there
BROKEN_ALONE = "The data set {data} cannot be shown: {what}. To fix it: {todo}."
EMPTY_TITLE = "Nothing to explore yet"
EMPTY = "There is no precomputed data set here. These commands make one from a file of reviews (minutes for distilling, longer for training):"
EMPTY_AFTER = "Then start the page again. Add --help to a command to see its options."
COMMANDS = (
    "python -m rdrec data import reviews.csv --name guitars",
    "python -m rdrec distill --data guitars",
    "python -m rdrec train --data guitars --variant rdrec",
    "python -m rdrec train --data guitars --variant baseline",
    "python -m rdrec quantize --data guitars --run rdrec-nano-clean-s0",
    "python -m rdrec quantize --data guitars --run baseline-nano-clean-s0",
    "python -m rdrec precompute --data guitars",
    "python -m rdrec serve",
)
REQUEST_TOO_LARGE = "This request is larger than anything the page sends ({limit} bytes)."
NO_UPLOADS = "This page does not accept files."
BUSY = "The page is busy, or you have too many calls waiting. Try again in a moment."
FOREIGN_HOST = (
    "This page does not answer requests under this host name or from pages of other sites. Whoever runs it can allow a name: "
    "rdrec serve --allow-host NAME, or the environment variable RDREC_HOSTS."
)

# The Teach menu
SWITCHES = {"hide": "Guess first", "lock": "Lock shopper", "large": "Large type"}
VOTE = "Vote by phone"
LOCKED = (
    "This view shows a single shopper, so that a class stays together. To choose freely, untick “Lock shopper”, or remove lock=1 "
    "from the address."
)
