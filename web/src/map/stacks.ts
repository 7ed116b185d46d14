/** How many incidents stand at one place: a number beside their mark, which a single mark cannot show. */

import { at, type Incidents, OPEN } from "../data/incidents";
import type { Facets } from "../state/facets";

export interface Stack {
  lon: number;
  lat: number;
  count: number;
}

/** More numbers than these on one screen are noise. */
const MOST = 60;
/** Two numbers this near to each other could not be told apart. */
const APART_PX = 24;

/** The places at which more than one is drawn, the fullest first; under hexagons only open incidents are. */
export function stacksOf(incidents: Incidents, facets: Facets, onlyOpen: boolean): Stack[] {
  const found = new Map<string, Stack>();
  for (const row of facets.rows) {
    if (at(incidents.place, row) < 0 || (onlyOpen && incidents.state[row] !== OPEN)) continue;
    const [lon, lat] = [at(incidents.points, row * 2), at(incidents.points, row * 2 + 1)];
    const key = `${lon} ${lat}`;
    const stack = found.get(key);
    if (stack) stack.count += 1;
    else found.set(key, { lon, lat, count: 1 });
  }
  return [...found.values()].filter(({ count }) => count > 1).sort((a, b) => b.count - a.count);
}

/** Those that have room for their number on a screen, the fullest first. */
export function placed(
  stacks: readonly Stack[],
  project: (stack: Stack) => { x: number; y: number },
  screen: { width: number; height: number },
): { x: number; y: number; count: number }[] {
  const shown: { x: number; y: number; count: number }[] = [];
  for (const stack of stacks) {
    const { x, y } = project(stack);
    if (x < 0 || y < 0 || x > screen.width || y > screen.height) continue;
    if (shown.some((other) => Math.hypot(other.x - x, other.y - y) < APART_PX)) continue;
    shown.push({ x, y, count: stack.count });
    if (shown.length === MOST) break;
  }
  return shown;
}

/** The numbers over the map. They follow it, and a screen reader has the list instead. */
export class StackNumbers {
  readonly #box = document.createElement("div");
  #stacks: Stack[] = [];
  #radius = 9;

  constructor(
    private readonly container: HTMLElement,
    private readonly project: (stack: Stack) => { x: number; y: number },
  ) {
    this.#box.className = "stacks";
    this.#box.ariaHidden = "true";
    // Above the canvas of the open marks, which lies among the controls.
    container.append(this.#box);
  }

  /** Show these numbers beside marks of a radius in pixels; `null` where the day is played or marks are fanned out. */
  show(stacks: Stack[] | null, radius: number): void {
    this.#stacks = stacks ?? [];
    this.#radius = radius;
    this.place();
  }

  remove(): void {
    this.#box.remove();
  }

  /** Put them where their places are now. */
  place(): void {
    const { clientWidth: width, clientHeight: height } = this.container;
    const shown = placed(this.#stacks, this.project, { width, height });
    while (this.#box.childElementCount > shown.length) this.#box.lastElementChild?.remove();
    while (this.#box.childElementCount < shown.length) this.#box.append(document.createElement("b"));
    const away = this.#radius * 0.75;
    shown.forEach(({ x, y, count }, index) => {
      const number = this.#box.children[index] as HTMLElement;
      const text = count > 999 ? "999+" : String(count);
      if (number.textContent !== text) number.textContent = text;
      number.style.transform = `translate(${Math.round(x + away)}px, ${Math.round(y - away)}px) translate(-50%, -50%)`;
    });
  }
}
