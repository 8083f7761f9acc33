"""The data card of a precomputed invented set, in Markdown.  Every number comes from an artefact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rdrec.core.home import Home
from rdrec.core.storage import read_manifest
from rdrec.data.rationales import load_rationales
from rdrec.data.store import RATIONALES_KIND, load_dataset
from rdrec.synthetic.measures import measure
from rdrec.synthetic.scoring import score
from rdrec.synthetic.spec import World
from rdrec.synthetic.truth import has_truth, load_truth


def data_card(home: Home, data: str, meta: Mapping[str, Any]) -> str | None:
    """The card of an invented set whose truth is in the home; None for real data."""
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
        "**Invented data.** The shoppers, products, makers and reviews do not exist. Licence: CC BY 4.0.",
        "",
        "## What it is",
        "",
        f"{dataset.n_users:,} shoppers, {dataset.n_items:,} products, {len(dataset.interactions):,} purchases with a review each, "
        f"over {world.days // 365} years. Stars: {', '.join(f'{share:.0%} of {value:g}' for value, share in stars.items())}.",
        "",
        "The truth about every review is stored: what drove the purchase, and what each sentence says.",
        "",
        "## How it was made",
        "",
        f"`python -m rdrec data make --world {world.name} --name {data} --users {options['users']} --seed {options['seed']} "
        f"--drive {options['drive']:g} --names {options['names']:g} --purchases {options['purchases']:g}`",
        "",
        *_generation(world),
        "",
        f"Causes of purchases: {', '.join(f'{cause} {count:,}' for cause, count in causes.most_common())}.",
        "",
        *_variety(dataset.interactions["review"].tolist()),
        "",
        "## Teachers",
        "",
        "A claim is right if its span lies in a sentence that likes or dislikes something about the product, if it agrees with that "
        "sentence, and if it shares a word with it or with the names of its aspect.",
        "",
        "| teacher | claims | precision | recall | negation errors | no statement | named |",
        "|---|---|---|---|---|---|---|",
    ]
    for teacher in teachers:
        for one in score(world, truth, load_rationales(home, data, teacher)):
            row = one.as_dict()
            cells = [f"{row[name]:.3f}" for name in ("precision", "recall", "negation_errors", "elsewhere", "named")]
            lines.append(f"| {teacher} | {str(row['kind']).replace('_', ' ')} | {' | '.join(cells)} |")
    lines += ["", *(f"`python -m rdrec data score {data} --teacher {teacher}`" for teacher in teachers), ""]
    for teacher in dict.fromkeys([*meta["first"], *teachers]):
        counts: Any = read_manifest(home.rationales(data, teacher), RATIONALES_KIND).meta["counts"]
        lines.append(f"- `{teacher}`: {counts['ok']:,} of {counts['reviews']:,} reviews have a rationale.")
    return "\n".join([*lines, "", *_limitations(), ""])


def _generation(world: World) -> list[str]:
    numbers = world.numbers
    sentences = sum(len(lines) for name, lines in world.bank.items() if name.endswith((" +", " -")))
    around = sum(len(lines) for name, lines in world.bank.items() if name.startswith(("reason", "aside", "closing", "summary")))
    return [
        f"A shop of {len(world.products)} products, each with a maker, a category, a price, one value of {len(world.attributes)} attributes "
        f"({', '.join(a.label for a in world.attributes)}) and three small details. Each shopper likes and dislikes some values and weights "
        "attributes individually. A purchase follows this taste "
        f"(log-odds {numbers['sharpness']:g} per unit of match) and popularity; or it is a gift chosen by another taste "
        f"({numbers['gift']:.0%}), a bestseller ({numbers['popular']:.0%}), a whim ({numbers['whim']:.0%}), or a follow-up of something "
        f"bought and liked ({numbers['follow']:.0%} of the cases in which there is one). The taste of {numbers['drift']:.0%} of shoppers changes at some point.",
        "",
        f"{numbers['motives']:g} of a shopper's likes are standing motives: each adds {numbers['drive']:g} to the match of a product that has it, and all "
        f"other feelings are scaled by {world.other_weight:.2g}. {numbers['names']:.0%} of reviews, except those of gifts, name one, even if the product lacks it. "
        "In this shop, reviews reveal taste by construction; whether they do in reality must be tested on real reviews.",
        "",
        f"Reviews are composed of {sentences:,} hand-written sentences on likes, dislikes and qualities and {around:,} that say nothing about the product, "
        "with random choices inside them. Aspects are drawn by how strongly the shopper feels about them, and praise or complaint by the stars.",
    ]


def _variety(reviews: list[str]) -> list[str]:
    found = measure(reviews)
    return [
        f"Variety of the reviews (`data make --check`): {found.duplicates} duplicates, {found.mean_words:.0f} words on average. In {found.sampled:,} "
        f"reviews of 20 to 80 words, {found.distinct_bigram_share:.0%} of bigrams are distinct, the text compresses to 1/{found.xz_ratio:.1f}, "
        f"and there are {found.vocabulary:,} distinct words. Real reviews of musical instruments: 55%, 1/3.1 and 3,942.",
    ]


def _limitations() -> list[str]:
    return [
        "## What it is not",
        "",
        "- It is not evidence about real shoppers: these follow a model in which taste depends on attributes that reviews mention. "
        "What helps a student here need not help on real data.",
        "- Sentences are reused in other reviews, so the text is more repetitive than real text.",
        "- Each sentence of a review is about one thing. Real reviews mix topics, digress and contradict themselves more.",
        "- The answer key was written together with the reviews and uses one fixed wording per attribute: a teacher that reads only the text cannot match it.",
    ]
