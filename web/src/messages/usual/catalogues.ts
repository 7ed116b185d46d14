/** Fetches what is said about the usual in a language: only when it is said, and only in that language. */

import { lazy } from "../../data/lazy";
import type { Language } from "../tongue.svelte";
import type { UsualWords } from "./en";

const CATALOGUES: Record<Language, () => Promise<{ usual: UsualWords }>> = {
  en: lazy(() => import("./en")),
  es: lazy(() => import("./es")),
  zh: lazy(() => import("./zh")),
  "zh-Hant": lazy(() => import("./zh-Hant")),
  vi: lazy(() => import("./vi")),
};

const AGAIN_MS = 3000;

/** Answers once the words are there: a server that is away for a moment is asked again. */
export async function speakUsual(language: Language): Promise<UsualWords> {
  for (;;) {
    try {
      return (await CATALOGUES[language]()).usual;
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}
