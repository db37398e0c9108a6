from tests.browser.test_harm_weights import *


def test_dbg(serve, open_page, wait_idle, own):
    page = open_page(serve(own) + PATH)
    find_robbery(page, wait_idle)
    type_days(page, "lots")
    print(in_grid(page))
    press(page, wait_idle, "See what changes")
    print(in_grid(page))
    type_days(page, "400")
    print(in_grid(page))
    page.screenshot(path="/tmp/c_dbg.png")
    press(page, wait_idle, "See what changes")
    print(in_grid(page))
    page.screenshot(path="/tmp/c_dbg2.png")
    assert 0
