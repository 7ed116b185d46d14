/** What the map shows besides the filter: density and outlines, as the address and the menu know them. */

import type { Filter } from "./filter";

/** Hexagons instead of closed marks: when these would run into each other, always, or never. */
export const DENSITIES = ["auto", "always", "never"] as const;
export type Density = (typeof DENSITIES)[number];

export interface Layers {
  readonly density: Density;
  /** The kind of area whose outlines are drawn: a kind, none of them, or the city's first. */
  readonly outlines: string | null | undefined;
}

export const USUAL_LAYERS: Layers = { density: "auto", outlines: undefined };

export function layersFromParams(params: URLSearchParams): Layers {
  const outlines = params.get("outlines");
  return {
    density: DENSITIES.find((density) => density === params.get("density")) ?? "auto",
    outlines: outlines === null ? undefined : outlines === "none" ? null : outlines,
  };
}

export function layersToParams({ density, outlines }: Layers, params: URLSearchParams): void {
  if (density !== "auto") params.set("density", density);
  if (outlines !== undefined) params.set("outlines", outlines ?? "none");
}

/** Whether calls, or requests, are among what a section shows. */
export function showsKind(section: Filter["section"], kind: "call" | "request"): boolean {
  return section === "all" || (section === "requests") === (kind === "request");
}

/** The two kinds of incidents as switches of which one at least is on. */
export function toggleKind(section: Filter["section"], kind: "call" | "request"): Filter["section"] {
  const other = kind === "call" ? "request" : "call";
  const both = showsKind(section, kind) ? showsKind(section, other) : true;
  const left = both && !showsKind(section, kind) ? "all" : other;
  return left === "all" ? "all" : left === "call" ? "calls" : "requests";
}
