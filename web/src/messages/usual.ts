/** Fetches what is said about the usual in a language: only when it is said, and only in that language. */

import type { Words } from "../../messages/en/usual.ftl";
import { byLanguage, type Language } from "./tongue.svelte";

export type UsualWords = Words["usual"];

const CATALOGUES = byLanguage(import.meta.glob<{ default: Words }>("../../messages/*/usual.ftl"));

const AGAIN_MS = 3000;

/** Answers once the words are there: a server that is away for a moment is asked again. */
export async function speakUsual(language: Language): Promise<UsualWords> {
  for (;;) {
    try {
      return (await CATALOGUES(language)).default.usual;
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}
