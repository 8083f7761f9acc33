"""Every sentence of the panel in which a visitor has a review distilled.

In: nothing.  Out: constants, some with {fields}.  It knows no layout.
"""

from __future__ import annotations

TAB = "Teacher"
INTRO = (
    "Distilling means: a teacher reads what a shopper wrote and boils it down to two sentences, what the shopper prefers and what "
    "the product is like. The student is then trained to say these sentences too, so that it learns why people bought, not only what."
)
WHY_SUMMARY = "In the paper's terms"
WHY = (
    "Interaction rationale distillation (RDRec, section 3.1): a large language model is too slow and dear to ask for every "
    "recommendation, so it is asked once for every review, and a small model learns from its answers. The two sentences are a "
    "rationale: user preference and item attributes."
)

# Controls
CHOOSE = "Take a review of this shopper"
OWN = "a review of my own"
CHOICE = "{date} · {stars} · {product}"
CHOICE_NO_STARS = "no stars"
REVIEW = "The review (change it, or paste another; at most {limit} characters)"
PLACEHOLDER = "The sound is great. The case is too small and the zipper broke."
STARS = "Stars"
NO_STARS = "none"
TEACHER = "Teacher"
KEYWORDS_NAME = "keywords: rules, no model"
RUN = "Distil"
READ_NOTHING = "This shopper wrote no review that could be read here. Write one of your own."
UNKNOWN_REVIEW = "Shopper {user} wrote no review {review} that could be read under “Distil a review”; the newest is chosen."
UNKNOWN_TEACHER = "This page offers no teacher {teacher}; keywords is chosen."
CUT = "This review is longer than {limit} characters; what stands in the box is its beginning."
WAITING = "Waiting for {teacher}. A language model may take some seconds, at most {limit} once it is its turn."
WAITING_FIRST = "The first review waits for the model to load, too."
FIRST = "Press Distil to see how the teacher reads this review."

# What it ran on
RAN = {
    "keywords": "Read just now by {teacher}: rules, no model; on this machine's processor, no network.",
    "llama": "Read just now by {teacher}: llama.cpp on this machine.",
    "local": "Read just now by {teacher} on {device} ({precision}).",
    "http": "Read just now by {teacher}, behind a server that this page's owner chose.",
}
TOOK = "It took {ms} ms."
TOOK_LOAD = "Making it ready took {ms} ms more, this once."
ATTEMPTS = "Asked {count} times: earlier answers did not have the form that was asked for."
SAME = "This is what was computed beforehand for this review."
NOT_SAME = "Beforehand the same teacher had said something else (below); it has been changed since, or the stars have."

# 1 to 3: given, said, understood
GIVEN = "What the teacher was given"
GIVEN_KEYWORDS = (
    "No prompt: this teacher is no language model. It gets the review's words and the stars, and works by rules: cut into clauses, "
    "find the words that judge, find what they judge, turn round what is negated."
)
GIVEN_STARS = "Stars: {stars}. They decide only where the words leave it open."
GIVEN_NO_STARS = "No stars were given."
GIVEN_NOTHING = "This prompt finds nothing to read in this text, so the model was not asked."
GIVEN_MODEL = {
    "http": "The messages exactly as sent; the coloured part is the review.",
    "llama": "The messages, which the model's own chat template joins; the coloured part is the review.",
    "local": "The messages, which the model's own chat template joins; the coloured part is the review.",
}
GIVEN_SENTENCE = "This prompt was made for one sentence of a review; here it was given the whole text."
GIVEN_SAMPLING = "temperature {temperature:g}, top-p {top_p:g}, at most {tokens} tokens; prompt “{name}”"
GIVEN_EXAMPLES = "{count} examples, shown to the model as earlier turns of the chat"
ROLE = {"system": "Standing instruction", "user": "Question", "assistant": "Answer"}
ROLE_TERM = {"system": "system message", "user": "user message", "assistant": "assistant message"}
SAID = "What it answered"
SAID_KEYWORDS = "No text of its own: the rules give their answer as a record, shown as it is."
SAID_NOTHING = "No answer came."
UNDERSTOOD = "What was understood"
NOTHING = "Nothing: {reason}. A review that says nothing stays without a rationale."
FAILED = "No usable answer: {reason}. Nothing is put in its place: the review stays without a rationale."
NOT_SAID = "nothing about it"

# 4: grounding
GROUND = "Is it true of the review?"
GROUND_TERM = "grounding"
GROUND_INTRO = "Every claim, and the words of the review behind it. Point at a number to see which belong together."
ALL_BACKED = "✓ The review backs {claims}."
SOME_BACKED = "⚠ The review does not back {flagged} of {claims}."
BACKED = "backed: {why}"
NOT_BACKED = "unsupported: {why}"
COPIED = "⚠ The answer copies the review word for word: “{words}”."
KEYWORDS_CIRCLE = "Rules say the review's own words, so finding those words again would prove nothing: no claim is ticked."
NO_CLAIMS = "There is no claim to check."

# Beside it
BESIDE = "What was computed beforehand for this review"
BESIDE_OWN = "For a text of your own, or a changed one, nothing was computed beforehand."
BESIDE_NONE = "No teacher's answer was kept for this review."

# When it does not work
DID_NOT = "This review could not be distilled: {what}. {todo}."
ABSENT = "This installation cannot run this teacher ({why})."
SPENT = "what this page may spend on this teacher is spent"
SPENT_TODO = "Use another teacher"
UNREACHABLE_TODO = "Try again later, or use another teacher"

API_SUMMARY = "The same from a program"
API = """from gradio_client import Client
page = Client("http://127.0.0.1:7860")
page.predict("The sound is great, but the zipper broke.", "keywords", 4, api_name="/distil")"""
