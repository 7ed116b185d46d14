/** Whether marks move: not for who asked for less of it, and not on a machine that cannot keep up. */

const BREATH_S = 2.4;
const FRAME_MS = 33;
const SLOW_FRAME_MS = 90;
/** After so many slow frames marks keep still; a quick one makes up for a fifth of a slow one. */
const MOST_SLOW_FRAMES = 8;

export class Motion {
  readonly #less = matchMedia("(prefers-reduced-motion: reduce)");
  #busyUntil = 0;
  #lastFrame = 0;
  #slowFrames = 0;

  /** Whether the reader asked for less motion. */
  get isReduced(): boolean {
    return this.#less.matches;
  }

  /** How long a movement of the map takes, in milliseconds. */
  duration(ms: number): number {
    return this.#less.matches ? 0 : ms;
  }

  /** Let something that just happened be seen moving for a while. */
  keepBusy(ms: number): void {
    this.#busyUntil = performance.now() + ms;
  }

  moves(marks: number): boolean {
    if (document.visibilityState === "hidden" || this.#less.matches || marks === 0) return false;
    return performance.now() < this.#busyUntil || this.#slowFrames < MOST_SLOW_FRAMES;
  }

  /** Whether it is time for another frame; a machine without a GPU keeps still marks rather than a page that stutters. */
  isDue(time: number): boolean {
    const passed = time - this.#lastFrame;
    if (passed < FRAME_MS) return false;
    this.#lastFrame = time;
    // What took seconds was a page out of sight, and says nothing of the machine.
    if (passed > SLOW_FRAME_MS && passed < 2000) this.#slowFrames += 1;
    else this.#slowFrames = Math.max(0, this.#slowFrames - 0.2);
    return true;
  }

  /** How far marks have breathed in, from 0 to 1. */
  breath(): number {
    if (this.#less.matches || this.#slowFrames >= MOST_SLOW_FRAMES) return 0.5;
    return 0.5 - 0.5 * Math.cos((performance.now() / 1000 / BREATH_S) * 2 * Math.PI);
  }

  /** The moment by which shaders move marks, in seconds; long past all that happened where nothing moves. */
  wall(): number {
    return this.#less.matches ? 1e6 : performance.now() / 1000;
  }

  listen(changed: () => void): void {
    this.#less.addEventListener("change", changed);
    document.addEventListener("visibilitychange", changed);
  }

  unlisten(changed: () => void): void {
    this.#less.removeEventListener("change", changed);
    document.removeEventListener("visibilitychange", changed);
  }
}
