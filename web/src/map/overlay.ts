/** The layers over the map as one list, from bottom to top: hexagons, closed marks, marks that are alive. */

import type { Layer } from "@deck.gl/core";
import { DataFilterExtension } from "@deck.gl/extensions";
import type { Hexagons } from "./density-layer";
import { MarkLayer, type MarkProps } from "./mark-layer";
import { ALIVE, type MarkData, QUIET } from "./marks";

export interface Overlay {
  /** Null where marks are drawn one by one; otherwise these stand for the closed ones. */
  hexagons: Hexagons | null;
  hexagonLayer: ((hexagons: Hexagons) => Layer) | null;
  quiet: MarkData;
  alive: MarkData;
  marks: MarkProps;
  /** Seconds on the marks' time axis, from `first` on and before `last`. */
  first: number;
  last: number;
  /** Whether the day is being played: every mark is drawn as it was then. */
  played: boolean;
}

const timeFilter = new DataFilterExtension({ filterSize: 2, fp64: false });

const LAYERS: ((overlay: Overlay) => Layer | null)[] = [
  ({ hexagons, hexagonLayer }) => (hexagons && hexagonLayer ? hexagonLayer(hexagons) : null),
  ({ hexagons, quiet, marks, first, last, played }) =>
    new MarkLayer({
      ...marks,
      id: "quiet",
      visible: !hexagons,
      data: quiet as never,
      pickable: false,
      extensions: [timeFilter],
      filterRange: [
        [first, last],
        [QUIET, played ? ALIVE : QUIET],
      ],
    } as never),
  ({ alive, marks, played }) =>
    new MarkLayer({
      ...marks,
      id: "alive",
      visible: !played,
      data: alive as never,
      pickable: false,
    } as never),
];

export function overlayLayers(overlay: Overlay): Layer[] {
  return LAYERS.map((layer) => layer(overlay)).filter((layer) => layer !== null);
}
