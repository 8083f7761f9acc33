"""Generate the data set of an invented shop, with its truth and answer key.

Three artefacts: `data/NAME`, `truth/NAME` and `rationales/NAME/answer-key`.  Training reads the first and the last, never the truth.
Shoppers are generated and written in blocks, so that memory does not grow with their number, except for one bit table.  It records the
texts so far: a review whose bit is already set is rewritten (sometimes unnecessarily), so that no two reviews are equal.
The same world, seed and number of shoppers give the same bytes, with one process or several.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from rdrec.core.home import Home
from rdrec.core.storage import ROW_GROUP_ROWS, Manifest, TableWriter, new_artefact, seal, write_table
from rdrec.data import schema
from rdrec.data.rationales import ANSWER_KEY
from rdrec.data.store import KIND as DATASET_KIND
from rdrec.data.store import RATIONALES_KIND
from rdrec.synthetic.rows import NOTHING, ShopperRows, shopper_rows
from rdrec.synthetic.spec import World
from rdrec.synthetic.tastes import Shop

TRUTH_KIND = "truth"
TRUTH = {
    "user": "int64",
    "position": "int64",
    "item": "int64",
    "cause": schema.TEXT,
    "recipient": schema.TEXT,
    "drivers": schema.TEXT,  # JSON [[value, weight], ...], strongest first
    "sentences": schema.TEXT,  # JSON [[start, end, aspect or null, "+" | "-" | "lacks" or null], ...]
    "motives": schema.TEXT,  # JSON [value, ...]: the standing motives named in the review
}
SHOPPERS = pa.schema(
    {
        "user": pa.int64(),
        "motives": pa.string(),  # JSON [value, ...]: the standing motives
        "chances": pa.list_(pa.float32()),  # probability of each product at the last purchase
    }
)
PRODUCTS = {"item": "int64", "product": "int64"}  # product: index into the world's products
BLOCK = 250  # users that one process generates at a time
_AHEAD = 3  # maximum blocks per process waiting for the writer
_BITS_PER_REVIEW = 64  # size of the bit table: at the end, 1 review in 64 is rewritten unnecessarily
_LEAST_BITS = 2**20


@dataclass(frozen=True)
class MakePlan:
    """What to generate; `workers` (processes) does not affect the result."""

    world: World
    name: str
    users: int
    seed: int
    workers: int = 1


class SeenTexts:
    """Records texts in a bit table: no false negatives, few false positives."""

    def __init__(self, expected: int) -> None:
        bits = max(_LEAST_BITS, 1 << (expected * _BITS_PER_REVIEW - 1).bit_length())
        self._bits = np.zeros(bits // 8, dtype=np.uint8)

    def seen_before(self, text: str) -> bool:
        """Whether the text may have occurred before; it is recorded in any case."""
        place = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) % (len(self._bits) * 8)
        cell, bit = place >> 3, 1 << (place & 7)
        seen = bool(self._bits[cell] & bit)
        self._bits[cell] |= bit
        return seen


class _GrowingTable(TableWriter):
    """A Parquet file written row by row; at most one row group is buffered."""

    def __init__(self, path: Path, columns: Mapping[str, str] | pa.Schema) -> None:
        super().__init__(path)
        self._columns = columns
        self._buffer: list[dict[str, Any]] = []
        self.rows = 0

    def __exit__(self, *_: object) -> None:
        if self._buffer:
            self._flush()
        super().__exit__()

    def add(self, row: dict[str, Any]) -> None:
        self._buffer.append(row)
        self.rows += 1
        if len(self._buffer) == ROW_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if isinstance(self._columns, pa.Schema):
            self.write(pa.Table.from_pylist(self._buffer, schema=self._columns))
        else:
            columns = {name: [row.get(name) for row in self._buffer] for name in self._columns}
            self.write(schema.for_disk(schema.table(columns, self._columns), self._columns))
        self._buffer = []


class _ItemNumbers:
    """Assigns item numbers in order of first purchase, as in the released data sets."""

    def __init__(self, products: int) -> None:
        self._number = [0] * products
        self.order: list[int] = []

    def of(self, product: int) -> int:
        if not self._number[product]:
            self.order.append(product)
            self._number[product] = len(self.order)
        return self._number[product]


def make(home: Home, plan: MakePlan, *, progress: bool = True) -> Manifest:
    """Write the three artefacts; returns the manifest of the data set."""
    meta, key_meta, truth_meta = _meta(plan), _key_meta(plan), {"data": plan.name}
    counts = {"explanations": 0, "silent": 0}
    numbers = _ItemNumbers(len(plan.world.products))
    with ExitStack() as stack:
        # The data set is renamed into place last, so that its presence means that the other two are complete.
        folder = stack.enter_context(new_artefact(home.data(plan.name), DATASET_KIND, meta))
        truth_folder = stack.enter_context(new_artefact(home.truth(plan.name), TRUTH_KIND, truth_meta))
        key_folder = stack.enter_context(new_artefact(home.rationales(plan.name, ANSWER_KEY), RATIONALES_KIND, key_meta))
        with ExitStack() as files:
            users = files.enter_context(_GrowingTable(folder / "users.parquet", schema.USERS))
            bought = files.enter_context(_GrowingTable(folder / "interactions.parquet", schema.INTERACTIONS))
            truth = files.enter_context(_GrowingTable(truth_folder / "truth.parquet", TRUTH))
            shoppers = files.enter_context(_GrowingTable(truth_folder / "shoppers.parquet", SHOPPERS))
            answers = files.enter_context(_GrowingTable(key_folder / "rationales.parquet", schema.RATIONALES))
            for made in tqdm(_unique_shoppers(plan), total=plan.users, desc="shoppers", unit="shopper", disable=not progress):
                users.add({"user": made.number + 1, "user_key": f"shopper-{made.number + 1:05d}"})
                shoppers.add({"user": made.number + 1} | made.standing)
                for place, product in enumerate(made.products):
                    key = {"user": made.number + 1, "position": place, "item": numbers.of(product)}
                    bought.add(key | made.interactions[place])
                    truth.add(key | made.truth[place])
                    answers.add(key | made.rationales[place])
                    counts["explanations"] += made.interactions[place]["explanation"] is not None
                    counts["silent"] += made.rationales[place]["status"] == "nothing"
            items = _item_frame(plan.world, numbers)
            write_table(schema.for_disk(items, schema.ITEMS), folder / "items.parquet")
            products = pd.DataFrame({"item": range(1, len(items) + 1), "product": numbers.order}).astype(PRODUCTS)
            write_table(products, truth_folder / "products.parquet")
            meta["counts"] = {
                "users": plan.users,
                "items": len(items),
                "interactions": bought.rows,
                "reviews": bought.rows,
                "explanations": counts["explanations"],
                "titles": len(items),
            }
        manifest = seal(folder, DATASET_KIND, meta)
        truth_meta["data_sha256"] = key_meta["data_sha256"] = manifest.sha256
        silent = counts["silent"]
        key_meta["counts"] = {
            "reviews": answers.rows,
            "ok": answers.rows - silent,
            "nothing": {NOTHING: silent} if silent else {},
            "unread": 0,
        }
    return manifest


def _unique_shoppers(plan: MakePlan) -> Iterator[ShopperRows]:
    """All users in order, with no two reviews equal."""
    shop = Shop(plan.world, plan.seed)
    texts = SeenTexts(int(plan.users * plan.world.numbers["purchases_mean"]))
    for made in _shoppers(plan, shop):
        rows = made
        salts: dict[int, int] = {}
        for place in range(len(made.texts)):
            while texts.seen_before(rows.texts[place]):
                salts[place] = salts.get(place, 0) + 1
                rows = shopper_rows(shop, made.number, salts)
        yield rows


def _shoppers(plan: MakePlan, shop: Shop) -> Iterator[ShopperRows]:
    """All users in order, generated here or by `plan.workers` processes."""
    blocks = [range(begin, min(begin + BLOCK, plan.users)) for begin in range(0, plan.users, BLOCK)]
    if plan.workers < 2 or len(blocks) < 2:
        for block in blocks:
            yield from (shopper_rows(shop, number) for number in block)
        return
    with ProcessPoolExecutor(plan.workers, initializer=_start_worker, initargs=(plan.world, plan.seed)) as pool:
        waiting: deque[Future[list[ShopperRows]]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(_make_block, block))
                if len(waiting) > _AHEAD * plan.workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


_SHOP: Shop | None = None  # set once when a worker process starts


def _start_worker(world: World, seed: int) -> None:
    global _SHOP
    _SHOP = Shop(world, seed)


def _make_block(numbers: range) -> list[ShopperRows]:
    assert _SHOP is not None
    return [shopper_rows(_SHOP, number) for number in numbers]


def _item_frame(world: World, numbers: _ItemNumbers) -> pd.DataFrame:
    """Every product of the world; products that nobody bought come last."""
    for product in range(len(world.products)):
        numbers.of(product)
    shown = [(place, world.products[place]) for place in numbers.order]
    return schema.table(
        {
            "item": range(1, len(shown) + 1),
            "item_key": [f"{world.name}-{place + 1:03d}" for place, _ in shown],
            "title": [product.name for _, product in shown],
            "brand": [product.maker for _, product in shown],
            "categories": [world.categories[product.category]["label"] for _, product in shown],
            "price": [product.price for _, product in shown],
        },
        schema.ITEMS,
    )


def dials_of(world: World) -> dict[str, float]:
    """The dials of a world, as taken by `World.with_dials` and `data make`."""
    return {"drive": world.numbers["drive"], "names": world.numbers["names"], "purchases": world.numbers["purchases_mean"]}


def _meta(plan: MakePlan) -> dict[str, Any]:
    world = plan.world
    return {
        "title": world.title,
        "synthetic": True,
        "source": {"kind": "invented world", "world": world.name, "world_sha256": world.sha256},
        "options": {"users": plan.users, "seed": plan.seed, **dials_of(world)},
        "rules": {
            "order": "by time",
            "text_split": "80/10/10 at random over the interactions, by the seed",
            "numbers": dict(world.numbers),
        },
        "notes": [],
    }


def _key_meta(plan: MakePlan) -> dict[str, Any]:
    config = {"source": "written with the sentences of the reviews", "world_sha256": plan.world.sha256}
    return {"data": plan.name, "teacher": ANSWER_KEY, "teacher_config": config}
