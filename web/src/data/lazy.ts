/** Parts of the page that are fetched when they are needed. */

const ADDRESS = /https?:\/\/\S+?\.js/;

/**
 * Makes a loader that can be called again after it failed. Browsers may remember the failure of a module for as long
 * as the document lives (Chromium does since 150), so the next try adds a query to the address that the error names.
 * Such a module must not hold shared state, as it may then exist twice.
 */
export function lazy<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let failed: string | null = null;
  let tries = 0;
  return async () => {
    try {
      if (failed === null) return await load();
      tries += 1;
      return await import(/* @vite-ignore */ `${failed}?again=${tries}`);
    } catch (error) {
      failed ??= ADDRESS.exec(String(error))?.[0] ?? null;
      throw error;
    }
  };
}
