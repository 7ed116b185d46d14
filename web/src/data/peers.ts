/**
 * Which of a browser's pages holds the live stream: they agree over a channel, and the one that leads passes on what it hears.
 *
 * A BroadcastChannel reaches the pages of one origin within one top-level site, which is just as far as browsers share
 * connections. Unlike a lock it needs no secure context: a city's own network often has none. Two pages that lead for
 * a moment do no harm, as each event says between which places in the log it stands.
 */

import type { Position } from "./window";

/** An event of the stream, between the places in the log where the page that leads was before and after it. */
export interface Passed {
  name: string;
  data: string;
  id: string;
  before: Position;
  after: Position;
}

export interface PeerHandlers {
  /** This page is to hold the stream. */
  lead(): void;
  /** Another page holds it, and is at this place in the log; null while its connection does not stand. */
  led(at: Position | null): void;
  passed(event: Passed): void;
  /** The page that leads has lost its connection, and tries again. */
  lost(): void;
  /** Where this page is, if its connection stands. */
  position(): Position | null;
}

type Message =
  | { what: "ask" }
  | { what: "left" }
  | { what: "lead"; id: number; at: Position | null }
  | { what: "event"; id: number; event: Passed }
  | { what: "lost"; id: number };

/** Pages of another version of this page use another name, should its messages ever change. */
const CHANNEL = "blocklight-live-1";
/** Who leads answers within this time, unless its page is busy. */
const ANSWER_MS = 120;

export class Peers {
  readonly #id = Math.random();
  readonly #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  #leads = false;
  #claim: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly handlers: PeerHandlers,
    private readonly random: () => number = Math.random,
  ) {
    this.#channel?.addEventListener("message", ({ data }) => this.#hear(data as Message));
    this.contend();
  }

  /** Ask who leads, and lead if nobody says so. */
  contend(): void {
    if (!this.#channel) {
      this.#lead();
      return;
    }
    this.#say({ what: "ask" });
    this.#claimAfter(ANSWER_MS);
  }

  pass(event: Passed): void {
    if (this.#leads) this.#say({ what: "event", id: this.#id, event });
  }

  passLoss(): void {
    if (this.#leads) this.#say({ what: "lost", id: this.#id });
  }

  leave(): void {
    clearTimeout(this.#claim);
    if (this.#leads) this.#say({ what: "left" });
    this.#leads = false;
    this.#channel?.close();
  }

  /** Many pages wait for the same answer: chance says who is first. */
  #claimAfter(wait: number): void {
    clearTimeout(this.#claim);
    this.#claim = setTimeout(() => this.#lead(), wait + this.random() * ANSWER_MS);
  }

  #lead(): void {
    this.#leads = true;
    this.#say({ what: "lead", id: this.#id, at: this.handlers.position() });
    this.handlers.lead();
  }

  #hear(message: Message): void {
    if (message.what === "ask") {
      if (this.#leads) this.#say({ what: "lead", id: this.#id, at: this.handlers.position() });
      return;
    }
    if (message.what === "left") {
      if (!this.#leads) this.#claimAfter(0);
      return;
    }
    if (this.#leads && message.id > this.#id) {
      // Two lead: the other one gives way as soon as it hears of this one.
      if (message.what === "lead") this.#say({ what: "lead", id: this.#id, at: this.handlers.position() });
      return;
    }
    this.#leads = false;
    clearTimeout(this.#claim);
    if (message.what === "lead") this.handlers.led(message.at);
    else if (message.what === "event") this.handlers.passed(message.event);
    else this.handlers.lost();
  }

  #say(message: Message): void {
    this.#channel?.postMessage(message);
  }
}
