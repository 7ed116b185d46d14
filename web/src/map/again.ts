/** Asks again for what the map could not load: streets must not be missing because a server was away for a moment. */

import type { GeoJSONSource, Map as LibreMap, VectorTileSource } from "maplibre-gl";

const AGAIN_MS = 3000;

/** Load every source that failed anew, as often as it takes. */
export function loadAgain(map: LibreMap): void {
  const failed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  map.on("error", (event) => {
    if (!("sourceId" in event)) {
      reportError(event.error);
      return;
    }
    if (failed.size === 0) timer = setTimeout(reload, AGAIN_MS);
    failed.add(String(event.sourceId));
  });
  map.on("remove", () => clearTimeout(timer));

  function reload(): void {
    const ids = [...failed];
    failed.clear();
    for (const id of ids) {
      const source = map.getSource(id);
      const { url, data } = source?.serialize() ?? {};
      if (url) (source as VectorTileSource).setUrl(url);
      if (data) (source as GeoJSONSource).setData(data);
    }
  }
}
