/** The only module that knows what time it is in the city: the server's `now` plus elapsed time at its rate. */

export class CityClock {
  #server: number;
  #mark: number;
  #rate = 1;

  /** `monotonic` counts milliseconds and never goes back; a test passes its own. */
  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    start: number = Date.now(),
  ) {
    this.#server = start;
    this.#mark = monotonic();
  }

  /** City seconds that pass in one second here: 60 in a demo at speed 60. */
  get rate(): number {
    return this.#rate;
  }

  /** Take over the server's time, which it told `ago` milliseconds ago. */
  sync(now: string, rate = this.#rate, ago = 0): void {
    const server = Date.parse(now);
    if (!Number.isFinite(server) || !(rate > 0)) return;
    this.#server = server + ago * rate;
    this.#mark = this.monotonic();
    this.#rate = rate;
  }

  /** Milliseconds since the epoch, in the city. */
  now(): number {
    return this.#server + (this.monotonic() - this.#mark) * this.#rate;
  }
}

/** Hours and weekdays of a time zone for many times, from one look-up an hour. */
export class LocalHours {
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<number, number>();
  #lastQuarter = Number.NaN;
  #last = 0;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "numeric",
      hourCycle: "h23",
    });
  }

  /** The hour of the week of `at` (epoch seconds): weekday × 24 + hour, Monday is 0. */
  of(at: number): number {
    // Every zone's offset is a multiple of a quarter of an hour.
    const quarter = Math.floor(at / 900);
    // Rows are asked in order of time: nearly always it is the same quarter as the one before.
    if (quarter === this.#lastQuarter) return this.#last;
    this.#lastQuarter = quarter;
    this.#last = this.#known.get(quarter) ?? this.#lookUp(quarter);
    return this.#last;
  }

  #lookUp(quarter: number): number {
    const parts = this.#format.formatToParts(quarter * 900_000);
    const day = WEEKDAYS.indexOf(parts.find((part) => part.type === "weekday")?.value ?? "");
    const hour = Number(parts.find((part) => part.type === "hour")?.value ?? 0);
    const value = Math.max(day, 0) * 24 + hour;
    this.#known.set(quarter, value);
    return value;
  }
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Epoch seconds at which the local day of `at` (epoch seconds) began. */
export function startOfDay(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  }).formatToParts(at * 1000);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Math.floor(at) - value("hour") * 3600 - value("minute") * 60 - value("second");
}

/** The day of `at` (epoch seconds) as a calendar of the time zone has it: 2026-08-06. */
export function dayIn(timeZone: string, at: number): string {
  // Swedish writes a day as ISO 8601 does.
  const format = new Intl.DateTimeFormat("sv", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return format.format(at * 1000);
}

/** Epoch seconds at which a day of the calendar (2026-08-06) ends in the time zone, however long it is there. */
export function endOfDay(day: string, timeZone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000 + 86_400;
  // The offset just before the guess may be another one than at the true midnight: look twice.
  const first = midnight - offsetAt(midnight, timeZone);
  return midnight - offsetAt(first, timeZone);
}

/** How many seconds the clocks of a time zone are ahead of UTC. */
function offsetAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return Date.parse(`${parts.format(at * 1000).replace(" ", "T")}Z`) / 1000 - at;
}
