/** The server's public interface as this page uses it: the shapes and the calls. */

/** Only the type is taken over, so that the service worker stays one file. */
const KEPT_AT: typeof import("../offline/kept").KEPT_AT = "x-kept-at";

export interface PlaceInfo {
  label: string | null;
  kind: string;
  radius_m: number;
}

export interface IncidentProperties {
  first_seq: number;
  seq: number;
  kind: string;
  source: string;
  agency: string;
  category: string;
  status: "open" | "closed";
  stage: string;
  received_at: string;
  priority?: number | null;
  origin?: string | null;
  units?: number | null;
  disposition?: string | null;
  source_type?: string | null;
  place?: PlaceInfo | null;
  areas?: Record<string, string>;
  dispatched_at?: string | null;
  en_route_at?: string | null;
  on_scene_at?: string | null;
  closed_at?: string | null;
  released_at?: string;
  updated_at?: string;
}

export interface IncidentFeature {
  type: "Feature";
  id: string;
  geometry: { type: "Point"; coordinates: [number, number] } | null;
  properties: IncidentProperties;
}

export interface LifeEvent {
  seq: number;
  changed_at: string;
  changed: Record<string, unknown>;
}

export interface AreaKind {
  kind: string;
  label: string;
  url: string;
}

export type BaseKind = "land" | "water" | "park" | "road_minor" | "road_major" | "rail" | "label";

export interface City {
  id: string;
  name: string;
  time_zone: string;
  bounds: [number, number, number, number];
  languages: string[];
  attribution: string;
  now: string;
  clock_rate: number;
  window_hours: number;
  /** Whose pages may frame `/embed`; empty when nobody's may. */
  framed_by: string[];
  head: number;
  area_kinds: AreaKind[];
  map: {
    style_url: string | null;
    /** Where an address may be looked up; `{query}` stands for it. */
    geocoder_url: string | null;
    /** The city's own vector tiles, a PMTiles file, and which kinds of layers are in it. */
    tiles: { url: string; layers: BaseKind[] } | null;
    attribution: string;
    layers: { name: string; kind: BaseKind; url: string }[];
  };
  sources: {
    id: string;
    label: string;
    kind: string;
    closes: string;
    poll_s: number;
    late_after_s: number;
  }[];
  /** The newest day that is over; a count that is too small to be told is null. */
  ledger_yesterday?: {
    day: string;
    published: number;
    withheld: Record<string, number | null>;
  };
}

export interface SourcePulse {
  id: string;
  state: "ok" | "short" | "unstored" | "late" | "failing" | "waiting" | "paused";
  last_success_at: string | null;
  late_s: number;
  reason?: string | null;
}

/** For which reasons an incident is withheld to protect somebody, and not because nobody can place it. */
const PROTECTING = ["sensitive", "policy", "unmapped"];

/** How many a day's ledger tells were withheld to protect people; counts that it leaves out are not in it. */
export function withheldToProtect(ledger: City["ledger_yesterday"]): number {
  return PROTECTING.reduce((sum, reason) => sum + (ledger?.withheld[reason] ?? 0), 0);
}

export interface Pulse {
  now: string;
  clock_rate: number;
  sources: SourcePulse[];
  open: number;
  closed_today: number;
  /** What the city has stopped publishing for now. */
  paused: { scope: string; value: string | null }[];
}

export interface AreaCollection {
  type: "FeatureCollection";
  features: {
    type: "Feature";
    id?: string | number;
    properties: { id: string; name: string; kind: string };
    geometry: { type: "Polygon" | "MultiPolygon"; coordinates: unknown };
  }[];
}

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

async function get(path: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(path, signal ? { signal } : {});
  if (!response.ok) throw new ApiError(response.status);
  return response;
}

/** An answer, and when it was kept if it is not the server's own: milliseconds since the epoch. */
export interface Answer<T> {
  value: T;
  keptAt: number | null;
}

function keptAt(response: Response): number | null {
  const told = response.headers.get(KEPT_AT);
  return told === null ? null : Date.parse(told);
}

export async function fetchCity(): Promise<Answer<City>> {
  const response = await get("/api/v1/city");
  return { value: await response.json(), keptAt: keptAt(response) };
}

export async function fetchWindow(hours: number): Promise<Answer<Uint8Array>> {
  const response = await get(`/api/v1/window?hours=${hours}`);
  return { value: new Uint8Array(await response.arrayBuffer()), keptAt: keptAt(response) };
}

export async function fetchWindowIds(hours: number): Promise<Uint8Array> {
  return new Uint8Array(await (await get(`/api/v1/window/ids?hours=${hours}`)).arrayBuffer());
}

export async function fetchIncident(
  id: string,
  signal?: AbortSignal,
): Promise<IncidentFeature & { life: LifeEvent[] }> {
  return (await get(`/api/v1/incidents/${encodeURIComponent(id)}`, signal)).json();
}

export async function fetchAreas(url: string): Promise<AreaCollection> {
  return (await get(url)).json();
}
