import { InfraError, InputError } from '../errors.ts'
import type { Environment } from './home.ts'
import type { HubSource } from './models.ts'

export interface HubRequest {
  readonly source: HubSource
  /** The file to grow; an earlier part is continued. */
  readonly target: string
  readonly env: Environment
  readonly bytes?: number | undefined
  readonly sha256?: string | undefined
  readonly limits?: HubLimits | undefined
  readonly onProgress?: ((progress: { readonly done: number; readonly total?: number | undefined }) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HubLimits {
  /** Time to the first answer. A hub that cannot be reached is left quickly. @default 5000 */
  readonly answerMs?: number
  /** Longest silence within a download. @default 30000 */
  readonly idleMs?: number
}

const DEFAULT_ENDPOINT = 'https://huggingface.co'

/** Address of a file on `$HF_ENDPOINT`, or on the default hub. */
export function fileUrl({ repo, file, revision = 'main' }: HubSource, env: Environment): string {
  const endpoint = env['HF_ENDPOINT'] || DEFAULT_ENDPOINT
  if (!URL.canParse(endpoint))
    throw new InputError(`HF_ENDPOINT is "${endpoint}": expected an address like https://host`)
  const path = file.split('/').map(encodeURIComponent).join('/')
  return `${endpoint.replace(/\/+$/, '')}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`
}

/** What identifies the content: for large files the hub announces their sha256, before any byte is spent. */
export async function askForTag(url: string, request: HubRequest): Promise<string | undefined> {
  const { answerMs = 5_000 } = request.limits ?? {}
  const limit = AbortSignal.timeout(answerMs)
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal])
  const response = await fetch(url, { method: 'HEAD', redirect: 'manual', headers: hubHeaders(request), signal }).catch(
    (error: unknown) => {
      request.signal?.throwIfAborted()
      const reason = limit.aborted ? `no answer within ${answerMs} ms` : innermost(error)
      throw new InfraError(`cannot reach ${new URL(url).host}: ${reason}`, { cause: error })
    },
  )
  // Some mirrors do not answer HEAD; the download itself will tell.
  if (response.status === 405 || response.status === 501) return undefined
  if (response.status >= 400) throw refused(url, response.status)
  const tag = response.headers.get('x-linked-etag') ?? response.headers.get('etag')
  return tag?.replace(/^W\//, '').replaceAll('"', '')
}

/** What every request says: no compression on the way (lengths must be those of the file), and the token if there is one. */
export function hubHeaders({ env }: HubRequest): Record<string, string> {
  const token = env['HF_TOKEN']
  return { 'accept-encoding': 'identity', ...(token ? { authorization: `Bearer ${token}` } : {}) }
}

/** The error for an answer of 4xx or 5xx. */
export function refused(url: string, status: number): InfraError {
  const hint = status === 401 || status === 403 ? ' (gated or private: accept its terms there and set HF_TOKEN)' : ''
  return new InfraError(`${new URL(url).host} answered ${status}${hint}`)
}

/** The message of the cause at the bottom: `fetch failed` alone helps nobody. */
export function innermost(error: unknown): string {
  let inner = error
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause
  return inner instanceof Error ? inner.message || inner.name : String(inner)
}
