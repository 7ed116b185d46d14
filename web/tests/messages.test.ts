/** The catalogues of messages: what the compiler makes of Fluent is what Fluent's own implementation says. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FluentBundle, FluentResource } from "@fluent/bundle";
import { expect, test } from "vitest";
import { LANGUAGES } from "../src/messages/tongue.svelte";
import {
  dataOf,
  misfits,
  moduleOf,
  parse,
  type Tree,
  typeOf,
  type Variables,
  variablesOf,
} from "../tools/messages";

const folder = join(import.meta.dirname, "../messages");
const parts = readdirSync(join(folder, "en")).map((name) => name.replace(/\.ftl$/, ""));
const sourceOf = (language: string, part: string) =>
  readFileSync(join(folder, language, `${part}.ftl`), "utf8");

const compiled = (source: string) => parse(source, "test.ftl");
const patternOf = (source: string) => compiled(source).get("message")?.pattern;
const refusal = (source: string) => () => compiled(source);

type Said = string | ((variables: Record<string, string | number>) => string);

/** A compiled module's messages by their ids. */
async function saidBy(code: string, ids: Iterable<string>): Promise<Map<string, Said>> {
  const { default: root } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return new Map(
    [...ids].map((id) => [id, id.split("-").reduce((node, name) => node[name], root) as unknown as Said]),
  );
}

/** Values for a message's variables: texts in braces, and of numbers one after the other. */
const COUNTS = [0, 1, 2, 5, 11, 21, 1234, 12_345, 1_000_000];
const valuesFor = (variables: Variables, count: number) =>
  Object.fromEntries(
    Object.entries(variables).map(([name, type]) => [name, type === "number" ? count : `‹${name}›`]),
  );

test("every language is a folder with the same files", () => {
  expect(readdirSync(folder).sort()).toEqual([...LANGUAGES].sort());
  for (const language of LANGUAGES)
    expect(readdirSync(join(folder, language))).toEqual(readdirSync(join(folder, "en")));
  expect(parts.length).toBeGreaterThanOrEqual(2);
});

test.each(LANGUAGES)(
  "each message in %s says what Fluent makes of it, and needs what English needs",
  async (language) => {
    let compared = 0;
    for (const part of parts) {
      const [english, own] = ["en", language].map((tag) => parse(sourceOf(tag, part), `${tag}/${part}.ftl`));
      if (!english || !own) throw new Error("both were read");
      expect(misfits(english, own)).toEqual([]);
      const bundle = new FluentBundle(language, { useIsolating: false });
      expect(bundle.addResource(new FluentResource(sourceOf(language, part)))).toEqual([]);
      for (const [id, said] of await saidBy(moduleOf(own, english, language), own.keys())) {
        const variables = variablesOf(english.get(id)?.pattern ?? "");
        expect(typeof said, id).toBe(Object.keys(variables).length > 0 ? "function" : "string");
        for (const count of COUNTS) {
          const values = valuesFor(variables, count);
          const pattern = bundle.getMessage(id)?.value;
          const errors: Error[] = [];
          const expected = pattern ? bundle.formatPattern(pattern, values, errors) : null;
          expect(errors).toEqual([]);
          expect(typeof said === "string" ? said : said(values), id).toBe(expected);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(2000);
  },
);

test("every variable of a message is described above it in English", () => {
  const undescribed = parts.flatMap((part) =>
    [...parse(sourceOf("en", part), part)].flatMap(([id, { pattern, comment }]) =>
      Object.entries(variablesOf(pattern))
        .filter(
          ([name, type]) => !comment.includes(`$${name} (${type === "number" ? "Number" : "String"}): `),
        )
        .map(([name, type]) => `${part}.ftl: ${id}: $${name} (${type})`),
    ),
  );
  expect(undescribed).toEqual([]);
});

/** Everything that may name a message: the page's sources, the server's, and its templates. */
function sources(directory: string, endings: RegExp): string {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => endings.test(name) && !name.includes("assets") && !name.endsWith(".d.ts"))
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .join("\n");
}

test("no message is there that nobody says", () => {
  const page = sources(join(import.meta.dirname, "../src"), /\.(ts|svelte)$/);
  const server = sources(join(import.meta.dirname, "../../src/blocklight/api"), /\.(py|html)$/);
  const isSaid = (id: string) => {
    const path = id.split("-");
    // The message itself, or a table that it is in, since the names in tables come with the records.
    const paths = path.map((_, at) => path.slice(0, at + 1).join("."));
    const [first = "", second = ""] = path;
    const name = first === "usual" ? second : first;
    return (
      paths.filter((named) => !parts.includes(named)).some((named) => server.includes(`"${named}"`)) ||
      new RegExp(`words\\??\\.${name}\\b|\\{[^{}]*\\b${name}\\b[^{}]*\\} = (tongue\\.)?words|"${name}"`).test(
        page,
      )
    );
  };
  const unsaid = parts.flatMap((part) =>
    [...parse(sourceOf("en", part), part).keys()].filter((id) => !isSaid(id)),
  );
  expect(unsaid).toEqual([]);
});

test("a choice within a sentence is drawn out to its front", () => {
  expect(
    patternOf("message = It has { $count ->\n    [one] one\n   *[other] { $count }\n } of { $all }."),
  ).toEqual({
    $: "count",
    one: "It has one of {all}.",
    other: "It has {count} of {all}.",
  });
});

test("a number has its plural by the rules of its language, and its own variant before that", async () => {
  const source = compiled(
    "message = { $count ->\n    [0] none\n    [one] { $count } день\n    [few] { $count } дня\n   *[other] { $count } дней\n }",
  );
  const message = (await saidBy(moduleOf(source, source, "ru"), ["message"])).get("message");
  if (typeof message !== "function") throw new Error("it needs a number");
  expect([0, 1, 2, 5, 21, 22, 1_000].map((count) => message({ count }))).toEqual([
    "none",
    "1 день",
    "2 дня",
    "5 дней",
    "21 день",
    "22 дня",
    "1\u00a0000 дней",
  ]);
});

test("a word can choose a variant, such as one of grammatical gender", async () => {
  const source = compiled("message = { $gender ->\n    [feminine] abierta\n   *[other] abierto\n }");
  const message = (await saidBy(moduleOf(source, source, "es"), ["message"])).get("message");
  if (typeof message !== "function") throw new Error("it needs a word");
  expect(["feminine", "masculine"].map((gender) => message({ gender }))).toEqual(["abierta", "abierto"]);
});

test("terms and other messages stand where they are named", () => {
  expect(patternOf("-brand = Blocklight\nmessage = { -brand } { other }\nother = here")).toBe(
    "Blocklight here",
  );
});

test("backticks, dollars and backslashes of a text are shown as they are", async () => {
  const source = compiled(["message = `$", "{ $name }` costs $5 \\ more"].join(""));
  const message = (await saidBy(moduleOf(source, source, "en"), ["message"])).get("message");
  expect(typeof message === "function" && message({ name: "x" })).toBe("`$x` costs $5 \\ more");
});

test("ids nest, for the server as data and for the page with types", () => {
  const source = compiled(
    "stages-closed = closed\nago = { $span } ago\nkinds-a = { $n ->\n   *[other] { $n }\n }",
  );
  const data: Tree = {
    stages: { closed: "closed" },
    ago: "{span} ago",
    kinds: { a: { $: "n", other: "{n}" } },
  };
  expect(dataOf(source)).toEqual(data);
  const type = typeOf(source);
  expect(type).toContain('readonly "ago": (variables: { span: string }) => string;');
  expect(type).toContain('readonly "a": (variables: { n: number }) => string;');
  expect(type).toContain("readonly [name: string]: (string) | undefined;");
});

test("what cannot be compiled is refused with its file and line", () => {
  expect(refusal("message = fine\n\n=")).toThrow("test.ftl:3: ");
  expect(refusal("message = { NUMBER($n) }")).toThrow("test.ftl:1: a FunctionReference cannot be used here");
  expect(refusal('message = { "{" }')).toThrow("test.ftl:1: braces cannot be shown");
  expect(refusal("message = { $n ->\n    [other] a\n   *[one] b\n }")).toThrow("the default variant");
  expect(refusal("message = a\n    .title = b")).toThrow("attributes cannot be used");
  expect(refusal("message = a\nmessage = b")).toThrow("test.ftl:2: “message” is there already");
  expect(refusal("message = { -brand }")).toThrow("there is no “-brand” in this file");
});

test("a language that lacks a message, a variable, or has one too many is told so", () => {
  const english = compiled(
    "a = { $name }\nb = { $count ->\n   *[other] { $count } of { $all }\n }\nc = text",
  );
  const other = compiled("a = { $wrong }\nb = { $all }\nd = text");
  expect(misfits(english, other)).toEqual([
    "“a” has $wrong, which English does not have",
    "“a” lacks $name",
    "“b” lacks $count",
    "“c” is missing",
    "“d” is not in English",
  ]);
  const counted = compiled("a = { $name ->\n   *[other] { $name }\n }\nb = { $count } of { $all }\nc = text");
  expect(misfits(english, counted)).toEqual(["“a” counts $name: in English it is a text"]);
});
