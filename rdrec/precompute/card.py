"""The data card of a precomputed invented set: how it was made, what it is not, under which licence.

In: a home, a data set's name, the meta of the precomputed set.  Out: Markdown, or None for real data, whose card is its makers' matter.
Every number comes from an artefact and names the command that made it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rdrec.data.store import load_dataset
from rdrec.distill.store import KIND as RATIONALES_KIND
from rdrec.distill.store import load_rationales
from rdrec.home import Home
from rdrec.storage import read_manifest
from rdrec.world.measures import measure
from rdrec.world.scoring import score
from rdrec.world.spec import World
from rdrec.world.truth import has_truth, load_truth


def data_card(home: Home, data: str, meta: Mapping[str, Any]) -> str | None:
    """The card of a set whose truth lies in the home."""
    if not has_truth(home, data):
        return None
    world, truth = load_truth(home, data)
    dataset = load_dataset(home, data)
    options: Any = dataset.meta["options"]
    causes = Counter(truth["cause"])
    stars = dataset.interactions["rating"].value_counts(normalize=True).sort_index(ascending=False)
    teachers = [meta["teacher"], *meta["beside"]]
    lines = [
        f"# {meta['title']}",
        "",
        "**Invented data.** No shopper, product, maker or review here exists. Licence of this data: CC BY 4.0.",
        "",
        "## What it is",
        "",
        f"{dataset.n_users:,} shoppers, {dataset.n_items:,} products, {len(dataset.interactions):,} purchases with a review each, "
        f"over {world.days // 365} years. Stars: {', '.join(f'{share:.0%} of {value:g}' for value, share in stars.items())}.",
        "",
        "For every review the truth is kept: what drove the purchase, and what each sentence of the review says.",
        "",
        "## How it was made",
        "",
        f"`python -m rdrec data make --world {world.name} --name {data} --users {options['users']} --seed {options['seed']} "
        f"--drive {options['drive']:g} --names {options['names']:g} --purchases {options['purchases']:g}`",
        "",
        *_making(world),
        "",
        f"Causes of purchases: {', '.join(f'{cause} {count:,}' for cause, count in causes.most_common())}.",
        "",
        *_reading(dataset.interactions["review"].tolist()),
        "",
        "## Teachers",
        "",
        "A claim counts as right if it points into a sentence that likes or dislikes something of the product, says the same, and "
        "shares a word with that sentence or with the names of what it speaks of.",
        "",
        "| teacher | | precision | recall | negation errors | about nothing | names it |",
        "|---|---|---|---|---|---|---|",
    ]
    for teacher in teachers:
        for one in score(world, truth, load_rationales(home, data, teacher)):
            row = one.as_dict()
            cells = [f"{row[name]:.3f}" for name in ("precision", "recall", "negation_errors", "elsewhere", "named")]
            lines.append(f"| {teacher} | {str(row['kind']).replace('_', ' ')} | {' | '.join(cells)} |")
    lines += ["", *(f"`python -m rdrec data score {data} --teacher {teacher}`" for teacher in teachers), ""]
    for teacher in teachers:
        counts: Any = read_manifest(home.rationales(data, teacher), RATIONALES_KIND).meta["counts"]
        lines.append(f"- `{teacher}`: {counts['ok']:,} of {counts['reviews']:,} reviews have a rationale.")
    return "\n".join([*lines, "", *_limits(), ""])


def _making(world: World) -> list[str]:
    numbers = world.numbers
    sentences = sum(len(lines) for name, lines in world.bank.items() if name.endswith((" +", " -")))
    around = sum(len(lines) for name, lines in world.bank.items() if name.startswith(("reason", "aside", "closing", "summary")))
    return [
        f"A shop of {len(world.products)} products, each with a maker, a category, a price, one value of {len(world.attributes)} attributes "
        f"({', '.join(a.label for a in world.attributes)}) and three small details. Each shopper likes and dislikes some values, and counts "
        "attributes with weights of their own. A purchase follows that taste "
        f"(log-odds {numbers['sharpness']:g} for each unit of match) and what sells; or it is a present chosen by somebody else's taste "
        f"({numbers['gift']:.0%}), follows the crowd ({numbers['popular']:.0%}), is a whim ({numbers['whim']:.0%}), or continues something "
        f"bought before and liked ({numbers['follow']:.0%} of the times where that is possible). The taste of {numbers['drift']:.0%} of shoppers turns at some time.",
        "",
        f"{numbers['motives']:g} of a shopper's likes are standing motives: each adds {numbers['drive']:g} to the match of a product that has it, and all "
        f"other feelings count {world.rest:.2g} of what they would. {numbers['names']:.0%} of the reviews of purchases that are no presents name one, also where the product lacks it. "
        "In this shop reviews reveal taste, by construction; whether they do in real life is another question, and we ask it on real reviews.",
        "",
        f"Reviews are composed of {sentences:,} hand-written sentences on likes, dislikes and qualities and {around:,} that say nothing of the product, "
        "with choices inside them. What a review speaks of is drawn by how much the shopper feels about it; how happily, by the stars.",
    ]


def _reading(reviews: list[str]) -> list[str]:
    found = measure(reviews)
    return [
        f"How much like reviews they read (`data make --check`): {found.duplicates} duplicates, {found.mean_words:.0f} words on average; in {found.sampled:,} "
        f"reviews of 20 to 80 words {found.distinct_bigram_share:.0%} of word pairs are different, the text packs to 1/{found.xz_ratio:.1f}, "
        f"{found.vocabulary:,} different words. Real reviews of musical instruments: 55 %, 1/3.1, 3,942.",
    ]


def _limits() -> list[str]:
    return [
        "## What it is not",
        "",
        "- Not evidence about real shoppers: they follow a model that we wrote, in which taste depends on attributes that reviews speak of. "
        "What helps a student here need not help on real data.",
        "- The same sentences come back in other reviews: the text is more alike than real text is.",
        "- Reviews speak of one thing a sentence. Real ones mix, digress and contradict themselves more.",
        "- The answer key was written together with the reviews, in one wording a thing: no teacher that has only the text can be as good.",
    ]
