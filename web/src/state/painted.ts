/** Knows when the page is painted: what is not needed at first waits for that, and what changed goes along with it. */

/** Resolves once the page as it is now has been painted, or after a second where nothing is, as in a hidden tab. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 1000);
  });
}

/** Lets the browser do what waits, such as painting or a touch, before more is worked out. */
export function nextTask(): Promise<void> {
  return new Promise((done) => setTimeout(done));
}

/** Acts just before the next frame is painted, or after a second where none is, as in a hidden tab. */
export function withNextFrame(act: () => void): void {
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    act();
  });
  const timer = setTimeout(() => {
    cancelAnimationFrame(frame);
    act();
  }, 1000);
}
