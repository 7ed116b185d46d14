import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { component, folderOf, needed, notices } from "../tools/licences";

const root = join(import.meta.dirname, "..");
const json = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));

test("a package that is needed twice in two versions counts twice", () => {
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { dependencies: { b: "1", c: "1" } },
      "node_modules/b": { dependencies: { c: "2" }, optionalDependencies: { absent: "1" } },
      "node_modules/b/node_modules/c": {},
      "node_modules/c": { dependencies: { a: "1" } },
      "node_modules/unused": {},
    },
  };
  expect([...needed(lock, ["a"])].sort()).toEqual([
    "node_modules/a",
    "node_modules/b",
    "node_modules/b/node_modules/c",
    "node_modules/c",
  ]);
});

test("every package that the page needs has a licence with its text", () => {
  const folders = [...needed(json("package-lock.json"), Object.keys(json("package.json").dependencies))];
  expect(folders.length).toBeGreaterThan(50);
  for (const folder of folders) expect(component(join(root, folder)).text.length).toBeGreaterThan(400);
});

test("the bundlers' own licences come without those of what they are built of", () => {
  expect(component(join(root, "node_modules/vite")).text.length).toBeLessThan(2000);
});

test("a package without a licence text ends the build", () => {
  const folder = join(mkdtempSync(join(tmpdir(), "blocklight-")), "bare");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"name": "bare", "version": "1.0.0", "license": "MIT"}');
  writeFileSync(join(folder, "README.md"), "# Bare\n\n## License\n\nMIT\n");
  expect(() => component(folder)).toThrow("bare 1.0.0: no licence text");
  writeFileSync(
    join(folder, "README.md"),
    `# Bare\n\n## License\n\n${"Permission. ".repeat(50)}\n\n## More\n`,
  );
  expect(component(folder).text).toBe("Permission. ".repeat(50).trim());
});

test("a module belongs to the innermost package, and ours to none", () => {
  expect(folderOf("/web/node_modules/@deck.gl/core/dist/index.js?x")).toBe("/web/node_modules/@deck.gl/core");
  expect(folderOf("/web/node_modules/a/node_modules/b/c.js")).toBe("/web/node_modules/a/node_modules/b");
  expect(folderOf("/web/src/main.ts")).toBeUndefined();
});

test("a text that several packages share is shown once, below all of their names", () => {
  const shared = { version: "1.0.0", licence: "MIT", text: "Permission is granted." };
  const page = notices([
    { name: "a", ...shared },
    { name: "b", ...shared },
  ]);
  expect(page.match(/Permission/g)).toHaveLength(1);
  expect(page).toContain("a 1.0.0 (MIT)\nb 1.0.0 (MIT)\n---");
});
