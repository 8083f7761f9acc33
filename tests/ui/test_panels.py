"""The panels: right words from right numbers, and nothing of the hidden purchase in the profile."""

import dataclasses
import re

import pytest
from html_text import text_of
from made_evaluations import checks_of

from rdrec.core.records import ArtefactError
from rdrec.evaluation.outcomes import Verdict
from rdrec.explorer import comparisons, published, seed_verdict
from rdrec.explorer.answers import (
    Difference,
    Item,
    Measured,
    PairedHits,
    Prediction,
    Run,
    RunCheck,
    SeedResults,
    ShippedFacts,
    Truth,
    Written,
)
from rdrec.explorer.comparisons import Against, against_baseline, best_baselines
from rdrec.explorer.featured import ORDER, in_order
from rdrec.explorer.live_runner import LiveRunner, LiveStudent, Ran
from rdrec.explorer.motives import Motive
from rdrec.ui import status, texts
from rdrec.ui.evidence import figures, learned
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.explore import history, lazy_tabs, live_panel, picker, predictions, profile_panel, says, verdict
from rdrec.ui.parts import percent
from rdrec.ui.render import page

LEARNED = Verdict(True, "The student learned its rationales.")
ONE_RUN = SeedResults((), (), ())


def over_all(
    rows,
    judged=LEARNED,
    *,
    paired=(350, 179),
    task="sequential",
    counted=True,
    several=ONE_RUN,
    runs=0,
    teacher="keywords",
    beside=None,
):
    best = best_baselines(several, rows, task)
    hits = PairedHits(10, 3600, 5, *paired)
    return text_of(verdict.panel(rows, best, hits, task, judged, counted=counted, teacher=teacher, runs=runs, beside=beside))


def item(number, title="A thing"):
    return Item(number, f"KEY{number}", title, None, None, None, number, 0)


def test_the_verdict_says_both_ranks_in_one_sentence():
    truths = {"rdrec": Truth("rdrec", item(7, "X"), 12, 0.01, 389), "baseline": Truth("baseline", item(7, "X"), 40, 0.001, 389)}
    assert text_of(page(predictions.verdict(truths))) == "★ Bought next: X : rank 12 of 389 with rationales, 40 without."
    assert "too few purchases" in page(predictions.verdict({}))


def test_bars_share_one_scale_and_the_truth_below_the_top_is_shown():
    rows = {
        "rdrec": [Prediction("rdrec", 1, item(1), 0.5)],
        "baseline": [Prediction("baseline", 1, item(2), 0.25)],
    }
    truths = {student: Truth(student, item(7), 40, 0.001, 389) for student in rows}
    html = predictions.panel(rows, truths, 20)
    assert "--w:100.00%" in html and "--w:50.00%" in html
    assert html.count("true purchase") == 2 and html.count('data-rank="40"') == 2 and html.count("Not in top 10") == 2
    assert "not in its top 20" in html
    assert html.count("data-tab=") == 2 and texts.WHY_DOOR in html and texts.WHAT_IF_DOOR in html
    assert "data-tab=" not in page(predictions.lists_without_truth(rows, 20)), "no way to the answer while one guesses"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.256, "26 %"), (0.0993, "9.9 %"), (0.0996, "10 %"), (0.0048, "0.48 %"), (1e-6, "<0.01 %"), (0.0, "<0.01 %")],
)
def test_percentages_keep_two_figures(share, words):
    assert percent(share) == words


def test_the_hidden_purchase_is_not_among_the_latest(store):
    for user in (1, 2, 4):
        html = profile_panel.panel(store.user(user), store.history(user), store.rationales(user))
        hidden = store.history(user)[-1].item
        assert not hidden.title or hidden.title not in text_of(html)


def test_a_review_is_shown_whole_with_numbered_marks_and_flags(store):
    bought, said = store.history(1), store.rationales(1)
    html = history.panel(1, bought, said)
    for purchase in bought:
        if purchase.review and purchase.position in said and not said[purchase.position].claims:
            assert purchase.review in text_of(html)
    assert 'class="like k1"' in html and 'class="dislike k2"' in html and "⚠ unsupported" in html
    for anchor in set(re.findall(r'href="#(c[^"]+)"', html)):
        assert html.count(f'id="{anchor}"') == 1


def test_the_table_holds_plain_text_newest_first(store):
    table = history.table(store.history(4), store.rationales(4))
    assert (
        len(table) == 12 and list(table["Date"]) == sorted(table["Date"], reverse=True) and table["Role"].iloc[0] == "held out"
    )


def test_what_the_students_write_stands_beside_the_reference(store):
    words = text_of(lazy_tabs.writing(store.texts(1), store.item(1)))
    assert (
        "this is a good product for the price" in words
        and "not trained to write this" in words
        and "From the real review" in words
    )
    assert "No text was computed" in lazy_tabs.writing([], None)


def test_the_evidence_is_in_plain_words_and_honest_about_luck(store):
    rows = store.evaluation()
    words = over_all(rows, paired=(9, 1))
    assert "only with rationales: 9 shoppers, only without: 1." in words and "another training run could reverse it" in words
    assert "Unlikely to be chance among these shoppers" in words and texts.CHECKED in words and "(control)" in words
    assert "(control)" not in over_all([row for row in rows if row.model != "scrambled"], paired=(9, 1))
    assert "Could easily be chance" in over_all(rows, paired=(3, 3))
    assert "exactly the same shoppers" in over_all(rows, paired=(0, 0), task="topn")
    assert "has no evaluation" in over_all([], paired=(0, 0), task="topn")
    table = text_of(evidence.panel(store, published.shipped()))
    assert "HR@10" in table and "clean protocol, seed 0" in table and "With shuffled rationales" in table


def test_the_verdict_says_where_the_rationales_came_from_if_no_teacher_read_the_reviews(store):
    assert texts.FROM_KEY in over_all(store.evaluation(), teacher="answer-key")
    assert texts.FROM_KEY not in over_all(store.evaluation())


def test_where_the_student_did_not_learn_its_rationales_the_verdict_says_so(store):
    missed = Verdict(False, "Not tested: the student did not learn the preferences of its rationales.")
    for paired in ((9, 1), (0, 0)):
        words = over_all(store.evaluation(), missed, paired=paired)
        assert (
            missed.why in words
            and texts.CHECKED not in words
            and "Unlikely to be chance" not in words
            and "easily be chance" not in words
        )


def test_what_is_beyond_accuracy_stands_beside_the_next_purchase_alone(store):
    html = evidence.panel(store, published.shipped())
    words = text_of(html)
    assert html.count('<th scope="col" title="of 100 products') == 1
    assert "Coverage" in words and "really bought next: 4.5 times" in words and "12.5" in words and "25.0" in words


def test_the_check_says_what_was_learned_and_shows_its_numbers(store):
    words = text_of(evidence.panel(store, published.shipped()))
    assert "Verdict on the student shown on this page. The student learned the preferences" in words
    assert "Preferences: learned. The student gains .97 nats per token" in words
    assert (
        "With shuffled rationales (offline teacher)" in words and "not learned" in words and "93 %" in words and "37 %" in words
    )
    old = learned.panel(dataclasses.replace(store.seed_results(), checks=()), store.facts).text
    assert "before students were checked" in old and "python -m rdrec evaluate --data gear" in old


def test_a_further_student_in_the_check_is_introduced(store):
    found, facts = store.seed_results(), store.facts
    assert "further student" not in learned.panel(found, facts).text
    further = dataclasses.replace(
        facts, shipped=(ShippedFacts("run", "students/run", "clustered"), ShippedFacts("same", "students/same"))
    )
    said = learned.panel(found, further).text
    assert said.count("further student") == 1 and "Clustered numbers: a further student" in said


def test_the_strip_is_judged_by_the_run_that_is_shown(store):
    assert learned.judged(store.seed_results(), store.facts).tested
    other = dataclasses.replace(store.facts, seed=7)
    assert "it was not checked" in learned.judged(store.seed_results(), other).why


def test_the_profile_says_which_reviews_it_was_gathered_from(store):
    words = text_of(profile_panel.panel(store.user(1), store.history(1), store.rationales(1)))
    assert "in the training data; the held-out purchase is not among them" in words
    words = text_of(profile_panel.panel(store.user(10), store.history(10), store.rationales(10)))
    assert "the held-out purchase is not among them" not in words and "no purchase of this shopper is held out" in words


def test_the_chart_draws_every_difference_with_its_interval_on_no_background(store):
    rows = against_baseline(store.seed_results(), store.evaluation(), "sequential", "NDCG@10")
    figure = figures.difference(rows, "NDCG@10", about={"title": "t"})
    assert len(figure.data) == len(rows) >= 2 and figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    for drawn, row in zip(figure.data, rows, strict=True):
        assert drawn.x[0] == pytest.approx(100 * row.difference)
        assert drawn.error_x.array[0] == pytest.approx(100 * (row.high - row.difference))
    assert [one.y[0] for one in figure.data] == list(range(len(rows) - 1, -1, -1)), "best first"
    low, high = figure.layout.xaxis.range
    assert low < 0 < high, "zero is in view"
    (line,), label = figure.layout.shapes, figure.layout.annotations[-1]
    assert label.x == line.x0 == line.x1 == 0 and line.y0 > label.y, "the line ends above its label"
    colours = [one.marker.color for one in figure.data]
    assert colours.count(figures.COLOUR["rdrec"]) == 1 and len(set(colours)) == 2


@pytest.mark.parametrize(
    ("differences", "anchor"), [((-0.03, 0.005), "right"), ((-0.01, 0.01), "center"), ((-0.001, 0.03), "left")]
)
def test_the_label_at_zero_stays_in_the_chart(differences, anchor):
    figure = figures.difference([Against(f"m{value}", value, None, None) for value in differences], "NDCG@10", zero=0.07)
    assert figure.layout.annotations[-1].xanchor == anchor


def test_the_status_line_says_cached_or_live(store):
    assert "invented data" in page(status.header(store.facts)) and "no model loaded" in page(status.header(store.facts))
    assert "live on CPU, NF4" in page(status.header(store.facts, Ran("CPU", "nf4", None, 0.0, None, ())))


def test_labels_of_the_user_list_are_short_plain_text(store):
    for shopper in store.search_users("", 50):
        assert len(picker.label(shopper)) <= picker.LABEL_CHARS and "\n" not in picker.label(shopper)


def test_every_label_of_an_example_names_a_reason_that_is_stored():
    assert all(in_order(start) < len(ORDER) for start in texts.FEATURED)
    assert (
        picker.short_reason("the largest gain with rationales: the true purchase is rank 1")
        == texts.FEATURED["the largest gain"]
    )
    assert picker.short_reason("the longest history: 39 purchases") == "The longest history"


@pytest.mark.parametrize(("text", "user"), [("", 3), ("ferrow", 1), ("nobody bought this", 8), ("9", 2)])
def test_the_list_always_holds_whoever_is_shown(store, text, user):
    choices = picker.found(store, text, user)["choices"]
    assert user in {value for _, value in choices} and len(choices) <= 50


class Fake:
    def __init__(self, change=None, error=None):
        self.change, self.error, self.opened = change, error, 0

    def __call__(self, store):
        self.opened += 1
        self.store = store
        return self

    def predict(self, user, task):
        if self.error:
            raise self.error
        stored, truths = self.store.predictions(user, task), self.store.truth(user, task)
        students = []
        for role, rows in stored.items():
            items = [p.item.item for p in rows]
            if self.change:
                self.change(items)
            students.append(LiveStudent(role, 12.3, items, [p.probability for p in rows], truths[role].rank))
        return Ran("CPU", "nf4", 800.0, 12.3, "no CUDA device was found", tuple(students))


def test_a_live_run_says_device_precision_time_and_equality(store):
    fake = Fake()
    runner = LiveRunner(fake)
    html, answer = live_panel.panel(store, 1, "sequential", runner)
    words = text_of(html)
    assert answer and words.count("same ranking as precomputed") == 2 and "12 ms" in words
    assert "Ran live on CPU (NF4)" in words and "800 ms" in words and "no CUDA device was found" in words
    live_panel.panel(store, 2, "topn", runner)
    assert fake.opened == 1


def test_a_live_run_that_differs_says_where(store):
    def swap(items):
        items[2], items[3] = items[3], items[2]

    words = text_of(live_panel.panel(store, 1, "sequential", LiveRunner(Fake(swap)))[0])
    assert "differs from place 3 on" in words and "20 of 20 items in common" in words
    words = text_of(live_panel.panel(store, 1, "sequential", LiveRunner(Fake(lambda items: items.pop())))[0])
    assert "differs from place 20 on: nothing instead of" in words


def test_a_live_run_beside_a_table_that_cannot_be_read_says_so(store, monkeypatch):
    def unreadable(*_):
        raise ArtefactError("the tables cannot be read", where="/secret/place", todo="make it again")

    students = Fake()
    answered = students(store).predict(1, "topn")
    monkeypatch.setattr(students, "predict", lambda user, task: answered)
    monkeypatch.setattr(store, "truth", unreadable)
    html, answer = live_panel.panel(store, 1, "topn", LiveRunner(lambda *_: students))
    assert answer is None and "the tables cannot be read" in html and "/secret" not in html


def test_a_live_run_that_fails_says_what_to_do(store):
    error = ArtefactError("the student belongs to another data set", where="/secret/place", todo="run precompute again")
    html, answer = live_panel.panel(store, 1, "sequential", LiveRunner(Fake(error=error)))
    assert answer is None and "belongs to another data set" in html and "run precompute again" in html and "/secret" not in html


def test_another_teacher_stands_beside_and_closed(store):
    bought, said = store.history(1), store.rationales(1)
    beside = [store.rationales(1, "answer-key")]
    asked = "Side by side with answer key"
    html = history.panel(1, bought, said, beside)
    assert html.count(asked) == len(beside[0]) == html.count("written together with the reviews")
    assert "<details" in html and " open" not in html
    assert asked not in history.panel(1, bought, said)


def reached(**values):
    return [
        Measured(model.replace("_", " "), "sequential", "NDCG@10", v, v - 0.01, v + 0.01, 3600, "clean", 0)
        for model, v in values.items()
    ]


def test_the_verdict_over_all_names_the_control_and_the_best_baseline_and_the_check():
    rows = [
        *reached(rdrec=0.32, baseline=0.27, scrambled=0.271, sasrec=0.22, ease=0.298, popularity=0.18),
        *(dataclasses.replace(row, model="max-id rule") for row in reached(rule=0.9)),
    ]
    words = over_all(rows)
    assert "Over all 3,600 shoppers" in words and "32.0 (31.0 to 33.0)" in words
    assert "Shuffled rationales (control) 27.1" in words and "Best baseline: EASE 29.8" in words and "too" not in words
    assert "SASRec" not in words and "90.0" not in words, "neither a weaker baseline nor a rule that shows a leak"
    assert texts.REAL_YES in words and texts.CHECKED in words
    assert "the same in all 3 training runs" in over_all(rows, runs=3) and "reverse" not in over_all(rows, runs=3)
    words = over_all(rows, Verdict(False, "Not tested."), counted=False)
    assert "Not tested." in words and "Unlikely" not in words and "no held-out purchase" in words
    assert "has no evaluation" in over_all([])


def test_both_tabs_compare_with_the_same_baseline():
    """The best by the mean over training runs, although another one was ahead in the run that is shown."""
    rows = reached(rdrec=0.32, baseline=0.27, ease=0.30, rationale_neighbours=0.299)
    values = {"rdrec": 0.32, "baseline": 0.27, "ease": 0.298, "rationale neighbours": 0.31}
    runs = tuple(Run(method, "sequential", "NDCG@10", seed, value) for method, value in values.items() for seed in (0, 1))
    gain = Difference("rdrec", "baseline", "sequential", "NDCG@10", 0.05, 0.04, 0.06, 0.001, 2, 3600, 0.04, 0.06)
    checks = tuple(RunCheck("rdrec", seed, check) for seed in (0, 1) for check in checks_of("learned"))
    several = SeedResults(runs, (gain,), (), checks)
    words, lead = over_all(rows, several=several), seed_verdict.lead(several, "")
    assert "Best baseline: Rationale neighbours 29.9" in words and "The best baseline, Rationale neighbours, " in lead
    assert "uses rationales too; the best one without, EASE, reaches 30.0" in words
    assert "also uses rationales" in lead and "the best one without rationales, EASE, reaches 29.8" in lead


def test_the_first_view_says_so_if_the_student_does_not_beat_the_best_baseline():
    rows = reached(rdrec=0.32, baseline=0.27, ease=0.30)

    def said(p=0.001, gain=0.02, shop=rows):
        row = Difference("rdrec", "ease", "sequential", "NDCG@10", gain, gain - 0.01, gain + 0.01, p, 2, 3600, gain, 2 * gain)
        words = over_all(shop, beside=comparisons.Tested(row, p))
        return texts.NOT_BEATEN in words, texts.BEATEN_BY in words

    assert said() == (False, False), "it does"
    assert said(p=0.2) == (True, False) and said(gain=-0.02) == (False, True) and said(p=0.2, gain=-0.02) == (True, False)
    assert said(p=0.2, shop=reached(rdrec=0.32, baseline=0.27)) == (False, False), "no baseline stands beside it"
    assert texts.NOT_BEATEN not in over_all(rows), "not tested"


def test_each_word_about_a_shopper_is_held_against_the_truth():
    written = [
        Written("rdrec", "user_preference", "The user prefers food and word work.", None),
        Written("scrambled", "user_preference", "The user dislikes food.", None),
        Written("baseline", "explanation", "I like it.", None),
    ]
    motives = [Motive("food", True), Motive("rubber", False)]
    words = text_of(says.panel(written, motives))
    assert "likes ✓ food ✗ word work" in words and "dislikes ✗ food" in words and "Truth (invented shop) food rubber" in words
    unknown = text_of(says.panel(written, None))
    assert "✓" not in unknown and "✗" not in unknown and "Truth" not in unknown and "word work" in unknown
    hidden = text_of(says.panel(written, motives, secret=True))
    assert "food" not in hidden and "after the reveal" in hidden


def test_a_matched_taste_comes_from_training_reviews_of_both_sides(store):
    ranked = [Prediction("rdrec", 1, item(1), 0.5), Prediction("rdrec", 2, item(2), 0.4)]
    known = {1: frozenset(["food", "solid parts"]), 2: frozenset()}
    assert predictions.tastes(["Solid parts", "magic", "food"], known.__getitem__, ranked) == {1: ["Solid parts", "food"]}
    for number in range(1, 20):
        said = {one.text.lower() for one in store.attribute_counts(number, 99) if one.polarity == "like" and one.times >= 2}
        assert store.liked_attributes(number) <= {one.text.lower() for one in store.attribute_counts(number, 99)}
        assert said <= store.liked_attributes(number)
