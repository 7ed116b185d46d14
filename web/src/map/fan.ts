/** Where the marks of one place go when they fan out: rings around it, the inner ring first. */

/** At most this many marks of one place fan out: more have no room on any screen, and the list has them all. */
export const FAN_MOST = 300;

const FIRST_RING = 8;
const RING_STEP_PX = 31;

export function fanOffsets(count: number): [number, number][] {
  const offsets: [number, number][] = [];
  let ring = 1;
  let left = Math.min(count, FAN_MOST);
  while (left > 0) {
    const places = Math.min(left, FIRST_RING + (ring - 1) * 10);
    const radius = ring === 1 ? Math.max(22, (places * 30) / (2 * Math.PI)) : 38 + (ring - 1) * RING_STEP_PX;
    for (let index = 0; index < places; index++) {
      const angle = (index / places) * 2 * Math.PI - Math.PI / 2;
      offsets.push([Math.cos(angle) * radius, Math.sin(angle) * radius]);
    }
    left -= places;
    ring += 1;
  }
  return offsets;
}
