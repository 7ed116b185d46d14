/** What somebody copies to show this view elsewhere: the frame for a page of their own. */

/** The address of the slim page with the same state as `address`. */
export function embedAddress(address: string): string {
  const url = new URL(address);
  url.pathname = "/embed";
  return url.href;
}

/** The address of the whole map with the same state as an `/embed` address. */
export function fullAddress(address: string): string {
  const url = new URL(address);
  url.pathname = "/";
  return url.href;
}

/** Where to write to about one incident, or about the page; `template` holds `{id}`. */
export function contactLink(template: string | null, id: string | null): string | null {
  return template === null ? null : template.replaceAll("{id}", encodeURIComponent(id ?? ""));
}

/** HTML for a page of somebody else's; every text in it is escaped. */
export function embedCode(address: string, title: string): string {
  return `<iframe src="${escaped(embedAddress(address))}" title="${escaped(title)}" width="100%" height="480" style="border:0" loading="lazy"></iframe>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
