/** The three heights at which a phone's bottom sheet rests, and where it goes when it is let go. */

export const STOPS = ["low", "middle", "high"] as const;
export type Stop = (typeof STOPS)[number];

/** A page this short is a phone on its side or one that is zoomed in: reading goes before the map. */
const SHORT_PX = 600;

/** Height in pixels of each stop in a page of this height; the map keeps at least 45 % at the middle one. */
export function stopHeights(page: number): Record<Stop, number> {
  return {
    low: Math.min(132, page * 0.4),
    middle: Math.round(page * (page < SHORT_PX ? 0.75 : 0.548)),
    high: page - 12,
  };
}

/** The stop to rest at for a height and a speed in pixels a millisecond (upwards is positive). */
export function settle(height: number, speed: number, page: number): Stop {
  const heights = stopHeights(page);
  const aim = height + speed * 180;
  return STOPS.reduce((best, stop) =>
    Math.abs(heights[stop] - aim) < Math.abs(heights[best] - aim) ? stop : best,
  );
}
