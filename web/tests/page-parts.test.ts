import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import enUsual from "../messages/en/usual.ftl";
import es from "../messages/es/common.ftl";
import esUsual from "../messages/es/usual.ftl";
import vi from "../messages/vi/common.ftl";
import viUsual from "../messages/vi/usual.ftl";
import zh from "../messages/zh/common.ftl";
import zhUsual from "../messages/zh/usual.ftl";
import zhHant from "../messages/zh-Hant/common.ftl";
import zhHantUsual from "../messages/zh-Hant/usual.ftl";
import { withheldToProtect } from "../src/data/api";
import { waitAfter } from "../src/data/live";
import { FAN_MOST, fanOffsets } from "../src/map/fan";
import { chooseLanguage } from "../src/messages/tongue.svelte";
import { en } from "../src/messages/words";
import { CATEGORIES, categoriesOf, GROUP_IDS, groupOf } from "../src/present/categories";
import { formats } from "../src/present/format";
import { settle, stopHeights } from "../src/state/sheet";

/** All texts of a part of a catalogue; of one that needs variables, with marks in their place. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [value(new Proxy({}, { get: () => "‹›" }))];
  return Object.values(value as object).flatMap(texts);
}

test("no catalogue is another one's copy", () => {
  const english = [en, enUsual].flatMap(texts);
  expect(english.length).toBeGreaterThan(280);
  const others = {
    es: [es, esUsual],
    zh: [zh, zhUsual],
    "zh-Hant": [zhHant, zhHantUsual],
    vi: [vi, viUsual],
  };
  for (const [language, words] of Object.entries(others)) {
    const own = words.flatMap(texts);
    expect(own).toHaveLength(english.length);
    expect(own.every((text) => text.trim() !== "")).toBe(true);
    expect(own.filter((text, at) => text === english[at]).length, language).toBeLessThan(25);
  }
});

test("every category has a word, a meaning and a group", () => {
  expect(CATEGORIES).toHaveLength(25);
  for (const category of CATEGORIES) {
    expect(en.category[category]).toBeTruthy();
    expect(en.meaning[category]).toBeTruthy();
    expect(GROUP_IDS).toContain(groupOf(category));
  }
  expect(categoriesOf(GROUP_IDS)).toEqual(CATEGORIES);
});

test("a category from a newer server counts as other", () => {
  expect(groupOf("moon_landing")).toBe("officer");
});

test("the address decides the language, then the reader's own order", () => {
  expect(chooseLanguage("es", ["en-US"])).toBe("es");
  expect(chooseLanguage(null, ["fr", "es-MX", "en"])).toBe("es");
  expect(chooseLanguage("xx", ["fr"])).toBe("en");
  expect(chooseLanguage(null, ["zh-CN"])).toBe("zh");
  for (const tag of ["zh-TW", "zh-HK", "zh-Hant", "zh-hant-US", "zh-MO", "zh-Hant-CN"]) {
    expect(chooseLanguage(null, ["de", tag])).toBe("zh-Hant");
  }
  for (const tag of ["zh", "zh-Hans", "zh-SG", "zh-Hans-HK"]) expect(chooseLanguage(null, [tag])).toBe("zh");
  expect(chooseLanguage("zh-Hant", ["en"])).toBe("zh-Hant");
  expect(chooseLanguage("vi", [])).toBe("vi");
});

test("each failure doubles the wait, up to twenty seconds", () => {
  expect([0, 1, 2, 3, 9].map((failures) => waitAfter(failures, 1))).toEqual([800, 1600, 3200, 6400, 20_000]);
  expect(waitAfter(50, 0)).toBe(10_000);
});

test("a sheet that is let go rests at one of its stops, and a flick moves it on", () => {
  const { low, middle, high } = stopHeights(844);
  expect(settle(middle + 20, 0, 844)).toBe("middle");
  expect(settle(middle + 20, 1.2, 844)).toBe("high");
  expect(settle(middle - 20, -1.5, 844)).toBe("low");
  expect(low).toBeLessThan(middle);
  expect(middle).toBeLessThan(844 * 0.55);
  expect(middle).toBeLessThan(high);
});

test("marks that fan out do not cover each other", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: FAN_MOST }), (count) => {
      const offsets = fanOffsets(count);
      expect(offsets).toHaveLength(count);
      let nearest = Number.POSITIVE_INFINITY;
      offsets.forEach(([x, y], index) => {
        for (const [otherX, otherY] of offsets.slice(index + 1))
          nearest = Math.min(nearest, Math.hypot(x - otherX, y - otherY));
      });
      expect(nearest).toBeGreaterThan(20);
    }),
  );
});

test.each([
  [0, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [7200, "2 h"],
  [90_000, "25 h"],
  [200_000, "2 d"],
  [-3, "0 s"],
])("%f seconds are %s", (seconds, text) => {
  expect(formats("en", "UTC").span(seconds)).toBe(text);
});

test("spans are words where a language has no such symbols", () => {
  expect(formats("vi", "UTC").span(180)).toBe("3 phút");
  expect(formats("zh", "UTC").span(180)).toBe("3分钟");
  expect(formats("es", "UTC").span(180)).toBe("3 min");
});

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(one: string, other: string): number {
  const [bright, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((bright ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const css = readFileSync(new URL("../src/tokens.css", import.meta.url), "utf8");
const [, light = "", dark = ""] = css.split(":root {");

test.each([
  ["light", light],
  ["dark", dark],
])("marks and text stand out from what is under them in the %s", (_, tokens) => {
  const token = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(tokens)?.[1] ?? "";
  for (const group of GROUP_IDS) {
    expect(contrast(token(group), token("card")), `${group} on a card`).toBeGreaterThanOrEqual(3);
    expect(contrast(token(group), "#ffffff"), `glyph on ${group}`).toBeGreaterThanOrEqual(3);
  }
  for (const surface of ["card", "soft"]) {
    expect(contrast(token("ink"), token(surface))).toBeGreaterThanOrEqual(7);
    expect(contrast(token("second"), token(surface))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token("accent"), token(surface))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token("late"), token(surface))).toBeGreaterThanOrEqual(4.5);
  }
});

test("what the foot of the panel counts was withheld to protect somebody, as far as the ledger tells", () => {
  const day = (withheld: Record<string, number | null>) => ({
    day: "2026-01-30",
    published: 9,
    held: 0,
    released: 0,
    retracted: 0,
    withheld,
    rejected: {},
    fetched: { at_least: 9, at_most: 9 },
  });
  const told = { sensitive: 21, policy: null, unmapped: 7, no_place: 40, outside_city: 9 };
  expect(withheldToProtect(day(told))).toBe(28);
  expect(withheldToProtect(day({ sensitive: null, no_place: 40 }))).toBe(0);
  expect(withheldToProtect(undefined)).toBe(0);
});
