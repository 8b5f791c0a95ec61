"""A two-minute evening before the mirror, in a real browser, with a real model, server and database."""

from __future__ import annotations

from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from benchmarks.scenes import portrait_scene
from moodmirror.vision.decode import read_image
from tests.data import data_dir
from tests.e2e.conftest import OpenPage, RunningMirror
from tests.e2e.feed import empty_room, write_y4m

WIDTH, HEIGHT = 640, 480
ASTRONAUT_BOX = (244.0, 130.0, 382.0, 280.0)
"""Hand-set on the scene: brow to chin, temple to temple."""


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes, left, top, right, bottom."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    area_a, area_b = ((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return both / (area_a + area_b - both)


def numbers(page: Page, test_id: str, attribute: str) -> tuple[float, ...]:
    text = page.get_by_test_id(test_id).first.get_attribute(attribute)
    assert text is not None
    return tuple(float(part) for part in text.split(","))


def shown_box(page: Page) -> tuple[float, ...]:
    """The first face's box in the camera's pixels: the page may have sent a smaller frame."""
    width, height = numbers(page, "overlay", "data-frame")
    box = numbers(page, "face-box", "data-bbox")
    return tuple(part * scale for part, scale in zip(box, (WIDTH / width, HEIGHT / height) * 2, strict=True))


def offered(page: Page) -> list[str]:
    ids = [offer.get_attribute("data-item-id") for offer in page.get_by_test_id("offer").all()]
    return [item_id for item_id in ids if item_id is not None]


def open_mirror(page: Page, mirror: RunningMirror) -> None:
    page.goto(mirror.url)
    page.get_by_test_id("consent-open").click()


@pytest.fixture
def evening(tmp_path: Path) -> Path:
    """A camera before which the astronaut sits for a while, and then nobody."""
    scenes = [(portrait_scene(WIDTH, HEIGHT), 30.0), (empty_room(WIDTH, HEIGHT), 15.0)]
    return write_y4m(tmp_path / "evening.y4m", scenes)


def test_a_face_is_found_read_as_happy_and_offered_for_and_leaves_with_the_person(
    mirror: RunningMirror, open_page: OpenPage, evening: Path
) -> None:
    page = open_page(evening)
    open_mirror(page, mirror)
    expect(page.locator("[data-testid=expression-label][data-expression=happy]").first).to_be_visible()
    assert overlap(shown_box(page), ASTRONAUT_BOX) >= 0.5
    for kind in ("song", "film", "food", "activity"):
        expect(page.get_by_test_id(f"shelf-{kind}").get_by_test_id("offer").first).to_be_visible()
    assert all(reason.inner_text().strip() for reason in page.get_by_test_id("offer-reason").all())
    expect(page.get_by_test_id("stop")).to_be_visible()
    expect(page.get_by_test_id("face-box")).to_have_count(0)
    page.get_by_test_id("stop").click()
    expect(page.get_by_test_id("stop")).to_have_count(0)


def test_a_never_is_never_offered_again_and_history_outlives_a_reload(
    mirror: RunningMirror, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(write_y4m(tmp_path / "face.y4m", [(portrait_scene(WIDTH, HEIGHT), 30.0)]))
    open_mirror(page, mirror)
    shelf = page.get_by_test_id("shelf-song")
    first = shelf.get_by_test_id("offer").first
    blocked = first.get_attribute("data-item-id")
    assert blocked is not None
    first.get_by_test_id("never").click()
    expect(page.get_by_test_id("undo").first).to_be_visible()
    expect(page.locator(f"[data-testid=offer][data-item-id='{blocked}']")).to_have_count(0)
    for seed in range(25):
        body = {"expression": ("happy", "sad", "angry")[seed % 3], "n": 20, "seed": seed}
        shelves = httpx.post(f"{mirror.url}/api/v1/offers", json=body).raise_for_status().json()["shelves"]
        assert blocked not in {offer["item"]["id"] for shelf in shelves for offer in shelf["offers"]}
    with page.expect_response(lambda response: "/api/v1/moods" in response.url and response.ok):
        page.wait_for_timeout(7_000)  # a mood that lasts five seconds is remembered
        page.goto(f"{mirror.url}/#/history")
    page.reload()
    expect(page.get_by_test_id("history-entry").first).to_contain_text("happy", ignore_case=True)


def test_another_face_brings_other_offers(mirror: RunningMirror, open_page: OpenPage, tmp_path: Path) -> None:
    other = read_image(data_dir("photos") / "img27.jpg").pixels[:360, 150:630]
    neutral = np.asarray(cv2.resize(other, (WIDTH, HEIGHT)), np.uint8)
    feed = write_y4m(tmp_path / "two.y4m", [(portrait_scene(WIDTH, HEIGHT), 20.0), (neutral, 20.0)])
    page = open_page(feed)
    open_mirror(page, mirror)
    headline = page.get_by_test_id("mood-headline")
    expect(headline).to_contain_text("happy", ignore_case=True)
    expect(page.get_by_test_id("offer").first).to_be_visible()
    before = offered(page)
    expect(headline).to_contain_text("neutral", ignore_case=True)
    expect(page.get_by_test_id("offer").first).to_be_visible()
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=offer]')].map(o => o.dataset.itemId).join() !== before",
        arg=",".join(before),
    )


def test_a_mood_by_hand_needs_no_camera_and_takes_one_action(mirror: RunningMirror, open_page: OpenPage) -> None:
    page = open_page(camera=False)
    page.goto(mirror.url)
    page.get_by_test_id("mood-sad").first.click()
    expect(page.get_by_test_id("shelf-song").get_by_test_id("offer").first).to_be_visible()
    before = offered(page)
    page.get_by_test_id("lane-opposite").click()
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=offer]')].map(o => o.dataset.itemId).join() !== before",
        arg=",".join(before),
    )


def test_a_correction_takes_two_actions_and_stands_beside_the_guess(
    mirror: RunningMirror, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(write_y4m(tmp_path / "face.y4m", [(portrait_scene(WIDTH, HEIGHT), 30.0)]))
    open_mirror(page, mirror)
    expect(page.get_by_test_id("mood-headline")).to_contain_text("happy", ignore_case=True)
    page.get_by_test_id("correct-open").click()
    page.get_by_test_id("correct-sad").click()
    expect(page.get_by_test_id("mood-headline")).to_contain_text("sad", ignore_case=True)
    page.wait_for_timeout(6_000)
    moods = httpx.get(f"{mirror.url}/api/v1/moods").json()["moods"]
    assert (moods[0]["expression"], moods[0]["corrected"]) == ("happy", "sad")


def test_a_camera_that_is_denied_leaves_the_other_ways(mirror: RunningMirror, open_page: OpenPage) -> None:
    page = open_page(camera=False)
    page.goto(mirror.url)
    page.get_by_test_id("consent-open").click()
    expect(page.get_by_test_id("error").first).to_be_visible()
    expect(page.get_by_test_id("photo-input").first).to_be_attached()
    expect(page.get_by_test_id("mood-by-hand").first).to_be_visible()


def test_a_photo_is_read_and_rubbish_is_named(mirror: RunningMirror, open_page: OpenPage, tmp_path: Path) -> None:
    from benchmarks.scenes import jpeg

    photo, rubbish = tmp_path / "photo.jpg", tmp_path / "rubbish.jpg"
    photo.write_bytes(jpeg(portrait_scene(WIDTH, HEIGHT), quality=90))
    rubbish.write_bytes(b"this is no picture")
    page = open_page(camera=False)
    page.goto(mirror.url)
    page.get_by_test_id("photo-input").first.set_input_files(photo)
    expect(page.get_by_test_id("photo-result").first).to_contain_text("happy", ignore_case=True)
    page.get_by_test_id("photo-input").first.set_input_files(rubbish)
    expect(page.get_by_test_id("error").first).to_contain_text("JPEG, PNG or WebP")
