import { join, resolve } from 'node:path'
import { readArchitecture } from '../../vectors/model/architecture.ts'
import { findCachedModel } from '../../vectors/model/cached.ts'
import { openGguf } from '../../vectors/model/gguf.ts'
import { checkModel } from '../../vectors/model/check.ts'
import { pullModel } from '../../vectors/model/pull.ts'
import { readReference } from '../../vectors/model/reference.ts'
import { MODELS, resolveModel } from '../../vectors/model/registry.ts'
import { openModel } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'

interface JsonFlag {
  readonly json?: boolean
}

export function listModels({ json }: JsonFlag, { out, machine }: CliContext): number {
  const rows = MODELS.map((m) => ({
    id: m.id,
    title: m.title,
    license: m.license,
    architecture: m.architecture,
    cached: findCachedModel(m.id, machine.env) ?? null,
  }))
  if (json) out(`${JSON.stringify(rows, null, 2)}\n`)
  else
    for (const r of rows)
      out(
        `${r.id.padEnd(20)} ${r.cached === null ? 'not pulled' : 'cached    '}  ${r.title} (${r.architecture}, ${r.license})\n`,
      )
  return 0
}

/** `--from` takes a file or folder that is there already; it is checked against the same sha256. */
export async function pull(
  name: string,
  { from, json }: JsonFlag & { readonly from?: string },
  context: CliContext,
): Promise<number> {
  const ref = resolveModel(name)
  const steps = stepProgress(context)
  const { home, env, signal } = context.machine
  const file = await pullModel(
    from === undefined ? ref : { ...ref, sources: [{ kind: 'path', path: resolve(from) }] },
    {
      home,
      env,
      signal,
      onProgress: ({ phase, done, total, part }) =>
        steps.onStep('pull', done, total ?? 0, part === undefined ? phase : `${phase} ${part}`),
    },
  )
  steps.done()
  context.out(json ? `${JSON.stringify(file)}\n` : `${file.path}\nsha256 ${file.sha256} (${file.source})\n`)
  return 0
}

export async function inspect(name: string, { json }: JsonFlag, context: CliContext): Promise<number> {
  const steps = stepProgress(context)
  const { file, gguf, tokenizer, chat } = await openModel(name, context.machine, steps.onStep)
  steps.done()
  const types: Record<string, number> = {}
  for (const t of gguf.tensors.values()) types[t.type] = (types[t.type] ?? 0) + 1
  const facts = {
    path: file.path,
    sha256: file.sha256,
    ...readArchitecture(openGguf(file.path)),
    tensorTypes: types,
    separateHead: gguf.tensors.has('output.weight'),
    tokenizer: {
      size: tokenizer.vocabularySize,
      bos: tokenizer.bos ?? null,
      eos: tokenizer.eos ?? null,
      hash: tokenizer.hash,
    },
    chatTemplate: chat.hasTemplate,
    templateTools: chat.supportsTools,
  }
  context.out(json ? `${JSON.stringify(facts, null, 2)}\n` : lines(facts))
  return 0
}

/** Mean KL in nats a token. */
const BARS = { exact: 1e-8, int8: 1e-2 } as const
const PATHS = [
  ['exact', 'exact'],
  ['int8', 'int8'],
  ['int8KvF16', 'int8, keys and values f16'],
] as const

/** Exit code 1 when a path misses its bar. */
export async function checkModelCommand(id: string, { json }: JsonFlag, context: CliContext): Promise<number> {
  const reference = readReference(join(context.root, 'vectors', 'model', 'reference'), id)
  const steps = stepProgress(context)
  const { file } = await openModel(id, context.machine, steps.onStep)
  const { home, threads } = context.machine
  const found = await checkModel({ path: file.path, sha256: file.sha256, graphs: home.graphs, threads, reference })
  steps.done()
  const rounded = [found.int8, found.int8KvF16].every((path) => path.meanKlAfterFirst < BARS.int8)
  const passed = found.exact.meanKl < BARS.exact && rounded
  if (json) context.out(`${JSON.stringify({ ...found, passed }, null, 2)}\n`)
  else {
    for (const [path, title] of PATHS) {
      const f = found[path]
      context.out(
        `${title.padEnd(25)} KL mean ${f.meanKl.toExponential(1)} (${f.meanKlAfterFirst.toExponential(1)} without the first token) max ${f.maxKl.toExponential(1)} · argmax ${f.argmaxSame}/${f.positions} · ` +
          `norms ${f.normError.toExponential(1)} · steered KL ${f.steeredMeanKl.toExponential(1)}, argmax ${f.steeredArgmaxSame}/${f.steeredPositions}\n`,
      )
    }
    context.out(
      `${passed ? 'pass' : 'fail'}: bars are mean KL ${BARS.exact} (exact) and ${BARS.int8} (int8, first token apart)\n`,
    )
  }
  return passed ? 0 : 1
}

const lines = (facts: Readonly<Record<string, unknown>>): string =>
  Object.entries(facts)
    .map(([key, value]) => `${key.padEnd(16)} ${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
    .join('')
