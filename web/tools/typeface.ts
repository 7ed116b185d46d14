/**
 * Cuts the typeface down to what the pages use of it: its letters, and the weights between the lightest and the
 * boldest of our styles. That is two fifths of the file, and everybody loads it before the first incident can be read.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";
import type { Plugin } from "vite";

/** As `font-weight` in the font faces of tokens.css. */
export const WEIGHTS = { min: 400, max: 700 };

/** Where tokens.css looks for the cut files. */
const FOLDER = new URL("../../.build/typeface/", import.meta.url);
const SUBSETS = ["latin", "vietnamese"];

export function typeface(): Plugin {
  return {
    name: "typeface",
    async buildStart() {
      await mkdir(FOLDER, { recursive: true });
      await Promise.all(SUBSETS.map(cut));
    },
  };
}

async function cut(subset: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const whole = require.resolve(`@fontsource-variable/inter/files/inter-${subset}-wght-normal.woff2`);
  const ranges = await readFile(`${dirname(dirname(whole))}/unicode.json`, "utf8");
  const text = letters((JSON.parse(ranges) as Record<string, string>)[subset] ?? "");
  const font = await subsetFont(await readFile(whole), text, {
    targetFormat: "woff2",
    variationAxes: { wght: WEIGHTS },
  });
  await writeFile(fileURLToPath(new URL(`inter-${subset}.woff2`, FOLDER)), font);
}

/** All letters of a `unicode-range`, such as `U+0000-00FF,U+0131`. */
export function letters(range: string): string {
  return range
    .split(",")
    .flatMap((part) => {
      const [first = 0, last = first] = part
        .trim()
        .replace("U+", "")
        .split("-")
        .map((code) => Number.parseInt(code, 16));
      return Array.from({ length: last - first + 1 }, (_, n) => String.fromCodePoint(first + n));
    })
    .join("");
}
