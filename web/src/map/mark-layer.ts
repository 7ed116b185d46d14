/** The deck.gl layer that draws incidents from columns: everything that changes with time happens on the GPU. */

import {
  type DefaultProps,
  Layer,
  type LayerProps,
  picking,
  project32,
  type UpdateParameters,
} from "@deck.gl/core";
import type { Texture } from "@luma.gl/core";
import { Geometry, Model } from "@luma.gl/engine";
import { fs, markUniforms, vs } from "./mark-shaders";

type Rgba = [number, number, number, number];

export interface MarkProps {
  /** Seconds on the time axis of the `times` column at which the city is drawn. */
  at: number;
  /** Seconds on the axis of the `moments` column: real time, for what moves. */
  wall: number;
  /** Seconds in which a closed mark fades. */
  fadeSpan: number;
  /** Seconds of the city's time in which a mark fills on closing, while the day is played. */
  fillSpan: number;
  quietSize: number;
  openSize: number;
  breathing: number;
  glyphs: boolean;
  surface: Rgba;
  accent: Rgba;
  atlas: TexImageSource;
}

const defaultProps: DefaultProps<MarkProps & LayerProps> = {
  at: 0,
  wall: 0,
  fadeSpan: 1,
  fillSpan: 1,
  quietSize: 8.5,
  openSize: 13.5,
  breathing: 0,
  glyphs: true,
  surface: { type: "array", value: [1, 1, 1, 1] },
  accent: { type: "array", value: [0, 0, 0, 1] },
  atlas: { type: "object", value: null as never, compare: false },
  getPosition: { type: "accessor", value: [0, 0] },
  getTimes: { type: "accessor", value: [0, 1e9] },
  getLooks: { type: "accessor", value: [0, 0, 0, 0] },
  getMoments: { type: "accessor", value: [-1e6, -1e6, 0, 0] },
  getOffsets: { type: "accessor", value: [0, 0] },
} as never;

export class MarkLayer extends Layer<Required<MarkProps>> {
  static override layerName = "MarkLayer";
  static override defaultProps = defaultProps as never;

  declare state: { model: Model; glyphs: Texture };

  override getShaders() {
    return super.getShaders({ vs, fs, modules: [project32, picking, markUniforms] });
  }

  override initializeState(): void {
    this.getAttributeManager()?.addInstanced({
      instancePositions: {
        size: 3,
        type: "float64",
        fp64: this.use64bitPositions(),
        accessor: "getPosition",
      },
      instanceTimes: { size: 2, accessor: "getTimes" },
      instanceLooks: { size: 4, type: "unorm8", accessor: "getLooks" },
      instanceMoments: { size: 4, accessor: "getMoments" },
      instanceOffsets: { size: 2, accessor: "getOffsets" },
    });
    this.setState({ glyphs: this.#texture() });
  }

  override updateState(params: UpdateParameters<this>): void {
    super.updateState(params);
    if (!params.changeFlags.extensionsChanged) return;
    this.state.model?.destroy();
    this.setState({ model: this.#model() });
    this.getAttributeManager()?.invalidateAll();
  }

  override finalizeState(context: Parameters<Layer["finalizeState"]>[0]): void {
    super.finalizeState(context);
    this.state.glyphs?.destroy();
  }

  override draw(): void {
    const { model, glyphs } = this.state;
    const { at, wall, fadeSpan, fillSpan, quietSize, openSize, breathing, surface, accent } = this.props;
    model.shaderInputs.setProps({
      mark: {
        at,
        wall,
        fadeSpan,
        fillSpan,
        quietSize,
        openSize,
        breathing,
        glyphs: this.props.glyphs ? 1 : 0,
        pixel: 1 / globalThis.devicePixelRatio,
        surface,
        accent,
      },
    });
    model.setBindings({ markGlyphs: glyphs });
    model.draw(this.context.renderPass);
  }

  #model(): Model {
    return new Model(this.context.device, {
      ...this.getShaders(),
      id: this.props.id,
      bufferLayout: this.getAttributeManager()?.getBufferLayouts() ?? [],
      geometry: new Geometry({
        topology: "triangle-strip",
        attributes: { positions: { size: 2, value: new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]) } },
      }),
      isInstanced: true,
      parameters: { depthCompare: "always", depthWriteEnabled: false },
    });
  }

  #texture(): Texture {
    const { device } = this.context;
    const { atlas } = this.props;
    const { width, height } = atlas as HTMLCanvasElement;
    const texture = device.createTexture({
      format: "rgba8unorm",
      width,
      height,
      mipLevels: device.getMipLevelCount(width, height),
      sampler: {
        minFilter: "linear",
        magFilter: "linear",
        mipmapFilter: "linear",
        addressModeU: "clamp-to-edge",
        addressModeV: "clamp-to-edge",
      },
    });
    texture.copyExternalImage({ image: atlas as HTMLCanvasElement });
    (texture as Texture & { generateMipmapsWebGL(): void }).generateMipmapsWebGL();
    return texture;
  }
}
