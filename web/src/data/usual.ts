/** The present of an area or the city beside its past: the server's answer, and what of it one place on the page shows. */

import type { UsualWords } from "../messages/usual";
import type { Category } from "../present/categories";
import type { Formats } from "../present/format";
import type { components } from "./openapi";

export type UsualAnswer = components["schemas"]["Usual"];
export type UsualKind = components["schemas"]["UsualKind"];
export type UsualPart = components["schemas"]["UsualPart"];

/** What is asked: everything of an area, or incidents like a certain one. */
export interface UsualQuestion {
  /** Null for the whole city. */
  area: { kind: string; id: string } | null;
  kind: string;
  /** Empty for all. */
  categories: readonly Category[];
}

export async function fetchUsual(question: UsualQuestion, signal: AbortSignal): Promise<UsualAnswer> {
  const query = new URLSearchParams({ kind: question.kind });
  if (question.area) query.set("area", `${question.area.kind}:${question.area.id}`);
  for (const category of question.categories) query.append("category", category);
  const response = await fetch(`/api/v1/usual?${query}`, { signal });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

const AGAIN_MS = 60_000;

/** Ask now and each minute, and tell each answer, null where there was none; returns what ends it. */
export function keepAsking(question: UsualQuestion, tell: (found: UsualAnswer | null) => void): () => void {
  const stop = new AbortController();
  const ask = () =>
    fetchUsual(question, stop.signal).then(tell, () => {
      if (!stop.signal.aborted) tell(null);
    });
  void ask();
  const again = setInterval(ask, AGAIN_MS);
  return () => {
    stop.abort();
    clearInterval(again);
  };
}

/** What may be said of the city in a few words: nothing while the past is too short, or today cannot be compared. */
export function worthSaying(told: UsualKind | undefined): { part: UsualPart; until: number } | null {
  const { main } = chosenPart(told?.parts ?? [], null);
  if (!main || !told?.to || !["fewer", "usual", "more"].includes(main.verdict)) return null;
  return { part: main, until: Date.parse(told.to) / 1000 };
}

/** The part that is meant: that of an origin, else what the community asked for, and the others beside it. */
export function chosenPart(
  parts: readonly UsualPart[],
  origin: string | null,
): { main: UsualPart | undefined; others: UsualPart[] } {
  const main =
    parts.find((part) => part.origin === origin) ??
    parts.find((part) => part.origin === "community") ??
    parts.find((part) => part.origin === null) ??
    parts[0];
  return { main, others: parts.filter((part) => part !== main && part.origin !== null) };
}

/** The name that a part's incidents have in the catalogue. */
export function whatOf(kind: string, origin: string | null): string {
  return kind === "call" && origin !== null ? origin : kind;
}

/** The present beside the past in sentences, as the server's pages say them; none without an answer. */
export function usualSentences(
  told: UsualKind,
  part: UsualPart,
  leastWeeks: number,
  words: UsualWords,
  format: Formats,
  now: number,
): string[] {
  if (told.to === null) return [];
  const { number } = format;
  const { mean, low, high } = part;
  const what = words.what[whatOf(told.kind, part.origin)] ?? "";
  const sentences = [
    words.counted({ what, now: number(part.now), until: format.moment(Date.parse(told.to) / 1000, now) }),
  ];
  if (mean !== null && low !== null && high !== null) {
    sentences.push(
      words.compared({ weeks: number(told.weeks), mean: number(mean), low: number(low), high: number(high) }),
    );
  } else {
    sentences.push(words.tooFew({ weeks: number(told.weeks), least: number(leastWeeks) }));
    if (mean !== null) sentences.push(words.averaged({ mean: number(mean) }));
  }
  if (part.verdict === "incomplete") sentences.push(words.incomplete);
  return sentences;
}

export interface Bar {
  /** From 0 to 1 of the strip's height; null for a week that is not compared. */
  height: number | null;
  now: boolean;
}

export interface Strip {
  bars: Bar[];
  /** From where to where of the strip's height counts are usual, from the bottom. */
  band: { low: number; high: number } | null;
}

/** The weeks before, the oldest first, and now; the highest of all, or of what is usual, fills the strip. */
export function stripOf(part: UsualPart): Strip {
  const counts = [...part.past].reverse().map((week) => week.count);
  const top = Math.max(1, part.now, part.high ?? 0, ...counts.map((count) => count ?? 0));
  const share = (count: number | null) => (count === null ? null : count / top);
  return {
    bars: [
      ...counts.map((count) => ({ height: share(count), now: false })),
      { height: part.now / top, now: true },
    ],
    band: part.low === null || part.high === null ? null : { low: part.low / top, high: part.high / top },
  };
}
