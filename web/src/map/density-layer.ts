/** Makes the layer of hexagons; a module of its own, which is loaded when they are first needed. */

import { HexagonLayer } from "@deck.gl/aggregation-layers";
import type { Layer } from "@deck.gl/core";
import { ramp, type Spot } from "./density";

export interface Hexagons {
  spots: Spot[];
  radius: number;
  accent: [number, number, number];
  /** The smallest and largest number in a hexagon. */
  told(least: number, most: number): void;
}

export function hexagonLayer({ spots, radius, accent, told }: Hexagons): Layer {
  return new HexagonLayer<Spot>({
    id: "density",
    data: spots,
    getPosition: (spot) => spot.position,
    getColorWeight: (spot) => spot.count,
    // Counts differ by orders of magnitude: steps of their root keep the quiet places apart.
    getColorValue: (inside) => Math.sqrt(inside.reduce((sum, spot) => sum + spot.count, 0)),
    colorRange: ramp(accent),
    colorScaleType: "quantize",
    onSetColorDomain: ([least, most]) => told(Math.round(least ** 2), Math.round(most ** 2)),
    radius,
    coverage: 0.94,
    extruded: false,
    gpuAggregation: false,
    pickable: false,
    updateTriggers: { getColorValue: spots },
  });
}
