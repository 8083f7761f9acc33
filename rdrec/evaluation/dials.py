"""When would rationales help?  Collects in one small artefact what students gain on invented shops with different options (dials).

One row per shop and method: mean NDCG@10 over users and seeds (next purchase, whole catalogue), and its difference from the student
without rationales, with a 95 % interval over users.  Nothing is trained or ranked here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.home import Home
from rdrec.core.markdown import table_lines
from rdrec.core.records import CLAIM_KINDS, ArtefactError, InputError, first_few
from rdrec.core.storage import new_artefact, read_manifest, read_table, verify, write_table
from rdrec.core.vocabulary import BASELINE, CONTROL, DIALS_KIND, NDCG, START_RECIPE, TASKS
from rdrec.data.store import KIND as DATASET_KIND
from rdrec.data.store import dataset_sha256
from rdrec.evaluation.earlier_collection import Earlier, check_target, kind_of, merged
from rdrec.evaluation.gather import method_of
from rdrec.evaluation.methods import control_of, family, learns_rationales, method_of_card
from rdrec.evaluation.metrics import Places, mean_interval, per_user
from rdrec.evaluation.outcomes import worst
from rdrec.evaluation.stored import KIND as EVALUATION_KIND
from rdrec.evaluation.stored import check_measured
from rdrec.student.checkpoint import StudentCard, read_card_alone

DIALS = ("drive", "names", "purchases")
COLUMNS = {
    "data": "str", "drive": "float64", "names": "float64", "purchases": "float64", "users": "int64", "seeds": "int64",
    "method": "str", "value": "float64", "difference": "float64", "low": "float64", "high": "float64",
    "over_control": "float64", "control_low": "float64", "control_high": "float64", "outcome": "str", "gap": "float64", "yardstick": "float64",
}  # fmt: skip
"""over_control: the difference to the same student with shuffled rationales, NaN where there is none; outcome, gap, yardstick: of the
manipulation check, the worse of both texts and the gain in nats per token for preferences; "" and NaN of methods that were not checked."""

_LACKING: dict[str, float | str] = {"outcome": ""}  # in older tables
_LACKING |= dict.fromkeys(("over_control", "control_low", "control_high", "gap", "yardstick"), np.nan)


def collect_dials(home: Home, folder: Path, add: bool = False) -> pd.DataFrame:
    """Write the artefact `folder` from every shop of the home that was made with dials and evaluated under `clean`.

    add  keep what `folder` already holds about other shops
    Returns the table.  Raises InputError if there is no such shop, and if `folder` contains something else; ArtefactError for a damaged
    evaluation, for shops of different worlds or students of different recipes, for two evaluations of one seed, and with `add` for a
    damaged `folder`.
    """
    check_target(folder, DIALS_KIND, add)
    parts, recipes = [], Recipes()
    for data in home.names("data"):
        facts = read_manifest(home.data(data), DATASET_KIND).meta
        options = facts.get("options")
        if not isinstance(options, Mapping) or not all(isinstance(options.get(dial), int | float) for dial in DIALS):
            continue
        ranks = _ranks(home, data)
        if ranks:
            recipes.add("world", {"sha256": facts.get("source", {}).get("world_sha256")}, home.data(data))
            for method, card, place in _students(home, data):
                recipes.add(method, card.recipe, place)
                recipes.add("recipe", {START_RECIPE: card.settings.get(START_RECIPE)}, place)
            dials = {dial: float(options[dial]) for dial in DIALS}
            parts.append(gains(ranks).join(_learned(home, data), on="method").assign(data=data, **dials))
    if not parts:
        raise InputError("there is no evaluated shop with dials", where=home.root, todo="run precomputed/make-dials.sh")
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)].fillna({"outcome": ""}).astype(COLUMNS)
    return write_dials(table, folder, add, recipes.known)


class Recipes:
    """The world of all shops, and how the students of each method were trained; these must be the same for all."""

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        self.known: dict[str, Any] = dict(known or {})

    def add(self, name: str, recipe: dict[str, Any], where: Path) -> None:
        """Raises ArtefactError if `name` is known with another recipe."""
        known = self.known.setdefault(name, recipe)
        if differs := [key for key in known | recipe if known.get(key) != recipe.get(key)]:
            raise ArtefactError(
                f"{name}: not the same in all shops: {first_few(differs)}", where=where,
                todo="make and train all shops alike (precomputed/make-dials.sh), or remove those that differ",
            )  # fmt: skip


def write_dials(table: pd.DataFrame, folder: Path, add: bool = False, recipes: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Write a table with the columns `COLUMNS` as the artefact `folder`, and return it; with `add`, completed by the other shops there.

    recipes  `Recipes.known` of these shops.  With `add`, raises ArtefactError if those of the other shops differ or were not recorded.
    """
    meta: dict[str, Any] = {"metric": NDCG, "recipes": dict(recipes or {})}
    with new_artefact(folder, DIALS_KIND, meta) as temporary:
        if add and (earlier := Earlier.read(folder, DIALS_KIND)):
            held, collected = earlier.table("dials", COLUMNS, _LACKING), table["data"].unique()
            if set(held["data"]) - set(collected):
                meta["recipes"] = _joined(earlier, meta["recipes"])
            table = merged(held, table, collected, list(dict.fromkeys([*held["data"], *collected])), COLUMNS)
        meta["shops"] = sorted(table["data"].unique())
        write_table(table, temporary / "dials.parquet")
        (temporary / "README.md").write_text(as_text(table), "utf-8")
    return table


def _joined(earlier: Earlier, recipes: Mapping[str, Any]) -> dict[str, Any]:
    """The recipes of both.  Raises ArtefactError if they differ, or if only one of them is known."""
    joined = Recipes(earlier.manifest.meta.get("recipes"))
    if recipes and not joined.known:
        raise ArtefactError(
            "it does not say how its students were trained", where=earlier.folder, todo="collect all shops again, without --add"
        )
    for name, recipe in recipes.items():
        joined.add(name, recipe, earlier.folder)
    return joined.known


def gains(ranks: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """One row per method that was evaluated with every seed.  ranks: by seed, with the columns method, task, user, above, tied."""
    values: dict[str, list[pd.Series]] = {}
    for frame in ranks.values():
        sequential = frame[frame["task"] == TASKS[0]]
        for method, rows in sequential.groupby("method", sort=False):
            places = Places(rows["above"].to_numpy(), rows["tied"].to_numpy())
            values.setdefault(str(method), []).append(pd.Series(per_user(NDCG, places), index=rows["user"].to_numpy()))
    by_user = {method: pd.concat(of, axis=1).mean(axis=1) for method, of in values.items() if len(of) == len(ranks)}
    zero = by_user.get(BASELINE)
    found = []
    for method, of in by_user.items():
        change = (0.0, np.nan, np.nan) if zero is None else mean_interval((of - zero.reindex(of.index)).to_numpy())
        control = by_user.get(control_of(method)) if learns_rationales(method) else None
        over = (np.nan,) * 3 if control is None else mean_interval((of - control.reindex(of.index)).to_numpy())
        found.append([method, len(of), len(ranks), float(of.mean()), *change, *over])
    columns = ["method", "users", "seeds", "value", "difference", "low", "high", "over_control", "control_low", "control_high"]
    return pd.DataFrame(found, columns=columns)


def _ranks(home: Home, data: str) -> dict[int, pd.DataFrame]:
    """By seed, from every evaluation under `clean` that holds the student without rationales and one with them."""
    tables = _tables(home, data, "ranks")
    return {seed: ranks for seed, ranks in tables.items() if BASELINE in ranks["method"].to_numpy()}


def _learned(home: Home, data: str) -> pd.DataFrame:
    """The manipulation check over all seeds, by method: outcome, gap, yardstick."""
    tables = [checks for checks in _tables(home, data, "checks").values() if len(checks)]
    if not tables:
        return pd.DataFrame({"outcome": [], "gap": [], "yardstick": []})
    checks = pd.concat(tables)
    checks = checks[checks["task"].isin(CLAIM_KINDS) & checks["method"].map(_is_checked)]
    outcomes = checks.groupby("method")["outcome"].agg(lambda of: worst(list(of)))
    means = checks[checks["task"] == CLAIM_KINDS[0]].groupby("method")[["gap", "yardstick"]].mean()
    return outcomes.to_frame().join(means)


def _is_checked(method: str) -> bool:
    """Whether the check is about this method: a student with rationales, or its control."""
    return learns_rationales(method) or family(method) == CONTROL


def _students(home: Home, data: str) -> Iterator[tuple[str, StudentCard, Path]]:
    """Method, card and folder of every student that was evaluated under `clean`."""
    known = set(home.names("students", data))
    for ranks in _tables(home, data, "ranks").values():
        for model in known & set(ranks["model"]):
            card = read_card_alone(home.student(data, model))
            yield method_of_card(card), card, home.student(data, model)


def _tables(home: Home, data: str, table: str) -> dict[int, pd.DataFrame]:
    """A table of every evaluation under `clean` of this version of the set, by seed, with the method of each model."""
    sha256, found = dataset_sha256(home, data), {}
    for name in home.names("evaluations", data):
        place = home.evaluation(data, name)
        if kind_of(place) != EVALUATION_KIND:
            continue
        manifest = verify(place, EVALUATION_KIND)
        if manifest.meta.get("protocol") != "clean" or manifest.meta.get("data_sha256") != sha256:
            continue
        check_measured(home, data, manifest.meta, place)
        if f"{table}.parquet" in manifest.files:
            rows, rivals = read_table(place / f"{table}.parquet"), manifest.meta.get("rivals", {})
            methods = {model: method_of(home, data, model, rivals) for model in rows["model"].unique()}
            seed = int(manifest.meta["seed"])
            if twice := [name for name, one in Counter(methods.values()).items() if one > 1]:
                raise ArtefactError(f"there are two students of {twice[0]}", where=place, todo="evaluate one of them")
            if seed in found:
                raise ArtefactError(f"there are two evaluations of seed {seed}", where=place, todo="remove one of them")
            found[seed] = rows.assign(method=rows["model"].map(methods))
    return found


def as_text(table: pd.DataFrame) -> str:
    """The table as Markdown, one line per shop and method."""
    lines = [
        "# When would rationales help?", "",
        "Gain in NDCG@10 (next purchase, whole catalogue) over the student without rationales, with a 95 % interval over users, on invented "
        "shops. `drive`: how strongly a shopper's standing motives drive purchases. `names`: share of reviews that name one of them.", "",
    ]  # fmt: skip
    body = []
    for row in table.sort_values(["drive", "names", "purchases"]).to_dict("records"):
        gain = f"{row['difference']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"
        dials = [f"{row[dial]:g}" for dial in DIALS]
        body.append([row["data"], *dials, row["seeds"], row["method"], f"{row['value']:.4f}", gain])
    lines += table_lines(["shop", *DIALS, "seeds", "ranked by", "NDCG@10", "gain"], body)
    return "\n".join([*lines, "", "`python -m rdrec collect --dials --to precomputed/dials`", ""])
