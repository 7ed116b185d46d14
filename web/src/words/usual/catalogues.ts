/** Fetches what is said about the usual in a language: only when it is said, and only in that language. */

import type { Language } from "../tongue.svelte";
import type { UsualWords } from "./en";

const CATALOGUES: Record<Language, () => Promise<{ usual: UsualWords }>> = {
  en: () => import("./en"),
  es: () => import("./es"),
  zh: () => import("./zh"),
  vi: () => import("./vi"),
};

export async function speakUsual(language: Language): Promise<UsualWords> {
  return (await CATALOGUES[language]()).usual;
}
