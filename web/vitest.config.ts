// Apart from vite.config.ts, because an installation builds the pages without the test tools.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    // The contrast test reads the style sheets.
    css: true,
    setupFiles: ["test/setup.ts"],
  },
});
