/** The map page says of the same record what the server's pages say: both are held to one file. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { IncidentFeature, LifeEvent, Pulse } from "../src/data/api";
import { Incidents, type Stage } from "../src/data/incidents";
import { type UsualKind, usualSentences } from "../src/data/usual";
import { LANGUAGES, type Language } from "../src/messages/tongue.svelte";
import { speakUsual } from "../src/messages/usual";
import type { Words } from "../src/messages/words";
import { bannerOf } from "../src/present/banner";
import { changeLine, factsOf, notesOf, stepsOf } from "../src/present/card";
import { ageOf, endingOf, placeLine, progressOf, titleOf } from "../src/present/describe";
import { formats } from "../src/present/format";

interface Golden {
  now: string;
  time_zone: string;
  areas: Record<string, Record<string, string>>;
  centre: number[];
  sources: { id: string; label: string; reports: { stages: Stage[] } }[];
  least_weeks: number;
  features: IncidentFeature[];
  changes: LifeEvent[];
  comparisons: UsualKind[];
  pulses: Pulse[];
  sentences: Record<string, Record<"formats" | "records" | "changes" | "banners" | "comparisons", unknown>>;
}

const file = new URL("../../tests/golden/sentences.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(file, "utf8"));
const now = Date.parse(golden.now) / 1000;
const modules = import.meta.glob<Words>("../messages/*/common.ftl", { eager: true, import: "default" });
const catalogues = Object.fromEntries(
  LANGUAGES.map((language) => [language, modules[`../messages/${language}/common.ftl`]]),
) as Record<Language, Words>;

function formatted(names: string[], language: string): Record<string, string> {
  const format = formats(language, golden.time_zone);
  const say: Record<string, (value: number) => string> = {
    number: format.number,
    span: format.span,
    metres: format.metres,
    distance: format.distance,
    time: (age) => format.time(now - age),
    moment: (age) => format.moment(now - age, now),
  };
  return Object.fromEntries(
    names.map((name) => {
      const [what = "", value] = name.split(" ");
      return [name, say[what]?.(Number(value)) ?? ""];
    }),
  );
}

function ofRecord(feature: IncidentFeature, language: Language) {
  const words = catalogues[language];
  const format = formats(language, golden.time_zone);
  const incidents = new Incidents(0);
  incidents.sources = new Map(
    golden.sources.map(({ id, label, reports }) => [id, { label, stages: reports.stages }]),
  );
  const { row } = incidents.put(feature);
  const subject = { incidents, row, exact: feature.properties };
  const areaName = (kind: string, id: string) => golden.areas[kind]?.[id] ?? id;
  const [lon = 0, lat = 0] = golden.centre;
  const ground = { areaName, kinds: Object.keys(golden.areas), centre: { lon, lat }, format };
  return {
    title: titleOf(incidents, row, words),
    ending: endingOf(incidents, row, words),
    where: placeLine(incidents, row, words, ground),
    progress: progressOf(incidents, row, words, format),
    time: format.moment(incidents.received[row] ?? 0, now),
    age: format.span(ageOf(incidents, row, now)),
    card_where: placeLine(incidents, row, words, ground, true),
    steps: stepsOf(subject, format, now).map(({ name, text, reached }) => [name, text, reached]),
    facts: factsOf(subject, words, format),
    notes: notesOf(subject, words, format),
  };
}

test.each(LANGUAGES)("what the map page says in %s is what the server's pages say", async (language) => {
  const held = golden.sentences[language];
  const format = formats(language, golden.time_zone);
  const usual = await speakUsual(language);
  expect(golden.features.length).toBeGreaterThanOrEqual(10);
  expect(formatted(Object.keys(held?.formats ?? {}), language)).toEqual(held?.formats);
  expect(golden.features.map((feature) => ofRecord(feature, language))).toEqual(held?.records);
  expect(golden.changes.map((event) => changeLine(event, catalogues[language], format))).toEqual(
    held?.changes,
  );
  expect(golden.pulses.length).toBeGreaterThanOrEqual(7);
  expect(
    golden.pulses.map((pulse) => bannerOf(pulse, golden.sources, catalogues[language], format, now)),
  ).toEqual(held?.banners);
  const compared = golden.comparisons.map((told) => {
    const [part] = told.parts;
    if (!part) return [];
    return [
      usual.verdicts[part.verdict],
      ...usualSentences(told, part, golden.least_weeks, usual, format, now),
    ];
  });
  expect(compared).toEqual(held?.comparisons);
});

test("a card says that its times are cut, and that it was published later than it came in", () => {
  const cut = golden.features.find(({ properties }) => properties.time_step_min !== null);
  const exact = golden.features.find(({ properties }) => properties.time_step_min === null);
  if (!cut || !exact) throw new Error("the golden file has one of each");
  expect(ofRecord(cut, "en").notes).toContain("Its times are rounded down to steps of 5 minutes.");
  expect(ofRecord(cut, "en").notes).toContain(catalogues.en.delayed);
  expect(ofRecord(cut, "en").steps.filter(([, text]) => String(text).startsWith("≈"))).toHaveLength(3);
  expect(ofRecord(exact, "en").steps.filter(([, text]) => String(text).startsWith("≈"))).toHaveLength(0);
  expect(ofRecord(exact, "en").notes).not.toContain(catalogues.en.delayed);
});
