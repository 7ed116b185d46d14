"""Looks at the colours of a picture, with a browser's own decoder."""

import base64

from playwright.sync_api import Browser

_NEAR = 24
_COUNT = """
async ([url, wanted, near]) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0);
  const { data } = paper.getImageData(0, 0, image.width, image.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    if (wanted.every((part, index) => Math.abs(data[at + index] - part) <= near)) count++;
  return count;
}
"""


def pixels_of(browser: Browser, png: bytes, colour: str) -> int:
    """Return how many pixels of a picture are about of a colour, told as in ``#2c7a86``."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    page = browser.new_page()
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    count: int = page.evaluate(_COUNT, [url, wanted, _NEAR])
    page.close()
    return count
