/** Where the page of an area is, and how it leads back to this view of the map. */

import { type Filter, toParams } from "../state/filter";

export function areaLink(
  area: { kind: string; id: string },
  filter: Filter,
  language: string | null,
): string {
  const query = new URLSearchParams();
  const view = toParams(filter).toString();
  if (view) query.set("map", view);
  if (language) query.set("lang", language);
  const path = `/area/${encodeURIComponent(area.kind)}/${encodeURIComponent(area.id)}`;
  return query.size > 0 ? `${path}?${query}` : path;
}
