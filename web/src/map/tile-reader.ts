/** Reads tiles out of one file in ranges; apart from the rest, so that only a map that needs it loads it. */

export { Protocol } from "pmtiles";
