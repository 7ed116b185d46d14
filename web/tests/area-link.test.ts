import { expect, test } from "vitest";
import { areaLink } from "../src/present/area-link";
import { EVERYTHING, fromParams } from "../src/state/filter";

test("the page of an area is told the view that leads back", () => {
  const filter = { ...EVERYTHING, range: 168 as const, area: { kind: "beat", id: "1/2 A" }, words: "a&b" };
  const link = new URL(areaLink(filter.area, filter, "es"), "https://example.org");
  expect(link.pathname).toBe("/area/beat/1%2F2%20A");
  expect(link.searchParams.get("lang")).toBe("es");
  expect(fromParams(new URLSearchParams(link.searchParams.get("map") ?? ""))).toEqual(filter);
  expect(areaLink({ kind: "beat", id: "1A" }, EVERYTHING, null)).toBe("/area/beat/1A");
});
