/** Where the map without WebGL looks, and what it brings into sight. */

import { expect, test } from "vitest";
import { FlatCamera } from "../src/map/flat-camera";

const INSETS = { top: 66, right: 66, bottom: 160, left: 424 };
const BOX: [number, number, number, number] = [-126.17, 39.4, -126.03, 39.51];

function camera(): FlatCamera {
  return Object.assign(new FlatCamera(), { width: 1280, height: 800 });
}

test("a box fits between the panels, and fills the room in one direction", () => {
  const looks = camera();
  looks.fit(BOX, INSETS);
  const corner = looks.project(BOX[0], BOX[3]);
  const opposite = looks.project(BOX[2], BOX[1]);
  expect(corner.x).toBeGreaterThanOrEqual(INSETS.left - 0.01);
  expect(corner.y).toBeGreaterThanOrEqual(INSETS.top - 0.01);
  expect(opposite.x).toBeLessThanOrEqual(1280 - INSETS.right + 0.01);
  expect(opposite.y).toBeLessThanOrEqual(800 - INSETS.bottom + 0.01);
  const wide = (opposite.x - corner.x) / (1280 - INSETS.left - INSETS.right);
  const high = (opposite.y - corner.y) / (800 - INSETS.top - INSETS.bottom);
  expect(Math.max(wide, high)).toBeCloseTo(1, 3);
});

test("a point of the screen is where it was after there and back, at every zoom", () => {
  const looks = camera();
  for (const zoom of [8, 12.3, 17]) {
    looks.lookAt({ lon: -126.1, lat: 39.46 }, INSETS, zoom);
    const { x, y } = looks.project(-126.1, 39.46);
    expect(x).toBeCloseTo((INSETS.left + 1280 - INSETS.right) / 2, 3);
    expect(y).toBeCloseTo((INSETS.top + 800 - INSETS.bottom) / 2, 3);
    const there = looks.unproject(311, 222);
    const back = looks.project(there.lon, there.lat);
    expect([back.x, back.y]).toEqual([expect.closeTo(311, 3), expect.closeTo(222, 3)]);
  }
});

test("zooming leaves what is under the pointer where it is, and ends at a street", () => {
  const looks = camera();
  looks.fit(BOX, INSETS);
  const under = looks.unproject(900, 300);
  looks.zoomBy(2.5, 900, 300);
  const after = looks.project(under.lon, under.lat);
  expect([after.x, after.y]).toEqual([expect.closeTo(900, 3), expect.closeTo(300, 3)]);
  looks.zoomBy(40);
  expect(looks.zoom).toBe(18);
});

test("the map moves with the finger", () => {
  const looks = camera();
  looks.fit(BOX, INSETS);
  const before = looks.project(-126.1, 39.46);
  looks.pan(30, -12);
  const after = looks.project(-126.1, 39.46);
  expect([after.x - before.x, after.y - before.y]).toEqual([expect.closeTo(30, 3), expect.closeTo(-12, 3)]);
});
