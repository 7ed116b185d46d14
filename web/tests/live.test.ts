/** Following the live feed: where it goes on, and when everything has to be loaded anew. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { eventId, LiveFeed, positionOf } from "../src/data/live";
import type { Position } from "../src/data/window";

/** Stands for the browser's own: remembers where it was opened, and says what a server would. */
class Source {
  static opened: Source[] = [];
  readonly #handlers = new Map<string, (event: { data: string; lastEventId: string }) => void>();
  closed = false;

  constructor(readonly url: string) {
    Source.opened.push(this);
  }

  addEventListener(name: string, handle: (event: { data: string; lastEventId: string }) => void): void {
    this.#handlers.set(name, handle);
  }

  close(): void {
    this.closed = true;
  }

  say(name: string, data: unknown, lastEventId = ""): void {
    this.#handlers.get(name)?.({ data: JSON.stringify(data), lastEventId });
  }
}

function latest(): Source {
  const source = Source.opened.at(-1);
  if (!source) throw new Error("no connection was opened");
  return source;
}

function following(anew: Position): { feed: LiveFeed; heard: string[] } {
  const heard: string[] = [];
  const feed = new LiveFeed(
    { seq: 41, epoch: "aaaa1111" },
    {
      incident: (feature) => heard.push(`incident ${feature.id}`),
      retract: (id) => heard.push(`retract ${id}`),
      pulse: () => heard.push("pulse"),
      reset: () => {
        heard.push("reset");
        return Promise.resolve(anew);
      },
      connection: () => {},
    },
  );
  feed.start();
  return { feed, heard };
}

beforeEach(() => {
  Source.opened = [];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  vi.stubGlobal("document", {
    addEventListener: () => {},
    removeEventListener: () => {},
    visibilityState: "visible",
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("a page follows from the window's place in the log, with its epoch", () => {
  const { feed } = following({ seq: 0, epoch: "" });
  expect(latest().url).toBe("/api/v1/live?last_event_id=41-aaaa1111");
  feed.stop();
});

test("after a loss it goes on where it was", () => {
  const { feed, heard } = following({ seq: 0, epoch: "" });
  latest().say("incident", { id: "x" }, "42-aaaa1111");
  latest().say("pulse", {});
  feed.resumeFrom({ seq: 40, epoch: "aaaa1111" });
  expect(latest().url).toContain("=40-aaaa1111");
  latest().say("retract", { id: "x" }, "43-aaaa1111");
  feed.stop();
  expect(heard).toEqual(["incident x", "pulse", "retract x"]);
});

test("an event of another epoch is not shown: the window is loaded anew and followed from there", async () => {
  const { feed, heard } = following({ seq: 12, epoch: "bbbb2222" });
  const before = latest();
  before.say("incident", { id: "of another history" }, "42-bbbb2222");
  await vi.waitFor(() => expect(latest()).not.toBe(before));
  expect(before.closed).toBe(true);
  expect(heard).toEqual(["reset"]);
  expect(latest().url).toBe("/api/v1/live?last_event_id=12-bbbb2222");
  latest().say("incident", { id: "next" }, "13-bbbb2222");
  expect(heard).toEqual(["reset", "incident next"]);
  feed.stop();
});

test("an id reads as it was written, and one without an epoch is in none", () => {
  const position = { seq: 4822, epoch: "3f9a1c20" };
  expect(positionOf(eventId(position))).toEqual(position);
  expect(positionOf("17")).toEqual({ seq: 17, epoch: "" });
  expect(positionOf("")).toEqual({ seq: 0, epoch: "" });
});
