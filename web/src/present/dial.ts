/** A dial of equal parts, hours or weekdays: where its wedges lie and what a turn of the hand chooses. */

export const INNER = 24;
const OUTER = 46;
const LOW = INNER + 4;

/** The outline of a part, its length by its share of the largest, in a box of 100 by 100. */
export function wedge(part: number, parts: number, share: number): string {
  const gap = 0.06 * (24 / parts > 2 ? 0.5 : 1);
  const from = ((part + gap) / parts) * 2 * Math.PI - Math.PI / 2;
  const to = ((part + 1 - gap) / parts) * 2 * Math.PI - Math.PI / 2;
  const outer = LOW + (OUTER - LOW) * share;
  const point = (radius: number, angle: number) =>
    `${(50 + Math.cos(angle) * radius).toFixed(2)} ${(50 + Math.sin(angle) * radius).toFixed(2)}`;
  return `M${point(INNER, from)}L${point(outer, from)}A${outer} ${outer} 0 0 1 ${point(outer, to)}L${point(INNER, to)}A${INNER} ${INNER} 0 0 0 ${point(INNER, from)}z`;
}

/** The part under a point, given from the dial's centre. */
export function partAt(dx: number, dy: number, parts: number): number {
  const angle = Math.atan2(dy, dx) + Math.PI / 2;
  return Math.floor(((angle / (2 * Math.PI)) * parts + parts) % parts);
}

/** How far the hand went from one part to another, the shorter way round. */
export function turn(from: number, to: number, parts: number): number {
  const half = Math.floor(parts / 2);
  return ((to - from + parts + half) % parts) - half;
}

/** The parts passed when the hand went `turned` parts from `start`, as bits. */
export function swept(start: number, turned: number, parts: number): number {
  let bits = 0;
  const steps = Math.min(Math.abs(turned), parts - 1);
  for (let step = 0; step <= steps; step++) bits |= 1 << ((start + Math.sign(turned) * step + parts) % parts);
  return bits;
}

/** The first and last of the chosen parts that lie side by side; null when they do not. */
export function run(bits: number, parts: number): { first: number; last: number } | null {
  const chosen = (part: number) => (bits >> (part % parts)) & 1;
  const starts = Array.from({ length: parts }, (_, part) => part).filter(
    (part) => chosen(part) && !chosen(part + parts - 1),
  );
  const [first] = starts;
  if (first === undefined || starts.length > 1) return null;
  let last = first;
  while (chosen(last + 1)) last++;
  return { first, last: last % parts };
}
