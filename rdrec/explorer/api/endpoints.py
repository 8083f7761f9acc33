"""The public endpoints for programs, notebooks and MCP clients.  Names, parameters and fields are stable (docs/api.md).

LOOKUPS answer at once from precomputed results; LIVE endpoints run the students.  Every parameter is checked here.
"""

from __future__ import annotations

from typing import Any, Literal

from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES, Role
from rdrec.explorer import url
from rdrec.explorer.api import records
from rdrec.explorer.api.checks import known_item, known_store, known_task, known_user, one_of, text, whole, wrong
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_comparison import compare
from rdrec.explorer.live_runner import Job, LiveRunner
from rdrec.explorer.why_records import make_case

LOOKUPS = ("data_sets", "list_users", "history", "rationales", "recommend", "explain", "audit", "evidence")
LIVE = ("recommend_live", "influence")


class Api:
    """The endpoints of one page.  Each raises RDRecError with a message for the caller, and ImportError if students cannot be run."""

    def __init__(self, catalogue: Catalogue, runner: LiveRunner) -> None:
        self._catalogue, self._runner = catalogue, runner

    def data_sets(self) -> dict[str, Any]:
        """List the data sets of this page with their sizes, protocol, teacher and students.

        Returns:
            default, the set used if none is named; data_sets, each with data (its name), title, synthetic (invented or not),
            protocol, seed, teacher, users, items, interactions, reviews, rationales, students, the command that created it, ties (how
            purchases at the same time are ordered) and cut (for the protocol temporal)
        """
        return records.data_sets(self._catalogue)

    def list_users(self, search: str = "", limit: int = 20, offset: int = 0, data: str = "") -> dict[str, Any]:
        """Find shoppers by number, start of their key, or words in the titles of their purchases; page through all of them.

        Args:
            search: a number, the start of a key, or words of a product's title; empty for all shoppers, featured ones first
            limit: how many shoppers, 1 to 50
            offset: how many shoppers to skip: the `next` of the previous page
            data: name of a data set; empty for the page's first

        Returns:
            data, search, offset; next, the offset of the next page or null; users, each with user (the number), user_key, interactions,
            featured (why the shopper is featured, or null) and bought (the product that the search matched, or null)
        """
        words = text("search", search, integer("page.search_chars"))
        store = known_store(self._catalogue, data)
        first = whole("offset", offset, 0, store.facts.users)
        return records.users(store, words, whole("limit", limit, 1, integer("page.search_results")), first)

    def history(self, user: int, data: str = "") -> dict[str, Any]:
        """A shopper's purchases with ratings and reviews, newest first; at most the latest 100.

        Args:
            user: the shopper's number
            data: name of a data set; empty for the page's first

        Returns:
            data, user, user_key; purchases, their total number; history, each with position (0 is the oldest), date, split ("test"
            is the held-out purchase that the students must predict, "val" one that decides when training stops), item, item_key, title, brand,
            categories, price, purchases (of this product by all shoppers), rating, summary and review
        """
        store = known_store(self._catalogue, data)
        return records.history(store, known_user(store, user))

    def rationales(self, user: int, teacher: str = "", data: str = "") -> dict[str, Any]:
        """A teacher's rationales for a shopper's reviews, with the words of the review that support each claim.

        Args:
            user: the shopper's number
            teacher: name of a teacher; empty for the rationales shown on the page, each from the first of `teachers` that has read the review,
                or else from the teacher that the students learned from
            data: name of a data set; empty for the page's first

        Returns:
            data, user, teacher, and teachers, the available ones; rationales, each with position (as in /history), teacher, item, status "ok",
            "nothing" or "failed", reason, user_preference and item_attribution (a sentence or null), and claims, each with kind, text,
            polarity, spans (from, to: characters of the review), supported, and why_not (a reason or null)
        """
        store = known_store(self._catalogue, data)
        shopper, known = known_user(store, user), store.facts.teachers
        if teacher == "":
            return records.rationales(store, shopper)
        missing = f"there are no rationales by teacher {url.quoted(teacher)} in this data set"
        return records.rationales(store, shopper, one_of("teacher", teacher, known, missing))

    def recommend(
        self, user: int, task: Literal["sequential", "topn"] = "sequential", top: int = 10, data: str = ""
    ) -> dict[str, Any]:
        """Precomputed predictions of a shopper's next purchase, by the students with and without rationales.

        Args:
            user: the shopper's number
            task: "sequential" ranks the whole catalogue, "topn" ranks the true item among randomly drawn ones
            top: how many items per student, 1 to 20
            data: name of a data set; empty for the page's first

        Returns:
            data, user, task, protocol; truth, by student: rank of the true next purchase, among (how many), probability (calibrated
            where data_sets lists temperatures for the students) and the item (empty if none is held out); students, by student
            ("rdrec" with rationales, "baseline" without), best first, each item with rank, probability, item, item_key, title,
            brand, categories, price and purchases
        """  # fmt: skip
        store = known_store(self._catalogue, data)
        query = known_user(store, user), known_task(task)
        return records.recommend(store, *query, whole("top", top, 1, integer("precompute.top")))

    def explain(self, user: int, item: int, data: str = "") -> dict[str, Any]:
        """Why an item may be recommended to a shopper, from precomputed facts; /influence runs the student itself.

        Args:
            user: the shopper's number
            item: number of an item that /recommend (sequential) lists, or of the true next purchase
            data: name of a data set; empty for the page's first

        Returns:
            data, user, item, is_true_purchase; places, by student: rank and probability over the whole catalogue; shopper: likes,
            dislikes and attributes from earlier reviews, with counts; reviewers_say: attributes of the item from reviews; bought_together:
            the shopper's purchases that others bought together with the item, with counts; written: what the students generate about it
            (only for the true next purchase)
        """
        store = known_store(self._catalogue, data)
        shopper = known_user(store, user)
        known = list(records.explainable(store, shopper))
        return records.explain(store, shopper, known_item(shopper, item, known))

    def audit(self, data: str = "") -> dict[str, Any]:
        """How much of the test can be answered without learning: do item numbers or reviews give answers away?

        Args:
            data: name of a data set; empty for the page's first

        Returns:
            data, protocol; verdict, a sentence or null; measures, each with protocol, measure and value; meaning of each measure
        """
        return records.audit(known_store(self._catalogue, data))

    def evidence(self, data: str = "") -> dict[str, Any]:
        """Whether the difference between the students is real: metrics over all shoppers with 95 % intervals, training runs, tests.

        Args:
            data: name of a data set; empty for the page's first

        Returns:
            data; verdict, sentences; best_baselines, by task: metric, method, value, uses_rationales, and without_rationales, the best
            one that uses none (null if none was measured); evaluation, each row with model, task, metric, value, low, high, users, protocol and
            seed; seeds; runs; differences with interval and p, and rationales ("tested", "not tested" with why, or null if the pair does not
            compare them); slices by popularity, length of the history and cause; checks, whether each training run learned its rationales: method,
            seed, task, outcome ("learned", "not learned", "nothing to learn", "not checked"), gap and yardstick in nats per token with intervals,
            a sentence; beyond, coverage, popularity, novelty, similarity within lists and share of the most shown products by method and seed
        """
        return records.evidence(known_store(self._catalogue, data))

    def recommend_live(self, user: int, task: Literal["sequential", "topn"] = "sequential", data: str = "") -> dict[str, Any]:
        """Run both students now, and say whether their ranking equals the precomputed one.

        Args:
            user: the shopper's number
            task: "sequential" ranks the whole catalogue, "topn" ranks the true item among randomly drawn ones
            data: name of a data set; empty for the page's first

        Returns:
            data, user, task, device, precision; load_ms, null if the students were already loaded; fell_back, why the GPU was not used;
            students, by student: milliseconds, truth_rank, comparison (a sentence), items, best first, with rank, item and probability
        """
        store = known_store(self._catalogue, data)
        shopper, checked_task = known_user(store, user), known_task(task)
        answer = self._runner.of(store).predict(shopper, checked_task)
        stored, truths = store.predictions(shopper, checked_task), store.truth(shopper, checked_task)
        students = {
            live.role: {
                "milliseconds": round(live.milliseconds, 1),
                "truth_rank": live.truth_rank,
                "comparison": compare(store, live, stored.get(live.role, ()), truths.get(live.role)),
                "items": [
                    {"rank": rank, "probability": probability, **records.item_record(store.item(item))}
                    for rank, (item, probability) in enumerate(zip(live.items, live.probabilities, strict=True), start=1)
                ],
            }
            for live in answer.result
        }
        ran = {
            "device": answer.device,
            "precision": answer.precision,
            "load_ms": answer.load_ms,
            "fell_back": answer.fell_back,
        }
        return {"data": store.facts.data, "user": shopper, "task": checked_task, **ran, "students": students}

    def influence(
        self, user: int, item: int, student: Literal["rdrec", "baseline"] = "rdrec", data: str = ""
    ) -> dict[str, Any]:
        """Which past purchases drive a recommendation: the student ranks again with each purchase left out in turn.

        Args:
            user: the shopper's number
            item: number of an item that /recommend (sequential) lists for the student, or of the true next purchase
            student: "rdrec" with rationales, "baseline" without
            data: name of a data set; empty for the page's first

        Returns:
            data, user, student, item; probability, rank and among, with all purchases; left_out, for each purchase shown to the student,
            oldest first: the item, the rank without it, and log_ratio, the log of the probability with it over that without it
            (positive if the purchase speaks for the item); device, precision, milliseconds
        """
        store = known_store(self._catalogue, data)
        shopper = known_user(store, user)
        ranked = store.predictions(shopper, "sequential")
        known = [role for role in ROLES if ranked.get(role)]
        if not known:
            raise wrong("user", f"nothing was computed for shopper {shopper}", "Choose another shopper")
        role: Role = one_of("student", student, known, f"there is no student {url.quoted(student)} for shopper {shopper}")
        truth = [held_out.item.item for held_out in store.truth(shopper, "sequential").values()]
        number = known_item(shopper, item, list(dict.fromkeys([*(row.item.item for row in ranked[role]), *truth])))
        case, _ = make_case(store, shopper, role, number)
        assert case is not None, "the student has predictions"
        from rdrec.explorer import live_why  # imports torch

        run = self._runner.of(store).run(Job(live_why.drivers, (case,), role))
        left_out = [
            {"item": records.item_record(store.item(row.left_out)), "rank": row.rank, "log_ratio": row.log_ratio}
            for row in run.result.left_out
        ]
        found = {"probability": run.result.probability, "rank": run.result.rank, "among": run.result.among}
        ran = {"device": run.device, "precision": run.precision, "milliseconds": round(run.milliseconds, 1)}
        shown = records.item_record(store.item(number))
        about = {"data": store.facts.data, "user": shopper, "student": role, "item": shown}
        return {**about, **found, "left_out": left_out, **ran}
