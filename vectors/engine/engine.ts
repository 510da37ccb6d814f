import PQueue from 'p-queue'
import { InfraError, InputError } from '../errors.ts'
import type { Arena } from './arena.ts'
import type { Forward } from './forward.ts'
import { fedBy, generateJob, type JobContext, readJob, scoreJob } from './jobs.ts'
import { createPrefixCache } from './prefixes.ts'
import { createScheduler } from './scheduler.ts'
import { checkSteersSome, prepareSteering } from './steering.ts'
import type { Engine, EngineStats, GenerateRequest, Steering } from './types.ts'

export interface EngineParts {
  readonly facts: Pick<
    Engine,
    | 'modelSha256'
    | 'graphVersion'
    | 'backend'
    | 'threads'
    | 'layers'
    | 'width'
    | 'contextTokens'
    | 'steerLayers'
    | 'captureLayers'
    | 'basisSize'
  >
  readonly vocabulary: number
  /** Clamps a steered layer. */
  readonly operations: number
  readonly hasHead: boolean
  readonly forward: Forward
  readonly arena: Arena
  /** Rows that decode at once. */
  readonly maxRows: number
  readonly prefixBytes: number
  readonly chunkTokens: number
  readonly close: () => Promise<void>
}

/** Puts the parts together: generations wait for one of `maxRows` places, everything else goes straight to the scheduler. */
export function createEngine(parts: EngineParts): Engine {
  const { facts, forward, arena } = parts
  const scheduler = createScheduler({ forward, arena })
  const places = new PQueue({ concurrency: parts.maxRows })
  const totals = { promptTokens: 0, reusedTokens: 0, newTokens: 0 }
  const context: JobContext = {
    forward,
    arena,
    prefixes: createPrefixCache(parts.prefixBytes),
    chunkTokens: parts.chunkTokens,
    captureLayers: facts.captureLayers,
    contextTokens: facts.contextTokens,
    count({ prompt = 0, reused = 0, generated = 0 }) {
      totals.promptTokens += prompt
      totals.reusedTokens += reused
      totals.newTokens += generated
    },
  }
  let closing: Promise<void> | undefined
  const close = async () => {
    await places.onIdle()
    await scheduler.idle()
    await parts.close()
  }
  const prepare = (tokens: readonly number[], steering: Steering | undefined) => {
    if (closing) throw new InfraError('the engine is closed')
    checkTokens(tokens, parts)
    return prepareSteering(steering, {
      width: facts.width,
      steerLayers: facts.steerLayers,
      operations: parts.operations,
      promptTokens: tokens.length,
    })
  }
  const submit = <T>(
    make: (settle: {
      resolve: (value: T) => void
      reject: (error: unknown) => void
    }) => Parameters<typeof scheduler.submit>[0],
  ) =>
    new Promise<T>((resolve, reject) => scheduler.submit(make({ resolve, reject: reject as (error: unknown) => void })))

  return {
    ...facts,
    async generate(request) {
      requireHead(parts)
      if (request.tokens.length >= facts.contextTokens) return nothingFits
      const prepared = prepare(request.tokens, request.steering)
      checkGeneration(request)
      return places.add(() => submit((settle) => generateJob(context, request, prepared, settle)), {
        signal: request.signal,
      })
    },
    async score(request) {
      requireHead(parts)
      const longest = Math.max(0, ...request.continuations.map((c) => c.length))
      if (request.continuations.some((c) => c.length === 0)) throw new InputError('a continuation has no tokens')
      if (request.tokens.length + longest > facts.contextTokens)
        throw new InputError(tooLong(request.tokens.length + longest, parts))
      const prepared = prepare(request.tokens, request.steering)
      for (const continuation of request.continuations) checkVocabulary(continuation, parts)
      checkSteersSome(prepared, fedBy(request))
      return submit((settle) => scoreJob(context, request, prepared, settle))
    },
    async read(request) {
      const unknown = request.layers.find((layer) => !facts.captureLayers.includes(layer))
      if (unknown !== undefined)
        throw new InputError(`layer ${unknown} is not captured (captured: ${facts.captureLayers.join(', ')})`)
      const prepared = prepare(request.tokens, request.steering)
      return submit((settle) => readJob(context, { ...request, logprobsAt: [] }, prepared, settle))
    },
    async logprobs(request) {
      requireHead(parts)
      const prepared = prepare(request.tokens, request.steering)
      const outside = request.positions.find((p) => !Number.isInteger(p) || p < 0 || p >= request.tokens.length)
      if (outside !== undefined)
        throw new InputError(`position ${outside} is outside the ${request.tokens.length} tokens given`)
      const { tokens, positions, signal } = request
      const whole = { tokens, layers: [], logprobsAt: positions, signal }
      const { logprobs } = await submit<{ logprobs: Float32Array }>((settle) =>
        readJob(context, whole, prepared, settle),
      )
      return logprobs
    },
    stats: (): EngineStats => ({ ...totals, steps: scheduler.steps() }),
    // Releasing native memory twice would end the process: closing again waits for the first closing.
    async [Symbol.asyncDispose]() {
      closing ??= close()
      await closing
    },
  }
}

/** The prompt alone fills the context: nothing was generated, and the caller is told so. */
const nothingFits = {
  tokens: [],
  logprobs: [],
  finish: 'context' as const,
  trace: undefined,
  receipt: undefined,
  reusedTokens: 0,
}

function requireHead({ hasHead }: EngineParts): void {
  if (!hasHead) throw new InputError('this engine was opened for reading only: it has no output head')
}

const tooLong = (tokens: number, { facts }: EngineParts): string =>
  `${tokens} tokens do not fit into the context of ${facts.contextTokens}`

function checkTokens(tokens: readonly number[], parts: EngineParts): void {
  if (tokens.length === 0) throw new InputError('a prompt needs at least one token')
  if (tokens.length > parts.facts.contextTokens) throw new InputError(tooLong(tokens.length, parts))
  checkVocabulary(tokens, parts)
}

function checkVocabulary(tokens: readonly number[], parts: EngineParts): void {
  const bad = tokens.find((t) => !Number.isInteger(t) || t < 0 || t >= parts.vocabulary)
  if (bad !== undefined) throw new InputError(`token ${bad} is outside the vocabulary of ${parts.vocabulary}`)
}

function checkGeneration({ tokens, maxNewTokens, sampling, traceFrom = 0 }: GenerateRequest): void {
  const { temperature, topP = 1 } = sampling
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1)
    throw new InputError(`maxNewTokens should be a whole number from 1 on, got ${maxNewTokens}`)
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new InputError(`temperature should be 0 or more, got ${temperature}`)
  if (!(topP > 0 && topP <= 1)) throw new InputError(`topP should be above 0 and at most 1, got ${topP}`)
  if (!Number.isInteger(traceFrom) || traceFrom < 0 || traceFrom > tokens.length) {
    throw new InputError(`traceFrom should be a position of the prompt (0 to ${tokens.length}), got ${traceFrom}`)
  }
}
