"""The Evidence tab: its components, filled when the tab is opened, and their listeners."""

from __future__ import annotations

from typing import Any

import gradio as gr

from rdrec import __version__
from rdrec.core.vocabulary import HIT, LEAKS, NDCG, PRECISIONS, TASKS
from rdrec.explorer import collected, dials, published, sentences, url
from rdrec.explorer.answers import StoreFacts
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.comparisons import against_baseline
from rdrec.explorer.store import Store
from rdrec.ui.evidence import dial_panel, figures, live_leaks, panel, precision_panel
from rdrec.ui.evidence import strings as words
from rdrec.ui.follow import follow
from rdrec.ui.parts import attempt, notice_html, or_notice, small_print
from rdrec.ui.render import chart_text, element, page, plain

METRICS = (NDCG, HIT)
TITLE_CHARS = 60


class EvidenceTab:
    """Call `lay_out` within the tab, then `wire`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def lay_out(self) -> None:
        """Verdict and check; the difference plot, the leaks, precisions and the dial side by side where there is room; the details."""
        self.lead = gr.HTML(page(element("p", words.AWAITED, role="status")), elem_classes="rd")
        with gr.Row(elem_classes="rd-evidence-main", equal_height=False):
            with gr.Column(min_width=300, elem_classes="rd-evidence-plot"):
                gr.HTML(page(element("h3", words.PLOT_TITLE)), elem_classes="rd")
                with gr.Row(elem_classes="rd-evidence-controls", equal_height=False):
                    tasks = [(words.PLOT_TASKS[task], task) for task in TASKS]
                    self.task = gr.Radio(tasks, value=TASKS[0], label=words.PLOT_TASK, elem_classes="rd-task", elem_id="rd-plot-task", min_width=200)  # fmt: skip
                    self.metric = gr.Radio(list(METRICS), value=METRICS[0], label=words.PLOT_METRIC, elem_classes="rd-task", elem_id="rd-plot-metric", min_width=180)  # fmt: skip
                self.chart = gr.Plot(show_label=False, elem_classes="rd-chart")
                gr.HTML(page(small_print(words.PLOT_CAPTION)), elem_classes="rd")
            with gr.Column(min_width=300, elem_classes="rd-evidence-leaks"):
                gr.HTML(live_leaks.heading(), elem_classes="rd")
                self.switches, self.rules = {}, {}
                for leak in LEAKS:
                    self.switches[leak] = gr.Checkbox(
                        False, label=live_leaks.switch(leak, None), elem_id=f"rd-leak-{leak}", elem_classes="rd-leak-switch"
                    )
                    self.rules[leak] = gr.HTML("", elem_classes="rd rd-leak-row", elem_id=f"rd-leak-{leak}-row")
                self.legend = gr.HTML("", elem_classes="rd")
            with gr.Column(min_width=300, elem_classes="rd-evidence-precision"):
                gr.HTML(page(element("h3", words.PRECISION_TITLE, id="rd-precision-title")), elem_classes="rd")
                forms = [(words.PRECISION_NAME[name], name) for name in PRECISIONS]
                self.precision = gr.Radio(forms, value=PRECISIONS[-1], label=words.PRECISION_LABEL, elem_classes="rd-task rd-steps", elem_id="rd-precision")  # fmt: skip
                self.ranks = gr.HTML("", elem_classes="rd")
            with gr.Column(min_width=300, elem_classes="rd-evidence-dial"):
                gr.HTML(page(element("h3", words.DIAL_TITLE, id="rd-dial-title")), elem_classes="rd")
                choices = [(words.DIAL_NAME[dial], dial) for dial in dials.SETTINGS]
                self.dial = gr.Radio(choices, value=dials.NAMES, label=words.DIAL_LABEL, elem_classes="rd-task", elem_id="rd-dial-choice")  # fmt: skip
                self.gains = gr.HTML("", elem_classes="rd")
        self.details = gr.HTML("", elem_classes="rd")

    def wire(self, tab: gr.Tab, data: Any, user: Any, task: Any, large: Any, notice: Any, lookup: dict[str, Any]) -> None:
        """data, user, task, large: controls of the page; notice: shows what could not be read."""
        chosen = [self.task, self.metric, *self.switches.values(), user, self.precision, self.dial]
        looked = [data, large, *chosen]
        shown = [
            self.lead, self.chart, *self.switches.values(), *self.rules.values(), self.legend, self.ranks, self.gains, self.details, notice,
        ]  # fmt: skip
        tab.select(self.show, looked, shown, **lookup)
        changes = [data.input, large.input]
        follow("evidence", [tab.select], changes, self.show, looked, shown, **lookup)
        # the chart shows what Explore ranks
        task.change(None, [task], [self.task], js="task => task", api_visibility="private")
        drawn = [data, large, self.task, self.metric]
        follow("chart", [tab.select], [self.task.change, self.metric.input], self.draw, drawn, [self.chart, notice], **lookup)
        for leak, switch in self.switches.items():
            switch.input(self._turning(leak), [data, switch], [self.rules[leak], notice], **lookup)
        moved = [data, user, self.precision]
        follow("precision", [tab.select], [user.change, self.precision.input], self.rank, moved, [self.ranks, notice], **lookup)
        self.dial.input(self.turn, [self.dial], [self.gains, notice], **lookup)

    def show(
        self,
        data: object,
        large: object = False,
        task: object = TASKS[0],
        metric: object = METRICS[0],
        numbers: object = False,
        order: object = False,
        reviews: object = False,
        user: object = None,
        precision: object = PRECISIONS[-1],
        dial: object = dials.NAMES,
    ) -> tuple[Any, ...]:
        """The whole tab; if a table cannot be read it is empty, and the notice says why."""
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user})
        elsewhere, unreadable = attempt(collected.shipped, collected.Collected())
        no_shops: tuple[dials.Shop, ...] = ()
        shops, no_dials = attempt(lambda: dials.shipped(), no_shops)

        def read() -> tuple[Any, ...]:
            from rdrec.explorer.leak_rules import leak_rules  # scipy: only when the tab is opened

            rows, found, kept = store.evaluation(), leak_rules(store), published.shipped()
            on = (numbers is True, order is True, reviews is True)
            switches = [gr.Checkbox(label=live_leaks.switch(leak, found)) for leak in LEAKS]
            rules = [live_leaks.row(leak, found, rows, on=state) for leak, state in zip(LEAKS, on, strict=True)]
            chart = self._figure(store, task, metric, large=large is True)
            legend = live_leaks.legend(found, rows, kept, elsewhere)
            ranks = precision_panel.panel(store, view.user, _one_of(precision, PRECISIONS))
            gains = dial_panel.panel(shops, _one_of(dial, tuple(dials.SETTINGS)))
            verdicts = panel.lead(store, elsewhere)
            return (verdicts, chart, *switches, *rules, legend, ranks, gains, panel.panel(store, kept, elsewhere))

        skipped = tuple(gr.skip() for _ in LEAKS)
        shown, unread = attempt(read, ("", None, *skipped, "", "", "", "", "", "", ""))
        said = (*unread, *unreadable, *no_dials)
        return (*shown, notice_html(said) if said else gr.skip())

    def draw(self, data: object, large: object, task: object, metric: object) -> tuple[Any, Any]:
        """The chart alone."""
        store = self._store(data)
        return or_notice(lambda: self._figure(store, task, metric, large=large is True), None)

    def rank(self, data: object, user: object, precision: object) -> tuple[Any, Any]:
        """One shopper's ranking in one precision."""
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user})
        return or_notice(lambda: precision_panel.panel(store, view.user, _one_of(precision, PRECISIONS)), "")

    def turn(self, dial: object) -> tuple[Any, Any]:
        """The plot of the chosen dial."""
        return or_notice(lambda: dial_panel.panel(dials.shipped(), _one_of(dial, tuple(dials.SETTINGS))), "")

    def _turning(self, leak: str) -> Any:
        def turn(data: object, on: object) -> tuple[Any, Any]:
            from rdrec.explorer.leak_rules import leak_rules

            store = self._store(data)
            return or_notice(lambda: live_leaks.row(leak, leak_rules(store), store.evaluation(), on=on is True), "")

        return turn

    def _store(self, data: object) -> Store:
        return url.store_and_view(self.catalogue, {"data": data})[0]

    def _figure(self, store: Store, task: object, metric: object, *, large: bool) -> Any:
        """The difference plot of this task and metric; unknown values become the first known ones."""
        asked, measure = _one_of(task, TASKS), _one_of(metric, METRICS)
        several, rows = store.seed_results(), store.evaluation()
        found = against_baseline(several, rows, asked, measure)
        if not found:
            return figures.nothing()
        zero = several.means(asked, measure).get("baseline")
        if zero is None:
            zero = next((r.value for r in rows if (r.model, r.task, r.metric) == ("baseline", asked, measure)), None)
        users = max((row.users for row in several.differences), default=0) or max(row.users for row in rows)
        about = _about(store.facts, asked, measure, len(several.seeds), users)
        return figures.difference(found, measure, zero=zero, about=about, teacher=store.facts.teacher, large=large)


def _about(facts: StoreFacts, task: str, metric: str, seeds: int, users: int) -> dict[str, str]:
    """Title, source line and file name of a saved picture."""
    runs = words.PLOT_SEEDS.format(count=seeds) if seeds > 1 else words.PLOT_ONE_SEED
    title = words.PLOT_PICTURE.format(title=words.TITLE, task=sentences.TASK_SHORT[task].lower(), metric=metric)
    source = words.PLOT_SOURCE.format(
        set=plain(facts.title, TITLE_CHARS), protocol=facts.protocol, seeds=runs, users=f"{users:,}", version=__version__
    )
    return {"title": chart_text(title, 200), "source": chart_text(source, 400), "name": f"{task}-{metric.replace('@', '')}"}


def _one_of(value: object, known: tuple[str, ...]) -> str:
    """What a visitor sent if it is a known value, else the first known value."""
    return value if isinstance(value, str) and value in known else known[0]
