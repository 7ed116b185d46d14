/** What just happened to rows: kept for as long as it is to be seen happening. */

import type { Moment } from "../map/marks";

/** How long an arrival or a closing is something that just happened, in seconds. */
const KEPT_S = 3;

export class Moments {
  readonly byRow = new Map<number, Moment>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `over` is called when something that happened is over, also where nothing else happens. */
  constructor(private readonly over: () => void) {}

  add(row: number, change: Moment["change"]): void {
    this.byRow.set(row, { change, start: performance.now() / 1000 });
  }

  /** Forget what is over. */
  forget(): void {
    const old = performance.now() / 1000 - KEPT_S;
    for (const [row, moment] of this.byRow) if (moment.start < old) this.byRow.delete(row);
    if (this.byRow.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.over, KEPT_S * 1000);
  }
}
