/**
 * Numbers, times and spans in the reader's language and the city's time zone, all by `Intl`, as the server's pages
 * write them: `tests/golden/sentences.json` holds both to the same text.
 */

export interface Formats {
  number(value: number): string;
  /** "9:02 pm" */
  time(at: number): string;
  /** "9:02 pm" for today, else "Fri, 9:02 pm", or with the date when it was longer ago. */
  moment(at: number, now: number): string;
  /** "12 s", "4 min", "3 h", "2 d" */
  span(seconds: number): string;
  metres(value: number): string;
  /** "350 m", "1.2 km" */
  distance(metres: number): string;
  /** "3 minutes ago", in words that are read aloud. */
  ago(seconds: number): string;
  hour(hour: number): string;
  weekday(day: number, style: "short" | "long"): string;
  /** A mark on the timeline: an hour, or a day when marks are a day apart. */
  tick(at: number, everyDay: boolean): string;
}

const cache = new Map<string, Formats>();

export function formats(language: string, timeZone: string): Formats {
  const key = `${language} ${timeZone}`;
  const known = cache.get(key);
  if (known) return known;
  const made = make(language, timeZone);
  cache.set(key, made);
  return made;
}

function make(language: string, timeZone: string): Formats {
  const numbers = new Intl.NumberFormat(language);
  const date = (options: Intl.DateTimeFormatOptions, zone = timeZone) =>
    new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
  const clock = date({ timeStyle: "short" });
  const hours = date({ hour: "numeric" });
  const utcHours = date({ hour: "numeric" }, "UTC");
  const sameYear = date({ day: "numeric", month: "short" });
  const anyYear = date({ day: "numeric", month: "short", year: "numeric" });
  // Swedish writes a day as ISO 8601 does.
  const calendar = new Intl.DateTimeFormat("sv", {
    timeZone,
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
  });
  const utcClock = date({ timeStyle: "short" }, "UTC");
  const shortDay = date({ weekday: "short" });
  const dayNumber = date({ day: "numeric" });
  const weekdays = { short: date({ weekday: "short" }, "UTC"), long: date({ weekday: "long" }, "UTC") };
  const metres = new Intl.NumberFormat(language, { style: "unit", unit: "meter", unitDisplay: "short" });
  const kilometres = new Intl.NumberFormat(language, {
    style: "unit",
    unit: "kilometer",
    unitDisplay: "short",
    maximumFractionDigits: 1,
  });
  const aloud = new Intl.RelativeTimeFormat(language);
  const spans = spansOf(language, numbers);
  const time = (at: number) => quiet(clock.format(at * 1000));
  const dayOf = (at: number, now: number): string | null => {
    const [there, here] = [calendar.format(at * 1000), calendar.format(now * 1000)];
    if (there === here) return null;
    // Older tables of the language shorten "Thứ 6" to "Th 6".
    if (now - at < 6 * 86400) return shortDay.format(at * 1000).replace(/^Th (?=\d)/, "Thứ ");
    return (there.slice(0, 4) === here.slice(0, 4) ? sameYear : anyYear).format(at * 1000);
  };
  return {
    number: (value) => numbers.format(value),
    time,
    moment(at, now) {
      const day = dayOf(at, now);
      return day === null ? time(at) : dayAndTime(language, day, time(at));
    },
    span(seconds) {
      const value = Math.max(0, seconds);
      if (value < 60) return spans.second(Math.floor(value));
      if (value < 3600) return spans.minute(Math.floor(value / 60));
      if (value < 36 * 3600) return spans.hour(Math.floor(value / 3600));
      return spans.day(Math.floor(value / 86400));
    },
    metres: (value) => metres.format(value),
    distance: (value) => (value < 1000 ? metres.format(value) : kilometres.format(value / 1000)),
    ago(seconds) {
      const value = Math.max(0, seconds);
      if (value < 60) return aloud.format(-Math.floor(value), "second");
      if (value < 3600) return aloud.format(-Math.floor(value / 60), "minute");
      if (value < 36 * 3600) return aloud.format(-Math.floor(value / 3600), "hour");
      return aloud.format(-Math.floor(value / 86400), "day");
    },
    hour: (hour) => named(utcHours, utcClock, hour * 3600),
    // 1970-01-05 was a Monday.
    weekday: (day, style) => weekdays[style].format((day + 4) * 86_400_000),
    tick: (at, everyDay) =>
      everyDay ? `${shortDay.format(at * 1000)} ${dayNumber.format(at * 1000)}` : named(hours, clock, at),
  };
}

/** The hour alone where that says it is an hour ("9 pm"), with minutes where it would be a bare number. */
function named(hours: Intl.DateTimeFormat, clock: Intl.DateTimeFormat, at: number): string {
  const text = quiet(hours.format(at * 1000));
  return /^\d+$/.test(text) ? quiet(clock.format(at * 1000)) : text;
}

/** As each language puts a day and a time together. */
function dayAndTime(language: string, day: string, time: string): string {
  if (language.startsWith("vi")) return `${time} ${day}`;
  return language.startsWith("zh") ? `${day} ${time}` : `${day}, ${time}`;
}

/** "9:02 PM" shouts. */
function quiet(text: string): string {
  return text.replace(/\s?([AP])\.?\s?M\.?/, (_, half: string) => ` ${half.toLowerCase()}m`);
}

type Unit = "second" | "minute" | "hour" | "day";

/** English and Spanish readers know the symbols of the SI, which are the shortest; others read words. */
function spansOf(language: string, numbers: Intl.NumberFormat): Record<Unit, (value: number) => string> {
  const symbols: Record<Unit, string> = { second: "s", minute: "min", hour: "h", day: "d" };
  const told = (unit: Unit) => {
    if (/^(en|es)\b/.test(language)) return (value: number) => `${numbers.format(value)} ${symbols[unit]}`;
    const words = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" });
    return (value: number) => words.format(value);
  };
  return { second: told("second"), minute: told("minute"), hour: told("hour"), day: told("day") };
}
