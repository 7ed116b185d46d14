import { expect, test } from "vitest";
import { isFresh, LONGEST_MS, treatmentOf } from "../src/offline/kept";

const own = "https://map.example";
const how = (path: string, { method = "GET", navigates = false } = {}) =>
  treatmentOf(method, new URL(path, own), own, navigates);

test.each([
  "/api/v1/live?last_event_id=7",
  "/api/v1/incidents?status=open",
  "/api/v1/incidents/abcdefghijklmnop",
  "/api/v1/ledger",
  "/api/v1/sources",
  "/api/v1/areas/../live",
  "/list",
  "/healthz",
  "https://tiles.example/1/2/3.pbf",
])("%s is never kept", (path) => {
  expect(how(path)).toEqual({ how: "pass" });
});

test("one window is kept, whatever its length", () => {
  expect(how("/api/v1/window?hours=24")).toEqual(how("/api/v1/window?hours=720"));
  expect(how("/api/v1/window/ids?hours=24")).toEqual({ how: "network", key: "/api/v1/window/ids" });
});

test("the page opens with any filter, and only the page itself", () => {
  expect(how("/?hide=traffic", { navigates: true })).toEqual({ how: "network", key: "/" });
  for (const path of ["/embed", "/list", "/data"])
    expect(how(path, { navigates: true })).toEqual({ how: "pass" });
});

test("nothing but reading is touched", () => {
  expect(how("/api/v1/city", { method: "POST" })).toEqual({ how: "pass" });
});

test("what was kept longer than a day ago, or at no time or one to come, is not shown", () => {
  const now = Date.parse("2026-03-06T20:00:00Z");
  const ago = (ms: number) => new Date(now - ms).toISOString();
  expect(isFresh(ago(LONGEST_MS - 1), now)).toBe(true);
  for (const keptAt of [ago(LONGEST_MS), null, "yesterday", ago(-3_600_000)])
    expect(isFresh(keptAt, now)).toBe(false);
});
