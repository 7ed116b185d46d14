/** Looks up an address at the city's geocoder, if it names one: only when the reader chooses to. */

import type { Found } from "../state/suggest";
import type { City } from "./api";

/** The host that would learn what is looked up. */
export function geocoderHost(url: string): string {
  return new URL(url.replaceAll(/[{}]/g, "")).host;
}

export function geocoderQuery(url: string, text: string, city: City, language: string): string {
  const [west, south, east, north] = city.bounds;
  const values: Record<string, string | number> = { query: text, language, west, south, east, north };
  return url.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? encodeURIComponent(String(values[name])) : whole,
  );
}

export async function geocode(url: string, text: string, city: City, language: string): Promise<Found[]> {
  const response = await fetch(geocoderQuery(url, text, city, language), { referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`the geocoder answered ${response.status}`);
  return readAnswer(await response.json(), city.bounds);
}

const MOST = 5;

/** The points inside the city of a GeoJSON answer, whoever's words are in it. */
export function readAnswer(answer: unknown, [west, south, east, north]: City["bounds"]): Found[] {
  const features = (answer as { features?: unknown[] } | null)?.features;
  if (!Array.isArray(features)) return [];
  const found = features.flatMap((feature): Found[] => {
    const { geometry, properties } = (feature ?? {}) as {
      geometry?: { type?: string; coordinates?: unknown[] };
      properties?: Record<string, unknown>;
    };
    const [lon, lat] = geometry?.type === "Point" ? (geometry.coordinates ?? []) : [];
    const name = nameOf(properties ?? {});
    if (typeof lon !== "number" || typeof lat !== "number" || !name) return [];
    if (lon < west || lon > east || lat < south || lat > north) return [];
    return [{ what: "address", name, lon, lat }];
  });
  return found.slice(0, MOST);
}

/** Nominatim says `display_name`, Pelias `label`, Photon the parts. */
function nameOf(properties: Record<string, unknown>): string {
  const { display_name, label, name, housenumber, street, city } = properties;
  const parts = [name, [housenumber, street].filter(Boolean).join(" "), city].filter(Boolean);
  return String(display_name ?? label ?? parts.join(", ")).slice(0, 160);
}
