/** What only the pages without scripts say, in English; its shape is what every other language must fill. */

export const plain = {
  tongue: "English",
  language: "Language",
  skip: "Skip to the content",
  map: "Map",
  list: "List",
  data: "Data & methods",
  title: (page: string, city: string) => `${page} · ${city}`,
  asOf: (time: string) => `As of ${time}. Load the page again for what is newer.`,

  heading: (city: string) => `Incidents in ${city}`,
  words: "Street, place or words",
  since: "Received from",
  until: "Received before",
  zone: (zone: string) => `Times are those of the city: ${zone}.`,
  apply: "Apply",
  reset: "Show everything",
  newest: "Newest",
  older: "Older",
  shown: (count: number, text: string) => (count === 1 ? "1 incident" : `${text} incidents`),
  notRead: (name: string) => `“${name}” could not be understood, so nothing is listed.`,
  missing: "There is no such page, or the incident is no longer shown.",
  unavailable: "The server cannot answer right now. Try again in a moment.",
  back: "Back to the list",
  onMap: "Show on the map",
  delayed: "Published later than it came in, by the city's policy.",
  timeStep: (minutes: string) => `Its times are cut to steps of ${minutes} minutes.`,
  publicId: (id: string) => `Public id ${id}`,

  intro: (city: string) =>
    `Where the incidents of ${city} come from, what is done to them before anybody sees them, and how much is not shown.`,
  contents: "On this page",
  crime:
    "A call for service is a request for help. It is not a crime: most calls turn out to be something else, and nothing here says that anybody did anything.",

  fresh: "How fresh it is",
  freshText:
    "Each source is asked again and again. Its delay is the time from when an incident was received to when it was first seen here, over its latest incidents.",
  source: "Source",
  state: "State",
  states: {
    ok: "On time",
    late: "Late",
    failing: "Not answering",
    waiting: "Not read yet",
    paused: "Paused by the city",
  } as Record<string, string>,
  lastSuccess: "Last answer",
  delay: "Delay: half, 9 in 10, 99 in 100",
  noDelay: "not measured yet",
  gaps: "Gaps in the last 90 days",
  noGaps: "none",
  gap: (from: string, to: string) => `${from} to ${to}`,
  every: (span: string) => `asked every ${span}`,
  lastFetch: (count: string) => `${count} records in its last answer`,
  refused: (count: string) => `${count} of them unreadable`,
  closing: {
    status: "Says itself whether a call is closed.",
    time: "A call is closed once it has a closing time.",
    vanish: "A call is closed once it is gone from the source, so its end may be noticed late.",
    never: "Does not tell when anything ends: everything counts as closed.",
  } as Record<string, string>,
  precision: "It tells days, not times of day.",
  pausedNow: "Paused by the city now",
  pausedSince: (what: string, time: string, reason: string) => `${what}, since ${time}: ${reason}`,
  scopes: {
    city: "Everything",
    source: "Source",
    category: "Category",
    area: "Area",
  } as Record<string, string>,

  placed: "Where it is shown",
  placedText:
    "Nothing is shown at its exact place. Each incident is moved to a public point before it is stored, always the same one for the same place, and the exact place is forgotten.",
  placedShare: (share: string, count: string) =>
    `${share} of the ${count} incidents on the map have a place.`,
  placeKind: "Shown at",
  placeKinds: {
    grid: "The centre of a hexagon of the grid",
    intersection: "The nearest intersection",
    block: "The centre of the block",
    area: "A point for the whole area",
    publisher: "Where the city's own feed puts it",
    none: "No place",
  } as Record<string, string>,
  movedAtMost: "Moved at most",
  count: "Incidents",

  ledger: "The ledger",
  ledgerText:
    "What became of everything that was fetched. Each incident is counted once, on the day (UTC) on which it was first fetched, however often it was fetched again. Only days that are over are told.",
  ledgerSum:
    "Fetched = published + held + withheld + unreadable. Where a count is left out, fetched is told as a span.",
  suppressed: (small: string) => `< ${small}`,
  suppressedText: (small: string) =>
    `“< ${small}” stands for fewer than ${small}, none included. It is left out because a small count can point at a person.`,
  suppressedArea: (small: string) =>
    `“·” stands for a count that is left out, because it is smaller than ${small} or would give away one that is.`,
  hidden: "left out",
  from: "From",
  to: "To",
  wholeCity: "Whole city",
  day: "Day",
  month: "Month",
  total: "Together",
  fetched: "Fetched",
  between: (least: string, most: string) => `${least} to ${most}`,
  published: "Published",
  held: "Held",
  withheld: "Withheld",
  unreadable: "Unreadable",
  afterwards: "Afterwards",
  released: "Released",
  withheldLater: "Withheld after all",
  retracted: "Retracted",
  reasons: {
    unmapped: "Type unknown",
    sensitive: "Sensitive",
    policy: "By policy",
    no_place: "No place",
    outside_city: "Outside",
  } as Record<string, string>,
  rejections: { bad_time: "time", bad_row: "row", no_key: "key", no_type: "type", other: "other" } as Record<
    string,
    string
  >,
  noMonths: "No whole month lies between these days. By area the ledger is told by month.",
  ledgerArea: (kind: string) =>
    `By area the ledger is kept for one kind alone (${kind}), so that no two can be subtracted.`,

  definitions: "What the words mean",
  terms: [
    [
      "Call for service",
      "Work that a dispatch centre opened: from 911, a non-emergency line, or by an officer.",
    ],
    ["Service request", "A 311 request, such as a pothole or a street light."],
    ["Incident", "Either of them: one row of the list, one mark on the map."],
    ["Open, closed", "Whether somebody is still at work on it, as far as the source tells."],
    ["Received", "When the call came in. All other times are told as spans after it."],
    ["Dispatched, en route, on scene", "When the first unit was sent, set off and arrived."],
    ["Withheld", "Not published, and counted."],
    ["Held", "Published later."],
    ["Masked", "Shown at a coarser place or time."],
    ["Retracted", "Taken back after it was published."],
    ["Unreadable", "A record without a readable time, type or key. It is refused alone, and counted."],
  ] as [string, string][],

  mapping: "Categories, and what maps to them",
  mappingText:
    "Every agency has its own words for what a call is. The city says which of them mean which category; a type that nobody has mapped is withheld and counted until somebody does.",
  types: (count: number, text: string) =>
    count === 1 ? "1 of the agency's types" : `${text} of the agency's types`,
  patterns: (count: number, text: string) => (count === 1 ? "1 pattern" : `${text} patterns`),
  typesHidden: "This city does not publish its agencies' own words, so only their number is told here.",

  never: "What is never shown",
  neverText:
    "Calls of these groups are withheld, in every city, for ever: not even a correction makes them public. Words, names, telephone numbers, plates, units' names and patients' outcomes are never read.",
  groupNames: {
    domestic_violence: "Domestic violence",
    sexual_offence: "Sexual offences",
    child_abuse: "Child abuse",
    juvenile: "Young people",
    suicide_mental_health: "Suicide and mental health",
    overdose: "Overdoses",
    elder_abuse: "Abuse of old people",
    stalking: "Stalking",
    death: "Deaths",
    tactical_officer_safety: "Tactical operations and officers' safety",
  } as Record<string, string>,
  loosened: "What this city lets through all the same",
  notLoosened: "This city lets nothing of it through.",
  whole: (group: string) => `All of it: ${group}`,
  some: (group: string) => `Some of it: ${group}`,
  medical: "Medical calls are shown as medical and nothing more, at a coarser place.",
  cell: (span: string) => `Other places are shown at the centre of a hexagon about ${span} across.`,
  cellMedical: (span: string) => `Medical calls: about ${span} across.`,
  hundredBlock: "Beside the place stands its hundred block or intersection, except for medical calls.",
  noLabels: "No street is named beside the place.",

  changes: "When the rules changed",
  changesText:
    "Days (UTC) on which another policy took effect. A change also applies to what was published before.",
  noChanges: "The policy has not changed since this city's record began.",

  limits: "What to be careful about",
  limitList: [
    "Calls are what people asked for, not what happened. A type may change, or turn out to be wrong.",
    "Who calls, and how often, differs from place to place. More calls do not mean more danger.",
    "Points stand for many addresses. Two calls at one point need not be at one address.",
    "A source may be late, stop, or leave things out. Gaps above say when that was noticed.",
    "Times are the agency's own, as far as they make sense.",
    "Small and sensitive things are missing on purpose, so counts here are lower than the agency's own.",
  ],

  licence: "Licence, citation and downloads",
  licenceText: (attribution: string) => `The data is that of its sources: ${attribution}.`,
  licenceNone: "The data is that of its sources, and under their terms.",
  software: "Blocklight, which shows it, is free software under the Apache License 2.0.",
  cite: (city: string, url: string, day: string) => `Cite as: Blocklight, ${city}, ${url}, read on ${day}.`,
  downloads: "For programs",
  apiIncidents: "Incidents as GeoJSON",
  apiWindow: "The live window as Arrow columns",
  apiSources: "Health of the sources",
  apiLedger: "The ledger",
  apiPolicy: "The policy",
  apiAll: "Description of the interface (OpenAPI)",
};

export type PlainWords = typeof plain;
