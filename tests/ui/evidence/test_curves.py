"""Training curves on the page: means over runs by epoch, for everything that was measured."""

from html_text import text_of

from rdrec.core.vocabulary import CURVE_MEASURES
from rdrec.explorer.answers import Curve
from rdrec.ui.evidence import curves
from rdrec.ui.render import page


def run(method="rdrec:keywords", protocol="clean", **measures):
    nothing = dict.fromkeys(CURVE_MEASURES, (None, None))
    return Curve("guitars", method, protocol, "protocol", "nano", "data", 1_600_000, nothing | measures)


def rows_of(html):
    """The words of each row of a table."""
    return [text_of(part) for part in html.split("<tr")[1:]]


def test_a_method_has_the_mean_of_its_runs_after_each_epoch():
    found = page(
        curves.panel(
            [
                run(ndcg=(0.10, 0.20), gap_user_preference=(0.05, 0.40)),
                run(ndcg=(0.12, None), gap_user_preference=(-0.15, 0.20)),
                run("baseline", loss_sequential=(3.0, 2.5), gap_explanation=(0.0, 0.0)),
            ]
        )
    )
    text = text_of(found)

    def by_name(name):
        return next(row for row in rows_of(found) if name in row)

    assert "2 training runs under clean" in text and "1 training run under clean" in text
    assert "11.0" in by_name("NDCG@10") and "20.0" not in by_name("NDCG@10"), "a mean over all runs, or none"
    assert "−.050" in by_name("Gap, preferences") and ".30" in by_name("Gap, preferences")
    assert "3.00" in by_name("Loss, next purchase") and "2.50" in by_name("Loss, next purchase")
    assert "Gap, explanations" in text, "zero is a measurement"
    assert "Loss, short list" not in text, "what no run measured has no row"


def test_methods_and_protocols_are_told_apart_and_empty_curves_are_left_out():
    found = text_of(
        page(curves.panel([run(ndcg=(0.1, 0.2)), run(protocol="temporal", ndcg=(0.1, 0.2)), run("tasks-only:keywords")]))
    )
    assert (
        "under clean" in found and "under temporal" in found and found.count("training run") == 3
    )  # the third: the small print


def test_runs_without_a_common_measure_have_no_table():
    assert "After epoch" not in text_of(page(curves.panel([run(ndcg=(0.1,)), run(loss_topn=(2.0,))])))
