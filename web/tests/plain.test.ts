import { join } from "node:path";
import { runnerImport } from "vite";
import { expect, test } from "vitest";
import { languages, messages } from "../tools/plain";

const root = join(import.meta.dirname, "..");

test("a message that is a function becomes a text with the names of what it needs", () => {
  expect(messages((span: string) => `${span} ago`)).toBe("{span} ago");
  expect(messages({ inner: [(from: string, to: string) => `${from}-${to}`] })).toEqual({
    inner: ["{from}-{to}"],
  });
});

test("a message that counts has a text for one and a text for others", () => {
  const message = (count: number, text: string) => (count === 1 ? "1 unit" : `${text} units`);
  expect(messages(message)).toEqual({ one: "1 unit", other: "{text} units" });
});

test("every language's plain pages need the same names as English", async () => {
  const needs = async (language: string) => {
    const { module } = await runnerImport<{ plain: object }>(join(root, `src/messages/plain/${language}.ts`));
    const text = JSON.stringify(messages(module.plain));
    return { keys: Object.keys(module.plain), names: [...text.matchAll(/\{\w+\}/g)].map(String).sort() };
  };
  const english = await needs("en");
  expect(languages(root)).toEqual(["en", "es", "vi", "zh", "zh-Hant"]);
  for (const language of languages(root)) expect(await needs(language)).toEqual(english);
});
