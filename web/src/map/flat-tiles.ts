/** Reads the city's vector tiles for the map without WebGL; loaded only where a city has tiles. */

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { PMTiles } from "pmtiles";
import type { BaseKind } from "../data/api";
import { mercator } from "./flat-camera";
import type { Geometry } from "./flat-ground";

interface Feature {
  geometry: Geometry;
  properties: Record<string, unknown>;
}

/** Hand over what the tiles of a box hold, of the finest zoom that needs no more than so many tiles. */
export async function featuresOf(
  url: string,
  [west = 0, south = 0, east = 0, north = 0]: readonly number[],
  most: number,
  take: (kind: BaseKind, features: Feature[]) => void,
): Promise<void> {
  const archive = new PMTiles(new URL(url, location.href).href);
  const { minZoom, maxZoom } = await archive.getHeader();
  const [left, top] = mercator(west, north);
  const [right, bottom] = mercator(east, south);
  const span = (zoom: number) => {
    const tile = (part: number) => Math.floor(part * 2 ** zoom);
    return { x: [tile(left), tile(right)], y: [tile(top), tile(bottom)] } as const;
  };
  let zoom = maxZoom;
  const count = ({ x, y }: ReturnType<typeof span>) => (x[1] - x[0] + 1) * (y[1] - y[0] + 1);
  while (zoom > minZoom && count(span(zoom)) > most) zoom--;
  const { x, y } = span(zoom);
  for (let column = x[0]; column <= x[1]; column++) {
    for (let row = y[0]; row <= y[1]; row++) {
      const answer = await archive.getZxy(zoom, column, row);
      if (answer) readTile(new Uint8Array(answer.data), column, row, zoom, take);
    }
  }
}

function readTile(
  bytes: Uint8Array,
  x: number,
  y: number,
  zoom: number,
  take: (kind: BaseKind, features: Feature[]) => void,
): void {
  for (const [kind, layer] of Object.entries(new VectorTile(new PbfReader(bytes)).layers)) {
    const features = Array.from({ length: layer.length }, (_, index) =>
      layer.feature(index).toGeoJSON(x, y, zoom),
    );
    take(kind as BaseKind, features as unknown as Feature[]);
  }
}
