/** Which language the page speaks; the catalogues that are not English arrive when they are asked for. */

import { lazy } from "../data/lazy";
import { en, type Words } from "./words";

export const LANGUAGES = ["en", "es", "zh", "zh-Hant", "vi"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What speakers of each call it. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: "English",
  es: "Español",
  zh: "简体中文",
  "zh-Hant": "繁體中文",
  vi: "Tiếng Việt",
};

/** What is told to browsers and to `Intl`. */
const TAGS: Record<Language, string> = { en: "en", es: "es", zh: "zh-Hans", "zh-Hant": "zh-Hant", vi: "vi" };

const LATER = {
  es: lazy(() => import("../../messages/es/common.ftl")),
  zh: lazy(() => import("../../messages/zh/common.ftl")),
  "zh-Hant": lazy(() => import("../../messages/zh-Hant/common.ftl")),
  vi: lazy(() => import("../../messages/vi/common.ftl")),
};

const CATALOGUES: Record<Language, () => Promise<Words>> = {
  en: async () => en,
  es: async () => (await LATER.es()).default,
  zh: async () => (await LATER.zh()).default,
  "zh-Hant": async () => (await LATER["zh-Hant"]()).default,
  vi: async () => (await LATER.vi()).default,
};

class Tongue {
  language = $state<Language>("en");
  words = $state.raw<Words>(en);

  #asked: Language = "en";

  /** Speak another language; where its words cannot be had, the one before is spoken on. */
  async speak(language: Language): Promise<void> {
    this.#asked = language;
    const words = await CATALOGUES[language]().catch(() => null);
    if (!words || language !== this.#asked) return;
    this.words = words;
    this.language = language;
    document.documentElement.lang = TAGS[language];
  }
}

export const tongue = new Tongue();

/** Tags of Chinese that is written traditionally, by script or by where it is. */
const TRADITIONAL = /^zh-(hant\b|(?!hans\b)([a-z]{4}-)?(tw|hk|mo)\b)/i;

/** The language that the address names, or else the first of the reader's own that we speak. */
export function chooseLanguage(asked: string | null, preferred: readonly string[]): Language {
  const known = (tag: string | null) =>
    tag !== null && TRADITIONAL.test(tag)
      ? "zh-Hant"
      : LANGUAGES.find((language) => language === tag?.slice(0, 2).toLowerCase());
  for (const tag of [asked, ...preferred]) {
    const language = known(tag);
    if (language) return language;
  }
  return "en";
}
