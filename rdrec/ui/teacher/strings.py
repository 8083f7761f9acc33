"""The sentences of the Teacher tab, some with {fields}."""

from __future__ import annotations

TAB = "Teacher"
INTRO = (
    "A teacher reads one review and writes a rationale: what the shopper prefers and what the product is like. "
    "The student is trained on these sentences. Compare three teachers, and see which claims the review supports."
)

# Controls
CHOOSE = "A review of this shopper"
OWN = "Write or paste my own"
CHOICE = "{date} · {stars} · {product}"
CHOICE_NO_STARS = "no stars"
REVIEW = "Review (edit it, or paste your own)"
PLACEHOLDER = "The sound is great. The case is too small and the zipper broke."
STARS = "Stars"
NO_STARS = "none"
TEACHER = "Ask live"
KEYWORDS_NAME = "keyword rules only"
RUN = "Read this review"
EXAMPLES = "Try an example"
EXAMPLE = {
    "sarcasm": "Sarcasm",
    "gift": "“Great gift!”",
    "spanish": "A review in Spanish",
    "instruction": "A quoted instruction",
}
EXAMPLE_NOTE = {
    "sarcasm": "The praise is not sincere. Which teacher notices?",
    "gift": "Two words say little. Which teacher reads more into them?",
    "spanish": "The keyword rules know English only.",
    "instruction": "Does a model obey the quoted instruction? The check cannot tell, because these words are in the review.",
}
CAUGHT_NOTE = "The model made a claim that the review does not contain. It copied the words from an example in its prompt."
CAUGHT = "Hallucination: “{claim}”"
READ_NOTHING = "This shopper wrote no review that can be shown here. Write one of your own."
UNKNOWN_REVIEW = "Shopper {user} has no review {review} that can be shown in the Teacher tab; the newest is shown instead."
UNKNOWN_TEACHER = "This page offers no teacher {teacher}; the default is selected."
UNKNOWN_EXAMPLE = "There is no such example. Choose one of those listed."
CUT = "This review is longer than {limit} characters; only the beginning is shown."
WAITING = "Waiting for {teacher}. A language model may take a few seconds: at most {limit}, plus the wait for other visitors' reviews."
WAITING_FIRST = "The first review takes longer, because the model has to be loaded."

# Columns
KIND = {
    "answer-key": ("Answer key", "written together with the review"),
    "model": ("Language model", "{name}"),
    "keywords": ("Keyword rules", "no model"),
    "rules": ("{name}", "rules, no model"),
    "other": ("{name}", ""),
}
RECORDED = "recorded answer"
LIVE = {
    "keywords": "read just now in {ms} ms",
    "llama": "read just now in {ms} ms with llama.cpp",
    "local": "read just now in {ms} ms on {device} ({precision})",
    "http": "read just now in {ms} ms by a server",
}
LOADED = "loading took {ms} ms"
ATTEMPTS = "asked {count} times"
SAME = "same as the recorded answer"
NOT_SAME = "differs from the recorded answer"
NO_KEY = "There is no answer key for this text. It exists only for reviews that were invented together with their rationales."
NO_MODEL = (
    "No recorded answer, and no language model is connected. Start the page with one: rdrec serve --teacher-llama FILE.gguf"
)
NOT_ASKED = "No recorded answer for this text. Press “Read this review” to ask the model."
RULES_VERDICT = "Not ticked: rules only repeat words of the review, so finding those words again proves nothing."
NOTHING = "Nothing to say: {reason}."
FAILED = "No usable answer: {reason}. Nothing is shown in its place."
UNSUPPORTED = "Not supported: {why}"
COPIED = "⚠ Copied from the review word for word: “{words}”."

# Details of a model
RAW = "The model's own answer"
PROMPT = "The prompt it was given"
GIVEN_SENTENCE = "This prompt was made for one sentence of a review; here it was given the whole text."
ROLE = {"system": "System message", "user": "User message", "assistant": "Assistant message"}

# When it does not work
DID_NOT = "This review could not be read: {what}. {todo}."
ABSENT = "This installation cannot run this teacher ({why})."
SPENT = "this page's budget for this teacher is used up"
SPENT_TODO = "Use another teacher"
UNREACHABLE_TODO = "Try again later, or use another teacher"

API_SUMMARY = "Do the same from a program"
API = """from gradio_client import Client
page = Client("http://127.0.0.1:7860")
page.predict("The sound is great, but the zipper broke.", "keywords", 4, api_name="/distil")"""
