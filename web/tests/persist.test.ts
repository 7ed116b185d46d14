/** What did not come is asked for again, until it comes or nobody waits for it. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { persist } from "../src/data/persist";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a part that comes with the third try is there, and each try in vain was told", async () => {
  const failed: number[] = [];
  let asked = 0;
  const load = () => (++asked < 3 ? Promise.reject(new Error("away")) : Promise.resolve("map"));
  const answer = persist(
    load,
    () => false,
    (tries) => failed.push(tries),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await answer).toBe("map");
  expect(failed).toEqual([1, 2]);
});

test("nobody asks any more once the page is gone", async () => {
  let gone = false;
  const load = vi.fn(() => Promise.reject(new Error("away")));
  const answer = persist(load, () => gone);
  await vi.advanceTimersByTimeAsync(2000);
  gone = true;
  await vi.advanceTimersByTimeAsync(100_000);
  expect(await answer).toBeNull();
  expect(load).toHaveBeenCalledTimes(2);
});
