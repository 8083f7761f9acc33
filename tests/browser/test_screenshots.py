"""The command that takes the README's pictures: each look and panel is taken, is what its name says, and stays small."""

import pytest
import screenshots
from PIL import Image
from screenshots import LOOKS, MAX_BYTES, VIEWS

from rdrec.ui import texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.why import strings as why_texts

pytestmark = pytest.mark.browser


def colours(path):
    return Image.open(path).convert("RGB").getcolors(1 << 20)


def test_every_tab_has_a_picture_and_names_are_one_of_a_kind():
    tabs = {
        texts.TAB_EXPLORE,
        distil_texts.TAB,
        why_texts.TAB,
        texts.TAB_EVIDENCE,
        learn_texts.TAB,
    }
    assert {view.tab for view in VIEWS if view.tab} == tabs
    assert len({view.name for view in VIEWS}) == len(VIEWS) and {look.name for look in LOOKS} == {
        "light",
        "dark",
        "phone",
        "large",
    }


def test_pictures_are_whole_differ_and_are_small(browser, bundled, tmp_path):
    reviews, item = (next(view for view in VIEWS if view.name == name) for name in ("reviews", "item"))
    made = screenshots.take(browser, bundled, tmp_path, [reviews], LOOKS[1:3])  # one behind a tab, dark and on a phone
    made += screenshots.take(browser, bundled, tmp_path, [item], LOOKS[:1])  # and one that is pressed open
    assert [path.name for path in made] == ["reviews-dark.webp", "reviews-phone.webp", "item-light.webp"]
    assert len({path.read_bytes() for path in made}) == len(made)
    for path in made:
        look = next(look for look in LOOKS if path.stem.endswith(f"-{look.name}"))
        with Image.open(path) as picture:
            assert picture.size == (look.width * look.scale, look.height * look.scale)
        found = colours(path)
        assert 24 < len(found) <= screenshots.COLOURS, path.name
        most = max(found)[1]
        assert (sum(most) < 200) == (look.name == "dark") or path.stem.startswith("item"), f"{path.name}: the wrong theme"
        assert path.stat().st_size < MAX_BYTES / (len(VIEWS) * len(LOOKS)) * 2


def test_a_view_that_is_never_whole_stops_the_command(browser, bundled, tmp_path, monkeypatch):
    get_ready = screenshots._get_ready

    def impatient(page, view):
        page.wait_for_selector(screenshots.FIRST_VIEW, state="attached")
        page.set_default_timeout(2_000)
        get_ready(page, view)

    monkeypatch.setattr(screenshots, "_get_ready", impatient)
    with pytest.raises(Exception, match="never-there"):
        screenshots.take(browser, bundled, tmp_path, [screenshots.View("x", "#never-there")], LOOKS[:1])


def test_new_pictures_take_the_place_of_all_old_ones_or_none(tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "old-light.webp").write_bytes(b"old")
    (folder / "notes.txt").write_text("not a picture")
    made = [tmp_path / "new-light.webp"]
    made[0].write_bytes(b"12345")
    monkeypatch.setattr(screenshots, "MAX_BYTES", 4)
    with pytest.raises(SystemExit, match="1 pictures have 5 bytes"):
        screenshots.replace(made, folder)
    assert (folder / "old-light.webp").exists()
    monkeypatch.setattr(screenshots, "MAX_BYTES", 5)
    assert screenshots.replace(made, folder) == 5
    assert sorted(path.name for path in folder.iterdir()) == ["new-light.webp", "notes.txt"]
