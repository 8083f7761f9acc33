"""The sentences of the tour, the lecture, the speaker's notes and the hand-out.

chapters.py fills their {fields} from the shown data set; no result is typed here.
"""

from __future__ import annotations

TAB = "Learn"
INTRO = "A 45-minute lecture in six chapters. Each has one thing to try and one question. Think before you open the answer. The arrow keys move between chapters."

# The tour
TOUR_START = "Start the tour"
TOUR_SHORT = "Tour"
SKIP = "Skip to what the students say"
TOUR_WORDS = {
    "back": "Back",
    "next": "Next",
    "done": "Done",
    "close": "End the tour",
    "count": "Stop {at} of {all}",
    "missing": "This part is not on the page at the moment.",
    "wait": "One moment…",
}
TOUR = {
    "shopper": (
        "Who is shopping",
        "One shopper, their latest purchases, and what their reviews say they like. Their last purchase is held out: no student has seen it.",
    ),
    "rationale": (
        "Why they bought it",
        "A teacher read each review and wrote down what the shopper prefers and what the product is like. That is a rationale. Marked words are the evidence for each claim.",
    ),
    "lists": (
        "Two students, two lists",
        "Both learned from the same purchases; only the first also learned from rationales. Each ranks what this shopper will buy next. A star marks the held-out purchase.",
    ),
    "verdict": (
        "One shopper proves nothing",
        "How often each student was right over all shoppers, how certain that is, and whether chance could explain the difference.",
    ),
    "evidence": (
        "Does it hold up?",
        "More training runs, a control with shuffled rationales, simple rules and strong rivals. A difference whose interval crosses zero could be chance.",
    ),
    "learn": (
        "The lecture",
        "Six short chapters, each with something to try and a question. Start with the rule that learns nothing. The tour ends here.",
    ),
}

# Around the chapters
LECTURE = "The lecture"
CHAPTER_SHORT = ("Plus one", "Rationales", "The student", "Did it learn?", "Does it help?", "When would it?")
BACK_TO = "← Back to chapter {number}"
MORE = "More to read"
NOTE_PARTS = ("Timing", "Say", "Students usually answer", "What may go wrong")
UNKNOWN_CHAPTER = "There is no chapter {chapter}. There are chapters 1 to {count}."
UNKNOWN_LESSON = "There is no lesson {lesson}. Lessons: {known}."
SHOW_SHOPPER = "Show shopper {user}"
NOT_HERE = "This data set lacks what this chapter needs: {what}."
NEED_EVALUATION = "an evaluation of both students"
NEED_RUNS = "at least two training runs of each student"
NEED_CONTROL = "a control with shuffled rationales"
NEED_AUDIT = "a leak audit"
NEED_CHECK = "the manipulation check"
NEED_TEXTS = "a shopper with a held-out purchase and texts written by the students"
NEED_BEST = "the best possible score, which is known only for an invented shop"

# 1
PLUS_ONE = "Can you beat a paper with plus one?"
PLUS_ONE_1 = (
    "Many papers test on the same files, in which products are numbered in the order in which they first appear in the shoppers' lists, "
    "held-out purchases included. So a rule that learns nothing can guess: the highest number so far, plus one."
)
PLUS_ONE_TABLE = "Next purchase on Amazon {data}, NDCG@10 (points of 100)"
PAPER, RULE, TOGETHER = "RDRec, as published", "Highest number plus one", "Often bought together"
FLIP_NUMBERS = "Switch: number the products at random"
FLIP_ORDER = "Switch: rank higher original numbers first"
PLUS_ONE_2 = "The second switch adds a rule that uses another leak: the files list the purchases of one day in catalogue order."
PLUS_ONE_TRY = "Click both switches above and watch the bars. Then open the leak audit of the data set on this page."
PLUS_ONE_Q = "A rule that learns nothing scores {rule}, the paper {paper}. Does it follow that RDRec uses this leak?"
PLUS_ONE_A = (
    "No. These figures do not show what a model uses. They show that the test can be passed without knowing anything about people, so a "
    "high score proves little. To find out, train the same student with random product numbers and compare. With random numbers the rule drops to {random}."
)
PLUS_ONE_NOTES = (
    "2 minutes for the problem, 3 for the switches, 3 for the question.",
    "Ask the room for the simplest recommender they can think of. Then press the first switch and say nothing for a moment.",
    "“So the paper is wrong.” That does not follow: the test cannot tell. Insist on the difference.",
    "The figures on this screen are from the released Amazon data, not from the shop on the page. Say so, or students will look for them in Explore.",
)
HERE_Q = "Does the data set on this page leak?"
TEXT_Q = "There is a second leak, in the text. Can you think of it?"
TEXT_A = (
    "The review of the held-out purchase. If students train on it, they have read about the answer. In the data as released this holds for "
    "{came} of 100 shoppers; under the protocol of this page ({protocol}) for {shown} of 100."
)
FAIR_Q = "What would you ask for before you believe a comparison of two recommenders?"
FAIR_A = (
    "Product numbers that carry no order; no text of held-out purchases in training; the same split, products and metric for both; simple rules for "
    "comparison; and several training runs. On this page “best sellers first” finds the held-out purchase for {popular} and “often bought together” for {together} "
    "of 100 shoppers (HR@10, next purchase); the student with rationales finds it for {student}."
)

# 2
PROMISE = "What do rationales promise?"
PROMISE_1 = (
    "A purchase shows what was bought; a review often says why. A teacher reads the review and writes down what the shopper prefers and what "
    "the product is like. Here is one review, and what {count} teachers say the shopper prefers."
)
PROMISE_NONE = "A teacher reads a review and writes down what the shopper prefers and what the product is like: a rationale."
PROMISE_TRY = "Read the review, then check each claim against it. Then paste a review of your own."
PROMISE_Q = "Which of these claims is not supported by the review?"
PROMISE_Q_NONE = "What can be wrong with a rationale?"
PROMISE_A = "“{claim}” by {teacher}: {why}. The page flags such a claim. Of the {claims} claims that the students' teacher made over all reviews, {unsupported} have no supporting words in the review."
PROMISE_A_NONE = "A teacher may claim something that the review does not say, or misread it. For each claim the page looks for supporting words in the review and flags the claim if there are none."
PROMISE_NOTES = (
    "3 minutes to read, 2 for a vote by show of hands, 2 to paste a review of your own.",
    "The answer key is not a model: it was written together with the invented reviews. The other teachers had to read them.",
    "The longest claim is tempting, because it sounds made up. Let them point to words in the review.",
    "A pasted review is read by the keyword rules, unless the page was started with a language model. They find nothing in some reviews; that is a result too.",
)
SILENT_Q = "Does every review yield a rationale?"
SILENT_ALL = "Here it does: the students' teacher found something to say about each of {reviews}."
SILENT_SOME = "No. {count} reviews yielded none, most often because: {reason} ({most})."

# 3
STUDENT = "What does the student see?"
STUDENT_1 = "For shopper {user}, this is everything the student reads at ranking time:"
STUDENT_2 = "No review, no title, no rationale. What rationales taught it is in its weights. Asked about the shopper and the held-out product, it writes:"
STUDENT_3 = "It puts the held-out purchase at rank {rank} of {among}; the student without rationales puts it at rank {other}."
STUDENT_SIZE = "On disk it takes {size} MB as {precision} and {full} MB in full precision."
STUDENT_TRY = "Move the precision from fp32 to NF4 and watch which ranks move. Then look at the input token by token."
STUDENT_Q = "The input contains no words. How can rationales make a difference?"
STUDENT_A = (
    "Before and during training. The vectors of shoppers and products start from what the rationales say, so that shoppers and products with the same tastes "
    "start close together. Then the student learns to write the rationales from these vectors. In Evidence, compare “Rationales only at the "
    "start” with “Rationales only as tasks” to see which of the two helps. The check in chapter 4 shows whether the texts were learned."
)
STUDENT_NOTES = (
    "3 minutes for the input and the words, 3 for the precision, 2 for the question.",
    "Let a student read the input aloud. Then ask where it mentions what the shopper likes.",
    "“It reads the reviews.” This is the most common misunderstanding. Go back to the input.",
    "Showing the input token by token loads the students, which takes a few seconds the first time. Open it before the lecture.",
)
# 4
TREATMENT = "Did the treatment take?"
TREATMENT_1 = (
    "A drug trial is worthless if nobody took the drug. So each student is tested on texts that were not used in training: how much better does it "
    "predict a text for the right shopper or product than for another one? To pass, it must gain at least half as much as counting word sequences does."
)
TREATMENT_TABLE = "The manipulation check (gain in nats per token)"
TREATMENT_COLUMNS = ("Student", "Text", "Gain", "By counting", "Outcome")
TREATMENT_TRY = "Before you read the column Outcome, compare the two columns before it: which student learned its rationales?"
TREATMENT_Q = "Why should the student with shuffled rationales fail this test?"
TREATMENT_A = (
    "It trained on the same sentences, each given to the wrong purchase, so they say nothing about this shopper or product. If it passed, "
    "the test would measure something else. Here the student with rationales gains {own}, the shuffled one {shuffled} (preferences, nats per token)."
)
TREATMENT_NOTES = (
    "2 minutes for the idea, 2 for the table, 3 for the question.",
    "“No effect” can mean two things: rationales do not help, or the student never learned them. Only this check can tell which.",
    "“The loss went down, so it learned.” The loss also goes down when every shopper gets the same sentence.",
    "If the outcome is “not learned”, the verdict in chapter 5 reads “not tested”. Do not explain it away.",
)

# 5
HELPS = "Does it help?"
HELPS_1 = (
    "For shopper {user} the held-out purchase is at rank {a} with rationales and at rank {b} without. For shopper {other} it is at rank {c} with "
    "and {d} without. One shopper proves nothing, and neither does one training run."
)
HELPS_2 = (
    "Over all {users} shoppers, means of {runs} training runs each: {a} points of 100 in NDCG@10 with rationales and {b} without. The ranks above are "
    "those of run {seed}."
)
HELPS_2_ONE = "Over all {users} shoppers these two students, one training run each, score {a} points of 100 in NDCG@10 with rationales and {b} without."
HELPS_RUNS = "NDCG@10 of both students, next purchase (points of 100)"
HELPS_RUN, HELPS_MEAN, HELPS_WITH, HELPS_WITHOUT = "Run {seed}", "Mean", "with rationales", "without"
HELPS_TRY = (
    "Vote before you look: does it help, does it harm, or can you not tell? Then open the answer, and the plot with all pairs."
)
HELPS_Q = "So, do rationales help here?"
HELPS_NOTES = (
    "2 minutes to vote, 4 for the interval, 2 for the control.",
    "Take the vote first, in a voting room or by show of hands, and write the result where everyone can see it.",
    "If most vote for “helps” after chapter 4, ask what the student with shuffled rationales should then score.",
    "Some will compare the two intervals by eye. Both students were tested on the same shoppers, so the paired difference counts.",
)
OVERLAP_Q = "In run {seed} the student with rationales scores {a} ({a_low} to {a_high}) and the one without {b} ({b_low} to {b_high}). Do the two intervals overlap, and what follows?"
OVERLAP_Q_NONE = "If the intervals of two students overlap, what follows?"
OVERLAP_A = "They overlap. That alone settles nothing, because both students were tested on the same shoppers. Count the shoppers on whom they differ. {paired}"
APART_A = "They do not overlap, so chance among these shoppers is an unlikely explanation. Now count the shoppers on whom they differ. {paired}"
RUNS_Q = "Could another training run reverse the result?"
RUNS_A = (
    "Students that start from the training data, as they do by default, differ little between runs, so the interval over shoppers says more. Over {runs} runs of each, the student with rationales was ahead in {ahead} (NDCG@10, next purchase); "
    "the difference ranged from {low} to {high} points. The student without rationales alone ranged from {least} to {most}."
)
CONTROL_Q = "Why is one student trained on shuffled rationales?"
CONTROL_A = (
    "It reads the same sentences, each given to the wrong purchase. If it did just as well, it would be the extra text that helps, not its content. "
    "Here real minus shuffled is {difference} points ({low} to {high}, p {p})."
)

# 6
WHEN = "When would it help?"
WHEN_1 = (
    "This shop is invented, so its best possible NDCG@10 is known: {best} points. EASE, which sees only purchases, reaches {rival}, the student with "
    "rationales {student}, and a ranker that knew exactly what reviews mention {texts} (means over training runs)."
)
WHEN_BARS = "From zero to the best possible score"
WHEN_2 = (
    "How much rationales can help depends on how much taste drives purchases, and on how much of that taste reviews reveal."
)
WHEN_DIAL = "The dial: how many reviews name a motive of the shopper"
WHEN_TRY = "Cover the plot and predict: at which setting does the gain begin, and does it reach the best possible score? Then turn the other dials in Evidence."
WHEN_TRY_NO_DIAL = (
    "Guess before you read the bars: how much of the way from EASE to the best possible score does the student cover? Then compare the kinds of purchases in "
    "Evidence: where does it gain most, and where nothing?"
)
WHEN_Q = "If the student knew exactly what reviews mention, would it reach the best possible score?"
WHEN_A = (
    "No. Knowing what reviews mention covers {share} % of the way from EASE to the best possible score here; the rest is what reviews leave out. "
    "And an invented shop shows when rationales can help, not whether they do on real reviews."
)
READER_Q = (
    "The student with rationales learned from the answer key here. Would one do as well that learned from a language model?"
)
READER_A = (
    "NDCG@10 of the next purchase in an invented shop of {users} shoppers ({runs}): {rows}. All students had the same purchases and the same reviews; they "
    "differ in what their teacher noted."
)
WHEN_NOTES_NO_DIAL = (
    "2 minutes for the best possible score, 3 for the kinds of purchases, 2 for the question and the conclusion.",
    "End with the conditions: taste must drive purchases, reviews must reveal it, the teacher must read it, the student must learn it.",
    "“Yes, with a bigger model.” The best possible score is a property of the shop, not of the model.",
    "The bars show an invented shop. If students ask about real data, open “Results on real data” in Evidence.",
)
WHEN_NOTES = (
    "2 minutes for the best possible score, 3 for the dial, 2 for the question and the conclusion.",
    "End with the conditions: taste must drive purchases, reviews must reveal it, the teacher must read it, the student must learn it.",
    "“Yes, with a bigger model.” The best possible score is a property of the shop, not of the model.",
    "The dial shows invented shops. If students ask about real data, open “Results on real data” in Evidence.",
)

SEE_LEAKS, SEE_TEACHER, SEE_PROMPT, SEE_PRECISION = (
    "Switch the leaks here",
    "Let a teacher read a review",
    "See the input",
    "Change the precision",
)
SEE_LAB = "Watch one learn"
SEE_CHECK, SEE_EFFECT, SEE_DIAL, SEE_TRUTH, SEE_SLICES = (
    "See the whole check",
    "See the difference plot",
    "Turn the dial",
    "See the full ranking of methods",
    "Compare kinds of purchases",
)

# The hand-out

GLOSSARY = (
    ("Teacher", "A program or language model that reads one review and writes a rationale."),
    ("Student", "A small model (T5) that learns to rank products. One student also learns from rationales; its twin does not."),
    ("Rationale", "Two sentences about one purchase: what the shopper prefers, and what the product is like."),
    ("Held-out purchase", "The last purchase of each shopper. Students never see it; a good student ranks it near the top."),
    (
        "Control",
        "A student trained on the same rationales, shuffled between purchases. It shows whether their content matters.",
    ),
    (
        "Interval",
        "The range in which the true value probably lies (95 %). A difference whose interval includes zero could be chance.",
    ),
    (
        "Manipulation check",
        "A test of whether the student learned its rationales. If it did not, nothing follows about rationales.",
    ),
    ("HR@10", "Hit rate: for how many of 100 shoppers the held-out purchase is in the top 10."),
    ("NDCG@10", "Like HR@10, but first place earns full credit and lower places earn less."),
    ("NF4", "A number format with 4 bits per weight instead of 32. It makes the student several times smaller."),
    ("Leak", "A way to pass the test without learning, such as product numbers or an order that give the answer away."),
)
GLOSSARY_PAGE = (
    (
        "Probability",
        "How likely a student considers a product to be the next purchase. Over all products it can choose from, probabilities add up to 100 %. The page says below the lists whether they are calibrated; students that are not are often too sure.",
    ),
    (
        "Marks",
        "Solid underline and +: liked. Dashed underline and −: disliked. Dotted underline: noted, neither liked nor disliked. A number links to its claim.",
    ),
    (
        "Nat",
        "The unit of a student's loss, measured per token of a text. One nat less: the student considers the token 2.7 times as likely.",
    ),
    (
        "Protocol",
        "The rules of a test: which product numbers and review texts students may see in training, and which purchases are held out.",
    ),
    (
        "p",
        "How likely a difference at least this large would be if both methods were equally good. Below .05, chance is an unlikely explanation.",
    ),
    ("Ranker", "Anything that orders products by how likely they are to be bought next: a student, a rival or a rule."),
    (
        "EASE",
        "A strong recommender without language: for each pair of products it computes how strongly a purchase of one points to the other.",
    ),
    (
        "Rival",
        "A recommender that is not a student, for comparison: EASE, SASRec, rationale neighbours.",
    ),
    (
        "RDRec and POD",
        "RDRec (Wang et al., ACL 2024) distils rationales into a T5 student. Without rationales it is POD (Li et al., CIKM 2023).",
    ),
)
