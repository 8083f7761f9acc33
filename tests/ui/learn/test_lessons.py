"""Lessons: every figure is worked out from what is shown, answers are closed, and what is missing is said."""

import re

import pytest
from html_text import text_of
from made_set import write_set
from payloads import HOSTILE

from rdrec.explorer import published
from rdrec.explorer.store import Store
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.learn import wiring as learn_tab
from rdrec.ui.learn.lessons import KEYS, lessons


def words(store, key):
    lesson = next(one for one in lessons(store, published.shipped()) if one.key == key)
    said = text_of("".join(piece.text for piece in lesson.body))
    return said, {question: text_of(str(answer)) for question, answer in lesson.questions}


def test_no_figure_of_a_result_stands_in_the_words():
    """Only the scale (of 100), the usual interval (95), names of metrics and numbers of students may be written out."""
    for name, value in vars(learn_texts).items():
        if name.isupper() and isinstance(value, str):
            written = re.sub(r"of 100|95 %|\(HR@10|NDCG@10|rank 1", "", value)
            assert not re.search(r"\d", written), (name, value)


def test_the_lessons_are_those_of_the_address(store):
    assert tuple(one.key for one in lessons(store, published.shipped())) == KEYS
    assert all(len(one.questions) >= 3 and one.doors for one in lessons(store, published.shipped()))


def test_the_rationale_lesson_quotes_a_training_review_and_the_words_behind_a_claim(store):
    said, answers = words(store, "rationale")
    user = int(re.search(r"of shopper (\d+)", said)[1])
    question, answer = next(iter(answers.items()))
    claim, quoted = re.search("claim “(.+)”", question)[1], re.search("These: “(.+?)”", answer)[1]
    held = [
        (purchase, told)
        for purchase in store.history(user)
        if (told := store.rationales(user).get(purchase.position)) and any(c.text == claim for c in told.claims)
    ]
    assert any(purchase.split == "train" and quoted in (purchase.review or "") for purchase, _ in held)
    left = store.unsaid()
    assert f"{left.reviews:,} gave none" in answers[learn_texts.Q_SILENT]
    assert f"{left.claims:,} claims" in answers[learn_texts.Q_WRONG]


def test_the_leak_lesson_says_what_the_published_figures_say(store):
    said, answers = words(store, "leak")
    assert "On Toys the rule that learns nothing is ahead of what RDRec published: 6.60 against 6.05." in said
    assert "On Beauty the rule reaches 89 of 100 of what RDRec published: 4.50 against 5.04." in said
    assert "50.0 of 100 shoppers here; under this page's protocol (clean) for 0.0" in answers[learn_texts.Q_TEXT]
    assert "4.4 of 100 shoppers" in answers[learn_texts.Q_HERE]


def test_other_published_figures_give_another_sentence(store):
    def changed(one):
        paper = one.method.startswith("RDRec")
        return one if not paper else type(one)(one.data, one.task, one.method, 0.5, 0.5, one.leak, one.kind, one.source)

    lesson = lessons(store, [changed(one) for one in published.shipped()])[1]
    said = text_of("".join(piece.text for piece in lesson.body))
    assert "6.60 against 50.00" in said and "is ahead" not in said


def test_the_last_lesson_counts_as_the_evidence_does(store):
    said, answers = words(store, "real")
    hits = {row.model: row for row in store.evaluation() if (row.task, row.metric) == ("sequential", "HR@10")}
    assert f"for {100 * hits['rdrec'].value:.1f} of 100 with rationales" in said
    user, a, b = (
        int(n) for n in re.search(r"For shopper (\d+) .*? rank (\d+) with rationales and at rank (\d+)", said).groups()
    )
    truths = store.truth(user, "sequential")
    assert (truths["rdrec"].rank, truths["baseline"].rank) == (a, b) and a < b
    assert "Over 2 runs of each" in answers[learn_texts.Q_RUNS]
    paired = store.paired_hits("sequential", 10)
    assert (
        f"found it for {paired.only_rdrec}" in answers[learn_texts.Q_OVERLAP]
        or "exactly the same" in answers[learn_texts.Q_OVERLAP]
    )


def test_what_a_set_lacks_is_said(tmp_path):
    def edit(tables):
        del tables["audit"]
        tables["runs"] = tables["runs"][tables["runs"].seed == 0]
        tables["differences"] = tables["differences"].iloc[:0]
        tables["evaluation"] = tables["evaluation"].iloc[:0]
        tables["rationales"] = tables["rationales"].iloc[:0]
        tables["users"]["featured"] = None
        tables["users"] = tables["users"].astype({"featured": "str"})

    poor = Store.open(write_set(tmp_path, edit=edit))
    made = {one.key: one for one in lessons(poor, published.shipped())}
    everything = " ".join(text_of(str(answer)) for one in made.values() for _, answer in one.questions)
    for sentence in (learn_texts.A_HERE_NONE, learn_texts.NEED_RUNS, learn_texts.NEED_CONTROL, learn_texts.NEED_EVALUATION):
        assert sentence in everything
    assert learn_texts.RATIONALE_NO_EXAMPLE in text_of("".join(piece.text for piece in made["rationale"].body))


def test_answers_are_closed_until_asked_for_and_the_asked_lesson_is_open(store):
    html = learn_tab.panel(lessons(store, published.shipped()), "gear", "leak")
    assert re.findall(r'id="rd-lesson-(\w+)" data-lesson="\w+" open', html) == ["leak"]
    assert not re.search(r'class="question" open', html) and html.count('class="answer"') >= 10
    assert 'href="?data=gear&#38;lesson=leak"' in html
    unknown = learn_tab.panel(lessons(store, published.shipped()), "gear", "<b>")
    assert "no lesson “<b>”. There is: rationale, leak, real" in text_of(unknown) and "<b>”" not in unknown


@pytest.mark.parametrize("text", HOSTILE[:12])
def test_hostile_reviews_stay_texts(tmp_path, text):
    def edit(tables):
        ok = tables["rationales"].status == "ok"
        tables["rationales"].loc[ok, ["user_preference", "item_attribution"]] = text
        tables["items"]["title"] = text

    html = learn_tab.panel(lessons(Store.open(write_set(tmp_path, edit=edit)), published.shipped()), "gear", None)
    assert text not in html
