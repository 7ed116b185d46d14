/** Lets what is not needed at first wait until what is has been seen. */

/** Resolves once the page as it is now has been painted, or after a second where nothing is, as in a hidden tab. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 1000);
  });
}
