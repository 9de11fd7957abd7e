/** Single icons are imported by file, so that a build reads sixty of them and not two thousand. */
declare module "lucide/dist/esm/icons/*.mjs" {
  const nodes: readonly (readonly [string, Readonly<Record<string, string | number>>])[];
  export default nodes;
}
