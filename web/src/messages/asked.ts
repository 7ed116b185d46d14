/** The language that the address asks for, null where it leaves that to the browser. */
export function askedLanguage(): string | null {
  return new URLSearchParams(location.search).get("lang");
}
