/** The categories and the eight groups they are drawn in, each group with an icon and a colour of its own. */

import type { components } from "../data/openapi";

export const GROUP_IDS = [
  "harm",
  "property",
  "disturbance",
  "traffic",
  "fire",
  "medical",
  "services",
  "officer",
] as const;
export type GroupId = (typeof GROUP_IDS)[number];

const GROUP_OF = {
  violence: "harm",
  weapons: "harm",
  robbery: "harm",
  burglary: "property",
  theft: "property",
  vehicle_theft: "property",
  property_damage: "property",
  disturbance: "disturbance",
  suspicious: "disturbance",
  noise: "disturbance",
  traffic_collision: "traffic",
  traffic: "traffic",
  parking: "traffic",
  fire: "fire",
  hazard: "fire",
  rescue: "fire",
  alarm: "fire",
  medical: "medical",
  welfare: "medical",
  street_and_lights: "services",
  graffiti_and_dumping: "services",
  animal: "services",
  service: "services",
  officer_activity: "officer",
  other: "officer",
} as const satisfies Record<components["schemas"]["Category"], GroupId>;

/** The server's categories: one that it adds and this page does not group fails the type check. */
export type Category = components["schemas"]["Category"];
/** What some categories are divided into: harmless things only. */
export type Subcategory = components["schemas"]["Subcategory"];
export const CATEGORIES = Object.keys(GROUP_OF) as Category[];

/** The group of a category; one that this page does not know yet counts as `other`. */
export function groupOf(category: string): GroupId {
  return GROUP_OF[category as Category] ?? "officer";
}

/** The place of a category's group in `GROUP_IDS`. */
export function groupIndex(category: string): number {
  return GROUP_IDS.indexOf(groupOf(category));
}

/** The categories of the given groups. */
export function categoriesOf(groups: Iterable<GroupId>): Category[] {
  const wanted = new Set(groups);
  return CATEGORIES.filter((category) => wanted.has(GROUP_OF[category]));
}
