/** Draws the marks of the map without WebGL: open ones as rings with their glyph, closed ones small and quiet. */

import outlines from "virtual:glyphs";
import { at, type Incidents, NEVER, OPEN } from "../data/incidents";
import { GROUP_IDS, groupIndex } from "../present/categories";
import type { FlatCamera } from "./flat-camera";
import type { Palette } from "./palette";
import { closedRadius, openRadius } from "./sizes";
import type { View } from "./view";

/** The newest closed marks alone are drawn: more of them would keep an old computer busy and cover each other. */
const MOST_CLOSED = 3000;
const REACH_PX = 16;
/** The icons are drawn on a grid of 15 units. */
const GLYPH_UNITS = 15;

export interface Marks {
  /** Rows in the order of drawing: closed ones, open ones, the selected one last. */
  rows: number[];
  drawn: number;
}

/** Whether a row is open, now or at the time that is played. */
function isOpen(incidents: Incidents, row: number, playedAt: number | null): boolean {
  if (playedAt === null) return incidents.state[row] === OPEN;
  const closed = at(incidents.closed, row);
  return closed === NEVER ? incidents.state[row] === OPEN : at(incidents.received, row) + closed > playedAt;
}

/** The rows that have a mark. */
export function marksOf({ incidents, facets, selected, playedAt }: View): Marks {
  const open: number[] = [];
  const closed: number[] = [];
  for (const row of facets.rows) {
    if (at(incidents.place, row) < 0 || row === selected) continue;
    if (isOpen(incidents, row, playedAt)) open.push(row);
    else if (closed.length < MOST_CLOSED) closed.push(row);
  }
  const rows = [...closed.reverse(), ...open.reverse()];
  if (selected !== null && at(incidents.place, selected) >= 0) rows.push(selected);
  return { rows, drawn: rows.length };
}

export class FlatMarks {
  readonly #glyphs = GROUP_IDS.map((group) => new Path2D(outlines[group]));

  draw(
    context: CanvasRenderingContext2D,
    camera: FlatCamera,
    { rows }: Marks,
    view: View,
    fan: ReadonlyMap<number, [number, number]>,
    palette: Palette,
  ): void {
    const { incidents, selected, playedAt } = view;
    // Ended ones are quiet: at the zoom of a whole city little more than dots.
    const quiet = Math.min(closedRadius(camera.zoom, rows.length), 5, Math.max(2.6, camera.zoom - 9.2));
    const loud = openRadius(closedRadius(camera.zoom, rows.length), false);
    for (const row of rows) {
      const { x, y } = placeOf(camera, incidents, row, fan);
      if (x < -40 || y < -40 || x > camera.width + 40 || y > camera.height + 40) continue;
      const group = groupIndex(incidents.text("category", row) ?? "other");
      const color = palette.groups[group] ?? palette.ink;
      const stands = isOpen(incidents, row, playedAt) || fan.has(row) || row === selected;
      if (!stands) this.#disc(context, x, y, quiet, color, palette.card, 1);
      else {
        if (row === selected) this.#disc(context, x, y, loud + 5, palette.accent, palette.card, 2);
        this.#ring(context, x, y, loud, color, palette, group, isOpen(incidents, row, playedAt));
      }
    }
  }

  #disc(
    context: CanvasRenderingContext2D,
    x: number,
    y: number,
    radius: number,
    color: string,
    edge: string,
    width: number,
  ): void {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
    context.strokeStyle = edge;
    context.lineWidth = width;
    context.stroke();
  }

  #ring(
    context: CanvasRenderingContext2D,
    x: number,
    y: number,
    radius: number,
    color: string,
    palette: Palette,
    group: number,
    open: boolean,
  ): void {
    this.#disc(
      context,
      x,
      y,
      radius,
      open ? palette.card : color,
      open ? color : palette.card,
      open ? 2.5 : 1.5,
    );
    const glyph = this.#glyphs[group];
    if (!glyph) return;
    const size = (radius * 1.25) / GLYPH_UNITS;
    context.save();
    context.translate(x - (GLYPH_UNITS / 2) * size, y - (GLYPH_UNITS / 2) * size);
    context.scale(size, size);
    context.fillStyle = open ? color : palette.card;
    context.fill(glyph);
    context.restore();
  }
}

/** Where a row's mark is on the screen. */
export function placeOf(
  camera: FlatCamera,
  incidents: Incidents,
  row: number,
  fan: ReadonlyMap<number, [number, number]>,
): { x: number; y: number } {
  const { x, y } = camera.project(at(incidents.points, row * 2), at(incidents.points, row * 2 + 1));
  const [dx, dy] = fan.get(row) ?? [0, 0];
  return { x: x + dx, y: y + dy };
}

/** All rows whose marks lie where the nearest one to a point of the screen does, the topmost first. */
export function rowsUnder(
  camera: FlatCamera,
  { rows }: Marks,
  incidents: Incidents,
  fan: ReadonlyMap<number, [number, number]>,
  x: number,
  y: number,
): number[] {
  let nearest = REACH_PX;
  let under: number[] = [];
  for (const row of rows) {
    const mark = placeOf(camera, incidents, row, fan);
    const distance = Math.hypot(mark.x - x, mark.y - y);
    if (distance > nearest + 0.5) continue;
    if (distance < nearest - 0.5) under = [];
    nearest = Math.min(nearest, distance);
    under.push(row);
  }
  return under.reverse();
}
