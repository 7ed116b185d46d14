/** Parts of the page that are fetched when they are needed. */

const ADDRESS = /https?:\/\/\S+?\.js/;

/**
 * A loader that may be called again after it failed. Browsers may keep the failure of a module for as long as the
 * document lives (Chromium does since 150), so that the next try asks for the address that the error names with
 * another query. Such a module must not hold what others share, as it may then be there twice.
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
