/** The service worker: opens the page with the last view when nobody answers. It decides nothing; `kept.ts` does. */

import { INCIDENT_KEYS, isFresh, KEPT_AT, type Order, treatmentOf } from "./kept";

/** What this file needs of a service worker's global scope, which the DOM's types do not have. */
interface Scope {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: Lasting) => void): void;
}
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
  readonly request: Request;
  readonly data: Order;
}

const scope = self as unknown as Scope;
const KEPT = "kept-1";
const FILES = "files-1";
/** The page as it was built, without the incidents that the server writes into it. */
const BARE_PAGE = "/index.html";

/** Counts how often something was taken back: an answer that was on its way meanwhile may still hold it. */
let takenBack = 0;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const treatment = treatmentOf(
    request.method,
    new URL(request.url),
    location.origin,
    request.mode === "navigate",
  );
  if (treatment.how === "cache") event.respondWith(file(request));
  if (treatment.how === "network") event.respondWith(answer(request, treatment.key));
});
scope.addEventListener("message", (event) => event.waitUntil(obey(event.data)));

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name !== KEPT && name !== FILES) await caches.delete(name);
  await scope.clients.claim();
}

async function file(request: Request): Promise<Response> {
  const files = await caches.open(FILES);
  const known = await files.match(request);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) await files.put(request, response.clone());
  return response;
}

async function answer(request: Request, key: string): Promise<Response> {
  const before = takenBack;
  try {
    const response = await fetch(request, freshness(key));
    // What the server writes into the page itself is of this moment: only the page without it is kept, when told to.
    if (response.ok && key !== "/") await keep(key, response.clone(), before);
    if (response.status < 500) return response;
    return (await kept(key)) ?? response;
  } catch {
    return (await kept(key)) ?? Response.error();
  }
}

const holdsIncidents = (key: string) => (INCIDENT_KEYS as readonly string[]).includes(key);

/** The browser's own cache may answer with a window some seconds old, which still holds what was just taken back. */
function freshness(key: string): RequestInit {
  return holdsIncidents(key) ? { cache: "no-cache" } : {};
}

async function keep(key: string, response: Response, before: number): Promise<void> {
  const cache = await caches.open(KEPT);
  const body = await response.blob();
  if (holdsIncidents(key) && before !== takenBack) return;
  if (key === "/") await dropOldFiles(cache, await body.text());
  const headers = new Headers(response.headers);
  // The body is kept as it was read, unpacked.
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  headers.set(KEPT_AT, new Date().toISOString());
  await cache.put(key, new Response(body, { headers }));
}

/** Another page names other files: those of the page before are not needed again. */
async function dropOldFiles(cache: Cache, page: string): Promise<void> {
  const before = await (await cache.match("/"))?.text();
  if (before !== undefined && before !== page) await caches.delete(FILES);
}

async function kept(key: string): Promise<Response | undefined> {
  const cache = await caches.open(KEPT);
  const found = await cache.match(key);
  if (!found || isFresh(found.headers.get(KEPT_AT), Date.now())) return found;
  await cache.delete(key);
  return undefined;
}

async function obey(order: Order): Promise<void> {
  if ("replace" in order) {
    takenBack++;
    const cache = await caches.open(KEPT);
    for (const key of INCIDENT_KEYS) await cache.delete(key);
  }
  const addresses = "replace" in order ? order.replace : order.keep;
  await Promise.all(addresses.map((address) => fetchToKeep(address)));
}

async function fetchToKeep(address: string): Promise<void> {
  const url = new URL(address, location.origin);
  const treatment = treatmentOf("GET", url, location.origin, url.pathname === "/");
  const before = takenBack;
  try {
    if (treatment.how === "cache") await file(new Request(url));
    if (treatment.how !== "network") return;
    const response = await fetch(treatment.key === "/" ? BARE_PAGE : url, freshness(treatment.key));
    if (response.ok) await keep(treatment.key, response, before);
  } catch {
    // Nothing is kept of a server that does not answer.
  }
}
