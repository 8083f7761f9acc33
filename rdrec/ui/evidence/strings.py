"""The sentences of the evidence tab, in plain words; the paper's terms stand in the small print.

In: nothing.  Out: constants, some with {fields}.  It knows no layout.
"""

from __future__ import annotations

DOOR = "So do rationales help? All the evidence"

# What follows, on top
LEAD_UNCLEAR = "Here rationales are not shown to help or to harm the next purchase: {difference} points against none ({low} to {high}, p\u00a0{p})"
LEAD_CLEAR = "Here the student with rationales ranks the next purchase {direction} than the one without: {difference} points ({low} to {high}, p\u00a0{p})"
LEAD_BETTER, LEAD_WORSE = "better", "worse"
LEAD_CONTROL_CLEAR = "; against shuffled rationales it is {direction}: {difference} points ({low} to {high}, p\u00a0{p})"
LEAD_CONTROL_UNCLEAR = (
    "; and right ones are not shown to differ from shuffled ones: {difference} points ({low} to {high}, p\u00a0{p})"
)
LEAD_CONTROL_SAME = "; but shuffled ones do as well: {difference} points between the two ({low} to {high}, p\u00a0{p}), so it may not be what they say"
LEAD_NOTHING = "Nothing was trained here several times both with rationales and without, so nothing follows about rationales."
LEAD_ONE_RUN = "One training run of each tells nothing about the next run, so nothing follows yet about rationales in general."
LEAD_SMALL = (
    "Points: NDCG@10 of 100, mean of {seeds} training runs; interval: 95 % over shoppers. p is corrected for the tests of the "
    "same pair (Holm); “shown” means p below .05, and the same sign in every run."
)
TOPN_CLEAR = (
    "Choosing from a short list, the student with rationales is {direction}: {difference} points ({low} to {high}, p\u00a0{p})."
)
TOPN_UNCLEAR = (
    "Choosing from a short list no difference is shown either way: {difference} points ({low} to {high}, p\u00a0{p})."
)
CONTENTS = (
    ("rd-headroom", "How much is left to gain"), ("rd-learned", "Were the rationales learned?"), ("rd-effect", "Effect of rationales"), ("rd-slices", "For whom"), ("rd-leaks", "Leak audit"), ("rd-rule", "A rule without training"),
    ("rd-published", "Published figures"), ("rd-real-data", "On real data"),
)  # fmt: skip
BEST = "The best of all here is “{best}” with {value}; the better of the two students reaches {student} (HR@10, of 100, next purchase)."
BEST_STUDENT = "The better of the two students is the best of all here: {student} (HR@10, of 100, next purchase)."

# How much is left to gain, of an invented shop
HEADROOM = "How much is left to gain"
HEADROOM_LEAD = (
    "This shop is invented, so its best possible score is known: {best}. EASE, which sees purchases alone, reaches {rival}."
)
HEADROOM_TEXTS = " What shoppers name in their reviews would cover {share} % of the way between the two."
HEADROOM_STUDENT = " The student with rationales has covered {share} %."
HEADROOM_TABLE = "{task}: from nothing to the best possible score (NDCG@10, of 100)"
HEADROOM_COLUMNS = ("Who", "0 … EASE (the stroke) … best possible", "NDCG@10")
HEADROOM_SMALL = (
    "Best possible: ranks by the probabilities with which the shop draws each purchase. In this shop reviews reveal taste, by "
    "construction; whether they do in real life is another question, and we ask it on real reviews."
)

# The manipulation check
LEARNED = "Did the students learn their rationales?"
LEARNED_INTRO = (
    "Whether rationales help can only be seen with a student that learned them. So each is asked about texts that nobody trained on: how much "
    "better does it predict a text with the right shopper (product) in its input than with another one? Beside it stands what counting word "
    "sequences in the same training texts gains; half of that counts as learned. The student with shuffled rationales must fail."
)
LEARNED_NONE = "This set was made before students were checked, so nothing here is known to be about rationales. To check: python -m rdrec evaluate --data {data}, then python -m rdrec precompute --data {data}"
LEARNED_WHICH = "The student shown on this page: {verdict}"
LEARNED_TABLE = "The check, over all training runs"
LEARNED_COLUMNS = (
    "Who", "What", "Gain (nats a token)", "By counting", "Outcome", "Different texts", "Three words twice", "Nearer to the own text",
    "Named values that are true", "True of another",
)  # fmt: skip
LEARNED_RANGE = "{low} to {high}"
LEARNED_SMALL = (
    "Gain: loss with another's number in the input minus loss with the own one; interval: 95 % over texts, mean over runs. Nearer: how "
    "often the text for the own number is more like the reference than the text for another's (50 %: chance). True values: on an invented shop, of "
    "the values that a text names, how many the product really has or are motives of the shopper."
)
TASK_WORDS = {"user_preference": "preferences", "item_attribution": "attributes", "explanation": "explanations"}
USER, ITEM = "shopper", "product"
NOT_TESTED = "not tested"
REAL_LEARNED = "Learned its rationales?"
LEARNED_YES = "yes"

# Short enough to stand below a group of bars on a phone
CHART_TASK = {"sequential": "Whole catalogue", "topn": "Short list"}

# The effect of rationales
EFFECT = "What rationales do, and the control"
EFFECT_INTRO = (
    "Each line takes one way of learning from another, shopper by shopper. Left of the middle: the first is worse. A bar that "
    "crosses the middle may well be luck. Shuffled rationales are the control: the same sentences, dealt to the wrong purchases."
)
EFFECT_TABLE = "Differences in points of NDCG@10. {task}"
EFFECT_OTHERS = "All other pairs: against rivals and simple rules"
EFFECT_COLUMNS = ("Difference", "", "Mean", "95 % over shoppers", "Range over runs", "p", "p, corrected")
EFFECT_AXIS = "The drawing goes from {low} to {high} points; the line in the middle is no difference."
ONE_RUN = (
    "There {runs} here. An interval over runs needs two or more, so none is shown: with other weights and "
    "samples the order could turn round. To get one: python -m rdrec evaluate --data {data} --gather 0,1"
)
ONE_RUN_NONE, ONE_RUN_ONE = "is no gathered training run", "is 1 training run of each"

WAY_WITHOUT, WAY_IDS = "without {task}", "{ids} numbers"
ABLATED = {"user_preference": "preferences", "item_attribution": "attributes", "explanation": "explanations"}

# Slices
SLICES_TITLE = "For whom"
SLICES_INTRO = "The same numbers for some of the shoppers. Bars share one scale; a slice with few shoppers says little."

# Leak audit
LEAKS = "Could one answer without learning anything?"
LEAKS_NONE = "This set was made before the page kept its leak audit. To add it: {command}. To see it now: python -m rdrec data audit {data}"
LEAKS_VERDICT_RULE = (
    "As the data came, guessing “the highest item number so far, plus one” is right at once for {rule} of 100 shoppers, without "
    "learning anything; under this page's protocol ({protocol}) for {shown}."
)
LEAKS_VERDICT_NO_RULE = (
    "Item numbers do not give answers away: “the highest item number so far, plus one” is right at once for {shown} of 100 shoppers "
    "under this page's protocol ({protocol}), and for {rule} as the data came."
)
LEAKS_VERDICT_TEXT = "The review of the hidden purchase stands in the training text for {text} of 100 shoppers."
LEAKS_VERDICT_NO_TEXT = "No review of a hidden purchase stands in the training text."
LEAKS_VERDICT_TEXT_UNKNOWN = "This set holds no review texts, so none can leak here."
LEAKS_VERDICT_ORDER = (
    "The order of purchases gives answers away: putting products with a greater original number than the last one first lifts “often bought "
    "together” from {plain} to {rule} (NDCG@10, of 100), without learning anything."
)
LEAKS_VERDICT_NO_ORDER = (
    "The order of purchases gives nothing away: putting products with a greater original number than the last one first takes “often bought "
    "together” from {plain} to {rule} (NDCG@10, of 100)."
)
LEAKS_VERDICT_LATER = "Of 100 training purchases of hidden products, {later} were made later than the hidden purchase itself."
LEAKS_VERDICT_NO_LATER = "No purchase in training was made later than a hidden purchase of the same product."
LEAKS_TABLE = "The audit under each protocol"
LEAKS_MEASURE = "What is asked"
LEAKS_PROTOCOL = {
    "published": "published: as the data came",
    "shuffled": "shuffled: numbers permuted",
    "clean": "clean: no hidden text either",
    "temporal": "temporal: as clean, one cut in time",
}
LEAKS_SHOWN = " (this page)"
LEAKS_ASKED = {
    "rule HR@1": ("“Highest number plus one” right at once, of 100", "max-id rule, HR@1"),
    "rule HR@10": ("“Highest number plus 1, 2, … 10” right, of 100", "max-id rule, HR@10"),
    "rule NDCG@10": ("The same, more credit for earlier guesses", "max-id rule, NDCG@10"),
    "id order": ("Numbers follow the order in which items first appear", "rank correlation: 1 in that order, 0 none"),
    "test text in training": ("Review of the hidden purchase was training text, of 100", "share of test interactions"),
    "same time as the one before": ("Hidden purchase has the same time as the one before it, of 100", "share of test interactions"),
    "greater original id": ("Hidden product has the greater original number of the two, of 100", "near 50 where order says nothing"),
    "bought together NDCG@10": ("“Often bought together”", "NDCG@10, of 100"),
    "order rule NDCG@10": ("The same, greater original numbers first", "order rule, NDCG@10, of 100"),
    "later purchases": ("Training purchases of the hidden product made after it, of 100", "share over all hidden purchases"),
}  # fmt: skip
LEAKS_SMALL = "Command: python -m rdrec data audit {data} --protocol PROTOCOL --seed {seed}. Order of purchases: {ties}."
TIES_UNKNOWN = "how ties in time were broken was not recorded when this set was made"

# A rule without training
RULE = "Why this matters: a rule without training"
RULE_INTRO = (
    "In the released Beauty data items are numbered in the order in which they first appear in shoppers' lists, the hidden purchases "
    "too. So often the next purchase is simply the next number. A rule that knows nothing but this reaches {share} of 100 of what RDRec "
    "published there; give the items random numbers, and it is worth nothing, while a recommender that learns keeps its worth."
)
RULE_LEAKY, RULE_PUBLISHED = (
    "highest number plus one (max-id rule), numbers as released",
    "RDRec, mean of 10 runs",
)  # names in the table of facts
RULE_TABLE = "Beauty, next purchase, whole catalogue, NDCG@10 of 100"
RULE_COLUMNS = ("Who", "", "NDCG@10", "Could see the answer in", "From")
RULE_SMALL = (
    "The leak was first pointed out in public in pull request 3 of jeykigung/P5 (2023); here it is measured. Whether RDRec uses it cannot "
    "be read off these figures alone. Our runs are of one seed. Purchases of one day stand in catalogue order in these files, under every "
    "numbering: a model that sees their order can learn that, and “greater original numbers first” shows what it is worth."
)

# Published figures
PUBLISHED = "Beside what others published"
PUBLISHED_OTHER = (
    "Published figures are of Beauty, Sports and Toys. The set on this page ({title}) is none of them, so its numbers must not be "
    "held against these; they stand here to show what each of them could see."
)
PUBLISHED_SAME = "This set is {data}. Our own rows stand on top, under the protocol {protocol}, with 95 % intervals over shoppers. Compare only rows that could see the same."
PUBLISHED_NAME = {"beauty": "Beauty", "sports": "Sports", "toys": "Toys"}
PUBLISHED_TABLE = "{data}. {task}"
PUBLISHED_COLUMNS = ("Method", "HR@10", "NDCG@10", "Could see the answer in", "From")
LEAK = {
    "numbers and reviews": "item numbers and reviews", "numbers": "item numbers", "reviews": "reviews of hidden purchases",
    "order": "order of purchases", "none known": "nothing known", "none": "nothing",
}  # fmt: skip
LEAK_OF_PROTOCOL = {"published": "numbers and reviews", "shuffled": "reviews", "clean": "none", "temporal": "none"}
KIND = {"published": "published", "measured": "measured by us", "here": "this page, seed {seed}"}
NOT_GIVEN = "not given"

# Measurements on other sets
REAL = "The same on real data"
REAL_INTRO = (
    "What stands above is of the set that this page shows. These runs are on real purchases, made with the same commands; the reviews may not be "
    "passed on and are not here. NDCG@10 of 100: the higher, the further up stands the true purchase. Under the protocol published the order of "
    "the item numbers gives answers away (“Highest item number plus one” shows how many); under shuffled and clean they are permuted."
)
REAL_NAME = {
    "beauty": "Amazon Beauty (no review texts at hand)",
    "toys-real": "Amazon Toys and Games (no review texts at hand)",
    "guitars": "Amazon Musical Instruments (a part, with reviews)",
}
REAL_RULE_ON = "{rule}, on the numbers of {run}"
REAL_TABLE = "{data}: protocol {protocol}, {runs}"
REAL_COLUMNS = ("Next purchase", "One of 100")
REAL_AGAINST = "Next purchase, against no rationales"
REAL_RANGE = "{low}–{high}"
REAL_SMALL_ONE = "In brackets: 95 % over {users} shoppers, of one training run; another run could turn the order round."
REAL_SMALL = (
    "Mean of the runs, in brackets the lowest and highest run. Against no rationales: mean difference, 95 % over {users} shoppers, p "
    "corrected for the tests of the same pair (Holm)."
)
REAL_TIES = " Order of purchases: {ties}."
REAL_WORLD = " Data: {world}."
REAL_NOT_TESTED = (
    " “Not tested”: the student did not learn its rationales, or nobody checked; the difference says nothing about them."
)
REAL_CURVES = "How training went: NDCG@10 of validation purchases after each epoch"
REAL_EPOCH = "epoch {epoch}"
REAL_CURVE_NAME = "{run} ({shape}, {parameters} parameters, protocol {protocol})"
REAL_COMMAND = "Made by precomputed/make-evidence.sh; every row with its seed is in precomputed/evidence."
