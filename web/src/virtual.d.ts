declare module "virtual:glyphs" {
  import type { GroupId } from "./present/categories";

  /** SVG path data on a grid of 15 units. */
  const outlines: Record<GroupId, string>;
  export default outlines;
}
