"""The content of the page as plain data, ready for JSON: responses of the public endpoints, and exports.

Arguments must already be checked.  Texts are returned as stored; whoever displays them must escape them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rdrec.core.settings import integer
from rdrec.core.vocabulary import NDCG, TASKS
from rdrec.evaluation.outcomes import Verdict, sentence, verdict_of_pair
from rdrec.explorer import leak_verdict, seed_verdict, sentences
from rdrec.explorer.answers import Distilled, Item, Leak, Prediction, Purchase, RunCheck, Truth
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.comparisons import Best, best_baselines
from rdrec.explorer.highlights import why_not
from rdrec.explorer.points import date_words
from rdrec.explorer.profile import profile
from rdrec.explorer.store import Store

Record = dict[str, Any]
SAID = 10  # most frequent attributes of a product in reviews


def data_sets(catalogue: Catalogue) -> Record:
    """Every available data set, the default first."""
    return {"default": catalogue.default, "data_sets": [facts(store) for store in catalogue.stores.values()]}


def facts(store: Store) -> Record:
    """Sizes, protocol, teacher and students of a data set."""
    return asdict(store.facts)


def users(store: Store, search: str, limit: int, offset: int) -> Record:
    """One page of search results; `next` is the offset of the next page, None on the last."""
    found = store.search_users(search, offset + limit + 1)[offset:]
    more = len(found) > limit
    return {
        "data": store.facts.data,
        "search": search,
        "offset": offset,
        "next": offset + limit if more else None,
        "users": [asdict(shopper) for shopper in found[:limit]],
    }


def history(store: Store, user: int) -> Record:
    """The latest `page.history_rows` purchases, newest first, as the page shows them."""
    bought = store.history(user)
    return {
        "data": store.facts.data,
        "user": user,
        "user_key": store.user(user).user_key,
        "purchases": len(bought),
        "history": [_purchase(purchase) for purchase in _latest(bought)],
    }


def rationales(store: Store, user: int, teacher: str | None = None) -> Record:
    """A teacher's rationales for the reviews of the purchases in `history`, newest first."""
    by_position = store.rationales(user, teacher)
    latest = [purchase for purchase in _latest(store.history(user)) if purchase.position in by_position]
    return {
        "data": store.facts.data,
        "user": user,
        "teacher": teacher or store.facts.teachers[0],
        "teachers": list(store.facts.teachers),
        "rationales": [_distilled(by_position[purchase.position], purchase) for purchase in latest],
    }


def recommend(store: Store, user: int, task: str, top: int) -> Record:
    """Both students' precomputed `top` items, and the rank of the true next purchase."""
    ranked, truth = store.predictions(user, task), store.truth(user, task)
    return {
        "data": store.facts.data,
        "user": user,
        "task": task,
        "protocol": store.facts.protocol,
        "truth": {role: _ranked(one) for role, one in truth.items()},
        "students": {role: [_ranked(row) for row in rows[:top]] for role, rows in ranked.items()},
    }


def explainable(store: Store, user: int) -> dict[int, dict[str, tuple[int, float]]]:
    """Items with a stored rank, that is both students' top items and the true one: (rank, probability) by student."""
    places: dict[int, dict[str, tuple[int, float]]] = {}
    for role, rows in store.predictions(user, "sequential").items():
        for row in rows:
            places.setdefault(row.item.item, {})[role] = (row.rank, row.probability)
    for role, one in store.truth(user, "sequential").items():
        places.setdefault(one.item.item, {})[role] = (one.rank, one.probability)
    return places


def explain(store: Store, user: int, item: int) -> Record:
    """Facts that may explain an item's rank, without running a model.  `item` is one of `explainable`."""
    bought, distilled = store.history(user), store.rationales(user)
    truth = store.truth(user, "sequential")
    shown = [purchase for purchase in bought if purchase.split != "test"][-integer("train.max_history") :]
    together = store.bought_with(item, [purchase.item.item for purchase in shown], user)
    taste = profile(bought, distilled)
    return {
        "data": store.facts.data,
        "user": user,
        "item": item_record(store.item(item)),
        "is_true_purchase": any(one.item.item == item for one in truth.values()),
        "places": {
            role: {"rank": rank, "probability": probability}
            for role, (rank, probability) in explainable(store, user)[item].items()
        },
        "shopper": {
            "likes": _counted(taste.likes), "dislikes": _counted(taste.dislikes), "attributes": _counted(taste.attributes)
        },
        "reviewers_say": [asdict(said) for said in store.attribute_counts(item, SAID)],
        "bought_together": [
            {"item": item_record(purchase.item), "shoppers": together[purchase.item.item]}
            for purchase in sorted(shown, key=lambda purchase: -together.get(purchase.item.item, 0))
            if together.get(purchase.item.item)
        ],
        "written": [asdict(text) for text in store.texts(user)] if any(one.item.item == item for one in truth.values()) else [],
    }  # fmt: skip


def audit(store: Store) -> Record:
    """How much of the test can be answered without learning."""
    found: Sequence[Leak] | None = store.leak_audit()
    return {
        "data": store.facts.data,
        "protocol": store.facts.protocol,
        "verdict": None if found is None else leak_verdict.verdict(found, store.facts.protocol),
        "measures": [asdict(row) for row in found or ()],
        "meaning": {name: asked for name, (asked, _) in sentences.LEAKS_ASKED.items()},
    }


def evidence(store: Store) -> Record:
    """The tables of the evidence tab: metrics with intervals; runs, differences and slices over several training runs; whether students
    learned their rationales; measures beyond accuracy."""
    several = store.seed_results()
    checks = several.checks_of_methods
    return {
        "data": store.facts.data,
        "verdict": seed_verdict.lead(several, store.facts.teacher),
        "best_baselines": {task: _best(best_baselines(several, store.evaluation(), task)) for task in TASKS},
        "evaluation": [asdict(row) for row in store.evaluation()],
        "seeds": list(several.seeds),
        "runs": [asdict(row) for row in several.runs],
        "differences": [asdict(row) | _judged(verdict_of_pair(row.one, row.other, checks)) for row in several.differences],
        "slices": [asdict(row) for row in several.slices],
        "checks": [_check(one) for one in several.checks],
        "beyond": [asdict(row) for row in several.shown],
    }


def _best(found: Best | None) -> Record | None:
    """The best baseline, with which every headline compares."""
    if found is None:
        return None
    plain = found.without_rationales
    return {
        "metric": NDCG,
        **asdict(found.baseline),
        "uses_rationales": found.baseline.uses_rationales,
        "without_rationales": None if plain is None else asdict(plain),
    }


def _judged(found: Verdict | None) -> Record:
    """Whether a difference measures the effect of rationales; null if the pair does not compare them."""
    if found is None:
        return {"rationales": None, "why": None}
    return {"rationales": "tested" if found.tested else "not tested", "why": found.why}


def _check(one: RunCheck) -> Record:
    values = {
        key: None if isinstance(value, float) and math.isnan(value) else value for key, value in asdict(one.check).items()
    }
    return {"method": one.method, "seed": one.seed, **values, "sentence": sentence(one.check)}


def item_record(item: Item) -> Record:
    """A product; `title` is null if the data set has none."""
    keys = ("item", "item_key", "title", "brand", "categories", "price", "purchases")
    return {key: getattr(item, key) for key in keys}


def _latest(bought: Sequence[Purchase]) -> list[Purchase]:
    return list(reversed(bought))[: integer("page.history_rows")]


def _purchase(purchase: Purchase) -> Record:
    date = None if purchase.timestamp is None else date_words(purchase.timestamp, "%Y-%m-%d")
    return {
        "position": purchase.position,
        "date": date,
        "split": purchase.split,
        **item_record(purchase.item),
        "rating": purchase.rating,
        "summary": purchase.summary,
        "review": purchase.review,
    }


def _distilled(distilled: Distilled, purchase: Purchase) -> Record:
    claims = [
        {
            "kind": claim.kind,
            "text": claim.text,
            "polarity": claim.polarity,
            "spans": [[span.start, span.end] for span in claim.spans],
            "supported": (why := why_not(distilled, index, purchase.review or "")) is None,
            "why_not": why,
        }
        for index, claim in enumerate(distilled.claims)
    ]
    return {
        "position": distilled.position,
        "teacher": distilled.teacher,
        "item": distilled.item,
        "status": distilled.status,
        "reason": distilled.reason,
        "user_preference": distilled.user_preference,
        "item_attribution": distilled.item_attribution,
        "claims": claims,
    }


def _ranked(row: Prediction | Truth) -> Record:
    among = {"among": row.among} if isinstance(row, Truth) else {}
    return {"rank": row.rank, **among, "probability": row.probability, **item_record(row.item)}


def _counted(claims: Sequence[tuple[str, int]]) -> list[Record]:
    return [{"text": text, "times": times} for text, times in claims]
