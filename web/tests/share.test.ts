import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHash, toHash } from "../src/state/camera";
import { contactLink, embedCode, fullAddress } from "../src/state/share";

test("a camera survives the way through the address", () => {
  const camera = fc.record({
    zoom: fc.integer({ min: 0, max: 2200 }).map((value) => value / 100),
    lat: fc.integer({ min: -850000, max: 850000 }).map((value) => value / 10000),
    lon: fc.integer({ min: -1800000, max: 1800000 }).map((value) => value / 10000),
  });
  fc.assert(
    fc.property(camera, (one) => {
      const read = fromHash(toHash(one));
      expect(read?.zoom).toBeCloseTo(one.zoom, 6);
      expect(read?.lat).toBeCloseTo(one.lat, 6);
      expect(read?.lon).toBeCloseTo(one.lon, 6);
    }),
  );
});

test.each(["", "#", "#list", "#12/37", "#99/0/0", "#12/95/0", "#12/0/190", "#a/b/c"])(
  "%j is no camera",
  (hash) => {
    expect(fromHash(hash)).toBeNull();
  },
);

test("the snippet shows the same view and nothing in it can end the attribute", () => {
  const code = embedCode("https://map.example/?q=%22a%22&status=open#12/37.8/-122.3", 'Calls in "A<b>"');
  expect(code).toContain('src="https://map.example/embed?q=%22a%22&amp;status=open#12/37.8/-122.3"');
  expect(code).toContain('title="Calls in &quot;A&lt;b&gt;&quot;"');
});

test("the full map of an embedded one is the same view", () => {
  expect(fullAddress("https://map.example/embed?status=open#12/37.8/-122.3")).toBe(
    "https://map.example/?status=open#12/37.8/-122.3",
  );
});

test("a contact names the incident, or none where there is none", () => {
  const template = "https://city.example/form?incident={id}";
  expect(contactLink(template, "aaaaaaaaaaaaaaab")).toBe(
    "https://city.example/form?incident=aaaaaaaaaaaaaaab",
  );
  expect(contactLink(template, null)).toBe("https://city.example/form?incident=");
  expect(contactLink(null, "aaaaaaaaaaaaaaab")).toBeNull();
});
