"""The sentences of the tour and of the lessons, in plain words.

In: nothing.  Out: constants, some with {fields} that lessons.py fills from the shown set: no figure stands here.
"""

from __future__ import annotations

TAB = "Learn"
INTRO = "New here, or teaching with this page? Take the tour, then the three lessons. Think about each question before you open its answer."

# The tour
TOUR_TITLE = "A tour of this page"
TOUR_INTRO = "{steps} stops, about three minutes. It points at the real page and moves it along; Esc ends it, and you can start it again."
TOUR_START = "Start the tour"
TOUR_SHORT = "Tour"
SKIP = "Skip to what the students say"
TOUR_WORDS = {
    "back": "Back",
    "next": "Next",
    "done": "Done",
    "close": "End the tour",
    "count": "Stop {at} of {all}",
    "missing": "This part is not on the page now.",
    "wait": "One moment…",
}
TOUR = {
    "choose": (
        "Start with a shopper",
        "Each of these shoppers was picked from the results for a reason. The first is chosen now. You can also search by product, or be surprised.",
    ),
    "who": (
        "Who is shopping?",
        "What this shopper likes and dislikes, gathered from their own earlier reviews. The last purchase is hidden and not among them.",
    ),
    "rationale": (
        "Why did they buy it?",
        "A teacher read each review and wrote down what the shopper prefers and what the product is like: a rationale. Marked words show what a claim rests on; point at a number to see which.",
    ),
    "next": (
        "Two students guess",
        "Both learned from the same purchases. Only the first was also told why people bought. Each ranks what comes next; bars show how sure it is.",
    ),
    "truth": (
        "What was really bought",
        "The star marks the hidden purchase, and this sentence says at which rank each student put it. Rank 1 is best.",
    ),
    "names": (
        "Any product opens",
        "Press a product's name to see what it is, what reviews say of it, who bought it, and what the same shoppers bought.",
    ),
    "task": (
        "An easier question",
        "A student can choose from the whole catalogue, or from a short list that holds the true purchase. The second is easier, and papers report both.",
    ),
    "real": (
        "One shopper proves nothing",
        "This is one of many. Here is how often each student was right over all of them, how sure that number is, and whether luck would do as well.",
    ),
    "evidence": (
        "Does it hold?",
        "Other training runs, a control with shuffled rationales, simple rules and strong rivals: a bar that crosses the middle may well be luck.",
    ),
    "distil": (
        "Be the teacher",
        "Take a review, or write your own, and see what a teacher makes of it, and which words back each claim.",
    ),
    "live": (
        "Nothing up the sleeve",
        "What you saw was computed beforehand, so that it is there at once. This button runs both students now, on this machine, and says whether they still agree.",
    ),
    "lessons": (
        "Three lessons",
        "What a rationale is, how an answer can leak, and whether a difference is real: each with questions to think about first. The tour ends here.",
    ),
}

# Lessons
LESSONS_TITLE = "Three lessons"
LESSON_LINK = "Link to this lesson"
QUESTIONS = "Questions"
ANSWER_HINT = "think first, then open"
GLOSSARY = "Words of this page"
UNKNOWN_LESSON = "There is no lesson {lesson}. There is: {known}."
SHOW_SHOPPER = "Show shopper {user}"
NOT_HERE = "This set does not hold what is needed to answer this: {what}."

RATIONALE = "What is a rationale?"
RATIONALE_SHORT = "what a teacher reads out of a review, and what it is good for"
RATIONALE_1 = (
    "People seldom write down why they chose something, but their reviews say it between the lines. A teacher, which is a program or a "
    "large language model, reads one review and writes two sentences: what the shopper prefers, and what the product is like. That is a "
    "rationale. A student then learns to write such sentences, beside learning what is bought next."
)
RATIONALE_2 = "Here {rationales} of {reviews} with text have a rationale ({teacher}). One of them, of shopper {user}:"
RATIONALE_EXAMPLE = "“{product}”, {stars}"
RATIONALE_NO_EXAMPLE = "This set holds no review with a rationale that points at words of the review."
Q_WORDS = "Which words of this review stand behind the claim “{claim}”?"
A_WORDS = "These: “{words}”. Every claim has to point at words of the review; you can see them marked above."
Q_SEES = "When a student recommends something, does it read the reviews?"
A_SEES = (
    "No. It is given the shopper's number and the numbers of what was bought, nothing else. What the reviews taught it is in its weights. "
    "“{prompt}”, at the end of the tab “{why}”, shows it word by word."
)
Q_SILENT = "Does every review give a rationale?"
A_SILENT_ALL = "Here yes: the teacher of the students found something to say about each of the {reviews} it read."
A_SILENT = "No. {count} gave none, most often because: {reason} ({most})."
Q_WRONG = "What can be wrong with a rationale?"
A_WRONG = "The teacher may claim what the review does not say. That is checked here: {flagged} Words that are there may still be misread, so read a few for yourself: try the tab “{distil}”."
FLAGGED = "of {claims} claims, {unsupported} point at no words of their review, and those are flagged."
FLAGGED_NONE = "each of its {claims} claims points at words of its review; one that did not would be flagged."

LEAK = "How can an answer leak?"
LEAK_SHORT = "a rule that learns nothing, beside published results"
LEAK_1 = (
    "A student knows products by number. In the data that many papers share, numbers were given in the order in which products first "
    "appear in the shoppers' lists, the hidden purchases included. So the hidden purchase is often simply the highest number so far, plus one. "
    "A rule can guess that without learning anything:"
)
LEAK_TABLE = "Next purchase from the whole catalogue, NDCG@10 of 100"
LEAK_COLUMNS = ("Data", "The rule, numbers as released", "RDRec, as published", "The rule, numbers at random")
LEAK_BEATS = "On {data} the rule that learns nothing is ahead of what RDRec published: {rule} against {paper}."
LEAK_NEAR = "On {data} the rule reaches {share} of 100 of what RDRec published: {rule} against {paper}."
LEAK_2 = "Give the same products random numbers, and the rule is worth nothing. A recommender that has learned what people like keeps its worth."
Q_USES = "Does it follow that RDRec uses this leak?"
A_USES = (
    "No. These figures alone cannot say what a student looks at. They say that this test could be passed without knowing anything about "
    "people, so that a good result in it proves little. To find out, one would train the same student again on random numbers and compare."
)
Q_HERE = "And on this page?"
A_HERE_NONE = "This set was made before the audit was kept, so this page cannot say."
Q_TEXT = "There is a second leak: the text. Can you think of it?"
A_TEXT = (
    "The review of the hidden purchase. If it is among the texts a student learns from, the student has read about the answer. As the data "
    "came, that is so for {came} of 100 shoppers here; under this page's protocol ({protocol}) for {shown}."
)
Q_FAIR = "What would you ask for before you believe a comparison of two recommenders?"
A_FAIR = (
    "Numbers that carry no order; no text of hidden purchases in training; the same split, products and metric for both; simple rules beside "
    "them, such as “best sellers first”; and several training runs. Here “best sellers first” has {popular} and “often bought together” "
    "{together} (HR@10, of 100, next purchase); the student with rationales has {student}."
)

REAL = "Is the difference real?"
REAL_SHORT = "from one shopper to all of them, then to other training runs"
REAL_ONE = (
    "For shopper {user} the hidden purchase is at rank {a} with rationales and at rank {b} without. It looks as if rationales helped. But for "
    "shopper {other} it is at rank {c} with and {d} without. One shopper proves nothing."
)
REAL_ALL = (
    "Over all {users} shoppers the hidden purchase is among the first ten for {a} of 100 with rationales ({a_low} to {a_high}) and for {b} "
    "of 100 without ({b_low} to {b_high}). Brackets: how far that could be off, had other shoppers come (95 % interval)."
)
Q_OVERLAP = "Do the two brackets overlap, and what follows?"
A_OVERLAP = "They overlap. That alone settles nothing, since both students met the same shoppers; better to count those on whom they differ. {paired}"
A_APART = "They do not overlap, so it is hard to put down to which shoppers were looked at. Counting those on whom the two differ: {paired}"
Q_RUNS = "Would another training run turn it round?"
A_RUNS = (
    "A run draws weights and samples by chance. Over {runs} runs of each the student with rationales was ahead in {ahead} (NDCG@10, next "
    "purchase); the difference went from {low} to {high} points. The student without rationales alone went from {least} to {most}."
)
Q_CONTROL = "Why does one of the students learn shuffled rationales?"
A_CONTROL = (
    "It reads the same sentences, each given to the wrong purchase. If it did as well as the right ones, it would be the extra text that helps "
    "and not what it says. Here right minus shuffled is {difference} points ({low} to {high}, p {p})."
)
Q_SO = "So, do rationales help here?"
NEED_EVALUATION = "no evaluation of both students was kept"
NEED_RUNS = "only one training run was kept"
NEED_CONTROL = "no control was trained"
SEE_EVIDENCE, SEE_LEAKS, SEE_DISTIL = "See the evidence", "See the audit", "Let a teacher read a review"
