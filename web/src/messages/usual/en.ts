/** What is said about whether something is usual, in English; loaded with the part that says it. */

export const usual = {
  title: "Is this usual here?",
  areaTitle: (area: string) => `${area}: now against its usual`,
  verdicts: {
    fewer: "Fewer than usual",
    usual: "About usual",
    more: "More than usual",
    too_few_weeks: "Not enough history",
    incomplete: "Not available today",
  } as Record<string, string>,
  what: {
    call: "Calls for service",
    community: "Calls from the community",
    officer: "Opened by officers",
    request: "311 requests",
  } as Record<string, string>,
  brief: (now: string, low: string, high: string) => `${now} in 24 h, usually ${low}–${high}.`,
  counted: (what: string, now: string, until: string) =>
    `${what}: ${now} in the 24 hours to ${until}, known so far.`,
  compared: (weeks: string, mean: string, low: string, high: string) =>
    `${weeks} weeks before: ${mean} on average, ${low} to ${high} is usual.`,
  tooFew: (weeks: string, least: string) =>
    `Weeks before that can be compared: ${weeks}. It takes ${least} to say what is usual.`,
  averaged: (mean: string) => `On average they had ${mean}.`,
  incomplete: "So few records cover these hours in the whole city that a source must be incomplete.",
  skipped: (count: number, text: string) =>
    count === 1
      ? "1 of the twelve weeks before is not compared: the sources cover it only in part."
      : `${text} of the twelve weeks before are not compared: the sources cover them only in part.`,
  unanswered: "No source has answered yet.",
  failed: "The comparison cannot be loaded now.",
  city: {
    when: (day: string, hour: string) => `for a ${day} ${hour}`,
    range: {
      call: (now: string, low: string, high: string) => `${now} calls in 24 h, usually ${low}–${high}`,
      request: (now: string, low: string, high: string) => `${now} requests in 24 h, usually ${low}–${high}`,
    } as Record<string, (now: string, low: string, high: string) => string>,
    whole: "in the whole city",
  },
  apart: (what: string, now: string, mean: string, verdict: string) =>
    `Kept apart: ${what}: ${now}, on average ${mean}. ${verdict}.`,
  weeksAgo: "12 weeks ago",
  now: "now",
  notCompared: "not compared",
  strip: (weeks: string, now: string) => `Each week before, the oldest first: ${weeks}. Now: ${now}.`,
  meaningTitle: "What does this mean?",
  meaning:
    "The last 24 hours stand beside the same hours of the same weekday, in up to twelve weeks before. “More” or “fewer” is said only of a count that would come by chance about once in a hundred such days. Records that come late are not counted yet. A call is a request for help: more calls are not more crimes.",
};

export type UsualWords = typeof usual;
