/** A finger that rests on the map, or the other button of the mouse, means a place. */

import type { Map as LibreMap, LngLat, MapTouchEvent } from "maplibre-gl";

const LONG_MS = 550;
const STILL_PX = 10;

export function onLongPress(map: LibreMap, told: (point: LngLat) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from: { x: number; y: number } | null = null;
  const stop = () => {
    clearTimeout(timer);
    from = null;
  };
  map.on("contextmenu", (event) => {
    // Some browsers say the same of a finger that rests: once is enough.
    stop();
    event.preventDefault();
    told(event.lngLat);
  });
  map.on("touchstart", (event: MapTouchEvent) => {
    stop();
    if (event.points.length !== 1) return;
    from = event.point;
    timer = setTimeout(() => {
      from = null;
      told(event.lngLat);
    }, LONG_MS);
  });
  map.on("touchmove", (event: MapTouchEvent) => {
    if (from && Math.hypot(event.point.x - from.x, event.point.y - from.y) > STILL_PX) stop();
  });
  for (const end of ["touchend", "touchcancel"] as const) map.on(end, stop);
}
