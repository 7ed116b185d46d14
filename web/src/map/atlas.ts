/** Draws the glyphs side by side on one canvas: eight groups and, last, the tick of a call that just closed. */

import outlines from "virtual:glyphs";
import { GROUP_IDS } from "../present/categories";

/** The icons are drawn on a grid of 15 units; a cell leaves half a unit around them. */
const GRID = 16;
const CELL = 64;
const TICK = "M6.1 12.2 2.4 8.5l1.5-1.5 2.2 2.2 5-5.2 1.5 1.5z";

export function drawAtlas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = CELL * (GROUP_IDS.length + 1);
  canvas.height = CELL;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2D canvas");
  [...GROUP_IDS.map((group) => outlines[group]), TICK].forEach((outline, index) => {
    context.setTransform(CELL / GRID, 0, 0, CELL / GRID, index * CELL + CELL / GRID / 2, CELL / GRID / 2);
    context.fill(new Path2D(outline));
  });
  return canvas;
}
