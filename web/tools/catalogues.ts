/** Reads the message catalogues of `web/messages/`, and lets the page import them: `import words from "….ftl"`. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";
import { type Message, misfits, moduleOf, parse, typeOf } from "./messages.ts";

const FOLDER = join(import.meta.dirname, "../messages");
const ENGLISH = "en";
const TYPES = join(import.meta.dirname, "../src/messages/generated.d.ts");
/** Files that the page imports; the others are for pages of the server alone. */
const IMPORTED = ["common", "usual"];

/** Every language that there is. */
export function languages(): string[] {
  return readdirSync(FOLDER).sort();
}

/** The files of a language, without their endings. */
export function parts(): string[] {
  return readdirSync(join(FOLDER, ENGLISH)).map((name) => basename(name, ".ftl"));
}

/** What files say, by their text: each is needed for the page, for the server, and beside every other language. */
const parsed = new Map<string, Map<string, Message>>();

function load(language: string, part: string): Map<string, Message> {
  const source = readFileSync(join(FOLDER, language, `${part}.ftl`), "utf8");
  const messages = parsed.get(source) ?? parse(source, `web/messages/${language}/${part}.ftl`);
  parsed.set(source, messages);
  return messages;
}

/** The messages of a language's file; raises where it does not fit the English one. */
export function messagesOf(language: string, part: string): Map<string, Message> {
  const messages = load(language, part);
  const wrong = misfits(load(ENGLISH, part), messages);
  if (wrong.length > 0)
    throw new Error(wrong.map((text) => `web/messages/${language}/${part}.ftl: ${text}`).join("\n"));
  return messages;
}

/** The types of what the page imports: those of English, for every language. */
function types(): string {
  const modules = IMPORTED.map(
    (part) => `declare module "*/${part}.ftl" {
export interface Words ${typeOf(messagesOf(ENGLISH, part))}
const words: Words;
export default words;
}
`,
  );
  return `// Written by tools/catalogues.ts from web/messages/en.\n${modules.join("\n")}`;
}

/** Compiles each imported `.ftl` file, and writes the types of all of them. */
export function catalogues(): Plugin {
  return {
    name: "blocklight-catalogues",
    buildStart() {
      const written = types();
      if (!existsSync(TYPES) || readFileSync(TYPES, "utf8") !== written) writeFileSync(TYPES, written);
    },
    transform(_code, id) {
      const [file = ""] = id.split("?");
      if (!file.endsWith(".ftl")) return null;
      const [language, part] = [basename(dirname(file)), basename(file, ".ftl")];
      this.addWatchFile(join(FOLDER, ENGLISH, `${part}.ftl`));
      const code = moduleOf(messagesOf(language, part), messagesOf(ENGLISH, part), language);
      return { code, map: null, moduleType: "js" };
    },
  };
}
