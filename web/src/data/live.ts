/** Follows the live feed and never gives up: resumes by `seq`, notices silence, waits longer after each failure. */

import type { IncidentFeature, Pulse, Retraction } from "./api";
import type { Position } from "./window";

export type Connection = "connecting" | "live" | "lost";

export interface LiveHandlers {
  incident(feature: IncidentFeature): void;
  retract(id: string): void;
  pulse(pulse: Pulse): void;
  /** Load the window again and answer with its place in the log. */
  reset(): Promise<Position>;
  connection(state: Connection): void;
}

/** A pulse comes every 5 seconds: this much silence means that nobody is there. */
const SILENCE_MS = 17_000;
const FIRST_WAIT_MS = 800;
const LONGEST_WAIT_MS = 20_000;

export class LiveFeed {
  #position: Position;
  #source: EventSource | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    position: Position,
    private readonly handlers: LiveHandlers,
    private readonly random: () => number = Math.random,
  ) {
    this.#position = position;
  }

  start(): void {
    addEventListener("online", this.#retryNow);
    document.addEventListener("visibilitychange", this.#retryNow);
    this.#connect();
  }

  /** Go to another place in the log, because everything shown was replaced by a window exact as of there. */
  resumeFrom(position: Position): void {
    this.#position = position;
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
    const source = new EventSource(`/api/v1/live?last_event_id=${eventId(this.#position)}`);
    this.#source = source;
    this.#listen();
    const on = (name: string, handle: (data: unknown) => void) =>
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        this.#heard();
        const position = event.lastEventId ? positionOf(event.lastEventId) : this.#position;
        if (position.epoch !== this.#position.epoch) {
          void this.#reset();
          return;
        }
        handle(JSON.parse(event.data));
        if (position.seq > this.#position.seq) this.#position = position;
      });
    source.onopen = () => this.#heard();
    source.onerror = () => this.#lost();
    on("incident", (data) => this.handlers.incident(data as IncidentFeature));
    on("retract", (data) => this.handlers.retract((data as Retraction).id));
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
      this.#position = await this.handlers.reset();
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

/** The id of the event at a place in the log. */
export function eventId({ seq, epoch }: Position): string {
  return `${seq}-${epoch}`;
}

/** The place in the log that the id of an event names. */
export function positionOf(id: string): Position {
  const [seq, epoch = ""] = id.split("-");
  return { seq: Number(seq) || 0, epoch };
}

/** Milliseconds to wait after a number of failures; `chance` (0 to 1) spreads many pages apart. */
export function waitAfter(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return longest * (0.5 + chance / 2);
}
