"""Visitors who take over the page of an earlier one."""

import pytest
from visitors import Visitor

pytestmark = pytest.mark.browser
KEPT = "() => [localStorage.length, sessionStorage.length, document.cookie, history.length]"


def test_a_visitor_knows_nothing_of_the_one_before(browser, address):
    visitor, phone = Visitor(browser), f"{address}?room=NOSUCH"  # a page that loads at once
    page = visitor.page
    page.goto(phone)
    fresh = page.evaluate(KEPT)
    page.evaluate("() => { localStorage.a = 1; sessionStorage.a = 1; document.cookie = 'a=1'; console.error('wrong'); }")
    page.context.grant_permissions(["clipboard-read"])
    page.context.new_page().goto(phone)
    page.goto(f"{phone}2")
    assert page.evaluate(KEPT) == [1, 1, "a=1", fresh[-1] + 1]
    assert visitor.leave() == ["console: wrong"]
    page.goto(phone)
    assert page.evaluate(KEPT) == fresh and page.context.pages == [page]
    asked = page.evaluate("navigator.permissions.query({ name: 'clipboard-read' }).then(it => it.state)")
    assert asked != "granted" and visitor.leave() == []
    page.context.close()
