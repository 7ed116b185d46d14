/** Follows the live feed and never gives up: resumes by `seq`, notices silence, waits longer after each failure. */

import type { IncidentFeature, Pulse } from "./api";

export type Connection = "connecting" | "live" | "lost";

export interface LiveHandlers {
  incident(feature: IncidentFeature): void;
  retract(id: string): void;
  pulse(pulse: Pulse): void;
  /** Load the window again and answer with its `seq`. */
  reset(): Promise<number>;
  connection(state: Connection): void;
}

/** A pulse comes every 5 seconds: this much silence means that nobody is there. */
const SILENCE_MS = 17_000;
const FIRST_WAIT_MS = 800;
const LONGEST_WAIT_MS = 20_000;

export class LiveFeed {
  #seq: number;
  #source: EventSource | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    seq: number,
    private readonly handlers: LiveHandlers,
    private readonly random: () => number = Math.random,
  ) {
    this.#seq = seq;
  }

  start(): void {
    addEventListener("online", this.#retryNow);
    document.addEventListener("visibilitychange", this.#retryNow);
    this.#connect();
  }

  /** Go back to `seq`, because everything shown was replaced by a window exact as of then. */
  resumeFrom(seq: number): void {
    this.#seq = seq;
    if (this.#source) this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    removeEventListener("online", this.#retryNow);
    document.removeEventListener("visibilitychange", this.#retryNow);
    clearTimeout(this.#timer);
    this.#disconnect();
  }

  readonly #retryNow = () => {
    if (this.#source || this.#stopped || document.visibilityState === "hidden") return;
    clearTimeout(this.#timer);
    this.#connect();
  };

  #connect(): void {
    this.#disconnect();
    const source = new EventSource(`/api/v1/live?last_event_id=${this.#seq}`);
    this.#source = source;
    this.#listen();
    const on = (name: string, handle: (data: unknown) => void) =>
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        this.#heard();
        handle(JSON.parse(event.data));
        if (event.lastEventId) this.#seq = Math.max(this.#seq, Number(event.lastEventId) || 0);
      });
    source.onopen = () => this.#heard();
    source.onerror = () => this.#lost();
    on("incident", (data) => this.handlers.incident(data as IncidentFeature));
    on("retract", (data) => this.handlers.retract((data as { id: string }).id));
    on("pulse", (data) => this.handlers.pulse(data as Pulse));
    on("reset", () => void this.#reset());
  }

  #heard(): void {
    this.#failures = 0;
    this.handlers.connection("live");
    this.#listen();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #lost(): void {
    if (this.#stopped) return;
    this.#disconnect();
    this.handlers.connection("lost");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), waitAfter(this.#failures++, this.random()));
  }

  async #reset(): Promise<void> {
    this.#disconnect();
    try {
      this.#seq = await this.handlers.reset();
      if (!this.#stopped) this.#connect();
    } catch {
      // The server went away between its reset and the window: the same as losing it.
      this.#lost();
    }
  }

  #disconnect(): void {
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }
}

/** Milliseconds to wait after a number of failures; `chance` (0 to 1) spreads many pages apart. */
export function waitAfter(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return longest * (0.5 + chance / 2);
}
