import { ortLibrary, type Pointer } from './ort-library.ts'
import type { Session, SessionOptions, Tensor, Tensors } from './session.ts'

interface Bound {
  readonly binding: Pointer
  readonly runOptions: Pointer
  readonly fixed: readonly Value[]
}
interface Value {
  readonly pointer: Pointer
  /** Keeps the memory alive as long as the native side may read it. */
  readonly data: Tensor['data']
}

/** Opens a graph through IoBinding: outputs land in the caller's memory, the event loop stays free. */
export function openIoBindingSession(path: string, options: SessionOptions): Session {
  const ort = ortLibrary()
  const session = ort.createSession(path, options)
  const cache = new Map<string, Bound>()

  const value = (t: Tensor): Value => ({ pointer: ort.createTensor(t.data, elementType(t), t.dims), data: t.data })
  const bindAll = (tensors: Tensors, bind: (name: string, value: Pointer) => void): Value[] =>
    Object.entries(tensors).map(([name, tensor]) => {
      const made = value(tensor)
      bind(name, made.pointer)
      return made
    })
  const bound = (key: string, fixed: () => { inputs: Tensors; outputs: Tensors }): Bound => {
    const known = cache.get(key)
    if (known) return known
    const { binding, runOptions } = ort.createBinding(session)
    const { inputs, outputs } = fixed()
    const values = [
      ...bindAll(inputs, (name, v) => ort.bindInput(binding, name, v)),
      ...bindAll(outputs, (name, v) => ort.bindOutput(binding, name, v)),
    ]
    const made = { binding, runOptions, fixed: values }
    cache.set(key, made)
    return made
  }

  return {
    async run({ fixedKey, fixed, inputs, outputs }) {
      // A binding remembers every output ever bound to it, so the set of outputs is part of its key.
      const { binding, runOptions } = bound(`${fixedKey}|${Object.keys(outputs).join()}`, fixed)
      const values = [
        ...bindAll(inputs, (name, v) => ort.bindInput(binding, name, v)),
        ...bindAll(outputs, (name, v) => ort.bindOutput(binding, name, v)),
      ]
      try {
        await ort.run(session, runOptions, binding)
      } finally {
        for (const { pointer } of values) ort.releaseValue(pointer)
      }
    },
    async close() {
      for (const { binding, fixed } of cache.values()) {
        ort.releaseBinding(binding)
        for (const { pointer } of fixed) ort.releaseValue(pointer)
      }
      cache.clear()
      ort.releaseSession(session)
    },
  }
}

/** ONNXTensorElementDataType */
function elementType({ data }: Tensor): number {
  if (data instanceof Float32Array) return 1
  if (data instanceof Uint16Array) return 10
  return data instanceof Int32Array ? 6 : 7
}
