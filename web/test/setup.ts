/** The little of a browser that modules touch when they are loaded; what a test needs beyond, it brings itself. */

const root = { lang: "", dataset: {} as Record<string, string> };
Object.assign(globalThis, { document: { documentElement: root, title: "" } });
