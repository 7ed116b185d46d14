/** The shaders of one mark: halo, ring, the drop of ink that fills it on closing, glyph and tick, in one quad. */

const uniforms = /* glsl */ `\
layout(std140) uniform markUniforms {
  vec4 surface;
  vec4 accent;
  float at;
  float wall;
  float fadeSpan;
  float fillSpan;
  float quietSize;
  float openSize;
  float breathing;
  float glyphs;
  float pixel;
} mark;
`;

export const markUniforms = {
  name: "mark",
  vs: uniforms,
  fs: uniforms,
  uniformTypes: {
    surface: "vec4<f32>",
    accent: "vec4<f32>",
    at: "f32",
    wall: "f32",
    fadeSpan: "f32",
    fillSpan: "f32",
    quietSize: "f32",
    openSize: "f32",
    breathing: "f32",
    glyphs: "f32",
    pixel: "f32",
  },
} as const;

export const vs = /* glsl */ `\
#version 300 es
#define SHADER_NAME blocklight-mark-vertex
in vec2 positions;
in vec3 instancePositions;
in vec3 instancePositions64Low;
in vec2 instanceTimes;
in vec4 instanceLooks;
in vec4 instanceMoments;
in vec2 instanceOffsets;
out vec2 vPixels;
out vec4 vColor;
out float vGlyph;
out float vFill;
out float vRadius;
out float vFade;
out float vTick;
out float vRipple;
out float vChosen;

void main(void) {
  geometry.worldPosition = instancePositions;
  geometry.uv = positions;
  float shownFill = clamp((mark.wall - instanceMoments.y) / 0.6, 0.0, 1.0);
  float toldFill = clamp((mark.at - instanceTimes.y) / mark.fillSpan, 0.0, 1.0);
  float fill = instanceMoments.w > 0.5 ? shownFill * step(instanceTimes.y, 9.0e8) : toldFill;
  // Ease out, and settle from the size of an open mark to that of a closed one.
  vFill = 1.0 - (1.0 - fill) * (1.0 - fill);
  float settle = smoothstep(0.5, 1.0, fill);
  float birth = clamp((mark.wall - instanceMoments.x) / 0.45, 0.0, 1.0);
  birth = 1.0 - pow(1.0 - birth, 3.0);
  vRadius = mix(mark.openSize, mark.quietSize, settle) * mix(0.4, 1.0, birth);
  vTick = smoothstep(0.35, 0.6, mark.wall - instanceMoments.y)
    * (1.0 - smoothstep(1.8, 2.3, mark.wall - instanceMoments.y)) * step(0.5, instanceMoments.w);
  vRadius += vTick * 2.5;
  vRipple = clamp((mark.wall - instanceMoments.x) / 1.1, 0.0, 1.0);
  vChosen = instanceMoments.z;
  float age = max(mark.at - instanceTimes.y, 0.0);
  vFade = mix(1.0, 0.34, smoothstep(0.04, 1.0, sqrt(age / mark.fadeSpan)) * step(0.999, fill) * (1.0 - vTick));
  // What is selected or fanned out is there to be read.
  vFade = mix(vFade, 1.0, max(vChosen, step(1.5, instanceMoments.w)));
  vColor = vec4(instanceLooks.rgb, 1.0);
  vGlyph = floor(instanceLooks.a * 255.0 + 0.5);
  float reach = vRadius + 2.0 + (vFill < 0.99 ? 8.0 : 0.0) + (vRipple < 1.0 ? 22.0 : 0.0) + vChosen * 10.0;
  // Not yet received at that time: while the day is played, marks appear when their calls did.
  if (instanceTimes.x > mark.at + 1.0) reach = 0.0;
  vPixels = positions * reach;
  gl_Position = project_position_to_clipspace(instancePositions, instancePositions64Low, vec3(0.0), geometry.position);
  DECKGL_FILTER_GL_POSITION(gl_Position, geometry);
  vec3 offset = vec3(positions * reach + vec2(instanceOffsets.x, -instanceOffsets.y), 0.0);
  DECKGL_FILTER_SIZE(offset, geometry);
  gl_Position.xy += project_pixel_size_to_clipspace(offset.xy);
  DECKGL_FILTER_COLOR(vColor, geometry);
}
`;

export const fs = /* glsl */ `\
#version 300 es
#define SHADER_NAME blocklight-mark-fragment
precision highp float;
uniform sampler2D markGlyphs;
in vec2 vPixels;
in vec4 vColor;
in float vGlyph;
in float vFill;
in float vRadius;
in float vFade;
in float vTick;
in float vRipple;
in float vChosen;
out vec4 fragColor;

/** Lay a colour over what is there; alpha is premultiplied until the end. */
vec4 over(vec4 under, vec3 color, float alpha) {
  return vec4(color * alpha, alpha) + under * (1.0 - alpha);
}

float disc(float distance, float radius) {
  return clamp((radius - distance) / mark.pixel + 0.5, 0.0, 1.0);
}

float glyph(vec2 pixels, float index, float size) {
  vec2 cell = clamp(vec2(pixels.x, -pixels.y) / size + 0.5, 0.02, 0.98);
  float inside = step(abs(pixels.x), size * 0.5) * step(abs(pixels.y), size * 0.5);
  return texture(markGlyphs, vec2((index + cell.x) / 9.0, cell.y)).a * inside;
}

void main(void) {
  float d = length(vPixels);
  // Age pales the ink more than it lets through, so that marks at one place do not mix into mud.
  vec3 ink = mix(mark.surface.rgb, vColor.rgb, vFade);
  vec4 color = vec4(0.0);
  float open = 1.0 - vFill;
  float halo = vRadius + 3.5 + 2.5 * mark.breathing;
  color = over(color, ink, open * disc(d, halo) * (0.16 + 0.10 * mark.breathing));
  color = over(color, ink, (1.0 - vRipple) * 0.55 * smoothstep(2.6, 0.6, abs(d - vRadius - vRipple * 20.0)) * step(0.001, vRipple));
  color = over(color, mark.surface.rgb, disc(d, vRadius + 1.4) * mix(0.92, 1.0, open));
  color = over(color, ink, disc(d, vRadius));
  float hollow = disc(d, vRadius - 2.6) * (1.0 - disc(d, vRadius * vFill * 1.02));
  color = over(color, mark.surface.rgb, hollow * step(0.01, open));
  float size = vRadius * mix(1.16, 1.22, vFill);
  float covered = disc(d, vRadius * vFill * 1.02);
  vec3 glyphColor = mix(ink, mix(ink, vec3(1.0), mix(0.7, 1.0, vFade)), covered);
  if (mark.glyphs > 0.0 || open > 0.5) {
    color = over(color, glyphColor, glyph(vPixels, vGlyph, size) * (1.0 - vTick));
    color = over(color, vec3(1.0), glyph(vPixels, 8.0, size * 1.1) * vTick);
  }
  color *= mix(0.72, 1.0, vFade);
  color = over(color, mark.accent.rgb, vChosen * smoothstep(1.6, 0.8, abs(d - vRadius - 5.5)));
  if (color.a < 0.004) discard;
  fragColor = vec4(color.rgb / color.a, color.a) ;
  fragColor.a *= vColor.a * layer.opacity;
  DECKGL_FILTER_COLOR(fragColor, geometry);
}
`;
