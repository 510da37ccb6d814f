import { open, readFile, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { InfraError } from '../errors.ts'
import { askForTag, fileUrl, hubHeaders, innermost, refused, type HubRequest } from './hub-answer.ts'

/**
 * Downloads a file of a model hub (`$HF_ENDPOINT`, or the default hub) into `target`; a cut connection is continued with
 * Range as long as each try brings bytes. Throws InfraError when the hub cannot be reached or refuses.
 */
export async function downloadFromHub(request: HubRequest): Promise<void> {
  const url = fileUrl(request.source, request.env)
  const tag = await askForTag(url, request)
  if (request.sha256 !== undefined && isSha256(tag) && tag !== request.sha256) {
    throw new InfraError(`the hub has another file there: expected sha256 ${request.sha256}, it announces ${tag}`)
  }
  await prepareTarget(request, tag)
  for (;;) {
    const before = (await stat(request.target)).size
    const failure = await downloadOnce(url, request).catch((error: unknown) => error)
    if (failure === undefined) return
    request.signal?.throwIfAborted()
    const gained = (await stat(request.target)).size > before
    if (!gained || !isCut(failure)) throw failure
  }
}

/** Empties an earlier part unless it is of the same content; without any tag only a known sha256 makes going on safe. */
async function prepareTarget({ target, sha256 }: HubRequest, tag: string | undefined): Promise<void> {
  const tagPath = `${target}.tag`
  const earlier = await readFile(tagPath, 'utf8').catch(() => undefined)
  const same = tag === undefined ? sha256 !== undefined : earlier === tag
  await using file = await opened(target)
  if (!same) await file.handle.truncate(0)
  await writeFile(tagPath, tag ?? '')
}

async function opened(path: string): Promise<AsyncDisposable & { readonly handle: FileHandle }> {
  const handle = await open(path, 'a')
  return { handle, [Symbol.asyncDispose]: () => handle.close() }
}

/** One request, from the end of what is there. Throws `Cut` when the connection breaks before the end. */
async function downloadOnce(url: string, request: HubRequest): Promise<undefined> {
  await using file = await opened(request.target)
  const offset = (await file.handle.stat()).size
  if (offset > 0 && offset === request.bytes) return
  await using silence = silenceLimit(request)
  const range = offset > 0 ? { range: `bytes=${offset}-` } : {}
  const response = await fetch(url, { headers: { ...hubHeaders(request), ...range }, signal: silence.signal }).catch(
    (error: unknown) => {
      throw new InfraError(`cannot reach ${new URL(url).host}: ${innermost(error)}`, { cause: error })
    },
  )
  if (response.status === 416) {
    // What is there is longer than the file: of no use. The caller starts over on the next pull.
    await file.handle.truncate(0)
    throw new InfraError(`the part of ${offset} bytes does not fit the file of the hub; it was dropped, pull again`)
  }
  if (!response.ok || response.body === null) throw refused(url, response.status)
  const start = continuedAt(response, offset)
  if (start !== offset) await file.handle.truncate(0)
  const total = expectedTotal(response, start) ?? request.bytes
  let done = start
  try {
    for await (const chunk of response.body) {
      const bytes = chunk as Uint8Array
      await file.handle.appendFile(bytes)
      done += bytes.length
      silence.heard()
      request.onProgress?.({ done, total })
    }
  } catch (error) {
    throw cut(done, total, innermost(error), error)
  }
  await file.handle.sync()
  if (total !== undefined && done !== total) throw cut(done, total, 'the connection was closed', undefined)
}

/** Where the answer's body starts: at the offset when the server honours the range, else at 0. */
function continuedAt(response: Response, offset: number): number {
  if (response.status !== 206) return 0
  const start = Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1])
  if (start === offset) return offset
  throw new InfraError(`asked for bytes from ${offset}, the hub sent "${response.headers.get('content-range')}"`)
}

function expectedTotal(response: Response, start: number): number | undefined {
  const length = response.headers.get('content-length')
  return length === null ? undefined : start + Number(length)
}

/** A signal that fires after `idleMs` without a byte, or when the caller stops. */
function silenceLimit({ limits, signal }: HubRequest): Disposing {
  const { idleMs = 30_000 } = limits ?? {}
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`no byte for ${idleMs} ms`)), idleMs)
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]),
    heard: () => void timer.refresh(),
    [Symbol.asyncDispose]: async () => clearTimeout(timer),
  }
}

interface Disposing extends AsyncDisposable {
  readonly signal: AbortSignal
  readonly heard: () => void
}

class Cut extends InfraError {}

function cut(done: number, total: number | undefined, reason: string, cause: unknown): Cut {
  return new Cut(`cut after ${done} of ${total ?? 'an unknown number of'} bytes: ${reason}`, { cause })
}

function isCut(error: unknown): boolean {
  return error instanceof Cut
}

function isSha256(tag: string | undefined): boolean {
  return tag !== undefined && /^[0-9a-f]{64}$/.test(tag)
}
