/**
 * Writes down, at every build, which packages of others are in the page and under which licences: `licences.txt` for
 * people, which their licences ask for, and `licences.json` for the bill of materials.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Plugin } from "vite";

/** A package of which something is in the page, with the texts that have to stay with it. */
export interface Component {
  name: string;
  version: string;
  licence: string;
  text: string;
}

/** What of `package-lock.json` (version 3) is read here; a key is the folder of a package. */
export interface Lock {
  packages: Record<
    string,
    { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }
  >;
}

/** Packages that reach the page without a module of theirs: icons that a tool reads, and the bundlers' own helpers. */
const READ_BY_TOOLS = ["@mapbox/maki", "@rapideditor/temaki", "rolldown", "vite"];

/** Texts that their package forgot to bring along; see the licence in its repository. */
const FORGOTTEN = join(import.meta.dirname, "licences");

const FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The folder of the package that a module belongs to, or nothing for one of ours. */
export function folderOf(module: string): string | undefined {
  return FOLDER.exec(module)?.[0];
}

/** The folders of all packages that these need, and that those need in turn, as Node finds them from each folder. */
export function needed(lock: Lock, names: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  const waiting = [...names].map((name) => ({ from: "", name }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const folder = nearest(lock, next.from, next.name);
    if (folder === undefined || folders.has(folder)) continue; // an optional package that is not there
    folders.add(folder);
    const { dependencies, optionalDependencies } = lock.packages[folder] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      waiting.push({ from: folder, name });
    }
  }
  return folders;
}

function nearest(lock: Lock, from: string, name: string): string | undefined {
  for (let base: string | undefined = from; base !== undefined; base = parent(base)) {
    const folder = join(base, "node_modules", name);
    if (folder in lock.packages) return folder;
  }
  return undefined;
}

const parent = (folder: string) =>
  folder === "" ? undefined : folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1));

/** Read a package's name, version and licence; throws where no licence text is found. */
export function component(folder: string): Component {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"));
  const forgotten = join(FORGOTTEN, `${basename(folder)}.txt`);
  if (texts.length === 0)
    texts.push(ofReadme(folder) ?? (existsSync(forgotten) ? readFileSync(forgotten, "utf8") : ""));
  const text = texts.map(ofThePackageItself).join("\n\n").trim();
  if (!text || !license)
    throw new Error(`${name} ${version}: no licence text; add tools/licences/${basename(folder)}.txt`);
  return { name, version, licence: license, text };
}

function ofReadme(folder: string): string | undefined {
  const file = join(folder, "README.md");
  const section = existsSync(file)
    ? /^#+ *licen[cs]e\b.*\n([\s\S]*?)(?=^#|$(?![\s\S]))/im.exec(readFileSync(file, "utf8"))
    : null;
  // A shorter section only names the licence.
  return section?.[1] !== undefined && section[1].length > 500 ? section[1] : undefined;
}

/** The bundlers also list what they are built of, none of which is in the page. */
function ofThePackageItself(text: string): string {
  return text.split("# Licenses of bundled dependencies")[0]?.replaceAll("\r\n", "\n").trim() ?? "";
}

/** The page that people read: every text once, below the packages that it is of. */
export function notices(components: readonly Component[]): string {
  const byText = new Map<string, Component[]>();
  for (const one of components) byText.set(one.text, [...(byText.get(one.text) ?? []), one]);
  const parts = [...byText].map(([text, same]) => {
    const names = same.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${"=".repeat(80)}\n${names.join("\n")}\n${"-".repeat(80)}\n${text}\n`;
  });
  return `Blocklight is free software under the Apache License 2.0. Its web page contains software, icons and a typeface of
others. These are their licences.

${parts.join("\n")}`;
}

/** Emit `licences.txt` and `licences.json` of everything that is in the bundle. */
export function licences(): Plugin {
  let root = "";
  return {
    name: "blocklight-licences",
    apply: "build",
    configResolved(config) {
      root = config.root;
    },
    generateBundle(_, bundle) {
      const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
      // Some packages are bundles themselves, or start workers from a file of their own: all that they need counts.
      const folders = needed(read("package-lock.json"), Object.keys(read("package.json").dependencies));
      for (const chunk of Object.values(bundle)) {
        for (const module of chunk.type === "chunk" ? chunk.moduleIds : []) {
          const folder = folderOf(module);
          if (folder) folders.add(relative(root, folder));
        }
      }
      for (const name of READ_BY_TOOLS) folders.add(`node_modules/${name}`);
      const components = [...folders]
        .filter((folder) => existsSync(join(root, folder)))
        .filter((folder) => !folder.includes("node_modules/@types/")) // types are gone before the bundle is made
        .sort()
        .map((folder) => component(join(root, folder)));
      const list = components.map(({ text: _text, ...named }) => named);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: notices(components) });
      this.emitFile({ type: "asset", fileName: "licences.json", source: JSON.stringify(list) });
    },
  };
}
