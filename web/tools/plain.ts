/** Writes down for the server's pages without scripts what is decided on this side: words, groups and glyphs. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, runnerImport } from "vite";
import { outlines } from "./glyphs.ts";

/** A message as data: its text with `{names}`, and another text for one thing where there is one. */
export type Message = string | { one: string; other: string } | Message[] | { [key: string]: Message };

/** Turn a catalogue into data; a message that is a function becomes the text that it makes of its names. */
export function messages(value: unknown): Message {
  if (typeof value === "string") return value;
  if (typeof value === "function") return template(value as (...names: unknown[]) => string);
  if (Array.isArray(value)) return value.map(messages);
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, messages(inner)]));
}

function template(message: (...names: unknown[]) => string): Message {
  const list = /^(?:async\s*)?\(?([^)=]*)\)?\s*=>/.exec(String(message))?.[1] ?? "";
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const marks = names.map((name) => `{${name}}`);
  if (names[0] !== "count") return message(...marks);
  return { one: message(1, ...marks.slice(1)), other: message(...marks) };
}

/** The languages that have both catalogues: that of the map page and that of the plain pages. */
export function languages(root: string): string[] {
  return readdirSync(join(root, "src/messages/plain"))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((language) => existsSync(join(root, `src/messages/${language}.ts`)))
    .sort();
}

async function catalogue(root: string, language: string): Promise<Message> {
  const load = async (file: string) => (await runnerImport<Record<string, unknown>>(join(root, file))).module;
  // A catalogue is exported by its tag, as far as a name may have it: zh-Hant as zhHant.
  const shared = (await load(`src/messages/${language}.ts`))[language.replace("-", "")];
  const { plain } = await load(`src/messages/plain/${language}.ts`);
  const { usual } = await load(`src/messages/usual/${language}.ts`);
  const { past } = await load(`src/messages/past/${language}.ts`);
  return {
    ...(messages(shared) as object),
    plain: messages(plain),
    usual: messages(usual),
    past: messages(past),
  };
}

/** Emit `plain/LANGUAGE.json` for every language, and `plain/marks.json`. */
export function plainPages(): Plugin {
  let root = "";
  return {
    name: "blocklight-plain-pages",
    apply: "build",
    configResolved(config) {
      root = config.root;
    },
    async generateBundle() {
      const emit = (name: string, value: unknown) =>
        this.emitFile({ type: "asset", fileName: `plain/${name}.json`, source: JSON.stringify(value) });
      for (const language of languages(root)) emit(language, await catalogue(root, language));
      const { module } = await runnerImport<typeof import("../src/present/categories")>(
        join(root, "src/present/categories.ts"),
      );
      const groups = Object.fromEntries(module.GROUP_IDS.map((id) => [id, module.categoriesOf([id])]));
      emit("marks", { groups, outlines: outlines() });
    },
  };
}
