"""The dial of invented shops: what it says besides the gains."""

from html_text import text_of

from rdrec.explorer.dials import Gain, Shop
from rdrec.ui.evidence import dial_panel, strings


def test_dials_of_an_earlier_recipe_say_so():
    gains = {"rdrec": Gain(0.2, 0.04, 0.03, 0.05), "baseline": Gain(0.16, 0.0, 0.0, 0.0)}
    for older in (True, False):
        shop = Shop("one", 2.5, 0.7, 9.0, 1200, 1, gains, older)
        assert (strings.DIAL_OLDER in text_of(dial_panel.panel((shop,), "names"))) == older
