"""Live leaks, precisions and the dial: what is on the page follows from the records."""

import math
import re

import pandas as pd
from html_text import text_of
from made_set import write_set

from rdrec.explorer import collected, published
from rdrec.explorer.dials import Gain, Learned, Shop
from rdrec.explorer.leak_rules import leak_rules
from rdrec.explorer.store import Store
from rdrec.explorer.tables import OPTIONAL_TABLES
from rdrec.ui.evidence import dial_panel, live_leaks, panel, precision_panel


def test_a_leak_shows_its_score_on_and_off(store):
    found = leak_rules(store)
    rows = store.evaluation()
    for leak in ("numbers", "order", "reviews"):
        on, off = (f"{100 * state[leak].values['NDCG@10']:.1f}" for state in (found.on, found.off))
        assert f"NDCG@10 {off} (leak on: {on})" in text_of(live_leaks.row(leak, found, rows, on=False))
        assert f"NDCG@10 {on} (leak off: {off})" in text_of(live_leaks.row(leak, found, rows, on=True))
    html = live_leaks.row("reviews", found, rows, on=True)
    assert html.count('class="mark') == 2, "both students; EASE was not measured here"
    words = text_of(live_leaks.legend(found, rows, published.shipped(), collected.Collected()))
    assert "With rationales" in words and "RDRec published 5.0" in words and "purchases" in words


def test_the_order_rule_on_other_sets_is_about_real_data_alone(store):
    def measured(data, method, value):
        return collected.Measurement(
            data, "clean", "protocol", method, "", "sequential", "NDCG@10", {0: value}, None, None, 100
        )

    rows = [measured(data, method, 0.1) for data in ("beauty", "toys-1850") for method in ("bought together", "order rule")]
    elsewhere = collected.Collected(tuple(rows), worlds={"toys-1850": "invented world toys"})
    words = text_of(live_leaks.legend(leak_rules(store), store.evaluation(), published.shipped(), elsewhere))
    assert "On real data" in words and "Beauty" in words and "1850" not in words and "Invented shop" not in words


def test_a_leak_that_the_data_lacks_says_so(store):
    found = leak_rules(store)
    without = type(found)({}, {}, 1, 1, None, 0.0, 0.0, 0.0, 1.0)
    assert "no review texts" in live_leaks.row("reviews", without, [], on=True)
    assert "No purchase is held out" in live_leaks.row("numbers", None, [], on=True)


def test_precisions_show_moves_and_what_they_cost(tmp_path, store):
    truth = store.truth(1, "sequential")["rdrec"].item.item

    def edit(tables):
        other = [item for item in (3, 4, 5, 6) if item != truth][:3]
        rows = [
            (1, "rdrec", "fp32", 2, 400, [other[0], truth, other[1]]),
            (1, "rdrec", "nf4", 1, 100, [truth, other[0], other[2]]),
        ]
        tables["precisions"] = pd.DataFrame(rows, columns=list(OPTIONAL_TABLES["precisions"]))

    html = precision_panel.panel(Store.open(write_set(tmp_path, edit=edit)), 1, "nf4")
    words = text_of(html)
    assert (
        "the held-out purchase ranks 1 (fp32: 2)" in words and "▲1" in words and "▼1" in words and "new in the top 10" in html
    )
    assert "(25 %)" in words and "67 %" in words
    assert "--precisions" in precision_panel.panel(store, 1, "nf4"), "an older set says how to add them"


def test_the_dial_shows_what_is_there_and_what_is_missing():
    gains = {
        "rdrec": Gain(0.2, 0.03, 0.02, 0.04),
        "scrambled": Gain(0.17, 0.0, -0.01, 0.01),
        "knows all tastes": Gain(0.4, 0.23, 0.2, 0.26),
    }
    words = text_of(dial_panel.panel((Shop("a", 2.5, 0.7, 9.0, 1200, 1, gains),), "names"))
    assert "+3.0 (+2.0 to +4.0) over the student without" in words and "Best possible +23.0" in words
    assert "1 of 5 settings are trained" in words
    assert words.count("not trained yet") == 4
    assert "make-dials.sh" in dial_panel.panel((), "drive")


def test_the_dial_compares_with_the_control_and_says_who_learned():
    learned = {
        "rdrec": Gain(0.2, 0.03, 0.02, 0.04, (0.025, 0.01, 0.04), Learned("learned", 0.41, 0.6)),
        "knows all tastes": Gain(0.4, 0.23, math.nan, math.nan),
    }
    failed = {"rdrec": Gain(0.17, 0.0, -0.01, 0.01, None, Learned("not learned", 0.01, 0.5))}
    shops = (Shop("a", 2.5, 0.7, 9.0, 1200, 3, learned), Shop("b", 2.5, 0.0, 9.0, 1200, 3, failed))
    html = dial_panel.panel(shops, "names")
    words = text_of(html)
    assert "+2.5 (+1.0 to +4.0) over the shuffled control" in words and "✓ learned" in words and "✗ not learned" in words
    assert ".41 nats; counting .60" in words and "3 training runs" in words
    places = [float(place) for place in re.findall(r"--[ab]:([\d.]+)%", html)]
    assert places and all(0 <= place <= 100 for place in places), "all within the plot"
    beyond = float(re.search(r'class="beyond" style="--a:([\d.]+)%', html)[1])
    best = float(re.search(r'class="stroke best"[^>]*--a:([\d.]+)%', html)[1])
    assert beyond == best and html.count("beyond") == 1, "hatched from the line on, where it is known"


def test_the_lead_names_the_control_the_best_baseline_and_the_check(store):
    words = text_of(panel.lead(store))
    for part in ("With rationales: learned", "Shuffled control: not learned", "shuffled", "Best sellers first", "Short list"):
        assert part in words, part
