"""The Teacher tab, filled when it is opened: controls, wiring, and the public endpoint `/distil`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from rdrec.core.plain_text import upper_first
from rdrec.core.records import RDRecError, Review, UnknownNameError
from rdrec.core.settings import integer
from rdrec.explorer import url
from rdrec.explorer.answers import Purchase
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_teachers import LiveReading, LiveTeachers, Offer, checked_stars, checked_text
from rdrec.explorer.points import date_words
from rdrec.explorer.store import Store, name
from rdrec.ui import scripts
from rdrec.ui.explore import live_panel
from rdrec.ui.follow import follow
from rdrec.ui.parts import notice
from rdrec.ui.render import page as html
from rdrec.ui.render import plain
from rdrec.ui.teacher import panel as distil
from rdrec.ui.teacher import strings as texts
from rdrec.ui.teacher.columns import Column, live_column, record, recorded_column, role_of
from rdrec.ui.teacher.reviews import (
    Subject,
    as_review,
    caught_reviews,
    example_choices,
    example_subject,
    newest_read,
    reviews_of,
    shown_stars,
    stored_answers,
)

LOG = logging.getLogger(__name__)
OWN = "own"
ORDER = ("answer-key", "model", "keywords", "rules", "other")  # of the columns
PARAMETERS = ("review", "teacher")  # of an address: the shopper's review and the teacher, never a visitor's own text
# Null removes the parameter: for a visitor's own text, and for `keywords`.
WRITE_REVIEW = f'review => window.rdLink.write({{ review: review === "{OWN}" ? null : review }})'
WRITE_TEACHER = 'teacher => window.rdLink.write({ teacher: teacher === "keywords" ? null : teacher })'
# The browser empties the box itself: an answer of the server would erase what a visitor has typed meanwhile.
EMPTY_FOR_OWN = f'choice => choice === "{OWN}" ? [null, "", 0, {json.dumps(html())}] : Array(4).fill({{ __type__: "update" }})'
LABEL_CHARS = 90
STARS = [(texts.NO_STARS, 0), *((str(stars), stars) for stars in range(1, 6))]
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private", "trigger_mode": "always_last"}
READ: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "reading", "api_visibility": "private"}
ASK: dict[str, Any] = READ | {"concurrency_id": "teacher"}  # so that calls to `keywords` need not wait for a slow model


class DistilTab:
    """Create it inside a `gr.Tab`; then call `wire`."""

    def __init__(self, catalogue: Catalogue, teachers: LiveTeachers) -> None:
        self.catalogue, self.teachers = catalogue, teachers
        self._lay_out()

    def _lay_out(self) -> None:
        gr.HTML(distil.intro(), elem_classes="rd")
        self.shown = gr.State(None)  # [data set, shopper] whose reviews are listed; None until the tab is opened
        self.examples = gr.Radio([], label=texts.EXAMPLES, elem_classes="rd-task", elem_id="rd-distil-examples")
        with gr.Row(elem_classes="rd-distil-controls", equal_height=False):
            with gr.Column(scale=7, min_width=280):
                self.text = gr.Textbox(
                    label=texts.REVIEW, lines=3, max_lines=6, max_length=integer("page.review_chars"),
                    placeholder=texts.PLACEHOLDER, elem_id="rd-distil-text",
                )  # fmt: skip
            with gr.Column(scale=4, min_width=260):
                self.choice = gr.Dropdown(
                    [(texts.OWN, OWN)], value=OWN, label=texts.CHOOSE, allow_custom_value=True, elem_id="rd-distil-choice"
                )
                several = len(self.teachers.offers) > 1
                offers = [(texts.KEYWORDS_NAME if key == "keywords" else plain(key, 64), key) for key in self.teachers.offers]
                self.teacher = gr.Radio(
                    offers,
                    value="keywords",
                    label=texts.TEACHER,
                    visible=several,
                    elem_classes="rd-task",
                    elem_id="rd-distil-teacher",
                )
                with gr.Row(elem_classes="rd-distil-go", equal_height=False):
                    self.stars = gr.Radio(
                        STARS, value=0, label=texts.STARS, elem_classes="rd-task", elem_id="rd-distil-stars", scale=3
                    )
                    self.run = gr.Button(texts.RUN, variant="primary", elem_id="rd-distil-run", scale=1, min_width=150)
        self.result = gr.HTML("", elem_classes="rd", elem_id="rd-distil-result")
        gr.HTML(distil.program(), elem_classes="rd")

    def wire(self, tab: gr.Tab, data: gr.Dropdown, user: gr.Dropdown) -> None:
        """data, user: the page's controls."""
        filled = [self.shown, self.examples, self.choice, self.text, self.stars, self.result]
        asked = [self.shown, data, user, self.choice, self.examples]
        tab.select(self._open_asked, asked, [self.teacher, *filled], **QUIET)
        follow("distil", [tab.select], [data.change, user.change], self._open, asked, filled, **QUIET)
        choosing = filled[1:2] + filled[3:]
        self.choice.input(None, [self.choice], choosing, js=EMPTY_FOR_OWN, api_visibility="private")
        self.choice.input(self._choose, [data, user, self.choice], choosing, **QUIET)
        self.choice.input(None, [self.choice], None, js=WRITE_REVIEW, api_visibility="private")
        self.examples.input(self._example, [data, self.examples], filled[2:], **QUIET)
        self.teacher.input(None, [self.teacher], None, js=WRITE_TEACHER, api_visibility="private")
        self.text.change(None, [self.text], [self.stars], js=scripts.REVIEW_CHANGED, api_visibility="private")
        asked = [self.shown, self.teacher, self.text, self.stars, data, user, self.choice, self.examples]
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
            return record(self.teachers.read(teacher, asked))
        except RDRecError as error:
            raise gr.Error(" ".join(_did_not(error)), print_exception=False) from None
        except ImportError as error:
            raise gr.Error(plain(texts.ABSENT.format(why=error)), print_exception=False) from None

    def _open_asked(
        self, shown: Any, data: object, user: object, choice: object, example: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """Fill the tab: the first time as the address says, later as it was left."""
        if shown is not None:
            return gr.skip(), *self._open(shown, data, user, choice, example)
        view = url.view(self.catalogue, {"data": data, "user": user})
        try:
            values = url.of_shopper(request.query_params, view.data, view.user, PARAMETERS)
            review, teacher, _ = _asked(self.catalogue.stores[view.data], view.user, values, self.teachers)
        except RDRecError:
            review, teacher = None, None  # _open says what cannot be read
        first = next((key for key, offer in self.teachers.offers.items() if offer.kind != "keywords"), None)
        return teacher or first or gr.skip(), *self._open(None, data, user, review)

    def _open(self, shown: Any, data: object, user: object, choice: object, example: object = None) -> tuple[Any, ...]:
        view = url.view(self.catalogue, {"data": data, "user": user})
        if shown == [view.data, view.user]:
            return (gr.skip(),) * 6
        store = self.catalogue.stores[view.data]
        try:
            reviews, caught = reviews_of(store, view.user), caught_reviews(store)
            newest = newest_read(store, view.user, reviews)
        except RDRecError as error:
            return (gr.skip(),) * 5 + (html(notice(*_did_not(error))),)
        examples: Any = gr.skip()
        if not isinstance(shown, list) or shown[:1] != [view.data]:
            examples = gr.Radio(choices=example_choices(caught), value=None)
        elif example is not None:
            examples = gr.Radio(value=None)
        choices = [*((_label(purchase), str(purchase.position)) for purchase in reviews), (texts.OWN, OWN)]
        # a visitor's own text stays when the shopper changes
        own = (choice == OWN and shown is not None and example is None) or not reviews
        asked = next((one for one in reviews if shown is None and str(one.position) == choice), newest)
        value = OWN if own or asked is None else str(asked.position)
        listed = gr.Dropdown(choices=choices, value=value)
        if own or asked is None:
            said = html(notice(texts.READ_NOTHING)) if not reviews else gr.skip()
            return [view.data, view.user], examples, listed, gr.skip(), gr.skip(), said
        return [view.data, view.user], examples, listed, *self._filled(store, view.user, asked)

    def _choose(self, data: object, user: object, choice: object) -> tuple[Any, ...]:
        """A review from the list; `EMPTY_FOR_OWN` does the rest for a visitor's own text."""
        if choice == OWN:
            return (gr.skip(),) * 4
        view = url.view(self.catalogue, {"data": data, "user": user})
        try:
            purchase = self._purchase(data, user, choice)
            if purchase is None:
                return None, gr.skip(), gr.skip(), html()
            return None, *self._filled(self.catalogue.stores[view.data], view.user, purchase)
        except RDRecError as error:
            return None, gr.skip(), gr.skip(), html(notice(*_did_not(error)))

    def _example(self, data: object, example: object) -> tuple[Any, ...]:
        """An example with its recorded answers; `keywords` reads it live if it has none recorded."""
        store, _ = url.store_and_view(self.catalogue, {"data": data})
        try:
            found = example_subject(store, example)
            if found is None:
                return gr.skip(), gr.skip(), gr.skip(), html(notice(texts.UNKNOWN_EXAMPLE))
            stars = round(found.review.rating or 0)
            return OWN, plain(found.review.text), stars, self._panel(found, None)
        except RDRecError as error:
            return gr.skip(), gr.skip(), gr.skip(), html(notice(*_did_not(error)))

    def _filled(self, store: Store, user: int, purchase: Purchase) -> tuple[str, int, str]:
        """Text, stars and columns for a purchase that was just chosen."""
        limit = integer("page.review_chars")
        text = plain(purchase.review or "")
        subject = Subject(
            as_review(user, purchase, purchase.rating), store.facts, stored_answers(store, user, purchase.position)
        )
        cut = html(notice(texts.CUT.format(limit=f"{limit:,}"))) if len(text) > limit else ""
        return text[:limit], shown_stars(purchase), cut + self._panel(subject, None)

    def _read(self, shown: object, teacher: object, text: object, *asked: object) -> Any:
        """Recorded answers, the live answer of `keywords`, and a placeholder for a language model."""
        return gr.skip() if shown is None and not text else self._answered(teacher, text, *asked, ask=False)  # not filled yet

    def _ask(self, shown: object, teacher: object, text: object, *asked: object) -> Any:
        """The same with the answer of the language model."""
        if self._model(teacher) is None or (shown is None and not text):
            return gr.skip()
        return self._answered(teacher, text, *asked, ask=True)

    def _answered(self, teacher: object, text: object, stars: object, *chosen: object, ask: bool) -> str:
        try:
            if not isinstance(teacher, str) or teacher not in self.teachers.offers:
                raise UnknownNameError(f"no teacher {str(teacher)[:40]!r} is offered here", todo="choose one of those listed")
            subject = self._subject(checked_text(text), checked_stars(stars), *chosen)
            model = self._model(teacher)
            live = [self.teachers.read("keywords", subject.review)]
            if model and ask:
                live.append(self.teachers.read(model.name, subject.review))
            return self._panel(subject, None if ask else model, live)
        except RDRecError as error:
            return html(notice(*_did_not(error)))
        except ImportError as error:
            return html(notice(plain(texts.ABSENT.format(why=error))))

    def _subject(
        self, written: str, rating: float | None, data: object, user: object, choice: object, example: object
    ) -> Subject:
        """The chosen review if its text is unchanged, else a review with the visitor's own text."""
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user})
        found = example_subject(store, example) if example is not None else None
        if found is not None and _normal(found.review.text) == _normal(written):
            return replace(found, review=replace(found.review, rating=rating))
        purchase = self._purchase(data, user, choice)
        if purchase is not None and _normal(purchase.review) == _normal(written):
            return Subject(
                as_review(view.user, purchase, rating), store.facts, stored_answers(store, view.user, purchase.position)
            )
        return Subject(Review(0, 0, 0, written, rating=rating, sentence=written), store.facts, {})

    def _panel(self, subject: Subject, waits: Offer | None, live: Sequence[LiveReading] = ()) -> str:
        """All columns: the answer key if the set has one, every language model, keywords, and other recorded teachers."""
        facts, stored, text = subject.facts, subject.stored, subject.review.text
        kinds = {
            teacher: str(facts.about_teachers.get(teacher, {}).get("kind", teacher)) for teacher in (*facts.teachers, *stored)
        }
        kinds |= {offer.name: offer.kind for offer in self.teachers.offers.values()}
        if "keywords" not in stored and not live:
            live = [self.teachers.read("keywords", subject.review)]
        now = {reading.reading.teacher: reading for reading in live}
        columns = []
        for teacher, kind in kinds.items():
            role = role_of(teacher, kind)
            if teacher in now:
                columns.append(live_column(now[teacher], role, list(stored.values())))
            elif waits is not None and teacher == waits.name:
                columns.append(Column(role, teacher, note=_waiting(waits), waiting=True))
            elif teacher in stored:
                columns.append(recorded_column(stored[teacher], role, text))
            elif role == "answer-key":
                columns.append(Column(role, teacher, note=texts.NO_KEY))
            elif role == "model" and teacher in self.teachers.offers:
                columns.append(Column(role, teacher, note=texts.NOT_ASKED))
            elif role == "model" and not any(offer.kind != "keywords" for offer in self.teachers.offers.values()):
                columns.append(Column(role, teacher, note=texts.NO_MODEL))
        if not any(column.role == "model" for column in columns):
            columns.append(Column("model", "", note=texts.NO_MODEL))
        return distil.panel(sorted(columns, key=lambda column: ORDER.index(column.role)), text, subject.note)

    def _model(self, teacher: object) -> Offer | None:
        """The offered language model of this name; None for `keywords` and unknown names."""
        offer = self.teachers.offers.get(teacher) if isinstance(teacher, str) else None
        return offer if offer is not None and offer.kind != "keywords" else None

    def _purchase(self, data: object, user: object, choice: object) -> Purchase | None:
        """The chosen purchase; None for the visitor's own text and for one that is not on the list."""
        view = url.view(self.catalogue, {"data": data, "user": user})
        reviews = reviews_of(self.catalogue.stores[view.data], view.user)
        return next((purchase for purchase in reviews if str(purchase.position) == choice), None)


def unknown(store: Store, view: url.View, params: Any, teachers: LiveTeachers) -> tuple[str, ...]:
    """Notices for reviews and teachers in an address that do not exist; `params`: those of Gradio's request."""
    values = url.of_shopper(params, view.data, view.user, PARAMETERS)
    try:
        return _asked(store, view.user, values, teachers)[2] if values else ()
    except RDRecError:
        return ()  # the page already says what cannot be read


def _asked(
    store: Store, user: int, values: Mapping[str, str], teachers: LiveTeachers
) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The review and the teacher of an address, each None if missing or unknown, and notices about unknown ones."""
    review, teacher = values.get("review"), values.get("teacher")
    notices = []
    if review and review not in {str(purchase.position) for purchase in reviews_of(store, user)}:
        notices.append(texts.UNKNOWN_REVIEW.format(review=url.quoted(review), user=user))
        review = None
    if teacher and teacher not in teachers.offers:
        notices.append(texts.UNKNOWN_TEACHER.format(teacher=url.quoted(teacher)))
        teacher = None
    return review or None, teacher or None, tuple(notices)


def _waiting(offer: Offer) -> str:
    words = texts.WAITING.format(teacher=plain(offer.name, 64), limit=f"{integer('page.patience')} s")
    return f"{words} {texts.WAITING_FIRST}" if offer.kind == "local" else words


def _normal(text: str | None) -> str:
    """`text` as a text box returns it: normalised line ends and no invisible characters."""
    return plain(text or "").strip()


def _label(purchase: Purchase) -> str:
    stars = texts.CHOICE_NO_STARS if purchase.rating is None else "★" * shown_stars(purchase)
    words = texts.CHOICE.format(date=date_words(purchase.timestamp), stars=stars, product=name(purchase.item))
    return plain(" ".join(words.split()), LABEL_CHARS)


def _did_not(error: RDRecError) -> list[str]:
    """One sentence, which never reveals the address, the key or the owner's commands of a language model's server."""
    what, todo = error.what, error.todo or ""
    if type(error).__name__ == "BudgetSpentError":
        what, todo = texts.SPENT, texts.SPENT_TODO
    elif type(error).__name__ == "TeacherUnreachableError":  # by name, because its module imports the HTTP client
        LOG.warning("a teacher's server cannot be used: %s", error)
        what, todo = what.split(" (")[0], texts.UNREACHABLE_TODO  # in brackets: the server's own words
    return [texts.DID_NOT.format(what=plain(what), todo=upper_first(plain(todo).rstrip(".")))]
