/** The layers of incidents from bottom to top, in two lists: those under the names on the map, those over them. */

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

type Make = (overlay: Overlay) => Layer | null;

/** Drawn in the map itself, below its names, and only when the map is. */
const UNDER_NAMES: Make[] = [
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
];

/** Drawn over the names on a canvas of their own, as they move while the map stands still. */
const OVER_NAMES: Make[] = [
  ({ alive, marks, played }) =>
    new MarkLayer({
      ...marks,
      id: "alive",
      visible: !played,
      data: alive as never,
      pickable: false,
    } as never),
];

/** Marks soften their own edges, and all of them are drawn whenever one is: their canvas keeps neither samples nor a copy. */
export const OVER_NAMES_DEVICE = { webgl: { antialias: false, preserveDrawingBuffer: false } };

const made = (makes: Make[], overlay: Overlay) =>
  makes.map((make) => make(overlay)).filter((layer) => layer !== null);

/** The layers under the map's names; `before` is the layer of the style that they end below, if it has one. */
export function layersUnderNames(overlay: Overlay, before?: string): Layer[] {
  const layers = made(UNDER_NAMES, overlay);
  return before ? layers.map((layer) => layer.clone({ beforeId: before } as never)) : layers;
}

export function layersOverNames(overlay: Overlay): Layer[] {
  return made(OVER_NAMES, overlay);
}
