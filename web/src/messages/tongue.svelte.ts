/** Which language the page speaks; the catalogues that are not English arrive when they are asked for. */

import { lazy } from "../data/lazy";
import { en, type Words } from "./words";

/** What speakers of each language call it, under the name of its folder in `web/messages`: the page's one list of languages. */
export const LANGUAGE_NAMES = {
  en: "English",
  es: "Español",
  zh: "简体中文",
  "zh-Hant": "繁體中文",
  vi: "Tiếng Việt",
} as const;
export type Language = keyof typeof LANGUAGE_NAMES;
export const LANGUAGES = Object.keys(LANGUAGE_NAMES) as Language[];

/** What is told to browsers, where it is not the folder's name: of `zh` alone nobody knows the script. */
const TAGS: Partial<Record<Language, string>> = { zh: "zh-Hans" };

/** Makes the loaders of one catalogue, by language, of the modules that the build found in `web/messages`. */
export function byLanguage<Module>(
  found: Record<string, () => Promise<Module>>,
): (language: Language) => Promise<Module> {
  const loaders = new Map(Object.entries(found).map(([path, load]) => [path.split("/").at(-2), lazy(load)]));
  return async (language) => {
    const load = loaders.get(language);
    if (!load) throw new Error(`no messages in ${language}`);
    return await load();
  };
}

// English is there from the start: a second way to it would put it into a file of its own.
const LATER = byLanguage(
  import.meta.glob<{ default: Words }>(["../../messages/*/common.ftl", "!../../messages/en/*"]),
);

class Tongue {
  language = $state<Language>("en");
  words = $state.raw<Words>(en);

  #asked: Language = "en";

  /** Speak another language; where its words cannot be had, the one before is spoken on. */
  async speak(language: Language): Promise<void> {
    this.#asked = language;
    const words =
      language === "en"
        ? en
        : await LATER(language).then(
            ({ default: own }) => own,
            () => null,
          );
    if (language !== this.#asked) return;
    if (words) {
      this.words = words;
      this.language = language;
    }
    // Also where they did not come: the page may say of itself that it speaks them, as the server wrote it.
    document.documentElement.lang = TAGS[this.language] ?? this.language;
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
