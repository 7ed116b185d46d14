import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { letters, WEIGHTS } from "../tools/typeface";

const source = join(import.meta.dirname, "..", "src");

test("every weight that a style asks for is in the typeface", () => {
  const styles = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(css|svelte)$/.test(name))
    .map((name) => readFileSync(join(source, name), "utf8"));
  const weights = styles.flatMap((text) =>
    [...text.matchAll(/font-weight:\s*([\d ]+)/g)].flatMap((hit) =>
      (hit[1] ?? "").trim().split(" ").map(Number),
    ),
  );
  expect(weights.length).toBeGreaterThan(50);
  expect(Math.min(...weights)).toBeGreaterThanOrEqual(WEIGHTS.min);
  expect(Math.max(...weights)).toBeLessThanOrEqual(WEIGHTS.max);
});

test("a range of letters is read as it is written in a style sheet", () => {
  expect(letters("U+0041-0043,U+00e9, U+20AC")).toBe("ABCé€");
});
