import * as ort from 'onnxruntime-node'
import type { Session, SessionOptions, Tensor, Tensors } from './session.ts'

/** The fallback: the package's own binding. It copies every output and blocks the event loop, but computes the same bytes. */
export async function openPackageSession(path: string, { threads }: SessionOptions): Promise<Session> {
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    async run({ fixed, inputs, outputs }) {
      const kept = fixed()
      const shared = new Map<Tensor['data'], ort.Tensor>()
      const feeds = mapTensors({ ...kept.inputs, ...inputs }, shared)
      const wanted = { ...kept.outputs, ...outputs }
      const results = await session.run(feeds, mapTensors(wanted, shared))
      for (const [name, { data }] of Object.entries(wanted)) copyBack(results[name]!, data)
    },
    async close() {
      await session.release()
    },
  }
}

/** An input and an output over the same memory must be one tensor, or the attention would not extend its past in place. */
function mapTensors(tensors: Tensors, shared: Map<Tensor['data'], ort.Tensor>): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const made = shared.get(tensor.data) ?? ortTensor(tensor)
      shared.set(tensor.data, made)
      return [name, made]
    }),
  )
}

function ortTensor({ data, dims }: Tensor): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  if (data instanceof Uint16Array) return new ort.Tensor('float16', data, dims)
  return data instanceof Int32Array ? new ort.Tensor('int32', data, dims) : new ort.Tensor('int64', data, dims)
}

function copyBack(result: ort.Tensor, data: Tensor['data']): void {
  const got = result.data as Tensor['data']
  if (got.buffer === data.buffer && got.byteOffset === data.byteOffset) return
  ;(data as { set(from: Tensor['data']): void }).set(got)
}
