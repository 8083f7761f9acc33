"""The panel of a training: what it shows of it, what it refuses, and that its queue is its own."""

from types import SimpleNamespace

import gradio as gr
import pytest
from html_text import text_of

from rdrec.core.records import RDRecError
from rdrec.explorer.lab import LabBusyError
from rdrec.explorer.lab_records import Beat, Begun, Ended, Look, Score
from rdrec.explorer.motives import Motive
from rdrec.ui.lab import panel as lab_panel
from rdrec.ui.lab import strings as words
from rdrec.ui.lab.panel import SENTENCES, Seen
from rdrec.ui.lab.wiring import LabPanel
from rdrec.ui.page import build_page

MOTIVES = (Motive("rubber", True), Motive("team work", False))
BEGUN = Begun(300, 450, 5_000, 700_000, 290, {"popularity": Score(0.03, 40, 400), "EASE": Score(0.05, 12, 400)})


def look(step, sentence, own=3.0, other=3.0):
    return Look(step, own, other, sentence, Score(0.01 * step, 100 - step, 400), float(step))


def seen_of(*sentences, motives=MOTIVES):
    looks = [look(step, sentence) for step, sentence in enumerate(sentences)]
    return Seen(28, 5, "data", motives, BEGUN, looks)


class FakeLab:
    """Tells what it is given; an error is raised."""

    def __init__(self, *events):
        self.events, self.stopped, self.closed = events, [], False

    def prepare(self):
        """Nothing to make ready."""

    def train(self, store, user, seed, start, owner):
        self.asked = user, seed, start, owner
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed = True

    def stop(self, owner):
        self.stopped.append(owner)


def trained(catalogue, lab, seed=5, user=1, start="random", secret=False):
    return list(LabPanel(catalogue, lab)._train("gear", user, start, seed, secret, SimpleNamespace(session_hash="me")))


def buttons(answer):
    return [getattr(update, "interactive", None) for update in answer[1:3]]


def test_right_words_are_marked_and_wrong_ones_only_where_it_speaks_of_preferences():
    html = lab_panel.panel(seen_of("rubber, of the has", "The user prefers rubber and blue kites."))
    assert html.count('class="word right"') == 2 and html.count('class="word wrong"') == 1
    assert "blue kites ✗" in text_of(html) and "rubber ✓" in text_of(html)
    unknown = lab_panel.panel(seen_of("The user prefers rubber.", motives=None))
    assert "✓" not in unknown and "✗" not in unknown and words.TRUTH.format(user=28) not in unknown


def test_nothing_true_of_the_shopper_is_told_before_the_guess():
    seen = seen_of("The user prefers rubber and blue kites.")
    open_html = lab_panel.panel(seen)
    seen.secret = True
    html = lab_panel.panel(seen)
    assert "team work" in open_html and "Rank of shopper 28" in text_of(open_html)
    assert not any(told in html for told in ("team work", "✓", "✗", "Rank of shopper 28")), html
    assert words.WITHHELD.format(user=28) in text_of(html) and "The user prefers rubber and blue kites." in text_of(html)


def test_what_was_seen_follows_the_guess(catalogue):
    """Told at the reveal, hidden again with the next question, and not told because another shopper's purchase is."""
    made = LabPanel(catalogue, FakeLab(Beat(0.0), BEGUN, look(0, "of of"), Ended("time")))
    first, *_ = answers = list(made._train("gear", 1, "data", 5, True, SimpleNamespace(session_hash="me")))
    seen = first[3]
    assert isinstance(seen, Seen) and seen.secret and words.WITHHELD[:16] in answers[-2][0]
    kept = gr.skip()
    assert made._follow("gear", 2, False, seen) == kept and made._follow("gear", 1, True, seen) == kept and seen.secret
    assert words.WITHHELD[:16] not in made._follow("gear", 1, False, seen) and not seen.secret
    assert made._follow("gear", 1, False, seen) == kept
    assert words.WITHHELD[:16] in made._follow("gear", 2, True, seen) and seen.secret
    assert made._follow("gear", 1, False, None) == kept


def test_the_newest_sentence_stands_first_the_very_first_last_and_equal_ones_once():
    said = ["nonsense", *(f"The user prefers {letter}." for letter in "abbcdefghij")]
    text = text_of(lab_panel.panel(seen_of(*said)))
    assert text.count("The user prefers") == SENTENCES - 1 and text.index("prefers j") < text.index("prefers i") < text.index(
        "nonsense"
    )
    assert "prefers b" not in text


def test_the_plots_hold_every_value_within_their_frame():
    seen = Seen(28, 5, "data", None, BEGUN, [look(0, "a", 7.5, 7.5), look(8, "b", 3.5, 3.75), look(16, "c", 2.0, 2.75)])
    html = lab_panel.panel(seen)
    assert html.count("<polyline") == 2 + 1 + len(BEGUN.rules)
    drawn = [[float(part) for part in line.split('"')[0].replace(",", " ").split()] for line in html.split('points="')[1:]]
    assert drawn[1][1] < 0 < drawn[1][3] < drawn[1][5] < 100, "the loss comes from above the picture"
    assert drawn[0][5] < drawn[1][5] and drawn[0][4] == drawn[1][4] == 100, "another shopper's is higher, at the same step"
    assert all(0 <= value <= 100 for line in drawn[2:] for value in line)
    text = text_of(html)
    assert "2.00" in text and "2.75" in text and "+0.75" in text and "NDCG@10 (of 100) over 290 shoppers" in text
    assert "This student 84, Best sellers 40, EASE 12" in text


def test_the_newest_loss_is_always_within_the_picture():
    html = lab_panel.panel(Seen(28, 5, "data", None, BEGUN, [look(0, "a", 7.5, 8.0), look(8, "b", 4.5, 4.9)]))
    ends = [float(line.split('"')[0].split(",")[-1]) for line in html.split('points="')[1:]]
    assert all(0 <= end <= 100 for end in ends), ends


def test_a_training_goes_from_getting_ready_to_its_end(catalogue):
    lab = FakeLab(Beat(0.0), Beat(0.5), BEGUN, look(0, "of of"), look(1, "The user prefers rubber."), Ended("time"))
    answers = trained(catalogue, lab)
    shown = [answer[0] for answer in answers if isinstance(answer[0], str)]
    assert words.READY in shown[0] and words.RUNNING in shown[-2] and words.TIME in shown[-1] and "rubber" in shown[-1]
    assert buttons(answers[0]) == [False, True] and buttons(answers[-1]) == [True, False]
    assert lab.asked == (1, 5, "random", "me") and lab.closed


def test_a_second_visitor_is_told_for_how_long_at_most(catalogue):
    ((html, *_),) = answers = trained(catalogue, FakeLab(LabBusyError(77)))
    assert "77 seconds" in text_of(html) and 'role="alert"' in html and buttons(answers[0]) == [True, False]


def test_a_failure_is_one_sentence_without_a_path(catalogue):
    answers = trained(catalogue, FakeLab(Beat(0.0), RDRecError("memory ran out", where="/srv/secret", todo="try again")))
    text = text_of(answers[-1][0])
    assert "memory ran out" in text and "try again" in text and "/srv" not in text and buttons(answers[-1]) == [True, False]


@pytest.mark.parametrize("seed", [None, -1, 2**31, 1.5, "x", True])
def test_a_seed_that_is_none_is_refused(catalogue, seed):
    lab = FakeLab(BEGUN)
    (answer,) = trained(catalogue, lab, seed)
    assert "whole number" in text_of(answer[0]) and not hasattr(lab, "asked")


def test_closing_the_answer_closes_the_training(catalogue):
    lab = FakeLab(Beat(0.0), BEGUN, look(0, "a"))
    answers = LabPanel(catalogue, lab)._train("gear", 1, "data", 0, False, SimpleNamespace(session_hash="me"))
    next(answers)
    answers.close()
    assert lab.closed


def test_a_page_that_does_not_allow_it_says_how_to_allow_it(catalogue):
    demo = build_page(catalogue)
    assert not [fn for fn in demo.fns.values() if fn.concurrency_id == "lab"]
    assert "rdrec serve --lab" in text_of(lab_panel.off("rdrec serve --lab"))


def test_training_waits_for_nobody_and_nobody_for_it(catalogue):
    lab = FakeLab()
    demo = build_page(catalogue, lab=lab)
    (train,) = [fn for fn in demo.fns.values() if fn.concurrency_id == "lab"]
    assert train.concurrency_limit is None and train.api_visibility == "private"
    (left,) = [fn for fn in demo.fns.values() if any(event == "unload" for _, event in fn.targets)]
    left.fn(SimpleNamespace(session_hash="me"))
    assert lab.stopped == ["me"]
    stop = [fn for fn in demo.fns.values() if fn.fn == left.fn and fn is not left]
    assert len(stop) == 1 and stop[0].queue is False
    assert isinstance(demo, gr.Blocks)
