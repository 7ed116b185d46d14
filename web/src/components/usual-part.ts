import { lazy } from "../data/lazy";

/** "Is this usual here?", which most visits never ask. */
export const usualPart = lazy(() => import("./Usual.svelte"));
