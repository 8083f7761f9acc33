"""Names used in files and options, each declared only here."""

from __future__ import annotations

from typing import Literal

Task = Literal["sequential", "topn"]
Role = Literal["rdrec", "baseline"]
TeacherKind = Literal["keywords", "llama", "local", "http"]
Split = Literal["train", "val", "test"]
TASKS: tuple[Task, ...] = ("sequential", "topn")  # ranking tasks
_TEXTS = ("explanation", "user_preference", "item_attribution")
# of an epoch of training (`rdrec.evaluation.collect`)
CURVE_MEASURES = ("ndcg", *(f"loss_{task}" for task in (*TASKS, *_TEXTS)), *(f"gap_{task}" for task in _TEXTS))
# In the card of a student that starts from data (`rdrec.student.start_vectors`): the number of the recipe by which the start was chosen,
# the measure of co-purchase, how many axes it has, and how much rationales count.
START_RECIPE, PURCHASE_MEASURE, PURCHASE_AXES, MATCH_USED = "start_recipe", "purchase_measure", "purchase_axes", "match_used"
EARLIER_STARTS = {1: "a fixed number of axes", 2: "cosines alone"}  # what distinguishes earlier recipes
EARLIER = "earlier recipe"
ROLES: tuple[Role, ...] = ("rdrec", "baseline")  # the two students that the page compares
TEACHERS: tuple[TeacherKind, ...] = ("keywords", "llama", "local", "http")  # values of `distill --teacher`
SPLITS: tuple[Split, ...] = ("train", "val", "test")

# Variants of students, in the order used in tables.
BASELINE, RDREC, CONTROL, START_ONLY, TASKS_ONLY = "baseline", "rdrec", "scrambled", "start-only", "tasks-only"
VARIANTS = (BASELINE, RDREC, CONTROL, START_ONLY, TASKS_ONLY)
STARTS_FROM_RATIONALES = (RDREC, CONTROL, START_ONLY)
LEARNS_RATIONALES = (RDREC, CONTROL, TASKS_ONLY)  # they learn to generate rationales, so the manipulation check applies

# Rules that learn nothing, rivals without language, and references that know the truth of an invented shop.
POPULARITY, TOGETHER, MAX_ID, ORDER = "popularity", "bought together", "max-id rule", "order rule"
SASREC, EASE = "sasrec", "ease"
KNOWS_TASTES = "knows all tastes"
KNOWS_REVIEWS = "knows what reviews mention"
KNOWS_OTHERS = "knows what reviews of others mention"

SHAPES = ("nano", "tiny", "mini", "small")  # sizes of students, defined in rdrec.student.shapes

TEMPORAL = "temporal"
PROTOCOLS = ("published", "shuffled", "clean", TEMPORAL)
STRICT_FIRST = ("clean", TEMPORAL, "shuffled", "published")  # the order used in tables
ANY_PROTOCOL = "any"  # for results that do not depend on the item IDs

NDCG, HIT = "NDCG@10", "HR@10"  # the metrics of headlines; all are in rdrec.evaluation.metrics
PRECISIONS = ("fp32", "bf16", "int8", "nf4")  # fp32, to which the others are compared, comes first
LEAKS = ("numbers", "order", "reviews")  # ways in which test answers can leak
COLLECTION_KIND, DIALS_KIND = "collection", "dials"  # artefact kinds written by evaluation and read by the page
