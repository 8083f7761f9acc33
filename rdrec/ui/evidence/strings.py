"""The sentences of the Evidence tab, in plain words with technical terms in the small print; some have {fields}."""

from __future__ import annotations

# The verdict, on top
TITLE = "Do rationales help?"
AWAITED = "Reading the evidence of this data set…"
LEAD_SMALL = (
    "Points of NDCG@10 (0 to 100), mean of {seeds} training runs; 95 % interval over {users} shoppers; p corrected for the tests of the same pair (Holm). "
    "A difference counts if p is below .05 and every run has the same sign."
)
CHECK_TITLE = "Did the students learn their rationales?"
CHECK_STUDENT = "With rationales"
CHECK_CONTROL = "Shuffled control"
CHECK_GAIN = "{task} {gain} (counting: {yardstick})"
CHECK_PASSED, CHECK_FAILED, CHECK_UNKNOWN = "learned", "not learned", "not checked"
CHECK_SMALL = "Gain: how many nats per token better a student predicts a new rationale when given the right shopper or product instead of another. “Learned”: its gain is clearly above 0 and at least half of that from counting word sequences. The control must fail."
TEACHERS_TITLE = "Does the teacher matter?"
TEACHERS = "Here it is the answer key. NDCG@10 in a shop of {users} shoppers ({runs}): {rows}."
TEACHER_RANKS, NO_TEACHER = "{teacher}\u00a0{value}", "no rationales"
TEACHER_RUN, TEACHER_RUNS = "one run each, so close values may swap", "mean of {count} runs each"

# The difference plot
PLOT_TITLE = "Who ranks better than the student without rationales?"
PLOT_TASK, PLOT_METRIC = "Rank", "Metric"
PLOT_TASKS = {"sequential": "all products", "topn": "a short list"}
PLOT_ZERO = "zero: student without rationales{value}"
PLOT_VALUE = " ({value})"
PLOT_NONE = "The student without rationales was not evaluated here, so there is nothing to compare with."
PLOT_PICTURE = "{title}: {task}, {metric}, against the student without rationales"
PLOT_SOURCE = "{set}; protocol {protocol}; {seeds}; dots: mean difference, lines: 95 % interval over {users} shoppers. RDRec Explorer, version {version}."
PLOT_SEEDS, PLOT_ONE_SEED = "{count} training runs", "one training run"
PLOT_CAPTION = "Dot: mean difference. Line: 95 % interval over shoppers. A line that crosses zero could be chance."

# Three leaks, computed live
LIVE_TITLE = "Three leaks: scores of rules that learn nothing"
LIVE_INTRO = "Turn a leak on and see what the rule gains."
LIVE_SWITCH = {
    "numbers": "Number products in order of first appearance",
    "order": "Put purchases of one {period} in catalogue order",
    "reviews": "Train on reviews of held-out purchases",
}
LIVE_RULE = {
    "numbers": "Rule: guess the highest number so far plus 1, 2, \u2026",
    "order": "Rule: often bought together, higher catalogue numbers first",
    "reviews": "Rule: first the product of which only the review is in training, then often bought together",
}
LIVE_ON, LIVE_OFF = "on", "off"
LIVE_NONE = "No purchase is held out in this set, so no rule can be scored."
LIVE_NOT = {
    "numbers": "",
    "order": "This set lacks original product IDs or times of purchases, so this leak cannot be shown.",
    "reviews": "This set has no review texts, so none can leak.",
}
LIVE_REAL_NUMBERS = "On Amazon Beauty as released this rule reaches {rule}; RDRec published {paper}."
LIVE_REAL_ORDER = "On real data, without the rule and with it: {rows}."
LIVE_REAL_ROW = "{data} {plain} \u2192 {rule}"
REAL_SHORT = {"beauty": "Beauty", "toys-real": "Toys", "guitars": "Musical Instruments"}

# Precisions
PRECISION_TITLE = "What quantising does: fp32, bf16, int8, NF4"
PRECISION_LABEL = "Precision"
PRECISION_NAME = {"fp32": "fp32", "bf16": "bf16", "int8": "int8", "nf4": "NF4"}
CALIBRATED = "Percentages of products are calibrated: for each student and each list, log-probabilities are divided by one number, the temperature, and scaled so that all products in question add up to 100 %. The temperature is the one that makes the validation purchases most likely (Guo et al. 2017). Above 1 it makes a student less sure, below 1 surer; ranks stay the same."
PRECISION_NONE = "Precisions were not compared for this set. To compare them, run rdrec precompute again with --precisions."
PRECISION_BRIEF = (
    "All {users} shoppers, compared with fp32: {share} % of the size, {overlap} % of the top 10 unchanged, NDCG@10 {ndcg}"
)
PRECISION_CHANGE = " (change {change}; 95 % interval {low} to {high})"
PRECISION_TABLE = "All {users} shoppers, compared with fp32"
PRECISION_COLUMNS = (
    "Precision",
    "Size",
    "Top-10 overlap",
    "Same first product",
    "Held-out purchase at another rank",
    "NDCG@10",
    "Change (95 % interval)",
)
PRECISION_SIZE = "{mb} MB ({share} %)"

# The dial
DIAL_TITLE = "When would rationales help? Turn the dial of an invented shop"
DIAL_LABEL = "Dial"
DIAL_NAME = {
    "names": "how often reviews name a motive",
    "drive": "how strongly motives drive purchases",
    "purchases": "how much shoppers buy",
}
DIAL_AT = {"names": "{value:.0f} % of reviews", "drive": "drive {value:g}", "purchases": "{value:g} purchases each"}
DIAL_NONE = "No setting of this dial has been trained yet. To make them: precomputed/make-dials.sh, then rdrec collect --dials."
DIAL_ROWS = {"rdrec": "With rationales", "scrambled": "Shuffled control"}
DIAL_MARKS = {"knows what reviews mention": "What reviews reveal", "knows all tastes": "Best possible"}
DIAL_VALUE = "({low} to {high})"
DIAL_KEYS = (
    ("dot with", "with rationales, over the student without"),
    ("dot over", "with rationales, over the shuffled control"),
    ("dot control", "shuffled control, over the student without"),
    ("stroke mentions", "a ranker that knows what reviews mention"),
    ("stroke best", "the best possible score"),
)
DIAL_CHECK = {
    "learned": "✓ learned",
    "not learned": "✗ not learned",
    "nothing to learn": "nothing to learn",
    "not checked": "not checked",
}
DIAL_SMALL = (
    "Gain in NDCG@10 points, next purchase, whole catalogue; 95 % intervals over {users} shoppers, {seeds}. On the right, the manipulation check: nats per "
    "token that the student gains on preferences by knowing the shopper, beside the gain of word counts."
)
DIAL_OLDER = "These students are older than the present training recipe; most rank worse."

# Details
DETAILS_TITLE = "Details"
DETAILS_TABLES = "All metrics, with intervals, and measures beyond accuracy"
DETAILS_SEEDS = "Every training run, every difference, and results by group of shoppers"
DETAILS_LEAKS = "Leak audit of this set under every protocol"
DETAILS_PUBLISHED = "Published figures on Beauty, Sports and Toys, and what each could see"
DETAILS_SET = "About this set: sizes, students and the command that made it"

# How much is left to gain, of an invented shop
HEADROOM = "Headroom: how far from the best possible score?"
HEADROOM_LEAD = (
    "This shop is invented, so the best possible score is known: {best}. EASE, which sees only purchases, reaches {rival}."
)
HEADROOM_TEXTS = " Knowing what reviews mention would close {share} % of that gap."
HEADROOM_STUDENT = " The student with rationales closes {share} %."
HEADROOM_TABLE = "{task}: NDCG@10 compared with the best possible score"
HEADROOM_COLUMNS = ("Ranked by", "from 0 to the best possible; stroke: EASE", "NDCG@10")
HEADROOM_SMALL = (
    "Best possible: ranks by the probabilities from which the shop draws each purchase. Reviews reveal taste in this shop by construction. "
    "Whether they do in reality is another question; see the results on real data."
)
HEADROOM_TASKS = (
    " In a student that starts from data, learning to write rationales trains its words and hardly changes its ranking; so one with "
    "rationales only as tasks ranks like one without."
)

# The manipulation check
LEARNED = "Did the students learn their rationales?"
LEARNED_INTRO = (
    "Only a student that learned its rationales can show whether they help. The manipulation check uses rationales that no student was trained on: "
    "how much better does a student predict one when its input names the right shopper (or product) instead of another? Counting word sequences in "
    "the training texts sets the yardstick; a gain that is clearly above 0 and at least half as large counts as learned. The control with shuffled rationales must fail."
)
LEARNED_NONE = "This set was made before students were checked, so no result here can be attributed to rationales. To check: python -m rdrec evaluate --data {data}, then python -m rdrec precompute --data {data}"
LEARNED_WHICH = "Verdict on the student shown on this page. {verdict}"
LEARNED_TABLE = "The check, over all training runs"
LEARNED_COLUMNS = (
    "Student", "Text", "Gain (nats per token)", "By counting", "Outcome", "Distinct texts", "Verbatim", "Repeats three words", "Closer to own text",
    "Named values that are true", "True of another shopper or product",
)  # fmt: skip
LEARNED_RANGE = "{low} to {high}"
LEARNED_SMALL = (
    "Gain: loss with another ID in the input minus loss with the right one; 95 % interval over texts, mean over runs. Verbatim: the share that equals a training text word for word. Closer to own text: how "
    "often the text for the right ID resembles the reference more than the text for another ID does (chance: 50 %). True values: in an invented shop, "
    "the share of named values that the product has or that are motives of the shopper."
)
LEARNED_FURTHER = (
    "{numbers} numbers: a further student, which shows what a beam search loses (tab Why and what if). No comparison uses it."
)
TASK_WORDS = {"user_preference": "preferences", "item_attribution": "attributes", "explanation": "explanations"}
NOT_TESTED = "not tested"
REAL_LEARNED = "Learned its rationales?"
LEARNED_YES = "yes"

# The effect of rationales
EFFECT = "Effect of rationales, with the control"
EFFECT_INTRO = (
    "Each row compares two training methods, shopper by shopper: the score of the first minus that of the second. Left of the middle, the first is "
    "worse. A line that crosses the middle could easily be chance. Shuffled rationales are the control: the same sentences, given to the wrong purchases."
)
EFFECT_TABLE = "Differences in NDCG@10 points. {task}"
EFFECT_OTHERS = "All other pairs: against baselines and simple rules"
EFFECT_COLUMNS = ("Difference", "", "Mean", "Over shoppers (95 % interval)", "Range over runs", "p", "p, corrected")
EFFECT_AXIS = "The axis runs from {low} to {high} points; the line in the middle means no difference."
ONE_RUN = (
    "There {runs} here. An interval over runs needs two or more: with other weights and samples the order "
    "could be reversed. To get one: python -m rdrec evaluate --data {data} --gather 0,1"
)
ONE_RUN_NONE, ONE_RUN_ONE = "is no gathered training run", "is 1 training run of each"

WAY_WITHOUT, WAY_IDS = "without {task}", "{ids} numbers"
ABLATED = {"user_preference": "preferences", "item_attribution": "attributes", "explanation": "explanations"}

# Slices
SLICES_TITLE = "Results by group of shoppers"
SLICES_INTRO = "The same metric for some of the shoppers. All bars share one scale; a small group says little. “Show one” opens an example."

# Leak audit
LEAKS = "Can a rule that learns nothing find the answers?"
LEAKS_NONE = "This set was made before the page kept its leak audit. To add it: {command}. To run it now: python -m rdrec data audit {data}"
LEAKS_TABLE = "The audit under each protocol"
LEAKS_MEASURE = "Question"
LEAKS_PROTOCOL = {
    "published": "published: original numbers",
    "shuffled": "shuffled: numbers permuted",
    "clean": "clean: no held-out text either",
    "temporal": "temporal: as clean, one cut in time",
}
LEAKS_SHOWN = " (this page)"
LEAKS_SMALL = "Command: python -m rdrec data audit {data} --protocol PROTOCOL --seed {seed}. Order of purchases: {ties}."
TIES_UNKNOWN = "how ties in time were broken was not recorded when this set was made"

# A rule without training
RULE = "Why leaks matter: a rule that learns nothing against a paper"
RULE_INTRO = (
    "In the released Beauty data, items are numbered in the order in which they first appear in shoppers' lists, held-out purchases included. "
    "So the next purchase is often simply the next number. A rule that knows only this reaches {share} % of what RDRec "
    "published there. With random numbers it finds almost nothing. A recommender that does not read the numbers, such as SASRec, is not affected."
)
RULE_LEAKY, RULE_PUBLISHED = (
    "highest number plus one (max-id rule), numbers as released",
    "RDRec, mean of 10 runs",
)  # names in the table of facts
RULE_TABLE = "Beauty, next purchase, whole catalogue, NDCG@10 of 100"
RULE_COLUMNS = ("Method", "", "NDCG@10", "Could see the answer in", "Source")
RULE_SMALL = (
    "The leak was first reported in pull request 3 of jeykigung/P5 (2023); here it is measured. These figures alone do not show whether RDRec uses "
    "it. Our runs have one seed. In these files, purchases of one day are in catalogue order, however products are numbered. "
    "A model that sees the order can learn this; “higher original numbers first” shows how much that gives away."
)

# Published figures
PUBLISHED = "Published figures"
PUBLISHED_OTHER = (
    "Published figures are for Beauty, Sports and Toys. The set on this page ({title}) is none of them, so its numbers must not be "
    "compared with these. They are listed to show what each method could see."
)
PUBLISHED_SAME = "This set is {data}. Our own rows come first, under the protocol {protocol}, with 95 % intervals over shoppers. Compare only rows with the same entry under “Could see the answer in”."
PUBLISHED_NAME = {"beauty": "Beauty", "sports": "Sports", "toys": "Toys"}
PUBLISHED_TABLE = "{data}. {task}"
PUBLISHED_COLUMNS = ("Method", "HR@10", "NDCG@10", "Could see the answer in", "Source")
LEAK = {
    "numbers and reviews": "item numbers and reviews", "numbers": "item numbers", "reviews": "reviews of held-out purchases",
    "order": "order of purchases", "order possible": "perhaps the order of purchases", "none known": "nothing known", "none": "nothing",
}  # fmt: skip
LEAK_OF_PROTOCOL = {"published": "numbers and reviews", "shuffled": "reviews", "clean": "none", "temporal": "none"}
KIND = {"published": "published", "measured": "measured by us", "here": "this page, seed {seed}"}
NOT_GIVEN = "not given"

# Measurements on other sets
REAL = "Results on real data"
REAL_INTRO = (
    "Everything above is about the set that this page shows. These runs use real purchases and the same commands; the reviews may not be "
    "redistributed and are not included. NDCG@10 (0 to 100): the higher, the closer the true purchase is to the top. Under the protocol “published”, the order of "
    "item numbers gives answers away (“Highest item number plus one” shows how many); under “shuffled” and “clean” the numbers are permuted."
)
INVENTED = "Results on other invented shops"
INVENTED_INTRO = "Made by the same generator as the shop that this page shows. Students of several teachers are compared on the same shoppers."
REAL_NAME = {
    "toys-1850": "Invented shop of 1,850 shoppers, with every review read by a language model",
    "beauty": "Amazon Beauty (no review texts available)",
    "toys-real": "Amazon Toys and Games (no review texts available)",
    "guitars": "Amazon Musical Instruments (with reviews)",
}
REAL_RULE_ON = "{rule}, on the numbers of {run}"
REAL_TABLE = "{data}: protocol {protocol}, {runs}"
REAL_COLUMNS = ("Next purchase", "One of 100")
REAL_AGAINST = "Next purchase, against the student without rationales"
REAL_RANGE = "{low}–{high}"
REAL_SMALL_ONE = "In brackets: 95 % interval over {users} shoppers, one training run; another run could reverse the order."
REAL_SMALL = (
    "Mean of the runs; in brackets the lowest and highest run. Against the student without rationales: mean difference, 95 % interval over {users} shoppers, p "
    "corrected for the tests of the same pair (Holm)."
)
WORDS_TELL = (
    "{data}: how much each teacher's words reveal if one only counts word sequences. The gain from knowing the shopper (preferences) or the product "
    "(attributes), in nats per token; less than {least} counts as next to nothing."
)
WORDS_OF = "{teacher}: {about_user} about the shopper ({user}, {low} to {high}), {about_item} about the product ({item})"
SOMETHING, NEXT_TO_NOTHING = "something", "next to nothing"
REAL_TIES = " Order of purchases: {ties}."
REAL_WORLD = " Data: {world}."
REAL_NOT_TESTED = (
    " “Not tested”: the student did not learn its rationales, or was not checked; the difference says nothing about rationales."
)
CURVES = "Training curves: ranking, losses and gaps after each epoch"
CURVES_NAME = "{method}: {runs} under {protocol} ({shape}, {parameters} parameters, {start})"
CURVES_START = {"random": "started at random", "data": "started from data", "purchases": "started from purchases"}
CURVES_EPOCH = "After epoch"
CURVES_OF = {
    "ndcg": "NDCG@10, next purchase",
    "loss_sequential": "Loss, next purchase",
    "loss_topn": "Loss, short list",
    "loss_explanation": "Loss, explanations",
    "loss_user_preference": "Loss, preferences",
    "loss_item_attribution": "Loss, attributes",
    "gap_explanation": "Gap, explanations",
    "gap_user_preference": "Gap, preferences",
    "gap_item_attribution": "Gap, attributes",
}
CURVES_SMALL = (
    "Means over the training runs. Losses and gaps are in nats per token. The gap is the loss on texts about another shopper or product minus the loss "
    "on the right ones: at 0, knowing the shopper or product does not help. In the default recipe, the first epochs train texts alone: the ranking does "
    "not change, although its losses may rise."
)
REAL_ABLATED = (
    " Without preferences or attributes (the paper's ablation), nothing can match, so what a student knows at the start comes from purchases alone; "
    "compare it with the one that has rationales only as tasks."
)
REAL_EARLIER = " The earlier recipe uses purchases less well; with the present one, rationales may gain less."
REAL_COMMAND = "Made with precomputed/make-evidence.sh; every row, with its seed, is in precomputed/evidence."
