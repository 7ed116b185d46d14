/** Asks again for what did not come: a server that was away for a moment must not leave a page without its map. */

/** Between one try and the next; the last pause is kept to. */
const PAUSES_MS = [1500, 3000, 6000, 12_000];

/** Load until it comes, or until nobody waits any more, which is null; `failed` hears of each try in vain. */
export async function persist<T>(
  load: () => Promise<T>,
  gone: () => boolean,
  failed: (tries: number) => void = () => {},
): Promise<T | null> {
  for (let tries = 1; !gone(); tries++) {
    try {
      return await load();
    } catch {
      failed(tries);
    }
    const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length) - 1];
    await new Promise((next) => setTimeout(next, pause));
  }
  return null;
}
