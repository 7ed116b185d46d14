/** Where things stand on the timeline: its marks, its bars as outlines, and the span under the pointer. */

import type { Words } from "../messages/words";
import type { Axis, Facets } from "../state/facets";
import type { Filter } from "../state/filter";
import type { Formats } from "./format";

export interface Tick {
  /** From 0 at the left to 1 at the right. */
  at: number;
  text: string;
}

/** How far apart marks are, in hours of local time, for each range in hours. */
const EVERY: Record<number, number> = { 24: 3, 168: 24, 720: 24 };

/** What a letter, the word for now and the space between two marks take, at the size they are set in. */
const LETTER_PX = 6.6;
const NOW_PX = 44;
const GAP_PX = 10;

/** The marks that fit side by side on an axis `width` pixels wide. */
export function ticks(
  axis: Axis,
  range: number,
  format: Formats,
  hourOfWeek: (at: number) => number,
  words: { midnight: string; noon: string },
  width = 800,
): Tick[] {
  const length = axis.step * axis.count;
  const found: Tick[] = [];
  if (range === 1) {
    for (let time = Math.ceil(axis.start / 600) * 600; time < axis.start + length; time += 600) {
      found.push({ at: (time - axis.start) / length, text: format.time(time) });
    }
  } else {
    const every = EVERY[range] ?? 24;
    for (let time = Math.ceil(axis.start / 3600) * 3600; time < axis.start + length; time += 3600) {
      const hour = hourOfWeek(time) % 24;
      if (hour % every !== 0) continue;
      const named = hour === 0 ? words.midnight : hour === 12 ? words.noon : format.tick(time, false);
      found.push({ at: (time - axis.start) / length, text: every === 24 ? format.tick(time, true) : named });
    }
  }
  const longest = Math.max(0, ...found.map((tick) => tick.text.length));
  const half = (longest * LETTER_PX) / 2;
  const inside = found.filter(({ at }) => at * width > half && (1 - at) * width > half + NOW_PX);
  const apart = Math.max(
    1,
    Math.ceil((found.length * (2 * half + GAP_PX)) / width),
    Math.ceil(inside.length / 8),
  );
  return inside.filter((_, index) => index % apart === 0);
}

/** Bars standing on the ground of a box of `axis.count` by `height`, as path data. */
export function bars(counts: Uint32Array, most: number, height: number, base?: Uint32Array): string {
  let path = "";
  counts.forEach((count, index) => {
    if (count === 0) return;
    const bottom = height - ((base?.[index] ?? 0) / most) * height;
    const tall = Math.max((count / most) * height, 0.6);
    path += `M${index + 0.14} ${bottom.toFixed(2)}v${(-tall).toFixed(2)}h.72v${tall.toFixed(2)}z`;
  });
  return path;
}

/** The whole number that a scale of so many ends at: 5, 10, 20, 50, 100 and so on. */
export function scaleOf(most: number): number {
  for (let ten = 1; ; ten *= 10) {
    const fitting = [5, 10, 20].find((step) => step * ten >= most);
    if (fitting !== undefined) return fitting * ten;
  }
}

export type Grip = "from" | "to" | "span" | "new";

export interface Span {
  since: number;
  until: number;
}

/** What a pointer at `time` grabs, given how many seconds a finger is wide. */
export function gripAt(time: number, span: Span | null, reach: number): Grip {
  if (!span) return "new";
  if (Math.abs(time - span.since) <= reach) return "from";
  if (Math.abs(time - span.until) <= reach) return "to";
  return time > span.since && time < span.until ? "span" : "new";
}

/** The span after dragging a grip from one time to another, on whole steps and inside the axis. */
export function drag(grip: Grip, start: Span, from: number, to: number, axis: Axis): Span {
  const end = axis.start + axis.step * axis.count;
  const snap = (time: number) =>
    Math.min(Math.max(axis.start + Math.round((time - axis.start) / axis.step) * axis.step, axis.start), end);
  if (grip === "span") {
    const length = start.until - start.since;
    const since = Math.min(Math.max(snap(start.since + to - from), axis.start), end - length);
    return { since, until: since + length };
  }
  const fixed = grip === "from" ? start.until : grip === "to" ? start.since : snap(from);
  const moved = snap(to);
  const since = Math.min(fixed, moved);
  return { since, until: Math.max(fixed, moved, since + axis.step) };
}

/** How many open and closed incidents there are in the chosen span, or on the whole axis, in words. */
export function summarise(
  { openBins, closedBins }: Facets,
  axis: Axis,
  filter: Filter,
  now: number,
  format: Formats,
  words: Words,
): string {
  const end = axis.start + axis.step * axis.count;
  const from = Math.max(filter.since ?? axis.start, axis.start);
  const until = Math.min(filter.until ?? end, end);
  let open = 0;
  let closed = 0;
  for (let bin = 0; bin < axis.count; bin++) {
    const time = axis.start + bin * axis.step;
    if (time < from || time >= until) continue;
    open += openBins[bin] ?? 0;
    closed += closedBins[bin] ?? 0;
  }
  return words.timelineText({
    open: format.number(open),
    closed: format.number(closed),
    from: format.moment(from, now),
    to: format.moment(Math.min(until, now), now),
  });
}
