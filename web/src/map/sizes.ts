/** How large marks are drawn, and from when on hexagons say more than they do; all in pixels of the screen. */

/** So many closed marks fit on a screen before they must shrink. */
const CROWD = 1500;

/** A glyph in a mark of a smaller radius could not be told from dirt. */
const LEGIBLE_PX = 5.5;

/** Marks of a smaller radius say less than hexagons do; in a crowd, where they lie on each other, that is sooner so. */
const TINY_PX = 3.6;
const TINY_IN_CROWD_PX = 7.5;

/** The radius of closed marks: they shrink to dots where they would cover each other. */
export function closedRadius(zoom: number, count: number): number {
  const byZoom = 8.8 + (zoom - 12.5) * 1.7;
  const crowd = count > CROWD ? Math.log10(count / CROWD) * 3 : 0;
  return Math.max(2.2, Math.min(9.5, byZoom) - crowd);
}

/** The radius of open marks, which stay marks among hexagons. */
export function openRadius(closed: number, dense: boolean): number {
  return Math.max(dense ? 8.5 : 7, Math.min(13.5, closed * 1.55));
}

/** Whether a glyph can be read in a mark. */
export function legible(radius: number, pixelRatio: number): boolean {
  return radius * pixelRatio > LEGIBLE_PX;
}

/** Whether hexagons stand for `count` closed marks of a radius. */
export function hexagonsSayMore(radius: number, count: number): boolean {
  return radius < (count > CROWD ? TINY_IN_CROWD_PX : TINY_PX);
}
