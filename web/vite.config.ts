import { defineConfig } from "vite";

// light-dark() and zoom are used as they stand: these are the first versions that know both.
const BROWSERS = ["chrome123", "edge123", "firefox126", "safari17.5"];

export default defineConfig({
  base: "/",
  build: {
    outDir: "../cti_bridge/pages",
    emptyOutDir: true,
    target: BROWSERS,
    cssTarget: BROWSERS,
    // Nothing inline: the pages are served under `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8080" },
  },
});
