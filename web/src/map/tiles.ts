/** Lets the map read the city's own tiles in ranges of one file; what reads them is only loaded where there are any. */

import { type AddProtocolAction, addProtocol } from "maplibre-gl";

let tile: Promise<AddProtocolAction> | null = null;

addProtocol("pmtiles", async (request, stop) => {
  tile ??= import("./tile-reader").then(({ Protocol }) => new Protocol().tile);
  try {
    return await (await tile)(request, stop);
  } catch (error) {
    // It remembers that the file could not be read: whoever asks again begins anew.
    if (!stop.signal.aborted) tile = null;
    throw error;
  }
});
