/**
 * What the reader must know before any number: what is paused, since when and why, and which sources are late or silent.
 * The server's pages say the same: `tests/golden/sentences.json` holds both.
 */

import type { City, Pulse, SourcePulse } from "../data/api";
import type { Words } from "../messages/words";
import type { Formats } from "./format";

/** More sentences than these would push what people came for out of sight: the data page has them all. */
const MOST = 3;

/** The worst comes first. */
const ORDER: Record<string, number> = { unstored: 0, failing: 1, waiting: 2, late: 3, short: 4 };

export function bannerOf(
  pulse: Pulse | null,
  sources: readonly Pick<City["sources"][number], "id" | "label">[],
  words: Words,
  format: Formats,
  now: number,
): string[] {
  if (!pulse) return [];
  const labels = new Map(sources.map(({ id, label }) => [id, label]));
  const labelOf = (id: string) => labels.get(id) ?? id;
  const since = (at: string) => format.moment(Date.parse(at) / 1000, now);
  const paused = pulse.paused.map((pause) => {
    const what = { source: labelOf, category: (id: string) => words.category[id as "other"] ?? id };
    const name = what[pause.scope as "source"]?.(pause.value) ?? words.pauseScopes[pause.scope] ?? "";
    return words.pausedSince({ what: name, since: since(pause.since), reason: pause.reason });
  });
  const troubled = pulse.sources
    .filter(({ state }) => state in ORDER)
    .sort((a, b) => (ORDER[a.state] ?? 0) - (ORDER[b.state] ?? 0))
    .map((source) => troubleOf(source, labelOf(source.id), words, format, since));
  const all = [...paused, ...troubled];
  const rest = all.length - MOST;
  if (rest < 1) return all;
  return [...all.slice(0, MOST), words.moreTroubles({ count: rest })];
}

function troubleOf(
  { state, last_success_at: heard, late_s }: SourcePulse,
  label: string,
  words: Words,
  format: Formats,
  since: (at: string) => string,
): string {
  if (state === "unstored") return words.unstored({ source: label });
  if (!heard) return words.silent({ source: label });
  if (state === "short") return words.short({ source: label });
  if (state === "failing") return words.failing({ source: label, since: since(heard) });
  return words.late({ source: label, span: format.span(late_s ?? 0), since: since(heard) });
}
