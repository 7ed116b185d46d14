/** Starts the page: the language first, then the list; the map follows by itself. */

import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { chooseLanguage, tongue } from "./messages/tongue.svelte";
import { page } from "./state/page.svelte";

const asked = new URLSearchParams(location.search).get("lang");
const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");

void page.start();
await tongue.speak(chooseLanguage(asked, navigator.languages));
const slim = location.pathname === "/embed";
mount(slim ? (await import("./Embed.svelte")).default : App, { target });
