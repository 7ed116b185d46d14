/** Where the map looks, as the part of the address after `#`, which no browser ever sends to a server. */

export interface Camera {
  zoom: number;
  lat: number;
  lon: number;
}

/** Read `#12.5/37.8044/-122.2712`; what cannot be read is no camera. */
export function fromHash(hash: string): Camera | null {
  const match = /^#(\d{1,2}(?:\.\d+)?)\/(-?\d{1,2}(?:\.\d+)?)\/(-?\d{1,3}(?:\.\d+)?)$/.exec(hash);
  if (!match) return null;
  const [zoom, lat, lon] = match.slice(1).map(Number) as [number, number, number];
  return zoom <= 22 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { zoom, lat, lon } : null;
}

/** Write a camera so that it shows the same to a pixel or two. */
export function toHash(camera: Camera | null): string {
  if (!camera) return "";
  return `#${trim(camera.zoom, 2)}/${trim(camera.lat, 4)}/${trim(camera.lon, 4)}`;
}

function trim(value: number, digits: number): string {
  return Number(value.toFixed(digits)).toString();
}
