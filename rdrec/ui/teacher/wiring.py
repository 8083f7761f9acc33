"""The tab in which a visitor has a review distilled: controls, wiring, and the public endpoint `/distil`.

In: the catalogue, the teachers on offer.  Out: components and events.  It is filled when it is opened, not before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError, Review
from rdrec.core.settings import integer
from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_teachers import LiveTeachers, Offer, checked_stars, checked_text
from rdrec.explorer.store import Store, name
from rdrec.ui import url
from rdrec.ui.explore import live_panel
from rdrec.ui.follow import follow
from rdrec.ui.parts import date_words, notice
from rdrec.ui.render import page as html
from rdrec.ui.render import plain
from rdrec.ui.teacher import panel as distil
from rdrec.ui.teacher import strings as texts

LOG = logging.getLogger(__name__)
OWN = "own"
PARAMETERS = ("review", "teacher")  # of an address: which review of the shopper, by which teacher; never a visitor's own text
# Null leaves it out of the address: a text of one's own, and `keywords`.
WRITE_REVIEW = f'review => window.rdLink.write({{ review: review === "{OWN}" ? null : review }})'
WRITE_TEACHER = 'teacher => window.rdLink.write({ teacher: teacher === "keywords" ? null : teacher })'
LABEL_CHARS = 90
STARS = [(texts.NO_STARS, 0), *((str(stars), stars) for stars in range(1, 6))]
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private", "trigger_mode": "always_last"}
READ: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "reading", "api_visibility": "private"}
ASK: dict[str, Any] = READ | {"concurrency_id": "teacher"}  # a slow model holds up nobody who asks `keywords`


class DistilTab:
    """Make it inside a `gr.Tab`; then `wire` it."""

    def __init__(self, catalogue: Catalogue, teachers: LiveTeachers) -> None:
        self.catalogue, self.teachers = catalogue, teachers
        self._lay_out()

    def _lay_out(self) -> None:
        gr.HTML(distil.intro(), elem_classes="rd")
        self.shown = gr.State(None)  # [data set, shopper] whose reviews are listed; None until the tab is opened
        with gr.Row(elem_classes="rd-distil-controls", equal_height=False):
            with gr.Column(scale=7, min_width=280):
                self.choice = gr.Dropdown(
                    [(texts.OWN, OWN)], value=OWN, label=texts.CHOOSE, allow_custom_value=True, elem_id="rd-distil-choice"
                )
                self.text = gr.Textbox(
                    label=texts.REVIEW.format(limit=f"{integer('page.review_chars'):,}"), lines=5, max_lines=12,
                    max_length=integer("page.review_chars"), placeholder=texts.PLACEHOLDER, elem_id="rd-distil-text",
                )  # fmt: skip
            with gr.Column(scale=4, min_width=260):
                offers = [(texts.KEYWORDS_NAME if key == "keywords" else plain(key, 64), key) for key in self.teachers.offers]
                self.teacher = gr.Radio(offers, value="keywords", label=texts.TEACHER, elem_classes="rd-task", elem_id="rd-distil-teacher")  # fmt: skip
                self.stars = gr.Radio(STARS, value=0, label=texts.STARS, elem_classes="rd-task", elem_id="rd-distil-stars")
                self.run = gr.Button(texts.RUN, variant="primary", elem_id="rd-distil-run")
        self.result = gr.HTML(distil.first(), elem_classes="rd", elem_id="rd-distil-result")
        gr.HTML(distil.program(), elem_classes="rd")

    def wire(self, tab: gr.Tab, data: gr.Dropdown, user: gr.Dropdown) -> None:
        """`data` and `user` are the page's own choice of a shopper."""
        filled = [self.shown, self.choice, self.text, self.stars, self.result]
        tab.select(self._open_asked, [self.shown, data, user, self.choice], [self.teacher, *filled], **QUIET)
        asked = [self.shown, data, user, self.choice]
        follow("distil", [tab.select], [data.change, user.change], self._open, asked, filled, **QUIET)
        self.choice.input(self._choose, [data, user, self.choice], filled[2:], **QUIET)
        self.choice.input(None, [self.choice], None, js=WRITE_REVIEW, api_visibility="private")
        self.teacher.input(None, [self.teacher], None, js=WRITE_TEACHER, api_visibility="private")
        asked = [data, user, self.choice, self.text, self.stars, self.teacher]
        pressed = gr.on([self.run.click, self.text.submit], self._read, asked, [self.result], show_progress="minimal", **READ)
        several = len(self.teachers.offers) > 1
        if several:
            answered = pressed.then(self._ask, asked, [self.result], show_progress="hidden", **ASK)
            answered.failure(live_panel.busy, None, [self.result], **QUIET)
        pressed.failure(live_panel.busy, None, [self.result], **QUIET)
        gr.api(self.distil, api_name="distil", concurrency_limit=1, concurrency_id=(ASK if several else READ)["concurrency_id"])

    def distil(self, review: str, teacher: str = "keywords", stars: int = 0) -> dict[str, Any]:
        """Let a teacher read one review: what the writer prefers, what the product is like, and which words back each claim.

        Args:
            review: the text, at most 6,000 characters
            teacher: "keywords" (rules, no model), or the name of another teacher that this page offers
            stars: the writer's rating from 1 to 5, or 0 for none

        Returns:
            teacher; status "ok", "nothing" or "failed", and the reason where it is not ok; user_preference and item_attribution, a
            sentence each or null; claims, each with kind, text, polarity, spans (from, to: characters of the review), supported and
            why; copied, the words copied from the review or null; messages, the prompt as sent, and raw, the model's own words (null
            for keywords); attempts; milliseconds; device and precision of a local model
        """
        try:
            asked = Review(0, 0, 0, checked_text(review), rating=checked_stars(stars), sentence=review)
            return distil.record(self.teachers.read(teacher, asked))
        except RDRecError as error:
            raise gr.Error(" ".join(_did_not(error)), print_exception=False) from None
        except ImportError as error:
            raise gr.Error(plain(texts.ABSENT.format(why=error)), print_exception=False) from None

    def _open_asked(self, shown: Any, data: object, user: object, choice: object, request: gr.Request) -> tuple[Any, ...]:
        """Opened: the first time as the address says, later as it was left."""
        if shown is not None:
            return gr.skip(), *self._open(shown, data, user, choice)
        view = url.view(self.catalogue, {"data": data, "user": user})
        try:
            values = url.of_shopper(request.query_params, view.data, view.user, PARAMETERS)
            review, teacher, _ = _asked(self.catalogue.stores[view.data], view.user, values, self.teachers)
        except RDRecError:
            review, teacher = None, None  # what cannot be read is said below
        return teacher or gr.skip(), *self._open(None, data, user, review)

    def _open(self, shown: Any, data: object, user: object, choice: object) -> tuple[Any, ...]:
        view = url.view(self.catalogue, {"data": data, "user": user})
        if shown == [view.data, view.user]:
            return (gr.skip(),) * 5
        store = self.catalogue.stores[view.data]
        try:
            reviews = _reviews(store, view.user)
        except RDRecError as error:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip(), html(notice(*_did_not(error)))
        choices = [*((_label(purchase), str(purchase.position)) for purchase in reviews), (texts.OWN, OWN)]
        own = (choice == OWN and shown is not None) or not reviews  # a visitor's own text stays when the shopper changes
        asked = next((one for one in reviews if shown is None and str(one.position) == choice), reviews[0] if reviews else None)
        value = OWN if own or asked is None else str(asked.position)
        listed = gr.Dropdown(choices=choices, value=value)
        if own or asked is None:
            said = html(notice(texts.READ_NOTHING)) if not reviews else gr.skip()
            return [view.data, view.user], listed, gr.skip(), gr.skip(), said
        return [view.data, view.user], listed, *_filled(asked)

    def _choose(self, data: object, user: object, choice: object) -> tuple[Any, ...]:
        if choice == OWN:
            return "", 0, html()
        try:
            purchase = self._purchase(data, user, choice)
        except RDRecError as error:
            return gr.skip(), gr.skip(), html(notice(*_did_not(error)))
        return (gr.skip(), gr.skip(), html()) if purchase is None else _filled(purchase)

    def _read(self, data: object, user: object, choice: object, text: object, stars: object, teacher: object) -> str:
        """The answer of `keywords`; for a language model, that it is awaited."""
        offer = self._model(teacher)
        if offer is None:
            return self._panel(data, user, choice, text, stars, teacher)
        words = [texts.WAITING.format(teacher=plain(offer.name, 64), limit=f"{integer('page.patience')} s")]
        return distil.waiting([*words, texts.WAITING_FIRST] if offer.kind == "local" else words)

    def _ask(self, data: object, user: object, choice: object, text: object, stars: object, teacher: object) -> Any:
        """The answer of a language model; what `keywords` said stands already."""
        return gr.skip() if self._model(teacher) is None else self._panel(data, user, choice, text, stars, teacher)

    def _model(self, teacher: object) -> Offer | None:
        """The offered language model of this name; None for `keywords` and for what is not offered."""
        offer = self.teachers.offers.get(teacher) if isinstance(teacher, str) else None
        return offer if offer is not None and offer.kind != "keywords" else None

    def _panel(self, data: object, user: object, choice: object, text: object, stars: object, teacher: object) -> str:
        try:
            written, rating = checked_text(text), checked_stars(stars)
            purchase = self._purchase(data, user, choice)
            review, beside, about = Review(0, 0, 0, written, rating=rating, sentence=written), None, {}
            if purchase is not None and _normal(purchase.review) == _normal(written):
                view = url.view(self.catalogue, {"data": data, "user": user})
                review, store = _of_set(view.user, purchase, rating), self.catalogue.stores[view.data]
                beside, about = _beside(store, view.user, purchase.position), store.facts.about_teachers
            return distil.panel(self.teachers.read(str(teacher), review), review, beside, about)
        except RDRecError as error:
            return html(notice(*_did_not(error)))
        except ImportError as error:
            return html(notice(plain(texts.ABSENT.format(why=error))))

    def _purchase(self, data: object, user: object, choice: object) -> Purchase | None:
        """The chosen purchase of the shopper; None for a text of one's own and for what is not on the list."""
        view = url.view(self.catalogue, {"data": data, "user": user})
        reviews = _reviews(self.catalogue.stores[view.data], view.user)
        return next((purchase for purchase in reviews if str(purchase.position) == choice), None)


def unknown(store: Store, view: url.View, params: Any, teachers: LiveTeachers) -> tuple[str, ...]:
    """Sentences for what an address asks of this tab and is not there; `params` as a request of the framework has them."""
    values = url.of_shopper(params, view.data, view.user, PARAMETERS)
    try:
        return _asked(store, view.user, values, teachers)[2] if values else ()
    except RDRecError:
        return ()  # the page says already what cannot be read


def _asked(
    store: Store, user: int, values: Mapping[str, str], teachers: LiveTeachers
) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The review and the teacher of an address, None for what is not named or not there, and a sentence for the latter."""
    review, teacher = values.get("review"), values.get("teacher")
    notices = []
    if review and review not in {str(one.position) for one in _reviews(store, user)}:
        notices.append(texts.UNKNOWN_REVIEW.format(review=url.quoted(review), user=user))
        review = None
    if teacher and teacher not in teachers.offers:
        notices.append(texts.UNKNOWN_TEACHER.format(teacher=url.quoted(teacher)))
        teacher = None
    return review or None, teacher or None, tuple(notices)


def _reviews(store: Store, user: int) -> list[Purchase]:
    """The shopper's reviews, newest first, without that of the hidden purchase: its title would give the answer away."""
    bought = store.history(user)[-integer("page.history_rows") :]
    return [p for p in reversed(bought) if p.review and p.review.strip() and p.split != "test"]


def _of_set(user: int, purchase: Purchase, rating: float | None) -> Review:
    """The review as a run over the data set gives it to a teacher, with the shopper's exact stars unless they were changed."""
    exact = purchase.rating if rating == _shown_stars(purchase) or (rating is None and not _shown_stars(purchase)) else rating
    text = purchase.review or ""
    return Review(user, purchase.position, purchase.item.item, text, purchase.summary, exact, text)


def _beside(store: Store, user: int, position: int) -> list[Distilled]:
    found = [told.get(position) for told in store.all_rationales(user).values()]
    return [distilled for distilled in found if distilled is not None]


def _filled(purchase: Purchase) -> tuple[str, int, str]:
    """Text, stars and result for a purchase that was just chosen."""
    limit = integer("page.review_chars")
    text = plain(purchase.review or "")
    cut = html(notice(texts.CUT.format(limit=f"{limit:,}"))) if len(text) > limit else distil.first()
    return text[:limit], _shown_stars(purchase), cut


def _shown_stars(purchase: Purchase) -> int:
    return 0 if purchase.rating is None else max(1, min(5, round(purchase.rating)))


def _normal(text: str | None) -> str:
    """A text box changes line ends, and characters that cannot be seen are not shown in it."""
    return plain(text or "").strip()


def _label(purchase: Purchase) -> str:
    stars = texts.CHOICE_NO_STARS if purchase.rating is None else "★" * _shown_stars(purchase)
    words = texts.CHOICE.format(date=date_words(purchase.timestamp), stars=stars, product=name(purchase.item))
    return plain(" ".join(words.split()), LABEL_CHARS)


def _did_not(error: RDRecError) -> list[str]:
    """One sentence; for a language model's server no word of its address, its key or the commands of its owner."""
    what, todo = error.what, error.todo or ""
    if type(error).__name__ == "BudgetSpentError":
        what, todo = texts.SPENT, texts.SPENT_TODO
    elif type(error).__name__ == "TeacherUnreachableError":  # by name: its module loads a client that other pages do without
        LOG.warning("a teacher's server cannot be used: %s", error)
        what, todo = what.split(" (")[0], texts.UNREACHABLE_TODO  # in brackets: the server's own words
    return [texts.DID_NOT.format(what=plain(what), todo=plain(todo).rstrip("."))]
