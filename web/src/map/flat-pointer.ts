/** Turns what fingers, a mouse and keys do on the canvas into moves of the map without WebGL. */

interface Moves {
  pan(dx: number, dy: number): void;
  zoom(by: number, x?: number, y?: number): void;
  /** A move came to its end. */
  done(): void;
  click(x: number, y: number): void;
  /** A long press, or the other button. */
  press(x: number, y: number): void;
}

const STILL_PX = 4;
const LONG_MS = 600;
const STEP_PX = 80;
const WHEEL_PX = 300;

export class FlatPointer {
  readonly #fingers = new Map<number, { x: number; y: number }>();
  #travelled = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly moves: Moves,
  ) {
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#fingers.delete(event.pointerId));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      moves.press(event.offsetX, event.offsetY);
    });
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    clearTimeout(this.#timer);
    this.#travelled = this.#fingers.size > 1 ? STILL_PX : 0;
    if (this.#fingers.size === 1 && event.pointerType === "touch") {
      this.#timer = setTimeout(() => {
        this.#travelled = STILL_PX;
        this.moves.press(event.offsetX, event.offsetY);
      }, LONG_MS);
    }
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.offsetX, y: event.offsetY };
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, now);
    this.#travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (this.#travelled < STILL_PX) return;
    clearTimeout(this.#timer);
    // Each of two fingers moves the map by half of its way, and apart or together they zoom.
    const share = other ? 0.5 : 1;
    this.moves.pan((now.x - before.x) * share, (now.y - before.y) * share);
    if (!other) return;
    const apart = Math.hypot(now.x - other.x, now.y - other.y);
    const were = Math.hypot(before.x - other.x, before.y - other.y);
    if (apart > 1 && were > 1)
      this.moves.zoom(Math.log2(apart / were), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  #up(event: PointerEvent): void {
    clearTimeout(this.#timer);
    if (!this.#fingers.delete(event.pointerId)) return;
    if (this.#travelled < STILL_PX) this.moves.click(event.offsetX, event.offsetY);
    else if (this.#fingers.size === 0) this.moves.done();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.moves.zoom(-event.deltaY / WHEEL_PX, event.offsetX, event.offsetY);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.moves.done(), 200);
  }

  #key(event: KeyboardEvent): void {
    const pans: Record<string, [number, number]> = {
      ArrowLeft: [STEP_PX, 0],
      ArrowRight: [-STEP_PX, 0],
      ArrowUp: [0, STEP_PX],
      ArrowDown: [0, -STEP_PX],
    };
    const pan = pans[event.key];
    if (pan) this.moves.pan(...pan);
    else if (event.key === "+" || event.key === "=") this.moves.zoom(1);
    else if (event.key === "-") this.moves.zoom(-1);
    else return;
    event.preventDefault();
    this.moves.done();
  }
}
