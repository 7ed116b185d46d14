/** The server's public interface as this page uses it: the calls, with the shapes that it declares of itself. */

import type { components } from "./openapi";

/** Only the type is taken over, so that the service worker stays one file. */
const KEPT_AT: typeof import("../offline/kept").KEPT_AT = "x-kept-at";

type Schemas = components["schemas"];

export type IncidentFeature = Schemas["IncidentFeature"];
export type IncidentProperties = Schemas["IncidentProperties"];
type IncidentPage = Schemas["IncidentPage"];
export type IncidentLife = Schemas["IncidentLife"];
export type LifeEvent = Schemas["PublishedChange"];
export type AreaKind = Schemas["AreaKind"];
export type BaseKind = Schemas["MapLayer"]["kind"];
export type City = Schemas["City"];
export type SourcePulse = Schemas["SourcePulse"];
export type Pulse = Schemas["Pulse"];
export type Retraction = Schemas["Retraction"];
export type AreaCollection = Schemas["AreaCollection"];

/** For which reasons an incident is withheld to protect somebody, and not because nobody can place it. */
const PROTECTING = ["sensitive", "policy", "unmapped"];

/** How many a day's ledger tells were withheld to protect people; counts that it leaves out are not in it. */
export function withheldToProtect(ledger: City["ledger_yesterday"] | undefined): number {
  return PROTECTING.reduce((sum, reason) => sum + (ledger?.withheld[reason] ?? 0), 0);
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

export async function fetchIncident(id: string, signal?: AbortSignal): Promise<IncidentLife> {
  return (await get(`/api/v1/incidents/${encodeURIComponent(id)}`, signal)).json();
}

/** When the newest incident of a kind was received, in epoch seconds, or null where there is none. */
export async function fetchNewest(kind: string, signal: AbortSignal): Promise<number | null> {
  const answer: IncidentPage = await (await get(`/api/v1/incidents?kind=${kind}&limit=1`, signal)).json();
  const received = answer.features[0]?.properties.received_at;
  return received ? Date.parse(received) / 1000 : null;
}

/** Pages of a thousand: more of the past at once would be more than a phone can hold. */
const PAST_PAGES = 10;

/** What was received in a time that the window does not reach, the newest first; `whole` unless there is too much. */
export async function fetchPast(
  since: number,
  until: number,
  signal: AbortSignal,
): Promise<{ features: IncidentFeature[]; whole: boolean }> {
  const iso = (at: number) => new Date(at * 1000).toISOString();
  const features: IncidentFeature[] = [];
  let next: string | null | undefined =
    `/api/v1/incidents?since=${iso(since)}&until=${iso(until)}&limit=1000`;
  for (let count = 0; next && count < PAST_PAGES; count++) {
    const page: IncidentPage = await (await get(next, signal)).json();
    features.push(...page.features);
    next = page.next;
  }
  return { features, whole: !next };
}

export async function fetchAreas(url: string): Promise<AreaCollection> {
  return (await get(url)).json();
}
