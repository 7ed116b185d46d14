/** Reads the colours that the map needs from the page's style sheet, so that they stand in one place. */

import { GROUP_IDS } from "../present/categories";

const NAMES = [
  "land",
  "water",
  "park",
  "minor",
  "major",
  "casing",
  "outline",
  "ink",
  "second",
  "third",
  "card",
  "accent",
] as const;

export type Palette = Record<(typeof NAMES)[number], string> & { groups: string[]; dark: boolean };

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ...(Object.fromEntries(NAMES.map((name) => [name, value(name)])) as Record<
      (typeof NAMES)[number],
      string
    >),
    groups: GROUP_IDS.map((group) => value(group)),
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
  };
}

/** "#0f6f78" as bytes; a style sheet's minifier may have made "#fff" of "#ffffff". */
export function bytes(color: string): [number, number, number] {
  const digits = color.slice(1);
  const value = Number.parseInt(
    digits.length === 3 ? digits.replaceAll(/./g, "$&$&") : digits.slice(0, 6),
    16,
  );
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** The same as numbers from 0 to 1, opaque, as a shader takes them. */
export function unit(color: string): [number, number, number, number] {
  const [red, green, blue] = bytes(color);
  return [red / 255, green / 255, blue / 255, 1];
}
