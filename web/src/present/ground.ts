/** What a city lacks under its incidents, for its operator. */

import type { City } from "../data/api";

export type Lack = "ground" | "names" | "areas";

/** Names that reach this machine alone: whoever reads the page under them runs it. */
const OWN_MACHINE = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What is missing, nothing for visitors: they cannot help it. A style from elsewhere has ground and names. */
export function missingGround(city: City, hostname: string): Lack[] {
  if (!OWN_MACHINE.test(hostname)) return [];
  const kinds = new Set([...city.map.layers.map(({ kind }) => kind), ...(city.map.tiles?.layers ?? [])]);
  const hosted = city.map.style_url !== null;
  const lacks: [Lack, boolean][] = [
    ["ground", !hosted && kinds.size === 0],
    // Without labels the map shows the areas' names.
    ["names", !hosted && !kinds.has("label") && city.area_kinds.length === 0],
    ["areas", city.area_kinds.length === 0],
  ];
  return lacks.filter(([, missing]) => missing).map(([lack]) => lack);
}
