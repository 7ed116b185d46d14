/** Follows the live feed and never gives up: resumes by `seq`, notices silence, waits longer after each failure. */

import type { IncidentFeature, Pulse, Retraction } from "./api";
import { type Passed, type PeerHandlers, Peers } from "./peers";
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

/**
 * The pages of a browser share one stream: one page holds it and passes on what it hears (`peers.ts`). A page has a stream
 * of its own only while it leads, or while it lacks changes that the one that leads has had already. Out of sight it has none.
 */
export class LiveFeed {
  #position: Position;
  #source: EventSource | null = null;
  #peers: Peers | null = null;
  #leads = false;
  /** Where the page that leads is, while another one does and its connection stands. */
  #ledAt: Position | null = null;
  /** Whether what this stream missed has been sent: a reset before that concerns this page alone. */
  #caughtUp = false;
  #resetting = false;
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
    addEventListener("online", this.#look);
    addEventListener("pageshow", this.#look);
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  /** Go to another place in the log, because everything shown was replaced by a window exact as of there. */
  resumeFrom(position: Position): void {
    this.#position = position;
    if (this.#source) this.#connect();
    else this.#follow();
  }

  stop(): void {
    this.#stopped = true;
    removeEventListener("online", this.#look);
    removeEventListener("pageshow", this.#look);
    document.removeEventListener("visibilitychange", this.#look);
    this.#rest();
  }

  /** Follow while somebody can see the page, and let go of the stream while nobody can. */
  readonly #look = () => {
    if (this.#stopped) return;
    if (document.visibilityState === "hidden") {
      if (this.#peers) this.handlers.connection("connecting");
      this.#rest();
    } else if (!this.#peers) {
      this.#peers = this.#join();
    } else if (this.#leads && !this.#source && !this.#resetting) {
      this.#connect();
    }
  };

  #join(): Peers {
    const handlers: PeerHandlers = {
      lead: () => {
        this.#leads = true;
        this.#ledAt = null;
        if (!this.#source && !this.#resetting) this.#connect();
      },
      led: (at) => {
        this.#led(at);
        this.#follow();
      },
      passed: (event) => this.#passed(event),
      lost: () => {
        this.#led(null);
        if (!this.#source) this.handlers.connection("lost");
        // The page that leads is there: until it has tried again there is nothing to hear.
        this.#listen(SILENCE_MS + LONGEST_WAIT_MS);
      },
      position: () => (this.#source && this.#caughtUp ? this.#position : null),
    };
    return new Peers(handlers, this.random);
  }

  #rest(): void {
    this.#peers?.leave();
    this.#peers = null;
    this.#leads = false;
    this.#ledAt = null;
    this.#letGo();
  }

  #led(at: Position | null): void {
    this.#leads = false;
    this.#ledAt = at;
    this.#listen();
  }

  /** Rely on the page that leads once this one lacks nothing that the other has had, and catch up until then. */
  #follow(): void {
    if (this.#leads || !this.#ledAt || this.#resetting) return;
    if (this.#hasReached(this.#ledAt)) {
      this.#letGo();
      this.#heard();
    } else if (!this.#source) {
      this.#connect();
    }
  }

  #hasReached({ seq, epoch }: Position): boolean {
    return epoch === this.#position.epoch && seq <= this.#position.seq;
  }

  #passed({ name, data, id, before, after }: Passed): void {
    const lacksNothing = this.#hasReached(before) && after.epoch === before.epoch;
    this.#led(after);
    if (this.#resetting) return;
    if (lacksNothing) {
      this.#letGo();
      this.#heard();
      const isNew = name === "pulse" || name === "reset" || positionOf(id).seq > this.#position.seq;
      if (isNew) this.#take(name, data, id);
    }
    this.#follow();
  }

  #connect(): void {
    this.#letGo();
    const source = new EventSource(`/api/v1/live?last_event_id=${eventId(this.#position)}`);
    this.#source = source;
    this.#caughtUp = false;
    this.#listen();
    source.onopen = () => this.#heard();
    source.onerror = () => this.#lost();
    for (const name of ["incident", "retract", "pulse", "reset"]) {
      source.addEventListener(name, (event) => {
        if (source === this.#source) this.#own(name, event);
      });
    }
  }

  /** Take an event of this page's own stream, and pass it on to those that have none. */
  #own(name: string, { data, lastEventId: id }: MessageEvent<string>): void {
    this.#heard();
    const before = this.#position;
    this.#caughtUp ||= name === "pulse";
    const after = id ? positionOf(id) : before;
    const isForAll = name !== "reset" || this.#caughtUp;
    this.#take(name, data, id);
    if (isForAll) {
      this.#peers?.pass({
        name,
        data,
        id,
        before,
        after: after.seq > before.seq ? after : { ...before, epoch: after.epoch },
      });
    }
    this.#follow();
  }

  #take(name: string, data: string, id: string): void {
    const position = id ? positionOf(id) : this.#position;
    if (name === "reset" || position.epoch !== this.#position.epoch) {
      void this.#reset();
      return;
    }
    const value: unknown = JSON.parse(data);
    if (name === "incident") this.handlers.incident(value as IncidentFeature);
    if (name === "retract") this.handlers.retract((value as Retraction).id);
    if (name === "pulse") this.handlers.pulse(value as Pulse);
    if (position.seq > this.#position.seq) this.#position = position;
  }

  #heard(): void {
    this.#failures = 0;
    this.handlers.connection("live");
    this.#listen();
  }

  #listen(silence = SILENCE_MS): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#nothingHeard(), silence);
  }

  #nothingHeard(): void {
    if (this.#source) {
      this.#lost();
      return;
    }
    // The page that leads may have crashed.
    this.#ledAt = null;
    this.handlers.connection("lost");
    this.#listen();
    this.#peers?.contend();
  }

  #lost(): void {
    if (this.#stopped || !this.#peers) return;
    this.#disconnect();
    this.handlers.connection("lost");
    this.#peers.passLoss();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), waitAfter(this.#failures++, this.random()));
  }

  async #reset(): Promise<void> {
    if (this.#resetting) return;
    this.#letGo();
    this.#resetting = true;
    const position = await this.handlers.reset().catch(() => null);
    this.#resetting = false;
    if (position) this.#position = position;
    if (this.#stopped || !this.#peers) return;
    // The server may have gone away between its reset and the window: the same as losing it.
    if (!position) this.#lost();
    else if (this.#leads || !this.#ledAt) this.#connect();
    else this.#follow();
  }

  /** Have no stream, and wait for none. */
  #letGo(): void {
    clearTimeout(this.#timer);
    this.#disconnect();
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
