"""A light is told by its shape and its word alone: without colour, whatever its brightness."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from playwright.sync_api import Page

Person = Callable[..., Page]

LIGHTS = ("green", "yellow", "red", "blue", "grey")
GRID = 24
SILHOUETTE = """
async ([bytes, grid]) => {
  const image = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type: "image/png" }));
  const canvas = new OffscreenCanvas(grid, grid);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, grid, grid);
  const { data } = pen.getImageData(0, 0, grid, grid);
  const grey = Array.from({ length: grid * grid }, (_, n) => data[4 * n]);
  const most = Math.max(...grey), least = Math.min(...grey);
  const ground = Math.abs(grey[0] - most) < Math.abs(grey[0] - least) ? most : least;
  return grey.map((value) => Math.abs(value - ground) > (most - least) / 2);
}
"""
"""Whether each cell of a grid is of the shape or of the ground; what is brighter and what is darker is left out."""


def silhouettes(page: Page, within: str) -> dict[str, list[bool]]:
    """Return the shape of each light found on the page, as it looks to somebody who sees no colour."""
    page.context.new_cdp_session(page).send(
        "Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"}
    )
    found = {}
    for light in LIGHTS:
        shape = page.locator(f"{within} .light-{light} .light-shape").first
        if shape.count():
            found[light] = page.evaluate(SILHOUETTE, [list(shape.screenshot()), GRID])
    return found


@pytest.mark.parametrize(
    ("address", "within", "fewest"),
    [("/dashboard/wall/", ".wall-legend", 5), ("/tasks/?state=all", "main", 4)],
)
def test_lights_are_told_apart_without_colour(person: Person, address: str, within: str, fewest: int) -> None:
    page = person("leader")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(address)
    shapes = silhouettes(page, within)
    assert len(shapes) >= fewest, shapes.keys()
    for one, other in combinations(shapes, 2):
        different = sum(a != b for a, b in zip(shapes[one], shapes[other], strict=True))
        assert different > GRID * GRID / 12, f"{one} and {other} look alike: {different} cells differ"


@pytest.mark.parametrize("address", ["/dashboard/", "/dashboard/wall/", "/campaigns/", "/tasks/"])
def test_every_light_says_its_word(person: Person, address: str) -> None:
    page = person("leader")
    page.goto(address)
    words = page.locator("main .light").all_text_contents()
    assert len(words) > 10
    assert [word for word in words if not word.strip() or word.strip().isdigit()] == []
