/** Writes down for the server's pages without scripts what is decided on this side: words, groups and glyphs. */

import { join } from "node:path";
import { type Plugin, runnerImport } from "vite";
import { languages, messagesOf, parts } from "./catalogues.ts";
import { outlines } from "./glyphs.ts";
import { dataOf, type Tree } from "./messages.ts";

/** All messages of a language. */
function catalogueOf(language: string): Tree {
  return Object.assign({}, ...parts().map((part) => dataOf(messagesOf(language, part))));
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
      for (const language of languages()) emit(language, catalogueOf(language));
      const { module } = await runnerImport<typeof import("../src/present/categories")>(
        join(root, "src/present/categories.ts"),
      );
      const groups = Object.fromEntries(module.GROUP_IDS.map((id) => [id, module.categoriesOf([id])]));
      emit("marks", { groups, outlines: outlines() });
    },
  };
}
