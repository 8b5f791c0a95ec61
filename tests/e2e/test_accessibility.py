"""Every page without a violation that axe can find, in both themes, on a phone and on a desk."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from benchmarks.scenes import portrait_scene
from tests.e2e.conftest import OpenPage, RunningMirror
from tests.e2e.feed import write_y4m

SIZES = ((360, 740), (1440, 900))
THEMES = ("light", "dark")


def violations(page: Page) -> str:
    """What axe objects to, in words; empty where it objects to nothing. Needs a page that has come to rest."""
    results = Axe().run(page)
    return "" if results.violations_count == 0 else results.generate_report()


def no_sideways_scrolling(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", SIZES, ids=["360", "1440"])
def test_pages_have_no_violation_and_fit(mirror: RunningMirror, open_page: OpenPage, size: tuple[int, int]) -> None:
    httpx.post(f"{mirror.url}/api/v1/moods", json={"expression": "sad"}).raise_for_status()
    page = open_page(camera=False, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for route, landmark in (("#/", "consent-open"), ("#/history", "history-entry"), ("#/about", "version")):
            page.goto(f"{mirror.url}/{route}")
            page.reload()
            expect(page.get_by_test_id(landmark).first).to_be_visible()
            assert violations(page) == "", f"{route}, {theme}"
            assert no_sideways_scrolling(page), f"{route}, {theme}"
        page.goto(f"{mirror.url}/#/")
        page.reload()
        page.get_by_test_id("mood-sad").first.click()
        expect(page.get_by_test_id("shelf-activity").get_by_test_id("offer").first).to_be_visible()
        assert violations(page) == "", f"by hand, {theme}"
        assert no_sideways_scrolling(page), f"by hand, {theme}"


def test_the_live_mirror_has_no_violation(mirror: RunningMirror, open_page: OpenPage, tmp_path: Path) -> None:
    feed = write_y4m(tmp_path / "face.y4m", [(portrait_scene(640, 480), 10.0)])
    page = open_page(feed, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.goto(mirror.url)
    page.get_by_test_id("consent-open").click()
    expect(page.get_by_test_id("shelf-song").get_by_test_id("offer").first).to_be_visible()
    assert violations(page) == ""
