import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withNextFrame } from "../src/state/painted";

let frames: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
  vi.stubGlobal("cancelAnimationFrame", (number: number) => frames.splice(number - 1, 1));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what changed goes along with the very next frame, and once", () => {
  const act = vi.fn();
  withNextFrame(act);
  expect(act).not.toHaveBeenCalled();
  for (const frame of frames) frame();
  expect(act).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(5_000);
  expect(act).toHaveBeenCalledTimes(1);
});

test("in a tab that paints nothing it is done after a second, and not again by a later frame", () => {
  const act = vi.fn();
  withNextFrame(act);
  vi.advanceTimersByTime(999);
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(act).toHaveBeenCalledTimes(1);
  expect(frames).toEqual([]);
});
