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

const feeds: LiveFeed[] = [];

function following(
  anew: Position,
  from: Position = { seq: 41, epoch: "aaaa1111" },
): { feed: LiveFeed; heard: string[] } {
  const heard: string[] = [];
  const feed = new LiveFeed(from, {
    incident: (feature) => heard.push(`incident ${feature.id}`),
    retract: (id) => heard.push(`retract ${id}`),
    pulse: () => heard.push("pulse"),
    reset: () => {
      heard.push("reset");
      return Promise.resolve(anew);
    },
    connection: (state) => {
      if (state === "lost") heard.push("lost");
    },
  });
  feeds.push(feed);
  feed.start();
  return { feed, heard };
}

/** A page that has asked the others who leads, and leads itself. */
async function leading(anew: Position): Promise<{ feed: LiveFeed; heard: string[] }> {
  const page = following(anew);
  await vi.waitFor(latest);
  return page;
}

/** Somebody looks at all pages, or at none. */
function look(state: "visible" | "hidden", only: (() => void)[] = lookers): void {
  vi.stubGlobal("document", { ...document, visibilityState: state });
  for (const notice of only) notice();
}

let lookers: (() => void)[] = [];

beforeEach(() => {
  Source.opened = [];
  lookers = [];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  vi.stubGlobal("document", {
    addEventListener: (_: string, notice: () => void) => lookers.push(notice),
    removeEventListener: () => {},
    visibilityState: "visible",
  });
});
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.stop();
  vi.unstubAllGlobals();
});

test("a page follows from the window's place in the log, with its epoch", async () => {
  const { feed } = await leading({ seq: 0, epoch: "" });
  expect(latest().url).toBe("/api/v1/live?last_event_id=41-aaaa1111");
  feed.stop();
});

test("after a loss it goes on where it was", async () => {
  const { feed, heard } = await leading({ seq: 0, epoch: "" });
  latest().say("incident", { id: "x" }, "42-aaaa1111");
  latest().say("pulse", {});
  feed.resumeFrom({ seq: 40, epoch: "aaaa1111" });
  expect(latest().url).toContain("=40-aaaa1111");
  latest().say("retract", { id: "x" }, "43-aaaa1111");
  feed.stop();
  expect(heard).toEqual(["incident x", "pulse", "retract x"]);
});

test("an event of another epoch is not shown: the window is loaded anew and followed from there", async () => {
  const { feed, heard } = await leading({ seq: 12, epoch: "bbbb2222" });
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

const NOWHERE = { seq: 0, epoch: "" };

/** Two pages at the same place in the log, of which the first one has the stream. */
async function sharing(): Promise<{
  first: ReturnType<typeof following>;
  second: ReturnType<typeof following>;
}> {
  const first = await leading({ seq: 60, epoch: "aaaa1111" });
  latest().say("pulse", {}, "");
  const second = following({ seq: 60, epoch: "aaaa1111" });
  latest().say("incident", { id: "at first" }, "42-aaaa1111");
  await vi.waitFor(() => expect(second.heard).toContain("incident at first"));
  expect(Source.opened).toHaveLength(1);
  return { first, second };
}

test("pages of one browser share one stream, and what is taken back leaves all of them at once", async () => {
  const { first, second } = await sharing();
  latest().say("incident", { id: "x" }, "43-aaaa1111");
  latest().say("retract", { id: "x" }, "44-aaaa1111");
  latest().say("pulse", {}, "44-aaaa1111");
  await vi.waitFor(() => expect(second.heard.at(-1)).toBe("pulse"));
  expect(second.heard).toEqual(["incident at first", "incident x", "retract x", "pulse"]);
  expect(first.heard).toEqual(["pulse", ...second.heard]);
  expect(Source.opened).toHaveLength(1);
});

test("a page that lacks changes catches up by a stream of its own, and gives it up then", async () => {
  await leading(NOWHERE);
  const held = latest();
  held.say("pulse", {});
  held.say("incident", { id: "before the other page" }, "45-aaaa1111");
  const { heard } = following(NOWHERE, { seq: 43, epoch: "aaaa1111" });
  await vi.waitFor(() => expect(Source.opened).toHaveLength(2));
  const own = latest();
  expect(own.url).toContain("=43-aaaa1111");
  own.say("incident", { id: "a" }, "44-aaaa1111");
  expect(own.closed).toBe(false);
  own.say("incident", { id: "before the other page" }, "45-aaaa1111");
  expect(own.closed).toBe(true);
  held.say("incident", { id: "b" }, "46-aaaa1111");
  await vi.waitFor(() => expect(heard.at(-1)).toBe("incident b"));
  expect(heard).toEqual(["incident a", "incident before the other page", "incident b"]);
  expect(Source.opened).toHaveLength(2);
});

test("a page out of sight lets go of the stream, another goes on with it, and who is seen again catches up", async () => {
  const { first, second } = await sharing();
  const [lookAtFirst] = lookers;
  const before = latest();
  look("hidden", lookAtFirst ? [lookAtFirst] : []);
  expect(before.closed).toBe(true);
  vi.stubGlobal("document", { ...document, visibilityState: "visible" });
  await vi.waitFor(() => expect(latest()).not.toBe(before));
  expect(latest().url).toContain("=42-aaaa1111");
  latest().say("pulse", {});
  latest().say("retract", { id: "at first" }, "43-aaaa1111");
  expect(second.heard.at(-1)).toBe("retract at first");
  expect(first.heard.at(-1)).toBe("incident at first");

  look("visible", lookAtFirst ? [lookAtFirst] : []);
  await vi.waitFor(() => expect(Source.opened).toHaveLength(3));
  expect(latest().url).toContain("=42-aaaa1111");
  latest().say("retract", { id: "at first" }, "43-aaaa1111");
  expect(first.heard.at(-1)).toBe("retract at first");
  expect(latest().closed).toBe(true);
});

test("pages that nobody sees have no stream", async () => {
  await sharing();
  look("hidden");
  expect(Source.opened.every(({ closed }) => closed)).toBe(true);
  await new Promise((done) => setTimeout(done, 400));
  expect(Source.opened).toHaveLength(1);
});

test("a reset concerns every page, but one for who was too long away concerns that page alone", async () => {
  const { first, second } = await sharing();
  const before = latest();
  before.say("reset", {});
  await vi.waitFor(() => expect([first.heard.at(-1), second.heard.at(-1)]).toEqual(["reset", "reset"]));
  await vi.waitFor(() => expect(latest()).not.toBe(before));
  expect(latest().url).toContain("=60-aaaa1111");
  latest().say("reset", {});
  await vi.waitFor(() => expect(Source.opened).toHaveLength(3));
  latest().say("pulse", {});
  await vi.waitFor(() => expect(second.heard.at(-1)).toBe("pulse"));
  expect(second.heard.filter((word) => word === "reset")).toHaveLength(1);
  expect(first.heard.filter((word) => word === "reset")).toHaveLength(2);
});

test("another history of the log is loaded by every page", async () => {
  const { first, second } = await sharing();
  latest().say("incident", { id: "of another history" }, "43-bbbb2222");
  await vi.waitFor(() => expect(first.heard.at(-1)).toBe("reset"));
  // The other page asks the server, which knows best.
  await vi.waitFor(() => expect(Source.opened.some(({ url }) => url.includes("=42-aaaa1111"))).toBe(true));
  Source.opened.find(({ url }) => url.includes("=42-aaaa1111"))?.say("reset", {});
  await vi.waitFor(() => expect(second.heard.at(-1)).toBe("reset"));
  expect(second.heard).not.toContain("incident of another history");
});

test("every page says that the connection is lost, and that it is back", async () => {
  const { second } = await sharing();
  const before = latest() as Source & { onerror?: () => void };
  before.onerror?.();
  await vi.waitFor(() => expect(second.heard.at(-1)).toBe("lost"));
  await vi.waitFor(() => expect(latest()).not.toBe(before), 2000);
  latest().say("pulse", {});
  await vi.waitFor(() => expect(second.heard.at(-1)).toBe("pulse"));
  expect(Source.opened).toHaveLength(2);
});

test("without a channel to others each page has a stream of its own", () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  following(NOWHERE);
  following(NOWHERE);
  expect(Source.opened).toHaveLength(2);
});
