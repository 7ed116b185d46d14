/** Loads what was received before all that the server's window holds; one time at once, the last that was asked for. */

import { fetchPast, type IncidentFeature } from "../data/api";

export interface PastAnswer {
  features: IncidentFeature[];
  /** Whether that is all of the time, or only the newest of it. */
  whole: boolean;
}

export class Past {
  #span = "";
  #stop: AbortController | null = null;

  /** Let go of what was loaded or is loading. */
  forget(): void {
    this.#stop?.abort();
    this.#span = "";
  }

  /** Load a time, or null where that is there, is on its way, or is not wanted any more. */
  async load(since: number, until: number, begins: () => void): Promise<PastAnswer | "failed" | null> {
    const span = `${since} ${until}`;
    if (span === this.#span) return null;
    this.forget();
    const stop = new AbortController();
    [this.#stop, this.#span] = [stop, span];
    begins();
    const answer = await fetchPast(since, until, stop.signal).catch(() => null);
    if (stop.signal.aborted) return null;
    if (!answer) this.#span = "";
    return answer ?? "failed";
  }
}
