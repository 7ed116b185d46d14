// Esri's own request library for JavaScript as a client of a served city; runs in .build/interop-node.
// Reads one request a line (JSON) from standard input, and writes the public ids that the client sees.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { queryFeatures } = createRequire(`${process.cwd()}/package.json`)(
  "@esri/arcgis-rest-feature-service",
);
const PAGE = 400;
console.warn = () => {}; // the library warns of an option of its own, at every request

async function incidents({ root, city, bbox, since, category }, f) {
  const url = `${root}/arcgis/rest/services/${city}/FeatureServer/${since ? 0 : 3}`;
  const box = bbox && { xmin: bbox[0], ymin: bbox[1], xmax: bbox[2], ymax: bbox[3] };
  const seen = [];
  for (;;) {
    const page = await queryFeatures({
      url,
      where: category ? `category = '${category}'` : "1=1",
      outFields: "*",
      resultOffset: seen.length,
      resultRecordCount: PAGE,
      f,
      ...(box && {
        geometry: { ...box, spatialReference: { wkid: 4326 } },
        geometryType: "esriGeometryEnvelope",
        spatialRel: "esriSpatialRelIntersects",
      }),
    });
    seen.push(
      ...page.features.map(({ attributes, properties }) => {
        const values = attributes ?? properties;
        return [values.id, values.category];
      }),
    );
    if (page.features.length < PAGE) return seen;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const form = { "arcgis-rest-js": "json", "arcgis-rest-js pbf": "pbf-as-geojson" }[request.client];
  process.stdout.write(`${JSON.stringify(await incidents(request, form))}\n`);
}
