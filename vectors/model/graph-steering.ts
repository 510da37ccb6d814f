import type { Graph } from './onnx.ts'

/** Raised whenever a graph with clamps would compute other bytes or name its inputs otherwise; graphs that only add are not touched by it. */
export const CLAMPS_VERSION = 'c2'

/** The inputs of a steered layer. `clamps` = 0: only `delta.L` (B, S, H). */
export function declareSteering(
  graph: Graph,
  layer: number,
  { width, clamps }: { readonly width: number; readonly clamps: number },
): void {
  graph.input(`delta.${layer}`, 'f32', ['B', 'S', width])
  if (clamps === 0) return
  for (let k = 0; k < clamps; k++) {
    graph.input(`clamp_direction.${layer}.${k}`, 'f32', ['B', 1, width])
    graph.input(`clamp_least.${layer}.${k}`, 'f32', ['B', 'S', 1])
    graph.input(`clamp_most.${layer}.${k}`, 'f32', ['B', 'S', 1])
    graph.input(`clamp_factor.${layer}.${k}`, 'f32', ['B', 'S', 1])
  }
  graph.input(`keep_length.${layer}`, 'f32', ['B', 'S', 1])
}

/**
 * The stream after a block is `residual + pending`; returns the new pending. With h = residual + pending:
 * x = h + delta; for each clamp with direction v: x += (clip(factor · x·v, least, most) − x·v) v; where lengths are kept: x *= |h| / |x|.
 * Every step is an addition to `pending` that is exactly 0 where nothing is asked for, so that it leaves every byte as it was.
 * Output `change.L` (B, S, 1) = |x − h| when there are clamps.
 */
export function steerStream(
  graph: Graph,
  { residual, pending }: { readonly residual: string; readonly pending: string },
  { layer, clamps }: { readonly layer: number; readonly clamps: number },
): string {
  const added = graph.node('Add', [pending, `delta.${layer}`])
  if (clamps === 0) return added
  const axes = lastAxis(graph, layer)
  const before = graph.node('Add', [residual, pending])
  let after = graph.node('Add', [residual, added])
  let sum = added
  const change = (by: string): void => {
    sum = graph.node('Add', [sum, by])
    after = graph.node('Add', [after, by])
  }
  for (let k = 0; k < clamps; k++) {
    const direction = `clamp_direction.${layer}.${k}`
    const projection = graph.node('ReduceSum', [graph.node('Mul', [after, direction]), axes], {
      attributes: { keepdims: 1 },
    })
    const kept = graph.node('Min', [
      graph.node('Max', [graph.node('Mul', [projection, `clamp_factor.${layer}.${k}`]), `clamp_least.${layer}.${k}`]),
      `clamp_most.${layer}.${k}`,
    ])
    change(graph.node('Mul', [graph.node('Sub', [kept, projection]), direction]))
  }
  change(graph.node('Mul', [after, lengthening(graph, { before, after, axes, layer })]))
  const difference = graph.node('Sub', [after, before])
  graph.node('ReduceL2', [difference, axes], { outputs: [`change.${layer}`], attributes: { keepdims: 1 } })
  graph.output(`change.${layer}`, 'f32', ['B', 'S', 1])
  return sum
}

/** |before| / |after| − 1 where the length is kept, else 0. */
function lengthening(
  graph: Graph,
  { before, after, axes, layer }: { before: string; after: string; axes: string; layer: number },
): string {
  const length = (of: string) => graph.node('ReduceL2', [of, axes], { attributes: { keepdims: 1 } })
  const ratio = graph.node('Div', [
    length(before),
    graph.node('Max', [length(after), constant(graph, `tiny.${layer}`, 1e-30)]),
  ])
  return graph.node('Mul', [`keep_length.${layer}`, graph.node('Sub', [ratio, constant(graph, `one.${layer}`, 1)])])
}

function constant(graph: Graph, name: string, value: number): string {
  graph.constant(name, 'f32', [1], new Uint8Array(Float32Array.of(value).buffer))
  return name
}

function lastAxis(graph: Graph, layer: number): string {
  const name = `steer_axis.${layer}`
  graph.constant(name, 'i64', [1], new Uint8Array(BigInt64Array.of(-1n).buffer))
  return name
}
