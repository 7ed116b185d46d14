/** Starts the page: the language first, then the list, which takes the place of the server's; the map follows by itself. */

import "./app.css";
import "./first-screen.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { askedLanguage } from "./messages/asked";
import { chooseLanguage, tongue } from "./messages/tongue.svelte";
import { page } from "./state/page.svelte";
import { nextTask } from "./state/painted";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");

/** What the server has drawn of the page. A copy that was kept, and a page in a frame, come without it. */
const first = document.getElementById("first");
if (first?.dataset.pulse) page.pulse = JSON.parse(first.dataset.pulse);

const started = page.start();
await tongue.speak(chooseLanguage(askedLanguage(), navigator.languages));
// What stands already goes once the same can be read of the scripts, or once they have to say that nobody answers.
if (first) await started;
await nextTask();
if (location.pathname === "/embed") mount((await import("./Embed.svelte")).default, { target });
else mount(App, { target, props: { onlisted: () => first?.remove() } });
