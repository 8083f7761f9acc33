"""Teachers side by side: who is shown first, every claim with its reason, the answer key as what it is."""

import pytest
from html_text import text_of
from made_model import ABOUT, MORE, READ, REASONS, with_model
from made_set import write_set

from rdrec.core.records import ArtefactError
from rdrec.explorer import url
from rdrec.explorer.api import records as api_records
from rdrec.explorer.profile import profile
from rdrec.explorer.store import Store
from rdrec.ui import side_by_side
from rdrec.ui.explore import history, shopper_view


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("side")
    return Store.open(write_set(folder, edit=with_model, more=MORE))


def test_a_language_model_comes_first_where_it_has_read_and_nowhere_else(models):
    assert models.facts.teachers == ("toy-1b", "offline", "answer-key") and models.facts.teacher == "offline"
    for user in range(1, 13):
        shown = models.rationales(user)
        assert {one.teacher for one in shown.values()} <= ({"toy-1b"} if user in READ else {"offline"})
        assert list(shown) == sorted(shown) and shown.keys() == models.rationales(user, "offline").keys()


def test_every_unsupported_claim_has_its_reason_and_the_answer_key_is_what_it_is(models):
    everything = models.all_rationales(1)
    html = history.panel(1, models.history(1), models.shown(everything), list(everything.values()), models.facts.about_teachers)
    words = text_of(html)
    reviews = len(everything["toy-1b"])
    assert words.count("unsupported: its words come from the prompt's examples") == 2 * reviews  # shown, and beside
    assert words.count("unsupported: the review says the opposite") == 2 * reviews
    assert words.count("written together with the reviews") == reviews and "a language model" in words
    assert html.count("<details") >= reviews and " open" not in html
    assert words.count("The model's own words") == reviews


def test_claims_that_are_not_supported_are_no_part_of_a_profile(models):
    found = profile(models.history(1), models.rationales(1))
    assert found.likes and {text for text, _ in found.likes} == {"a solid frame"} and not found.dislikes


def test_the_answer_key_is_never_flagged(models):
    told, *_ = models.rationales(1, "answer-key").values()
    assert "unsupported" not in str(side_by_side.cards([told], "short", ABOUT))


def test_programs_get_the_same(models):
    said = api_records.rationales(models, 1)
    assert said["teachers"] == ["toy-1b", "offline", "answer-key"]
    assert {one["teacher"] for one in said["rationales"]} == {"toy-1b"}
    assert [(claim["supported"], claim["why_not"]) for claim in said["rationales"][0]["claims"]] == [
        (reason is None, reason) for reason in REASONS
    ]


@pytest.mark.parametrize("text", ["[", "{}", "[1, 2, 3]", "[null]", "[" * 100_000])
def test_damaged_checks_are_an_error_in_words(tmp_path, text):
    def edit(tables):
        with_model(tables)
        tables["rationales"].loc[tables["rationales"]["teacher"] == "toy-1b", "why_not"] = text

    store = Store.open(write_set(tmp_path, edit=edit, more=MORE))
    with pytest.raises(ArtefactError, match="checks of a claim"):
        store.rationales(1)


def test_the_whole_view_of_a_shopper_holds_all_of_it(models, catalogue):
    class One:
        stores, default = {"gear": models}, "gear"

    view = url.view(One(), {"data": "gear", "user": 1})
    secret, _, above, who, *_, reviews = shopper_view.panels(models, view)
    assert secret is False and "a solid frame" in text_of(above) and "Side by side with" in text_of(reviews)
    assert "toy-1b read it; the student learned from the offline teacher ." in text_of(above)
    newest = max(place for place in models.rationales(1) if models.history(1)[place].split != "test")
    assert f"Offline teacher: {models.rationales(1, 'offline')[newest].user_preference}" in text_of(who)
    (liked, _), *_ = profile(models.history(1), models.rationales(1, "offline")).likes
    assert liked in text_of(who)
