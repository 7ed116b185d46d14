import { expect, test } from "vitest";
import { CityClock, dayIn, endOfDay, LocalHours, startOfDay } from "../src/state/clock";

test("the city's clock is the server's now plus what passed since, at the server's rate", () => {
  let elapsed = 0;
  const clock = new CityClock(() => elapsed, 0);
  clock.sync("2026-03-06T20:00:00Z", 60);
  elapsed = 2000;
  expect(new Date(clock.now()).toISOString()).toBe("2026-03-06T20:02:00.000Z");
});

test("this machine's own clock does not matter once the server spoke", () => {
  const clock = new CityClock(() => 0, Date.parse("2001-01-01T00:00:00Z"));
  clock.sync("2026-03-06T20:00:00Z");
  expect(clock.now()).toBe(Date.parse("2026-03-06T20:00:00Z"));
});

test("nonsense from outside does not stop the clock", () => {
  const clock = new CityClock(() => 0, 5);
  clock.sync("soon", 1);
  clock.sync("2026-03-06T20:00:00Z", 0);
  expect(clock.now()).toBe(5);
});

test.each([
  ["2026-03-06T20:15:00Z", "America/Los_Angeles", 4 * 24 + 12],
  ["2026-03-09T06:59:00Z", "America/Los_Angeles", 6 * 24 + 23],
  ["2026-03-08T10:30:00Z", "America/Los_Angeles", 6 * 24 + 3],
  ["2026-03-02T18:29:00Z", "Asia/Kolkata", 0 * 24 + 23],
  ["2026-03-02T18:30:00Z", "Asia/Kolkata", 1 * 24 + 0],
])("%s in %s is hour %i of the week", (time, zone, hour) => {
  expect(new LocalHours(zone).of(Date.parse(time) / 1000)).toBe(hour);
});

test("the day begins at local midnight", () => {
  const noon = Date.parse("2026-03-06T20:15:30Z") / 1000;
  expect(startOfDay(noon, "America/Los_Angeles")).toBe(Date.parse("2026-03-06T08:00:00Z") / 1000);
});

test("a day of the calendar ends where the clocks of the city say so, also when they change", () => {
  const at = (iso: string) => Date.parse(iso) / 1000;
  expect(endOfDay("2026-08-06", "America/Los_Angeles")).toBe(at("2026-08-07T07:00:00Z"));
  expect(endOfDay("2026-03-08", "America/Los_Angeles")).toBe(at("2026-03-09T07:00:00Z"));
  expect(endOfDay("2026-03-07", "America/Los_Angeles")).toBe(at("2026-03-08T08:00:00Z"));
  expect(endOfDay("2026-11-01", "America/Los_Angeles")).toBe(at("2026-11-02T08:00:00Z"));
  expect(endOfDay("2026-12-31", "Pacific/Auckland")).toBe(at("2026-12-31T11:00:00Z"));
  expect(dayIn("America/Los_Angeles", at("2026-08-07T06:59:59Z"))).toBe("2026-08-06");
  expect(dayIn("America/Los_Angeles", at("2026-08-07T07:00:00Z"))).toBe("2026-08-07");
});
