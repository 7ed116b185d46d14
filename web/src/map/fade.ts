/** Lets the city's own map fade into plain ground before its shapes end in a straight edge. */

import type { GeoJSONSourceSpecification, LayerSpecification } from "maplibre-gl";
import type { City } from "../data/api";

const SOURCE = "fade";
/** How far from the city's bounds it begins and ends at most, in the city's own widths; tiles end at 0.5. */
const BEGINS = 0.05;
const ENDS = 0.45;
/** How wide it is at least: shapes that end at the bounds begin to fade inside them. */
const NARROWEST = 0.12;
/** Round corners have their centre so far inside the bounds. */
const CORNER = 0.2;
/** So many rings that nobody sees one. */
const RINGS = 24;
const CORNER_POINTS = 6;
const WORLD: Ring = [
  [-180, -85],
  [180, -85],
  [180, 85],
  [-180, 85],
  [-180, -85],
];

type Ring = [number, number][];
type Box = City["bounds"];

/** *shapes* is where what is drawn ends, null where nobody knows. */
export function fadeParts(
  bounds: Box,
  shapes: Box | null,
  color: string,
): { sources: Record<string, GeoJSONSourceSpecification>; layers: LayerSpecification[] } {
  const edges = Array.from({ length: RINGS }, (_, ring) => edge(bounds, shapes, ring / (RINGS - 1)));
  const features = edges.map((inner, ring) => ({
    type: "Feature" as const,
    // Slow at both ends: the eye finds where a straight ramp begins.
    properties: { cover: (1 - Math.cos((Math.PI * (ring + 1)) / RINGS)) / 2 },
    geometry: { type: "Polygon" as const, coordinates: [edges[ring + 1] ?? WORLD, inner.toReversed()] },
  }));
  return {
    sources: { [SOURCE]: { type: "geojson", data: { type: "FeatureCollection", features }, tolerance: 0 } },
    layers: [
      {
        id: SOURCE,
        type: "fill",
        source: SOURCE,
        // Without smooth edges, or a hair of the map would shine between two rings.
        paint: { "fill-color": color, "fill-opacity": ["get", "cover"], "fill-antialias": false },
      },
    ],
  };
}

/** How far beyond the bounds an edge lies, in widths, where the shapes reach *room* widths beyond them. */
function reach(room: number, part: number): number {
  const ends = Math.min(ENDS, Math.max(0, room));
  const begins = Math.min(BEGINS, ends - NARROWEST);
  return begins + (ends - begins) * part;
}

/** The edge at a part of the way from where the fade begins to where it ends; counterclockwise and closed. */
function edge([west, south, east, north]: Box, shapes: Box | null, part: number): Ring {
  const wide = east - west;
  const high = north - south;
  const [left, below, right, above] = shapes ?? [-180, -90, 180, 90];
  const radius = (room: number, size: number) => (CORNER + reach(room / size, part)) * size;
  const radii = {
    west: radius(west - left, wide),
    south: radius(south - below, high),
    east: radius(right - east, wide),
    north: radius(above - north, high),
  };
  const [x0, x1, y0, y1] = [
    west + CORNER * wide,
    east - CORNER * wide,
    south + CORNER * high,
    north - CORNER * high,
  ];
  const corners: [number, number, number, number][] = [
    [x1, y1, radii.east, radii.north],
    [x0, y1, radii.west, radii.north],
    [x0, y0, radii.west, radii.south],
    [x1, y0, radii.east, radii.south],
  ];
  const ring: Ring = corners.flatMap(([lon, lat, across, up], corner) =>
    Array.from({ length: CORNER_POINTS + 1 }, (_, step): [number, number] => {
      const angle = (Math.PI / 2) * (corner + step / CORNER_POINTS);
      return [lon + across * Math.cos(angle), lat + up * Math.sin(angle)];
    }),
  );
  return [...ring, ring[0] ?? [east, north]];
}
