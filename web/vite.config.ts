import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { catalogues } from "./tools/catalogues.ts";
import { glyphs } from "./tools/glyphs.ts";
import { licences } from "./tools/licences.ts";
import { plainPages } from "./tools/plain.ts";
import { typeface } from "./tools/typeface.ts";

export default defineConfig({
  plugins: [svelte(), catalogues(), typeface(), glyphs(), plainPages(), licences()],
  worker: { format: "es" },
  build: {
    outDir: "../src/blocklight/assets",
    emptyOutDir: true,
    // The pages without scripts ask it for the name of their style sheet.
    manifest: "manifest.json",
    rollupOptions: {
      input: { index: "index.html", plain: "src/plain/plain.css", sw: "src/offline/sw.ts" },
      // A service worker's name stays, and it governs what lies beside and below it.
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // A catalogue says which language it is: "common" would stand there five times.
        chunkFileNames: ({ facadeModuleId }) => {
          const [, language] = /\/messages\/([^/]+)\/\w+\.ftl/.exec(facadeModuleId ?? "") ?? [];
          return language ? `assets/${language}-[name]-[hash].js` : "assets/[name]-[hash].js";
        },
      },
    },
    target: "es2022",
    // A data: URI would need an exception in the content security policy.
    assetsInlineLimit: 0,
    // The map arrives after the list on purpose and is as large as its libraries are.
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    // Against what hangs: on a busy machine the first import of a test file alone may take longer than the usual 5 s.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
