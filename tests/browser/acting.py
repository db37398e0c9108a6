"""What a reader of a page does and sees, by what is there and never by the clock.

A page is idle before the next key or click, and whatever one of them brings about is waited for: on a busy machine it
may come late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

JOINER = "\u2060"


def until(page: Any, true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it is true, or becomes so within so many seconds."""
    for _ in range(round(10 * seconds)):
        if true():
            return True
        page.wait_for_timeout(100)
    return true()


def body(page: Any) -> str:
    return str(page.inner_text('[data-testid="stMain"]')).replace(JOINER, "")


def said(page: Any, text: str, seconds: float = 20) -> bool:
    """Whether the page says so, or does within so many seconds."""
    return until(page, lambda: text in body(page), seconds)


def query(page: Any) -> dict[str, str]:
    """What the address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def press(page: Any, wait_idle: Callable[..., None], name: str, role: str = "button", key: str = "Enter") -> None:
    """A button from the keyboard, once nothing more comes that could redraw or enable it."""
    wait_idle(page)
    button = page.get_by_role(role, name=name, exact=True)
    assert until(page, button.is_enabled), f"{name} cannot be pressed"
    button.press(key)
    wait_idle(page)


def pick(page: Any, wait_idle: Callable[..., None], label: str, typed: str) -> None:
    """An option of a select box from the keyboard: a part of it, and Enter once that is offered."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.press("ArrowDown")
    options = page.get_by_role("option")
    options.first.wait_for()
    page.keyboard.type(typed, delay=30)
    page.get_by_role("option", name=typed).first.wait_for()
    page.keyboard.press("Enter")
    wait_idle(page)


def go_to(page: Any, wait_idle: Callable[..., None], name: str) -> None:
    """Another page, by its link in the menu."""
    page.locator('[data-testid="stSidebar"]').get_by_role("link", name=name).click()
    page.get_by_role("heading", level=1, name=name, exact=True).wait_for()
    wait_idle(page)
