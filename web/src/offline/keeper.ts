/** The page's side of its service worker: says what to keep, and when what is kept must go. */

import type { Order } from "./kept";

const SETTLED_MS = 4000;
/** Many are taken back at once when a policy changes: one new window is enough for all of them. */
const GATHER_MS = 1500;
/** A page that stays open keeps its view this often. */
const EVERY_MS = 10 * 60_000;

export class Keeper {
  #hours = 24;
  #pending = false;

  /** Install the service worker and keep what this page was made of; only the whole page does, never one in a frame. */
  start(): void {
    if (!("serviceWorker" in navigator) || !import.meta.env.PROD || window !== window.top) return;
    if (location.pathname !== "/") return;
    navigator.serviceWorker.register("/sw.js").then(
      () => {
        setTimeout(() => this.#order({ keep: used() }), SETTLED_MS);
        setInterval(() => this.#order({ keep: this.#window() }), EVERY_MS);
      },
      // Without it there is no view offline; everything else is the same.
      () => {},
    );
  }

  /** How long a window this page shows. */
  shows(hours: number): void {
    this.#hours = hours;
  }

  /** An incident was taken back, or a finer version of it: no kept copy of it may remain. */
  retracted(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.#order({ replace: [] });
    setTimeout(() => {
      this.#pending = false;
      this.#order({ replace: this.#window() });
    }, GATHER_MS);
  }

  #window(): string[] {
    return [`/api/v1/window?hours=${this.#hours}`, `/api/v1/window/ids?hours=${this.#hours}`];
  }

  #order(order: Order): void {
    if (!("serviceWorker" in navigator)) return;
    // On a slow machine the service worker may not be there yet when the first order is given.
    void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage(order));
  }
}

/** The page itself and all it has loaded from its own server. */
function used(): string[] {
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  return ["/", ...new Set(loaded.filter((name) => name.startsWith(location.origin)))];
}
