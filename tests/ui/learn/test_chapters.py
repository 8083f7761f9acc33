"""Chapters: every figure is worked out from what is shown, answers are closed, and what is missing is said."""

import re

import pytest
from html_text import text_of
from made_set import write_set

from rdrec.core.home import PROJECT
from rdrec.explorer import collected, published
from rdrec.explorer.dials import Gain, Learned, Shop
from rdrec.explorer.store import Store
from rdrec.student.tasks import Task, input_text
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapters import FORMER, chapters
from rdrec.ui.learn.wiring import cached_chapters, panel


@pytest.fixture(scope="module")
def bundled_store():
    return Store.open(PROJECT / "precomputed" / "toys")


def made_of(store):
    return chapters(store, published.shipped())


def body_of(chapter):
    return text_of("".join(str(piece) for piece in chapter.body))


def more_of(chapter):
    return {question: text_of(str(answer)) for question, answer in chapter.more}


def test_no_result_stands_in_the_words():
    """Only the scale (of 100), the usual interval (95), names of metrics, formats, rooms of time and chapters may be written out."""
    allowed = r"of 100|95 %|HR@10|NDCG@10|top 10|fp32|NF4|4 bits|instead of 32|T5|45-minute|chapter \d|chapters 1|ACL 2024|CIKM 2023|100 %|add up to 100"
    for name, value in vars(words).items():
        if name.isupper() and isinstance(value, str):
            assert not re.search(r"\d", re.sub(allowed, "", value)), (name, value)


def test_six_chapters_make_a_lecture_of_45_minutes_and_their_timings_add_up(store):
    made = made_of(store)
    assert len(made) == len(words.CHAPTER_SHORT) == 6
    assert sum(one.minutes for one in made) == 45
    for one in made:
        assert one.doors and one.todo and one.question and str(one.answer) and len(one.notes) == len(words.NOTE_PARTS)
        assert sum(int(n) for n in re.findall(r"\b(\d)\b", one.notes[0])) == one.minutes, one.notes[0]


def test_the_first_chapter_shows_the_rule_ahead_of_the_paper_and_without_worth_at_random(store):
    figures = {one.method: one for one in published.shipped() if (one.data, one.task) == ("toys", "sequential")}
    chapter = made_of(store)[0]
    rule = figures["highest number plus one (max-id rule), numbers as released"].ndcg10
    assert f"scores {100 * rule:.2f}, the paper {100 * figures['RDRec, mean of 10 runs'].ndcg10:.2f}" in chapter.question
    at_random = figures["highest number plus one (max-id rule), numbers permuted"].ndcg10
    assert f"drops to {100 * at_random:.2f}" in chapter.answer
    said = more_of(chapter)
    assert "50.0 of 100 shoppers; under the protocol of this page (clean) for 0.0" in said[words.TEXT_Q]
    assert "4.4 of 100 shoppers" in said[words.HERE_Q]


def test_other_published_figures_give_other_bars(store):
    def changed(one):
        paper = one.method.startswith("RDRec")
        return one if not paper else type(one)(one.data, one.task, one.method, 0.5, 0.5, one.leak, one.kind, one.source)

    assert "the paper 50.00" in chapters(store, [changed(one) for one in published.shipped()])[0].question


def test_the_second_chapter_names_a_claim_that_its_teacher_made_and_the_review_does_not_support(bundled_store):
    chapter = made_of(bundled_store)[1]
    claim, said = re.match(r"“(.+?)” by (.+?): ", chapter.answer).groups()
    user = int(re.search(r"shopper (\d+)", text_of("".join(str(one) for one in chapter.doors)))[1])
    review = body_of(chapter)
    found = [
        one
        for teacher, told in bundled_store.all_rationales(user).items()
        for one in told.values()
        for told_claim, why in zip(one.claims, one.why_not or (), strict=False)
        if told_claim.text == claim and why and teacher.lower() in said.lower()
    ]
    shown = {
        purchase.position for purchase in bundled_store.history(user) if purchase.review and text_of(purchase.review) in review
    }
    assert any(one.position in shown for one in found)
    assert claim in review, "the claim can be seen before the answer"


def test_the_third_chapter_shows_the_exact_input_without_the_held_out_purchase(bundled_store):
    user = bundled_store.first_user()
    bought = bundled_store.history(user)
    seen = input_text(Task.SEQUENTIAL, user=user, item_ids=[one.item.item_id for one in bought if one.split != "test"])
    said = body_of(made_of(bundled_store)[2])
    assert f" {seen} " in said
    truth = bundled_store.truth(user, "sequential")
    assert f"rank {truth['rdrec'].rank} of {truth['rdrec'].among}" in said


def test_the_fourth_chapter_says_who_learned(bundled_store):
    said = body_of(made_of(bundled_store)[3])
    assert said.count(" not learned") == 2 and said.count(" learned") == 4


def test_the_fifth_chapter_counts_as_the_evidence_does(store):
    chapter = made_of(store)[4]
    said, answers = body_of(chapter), more_of(chapter)
    scores: dict[str, list[float]] = {}
    for run in store.seed_results().runs:
        if (run.task, run.metric) == ("sequential", "NDCG@10"):
            scores.setdefault(run.method, []).append(100 * run.value)
    own, none = scores[f"rdrec:{store.facts.teacher}"], scores["baseline"]
    assert (
        len(own) == 2
        and f"means of 2 training runs each: {sum(own) / 2:.1f} points of 100 in NDCG@10 with rationales and {sum(none) / 2:.1f} without"
        in said
    )
    assert f"The ranks above are those of run {store.facts.seed}" in said
    for run in range(2):
        assert f"{own[run]:.1f} with rationales {none[run]:.1f} without" in said, "each run beside its own twin"
    user, a, b = (
        int(n) for n in re.search(r"For shopper (\d+) .*? rank (\d+) with rationales and at rank (\d+)", said).groups()
    )
    truths = store.truth(user, "sequential")
    assert (truths["rdrec"].rank, truths["baseline"].rank) == (a, b) and a < b
    assert "Over 2 runs of each" in answers[words.RUNS_Q]


def test_the_sixth_chapter_knows_the_best_possible_score_of_an_invented_shop(bundled_store):
    runs = [
        run
        for run in bundled_store.seed_results().runs
        if (run.method, run.task, run.metric) == ("knows all tastes", "sequential", "NDCG@10")
    ]
    best = sum(run.value for run in runs) / len(runs)
    assert f"best possible NDCG@10 is known: {100 * best:.1f} points" in body_of(made_of(bundled_store)[5])


def test_one_run_is_compared_with_one_run(tmp_path):
    def edit(tables):
        tables["runs"] = tables["runs"][tables["runs"].seed == 0]

    store = Store.open(write_set(tmp_path, edit=edit))
    rows = {row.model: 100 * row.value for row in store.evaluation() if (row.task, row.metric) == ("sequential", "NDCG@10")}
    said = body_of(made_of(store)[4])
    assert (
        f"one training run each, score {rows['rdrec']:.1f} points of 100 in NDCG@10 with rationales and {rows['baseline']:.1f} without"
        in said
    )
    assert "means" not in said


def shop(names, gain, best=0.2):
    gains = {
        "rdrec": Gain(0.2, gain, gain - 0.01, gain + 0.01, (gain / 2, 0.001, gain), Learned("learned", 0.41, 0.6)),
        "scrambled": Gain(0.17, 0.0, -0.01, 0.01),
        "knows all tastes": Gain(0.4, best, best, best),
    }
    return Shop(f"n{names}", 2.5, names, 9.0, 1200, 1, gains)


def test_the_sixth_chapter_has_a_thing_to_do_with_a_dial_and_without(bundled_store):
    without = made_of(bundled_store)[5]
    assert without.todo == words.WHEN_TRY_NO_DIAL and words.SEE_SLICES in text_of("".join(map(str, without.doors)))
    assert "dial" not in without.todo.lower() + " ".join(without.notes).lower() + body_of(without).lower()
    having = chapters(bundled_store, published.shipped(), (shop(0.0, 0.001), shop(0.7, 0.04)))[5]
    said = body_of(having)
    assert having.todo == words.WHEN_TRY and words.SEE_DIAL in text_of("".join(map(str, having.doors)))
    assert (
        "70 % of reviews" in said and "+4.0 (+3.0 to +5.0)" in said and "+2.0 (+0.1 to +4.0) over the shuffled control" in said
    )
    assert "✓ learned" in said and "Best possible +20.0" in said


def test_the_sixth_chapter_compares_teachers_where_the_answer_key_taught(bundled_store):
    assert words.READER_Q not in more_of(made_of(bundled_store)[5])
    said = more_of(chapters(bundled_store, published.shipped(), elsewhere=collected.shipped())[5])[words.READER_Q]
    assert "1,850 shoppers" in said and "answer key" in said and "qwen-1-5b" in said
    opened = text_of(panel(cached_chapters(bundled_store), "toys", {}))
    assert words.READER_Q in opened, "the page passes the collection"


def test_what_a_set_lacks_is_said(tmp_path):
    def edit(tables):
        del tables["audit"]
        tables["runs"] = tables["runs"][tables["runs"].seed == 0]
        tables["differences"] = tables["differences"].iloc[:0]
        tables["evaluation"] = tables["evaluation"].iloc[:0]
        tables["rationales"] = tables["rationales"].iloc[:0]
        tables["truths"] = tables["truths"].iloc[:0]
        tables["users"]["featured"] = None
        tables["users"] = tables["users"].astype({"featured": "str"})

    made = made_of(Store.open(write_set(tmp_path, edit=edit)))
    said = " ".join(f"{body_of(one)} {text_of(str(one.answer))} {' '.join(more_of(one).values())}" for one in made)
    for what in (
        words.NEED_AUDIT,
        words.NEED_RUNS,
        words.NEED_CONTROL,
        words.NEED_EVALUATION,
        words.NEED_TEXTS,
        words.NEED_BEST,
    ):
        assert words.NOT_HERE.format(what=what) in said, what
    assert words.PROMISE_NONE in body_of(made[1])


@pytest.mark.parametrize(
    ("asked", "number"),
    [({}, 1), ({"chapter": "4"}, 4), *(({"lesson": key}, chapter) for key, chapter in FORMER.items()), ({"chapter": "9"}, 1), ({"lesson": "x"}, 1)],
)  # fmt: skip
def test_one_chapter_is_shown_and_its_answers_are_closed(store, asked, number):
    html = panel(made_of(store), "gear", asked)
    shown = [int(n) for n, rest in re.findall(r'id="rd-chapter-(\d)"([^>]*)', html) if "hidden" not in rest]
    assert shown == [number]
    assert "<details open" not in html and not re.search(r"<details[^>]* open", html)
    assert f'href="?data=gear&#38;chapter={number}"' in html


def test_what_is_not_there_is_named_and_makes_no_markup(store):
    html = panel(made_of(store), "gear", {"lesson": "<b>"})
    assert "There is no lesson “<b>”" in text_of(html) and "<b>”" not in html
    assert "There is no chapter “7”. There are chapters 1 to 6." in text_of(panel(made_of(store), "gear", {"chapter": "7"}))


def test_the_hand_out_has_every_question_and_the_glossary_every_term(store):
    made = made_of(store)
    html = panel(made, "gear", {})
    paper = text_of(html[html.index('class="rd-handout"') :])
    assert all(one.question in paper for one in made) and all(term in paper for term, _ in words.GLOSSARY)
    needed = {
        "teacher",
        "student",
        "rationale",
        "held-out purchase",
        "control",
        "interval",
        "manipulation check",
        "hr@10",
        "ndcg@10",
        "nf4",
        "leak",
    }
    assert needed <= {term.lower() for term, _ in words.GLOSSARY}
