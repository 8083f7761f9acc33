"""The page: layout and wiring.  Every callback validates its inputs, queries the store and renders the answer.

The view is in the address (`?data=&user=&task=`); the server stores nothing about a visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from rdrec.core.home import PROJECT
from rdrec.core.settings import integer
from rdrec.explorer import guess, url, why_url
from rdrec.explorer.answers import Shopper
from rdrec.explorer.api.endpoints import Api
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.lab import Lab
from rdrec.explorer.live_runner import LiveRunner
from rdrec.explorer.live_teachers import LiveTeachers
from rdrec.explorer.store import Store
from rdrec.ui import api, browser, classroom, doors, empty, scripts, status, texts
from rdrec.ui.classroom import Classroom
from rdrec.ui.doors import Doors
from rdrec.ui.evidence.wiring import EvidenceTab
from rdrec.ui.explore import live_panel, picker, predictions, shopper_view
from rdrec.ui.explore.lazy_tabs import LazyTabs
from rdrec.ui.export_panel import EVIDENCE, ExportPanel
from rdrec.ui.framework import without_apps
from rdrec.ui.learn.wiring import LearnTab
from rdrec.ui.own.wiring import OwnTab
from rdrec.ui.parts import attempt, notice_html, or_notice
from rdrec.ui.render import page as html
from rdrec.ui.render import plain
from rdrec.ui.rooms import panel as room_panel
from rdrec.ui.rooms.routes import RoomRoutes, RoomService
from rdrec.ui.server.guard import Guard
from rdrec.ui.server.hosts import AllowedHosts
from rdrec.ui.server.kept_assets import KeptAssets
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.teacher import wiring as distil_tab
from rdrec.ui.teacher.wiring import DistilTab
from rdrec.ui.why import strings as why_texts
from rdrec.ui.why.wiring import WhyTab

if TYPE_CHECKING:  # torch
    from rdrec.explorer.live_students import LiveStudents

ASSETS = PROJECT / "assets"
STYLES = (
    "explorer",
    "why",
    "learn",
    "classroom",
    "teacher",
    "evidence",
    "lab",
)
SCRIPTS = (
    "link",
    "rows",
    "learn",
    "lecture",
    "classroom",
    "access",
)
STATE_SESSIONS = 500  # kept by Gradio, over 1 MB each, so that the process levels off near 1.2 GB; its default is 10,000
LOOKUP: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private", "trigger_mode": "always_last"}
LIVE: dict[str, Any] = {
    "concurrency_limit": 1,
    "concurrency_id": "live",
    "api_visibility": "private",
    "show_progress": "minimal",
}
# Without Gradio's conversions: every callback checks its inputs itself, and returns exactly what the browser gets.
RAW: dict[str, Any] = {**LOOKUP, "preprocess": False, "postprocess": False}


def build_page(
    catalogue: Catalogue,
    open_students: Callable[[Store], LiveStudents] | None = None,
    teachers: LiveTeachers | None = None,
    lab: Lab | None = None,
) -> gr.Blocks:
    """The whole page.

    open_students  replaced in tests; by default models are loaded on the first live run
    teachers       those that visitors may ask to read a review; by default `keywords` alone
    lab            lets visitors train a student; None: they may not
    """
    with without_apps():
        with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_width=True) as demo:
            if catalogue.default is None:
                gr.HTML(empty.page(catalogue), elem_classes="rd")
            else:
                _Explorer(catalogue, LiveRunner(open_students), teachers, lab).build(demo)
        demo.queue(max_size=integer("page.queue"), api_open=False)  # else a plain POST would skip the queue of live runs
    return demo


def launch_options(*, host: str = "127.0.0.1", allow: Sequence[str] = (), mcp: bool = False) -> dict[str, Any]:
    """Arguments of `demo.launch` besides the port: address, look and limits; no request leaves the machine.

    host   the address to listen on
    allow  further host names of this page (`rdrec.ui.server.hosts`)
    mcp    whether to offer the public endpoints as MCP tools too (`rdrec.ui.mcp`)
    """
    from starlette.middleware import Middleware

    font = [gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"]
    theme = gr.themes.Base(
        primary_hue="indigo", neutral_hue="slate", font=font, font_mono=["ui-monospace", "monospace"], radius_size="md"
    )
    allowed = AllowedHosts.of(host, allow)
    return {
        "theme": theme,
        "css_paths": [*(ASSETS / f"{name}.css" for name in STYLES), room_panel.STYLE],
        "head": browser.head(*(ASSETS / f"{name}.js" for name in SCRIPTS), room_panel.SCRIPT),
        "server_name": host,
        "app_kwargs": {
            "middleware": [Middleware(Guard, hosts=allowed), Middleware(KeptAssets), Middleware(RoomRoutes, hosts=allowed)]
        },
        "enable_monitoring": False,
        "ssr_mode": False,
        "share": False,
        "mcp_server": mcp,
        "run_history": False,
        "state_session_capacity": STATE_SESSIONS,
        "max_file_size": 1,
        "footer_links": [],
        "favicon_path": ASSETS / "favicon.svg",
        "allowed_paths": [],
        "_frontend": False,  # else the server requests the whole page from itself while the first visitor loads it
    }


class _Explorer:
    """The controls and panels of one page.  Attributes are components and do not change after `build`."""

    def __init__(
        self, catalogue: Catalogue, runner: LiveRunner, teachers: LiveTeachers | None = None, lab: Lab | None = None
    ) -> None:
        self.catalogue, self.runner, self.lab = catalogue, runner, lab
        self.teachers = teachers or LiveTeachers()
        self.classroom = Classroom()

    def build(self, blocks: gr.Blocks) -> None:
        self._lay_out()
        self._wire(blocks)

    def _lay_out(self) -> None:
        default = self.catalogue.default
        assert default is not None
        facts = self.catalogue.stores[default].facts
        self.header = gr.HTML(html(status.header(facts)), elem_classes="rd")
        self.notice = gr.HTML("", elem_classes="rd rd-notices")
        with gr.Row(elem_classes="rd-picker", equal_height=False):
            several = len(self.catalogue.stores) > 1
            choices = [(plain(store.facts.title, 60), key) for key, store in self.catalogue.stores.items()]
            self.data = gr.Dropdown(
                choices, value=default, label=texts.DATA_LABEL, visible=several, scale=3, min_width=180, elem_id="rd-data"
            )
            self.search = gr.Textbox(
                label=texts.SEARCH_LABEL, placeholder=texts.SEARCH_PLACEHOLDER, scale=3, min_width=220,
                max_length=integer("page.search_chars"), elem_id="rd-search",
            )  # fmt: skip
            # We check custom values ourselves, because Gradio would refuse a valid choice once it has dropped the session.
            self.user = gr.Dropdown(
                [], label=texts.USER_LABEL, scale=4, min_width=220, allow_custom_value=True, elem_id="rd-user"
            )
            self.found = gr.JSON(visible=False)  # search results, held back until the list may change (scripts.py)
            with classroom.menu(texts.FEATURED_LABEL, "rd-examples"), gr.Column(elem_classes="rd-menu-body"):
                self.featured = gr.Radio([], label=texts.FEATURED_LABEL, elem_classes="rd-featured", elem_id="rd-featured")
            self.random = gr.Button(texts.RANDOM, scale=0, min_width=120, elem_id="rd-random")
            self.classroom.lay_out_switches()
        self.classroom.lay_out_note()
        self._lay_out_tabs(facts.candidates)
        self.doors = Doors(self.catalogue)

    def _lay_out_explore(self, candidates: int) -> None:
        self.strip = gr.HTML("", elem_classes="rd", elem_id="rd-strip", padding=False)
        with gr.Row(elem_classes="rd-story", equal_height=False):
            with gr.Column(scale=4, min_width=300):
                self.who = gr.HTML("", elem_classes="rd", elem_id="rd-who")
            with gr.Column(scale=9, min_width=300, elem_classes="rd-next"):
                self._lay_out_next(candidates)
        self.real = gr.HTML("", elem_classes="rd", elem_id="rd-real")
        gr.HTML("", elem_id="rd-more", padding=False)
        self.history = gr.HTML("", elem_classes="rd", elem_id="rd-history")
        self.lazy.lay_out_writing()
        self.lazy.lay_out_table()
        self.export = ExportPanel(self.catalogue)

    def _lay_out_next(self, candidates: int) -> None:
        self.says = gr.HTML("", elem_classes="rd", elem_id="rd-says")
        with gr.Row(elem_classes="rd-question", equal_height=False):
            gr.HTML(predictions.title(), elem_classes="rd", min_width=200, scale=3)
            self.task = gr.Radio(
                picker.task_choices(candidates), value="sequential", label=texts.TASK_LABEL, scale=4, min_width=280,
                elem_classes="rd-task", elem_id="rd-task",
            )  # fmt: skip
            self.run = gr.Button(texts.RUN, variant="secondary", scale=1, min_width=190, elem_id="rd-run")
        self.classroom.lay_out_guess()
        self.next = gr.HTML("", elem_classes="rd", elem_id="rd-next")
        self.live = gr.HTML("", elem_classes="rd", elem_id="rd-live")

    def _lay_out_tabs(self, candidates: int) -> None:
        self.lazy, self.why = LazyTabs(self.catalogue), WhyTab(self.catalogue, self.runner)
        self.own, self.learn = OwnTab(self.catalogue, self.runner), LearnTab(self.catalogue, self.lab)
        with gr.Tabs(elem_classes="rd-tabs", elem_id="rd-tabs"):
            with gr.Tab(texts.TAB_EXPLORE, elem_id="rd-explore"):
                self._lay_out_explore(candidates)
            with gr.Tab(why_texts.TAB, elem_id="rd-why-tab") as why_tab:
                self.why.lay_out(why_tab)
                self.own.lay_out()
            with gr.Tab(distil_texts.TAB, elem_id="rd-teacher") as self.distil_tab:
                self.distil = DistilTab(self.catalogue, self.teachers)
            with gr.Tab(texts.TAB_EVIDENCE, elem_id=EVIDENCE) as self.evidence_tab:
                self.evidence = EvidenceTab(self.catalogue)
                self.evidence.lay_out()
            self.learn.lay_out()

    def _wire(self, blocks: gr.Blocks) -> None:
        game = self.classroom
        controls = [self.data, self.user, self.task]
        panels = [game.secret, game.panel, self.strip, self.who, self.says, self.next, self.real, self.history]
        panels += [self.live, self.header, self.notice]
        choice = [self.user, self.featured]
        shopper = [*choice, *panels]
        link = [self.data, self.doors.asked, *controls[1:], *game.inputs]
        chosen = [*controls, *game.inputs]
        featured = [self.data, self.featured, self.task, *game.inputs]
        followed = gr.on([self.doors.go.click], self._follow, link, shopper, js=doors.ASKED, **RAW)
        task = [self.next, self.real, self.live, self.notice]
        for event in (
            gr.on([self.data.input], self._change_data, [self.data, self.task, *game.inputs], [*choice, self.task, *panels], **RAW),
            gr.on([self.user.input], self._choose_user, chosen, shopper, js=scripts.CHOSEN, **RAW),
            gr.on([self.featured.input], self._change_user, featured, shopper, **RAW),
            gr.on([self.random.click], self._random_user, chosen, shopper, **RAW),
            gr.on([self.search.submit], self._first_match, [self.data, self.search, *chosen[1:]], shopper, **RAW),
            followed,
            gr.on([self.task.input], self._change_task, [*controls, game.secret], task, **RAW),
        ):  # fmt: skip
            event.then(None, controls, None, js=scripts.WRITE_URL, api_visibility="private")
        followed.then(None, None, None, js=doors.ARRIVED, api_visibility="private")
        self.doors.wire(self.data, LOOKUP)
        self.learn.wire(self.data, LOOKUP)
        self.learn.rooms.wire(self.data, self.user)
        self.learn.lab.wire(blocks, self.learn.tab, self.data, self.user, game.secret, LOOKUP)
        find = [self.data, self.search, self.user, game.hide]
        searched = self.search.input(self._search, find, [self.found, self.notice], **LOOKUP)
        searched.then(None, [self.found], [self.user], js=scripts.SHOW_FOUND, api_visibility="private")
        asked = self.run.click(live_panel.running, None, [self.live], **LOOKUP)
        ran = asked.then(self._run_live, [*controls, game.secret], [self.live, self.header], **LIVE)
        ran.failure(live_panel.busy, None, [self.live], **LOOKUP)
        self.evidence.wire(self.evidence_tab, self.data, self.user, self.task, game.large, self.notice, LOOKUP)
        self.distil.wire(self.distil_tab, self.data, self.user)
        self.export.wire(controls, game.secret, LOOKUP)
        api.offer(Api(self.catalogue, self.runner))
        self.why.wire(self.data, self.user, self.task, game.secret, LOOKUP, LIVE)
        self.own.wire(self.data, LOOKUP, LIVE)
        for switch in game.switches:
            switch.input(None, game.switches, None, js=classroom.SWITCHED, api_visibility="private")
        game.hide.input(self._hide, chosen, [*choice, self.task, *panels], **RAW)
        guessed = game.go.click(self._guess, link, [game.state, *shopper], js=doors.ASKED, **RAW)
        guessed.then(None, None, None, js=classroom.PRESSED, api_visibility="private")
        self.lazy.wire(self.data, self.user, game.secret, self.notice, LOOKUP)
        RoomService(self.catalogue).offer(blocks)
        first = blocks.load(self._load, None, [self.data, *game.switches, *choice, self.task, *panels], **RAW)
        first.then(None, controls, None, js=scripts.REMEMBER, api_visibility="private")
        first.then(None, game.switches, None, js=classroom.SHOW, api_visibility="private")
        first.then(None, None, None, js=browser.OPEN_ASKED, api_visibility="private")

    def _load(self, request: gr.Request) -> tuple[Any, ...]:
        """The first view, with a notice for data sets that cannot be opened and for values of the address that do not exist."""
        asked = url.parameters_of(request.query_params, url.PARAMETERS)
        view = url.view(self.catalogue, asked)
        on = (switch in view.on for switch in url.SWITCHES)
        hide = "hide" in view.on
        store, params = self.catalogue.stores[view.data], request.query_params
        unknown = (*why_url.unknown(store, view, params, hide=hide), *distil_tab.unknown(store, view, params, self.teachers))
        more = (*empty.broken(self.catalogue, but=asked.get("data")), *unknown)
        return (view.data, *on, *self._all(view, more, (hide, None)))

    def _hide(self, data: str, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        """Hide or show the held-out purchase, and with it why shoppers are featured."""
        return self._all(url.view(self.catalogue, {"data": data, "user": user, "task": task}), game=game)

    def _change_data(self, data: str, task: str, *game: Any) -> tuple[Any, ...]:
        return self._all(url.view(self.catalogue, {"data": data, "task": task}), game=game)

    def _change_user(self, data: str, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        return self._shopper(url.view(self.catalogue, {"data": data, "user": user, "task": task}), game=game)

    def _choose_user(self, data: str, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        """A choice from the list, which is left as it is so that the visitor can go through the search results."""
        chosen = self._change_user(data, user, task, *game)
        return (gr.skip(), *chosen[1:]) if isinstance(user, int) else chosen

    def _random_user(self, data: str, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        """A shopper other than the current one; else the button would seem to do nothing."""
        view = url.view(self.catalogue, {"data": data, "user": user, "task": task})
        return self._change_user(view.data, self.catalogue.stores[view.data].other_user(view.user), view.task, *game)

    def _follow(self, data: str, asked: object, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        """A link within the page to a shopper, or to a random shopper of a group."""
        store = url.store_and_view(self.catalogue, {"data": data})[0]
        to, said = doors.shopper(store, asked, user)
        return self._shopper(url.view(self.catalogue, {"data": data, "user": to, "task": task}), said, game)

    def _first_match(self, data: str, text: str, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        view = url.view(self.catalogue, {"data": data, "user": user, "task": task})
        none: list[Shopper] = []
        if not str(text).strip():
            return self._shopper(view, (), game)
        store = self.catalogue.stores[view.data]
        found, unread = attempt(lambda: picker.search(store, text), none)
        if not found and not unread:
            unread = (texts.NOBODY_FOUND.format(text=plain(str(text), 40), users=f"{store.facts.users:,}"),)
        return self._shopper(replace(view, user=found[0].user) if found else view, unread, game)

    def _guess(self, data: str, asked: object, user: object, task: str, *game: Any) -> tuple[Any, ...]:
        """A button of the guessing game; the reveal renders the whole view again."""
        view = url.view(self.catalogue, {"data": data, "user": user, "task": task})
        none: classroom.Pressed | None = None
        done, unread = attempt(lambda: classroom.press(self.catalogue.stores[view.data], view, asked, game[-1]), none)
        if done is not None and done.revealed:
            return (done.state, *self._shopper(view, game=(True, done.state)))
        if done is None:
            return (*(gr.skip(),) * 13, notice_html(unread))
        return (done.state, *(gr.skip(),) * 3, done.panel, *(gr.skip(),) * 9)

    def _search(self, data: str, text: str, user: object, hide: object = False) -> tuple[Any, Any]:
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user})
        nothing: dict[str, Any] | None = None
        return or_notice(lambda: picker.found(store, text, view.user, hide=hide is True), nothing)

    def _change_task(self, data: str, user: object, task: str, secret: object = False) -> tuple[Any, ...]:
        view = url.view(self.catalogue, {"data": data, "user": user, "task": task})
        shown, unread = attempt(lambda: self._task(view, secret is True), ("", ""))
        note = live_panel.idle(self.catalogue.stores[view.data], view.task)
        return (*shown, note, notice_html((*view.notices, *unread)))

    def _run_live(self, data: str, user: object, task: str, secret: object = False) -> tuple[str, str]:
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user, "task": task})
        words, answer = live_panel.panel(store, view.user, view.task, self.runner, hide=secret is True)
        return words, html(status.header(store.facts, answer))

    def _all(self, view: url.View, more: Sequence[str] = (), game: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Everything that depends on the data set; `more`: sentences for the notice; `game`: the values of `Classroom.inputs`."""
        store = self.catalogue.stores[view.data]
        guessing = game[:1] == (True,)
        tasks = gr.Radio(
            choices=picker.task_choices(store.facts.candidates),
            value=guess.TASK if guessing else view.task,
            interactive=not guessing,
        )
        chosen = self._shopper(view, more, game, rebuild=True)
        return (*chosen[:2], tasks, *chosen[2:])

    def _shopper(
        self, view: url.View, more: Sequence[str] = (), game: Sequence[Any] = (), *, rebuild: bool = False
    ) -> tuple[Any, ...]:
        """Everything that depends on the shopper; `rebuild`: as in `picker.choice`."""
        guessing = game[:1] == (True,)
        if guessing:
            view = replace(view, task=guess.TASK)  # guesses are scored by the ranking shown, before and after the reveal
        choice, unlisted = self._choice(view, hide=guessing, rebuild=rebuild)
        panels, unread = self._panels(view, game)
        return (*choice, *panels, notice_html((*view.notices, *more, *unlisted, *unread)))

    def _choice(self, view: url.View, *, hide: bool, rebuild: bool) -> tuple[tuple[Any, Any], tuple[str, ...]]:
        only_shopper = gr.update(choices=[(texts.SHOPPER.format(user=view.user), view.user)], value=view.user)
        store = self.catalogue.stores[view.data]
        return attempt(lambda: picker.choice(store, view.user, hide=hide, rebuild=rebuild), (only_shopper, gr.skip()))

    def _task(self, view: url.View, secret: bool = False) -> tuple[str, str]:
        return shopper_view.task(self.catalogue.stores[view.data], view, secret)

    def _panels(self, view: url.View, game: Sequence[Any] = ()) -> tuple[tuple[Any, ...], tuple[str, ...]]:
        """The panels of one shopper; if a table cannot be read they are empty, and a sentence says why."""
        store = self.catalogue.stores[view.data]
        header = html(status.header(store.facts))
        empty_panels = (game[:1] == (True,), *("",) * 7)
        panels, unread = attempt(lambda: shopper_view.panels(store, view, game), empty_panels)
        return (*panels, live_panel.idle(store, view.task), header), unread
