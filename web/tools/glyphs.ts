/** Reads the CC0 icons out of Maki and Temaki at build time and offers their outlines as one module. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const maki = join(dirname(require.resolve("@mapbox/maki/package.json")), "icons");
const temaki = join(dirname(require.resolve("@rapideditor/temaki/package.json")), "icons");

/** One icon for each group, both sets drawn on a grid of 15 units. */
const FILES = {
  harm: join(temaki, "hand.svg"),
  property: join(maki, "home.svg"),
  disturbance: join(temaki, "speaker.svg"),
  traffic: join(maki, "car.svg"),
  fire: join(maki, "fire-station.svg"),
  medical: join(maki, "heart.svg"),
  services: join(maki, "waste-basket.svg"),
  officer: join(maki, "police.svg"),
};

const MODULE = "virtual:glyphs";

function outline(file: string): string {
  const svg = readFileSync(file, "utf8");
  const paths = [...svg.matchAll(/<path[^>]*\sd="([^"]+)"/g)].map((match) => match[1] ?? "");
  if (paths.length === 0) throw new Error(`no path in ${file}`);
  return paths.join("").replaceAll(/&#x[0-9A-Fa-f]+;/g, " ");
}

/** The outline of each group's icon as SVG path data. */
export function outlines(): Record<string, string> {
  return Object.fromEntries(Object.entries(FILES).map(([group, file]) => [group, outline(file)]));
}

/** Offer `virtual:glyphs`: the outline of each group's icon as SVG path data. */
export function glyphs(): Plugin {
  return {
    name: "blocklight-glyphs",
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      return `export default ${JSON.stringify(outlines())};`;
    },
  };
}
