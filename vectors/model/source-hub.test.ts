import { createHash, randomFillSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loopbackHub, serving, type ServedFile } from './fixtures/hub.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import type { HubRequest } from './hub-answer.ts'
import { downloadFromHub } from './source-hub.ts'

const data = randomFillSync(Buffer.alloc(400_000))
const sha256 = createHash('sha256').update(data).digest('hex')
const PATH = '/me/it/resolve/v1/q4/m.gguf'

interface Trial extends Partial<HubRequest> {
  /** What an earlier try left behind. */
  readonly earlier?: { readonly data: Buffer; readonly tag: string }
}

async function download(answer: Parameters<typeof loopbackHub>[0], { earlier, ...request }: Trial = {}) {
  await using folder = await temporaryFolder()
  await using hub = await loopbackHub(answer)
  const target = join(folder.path, 'hub.part')
  if (earlier !== undefined) {
    await writeFile(target, earlier.data)
    await writeFile(`${target}.tag`, earlier.tag)
  }
  const progress: number[] = []
  const source = { kind: 'hub', repo: 'me/it', file: 'q4/m.gguf', revision: 'v1' } as const
  const failure = await downloadFromHub({
    source,
    target,
    env: { HF_ENDPOINT: hub.endpoint },
    onProgress: ({ done }) => progress.push(done),
    ...request,
  }).catch((error: unknown) => error as Error)
  return { failure, got: await readFile(target).catch(() => undefined), requests: hub.requests, progress }
}

function whole(file: Partial<ServedFile> = {}) {
  return serving({ data, tag: sha256, ...file })
}

test('gets a file', async () => {
  const { failure, got, requests, progress } = await download(whole())
  expect(failure).toBeUndefined()
  expect(got?.equals(data)).toBe(true)
  expect(requests).toEqual([`HEAD ${PATH}`, `GET ${PATH}`])
  expect(progress.at(-1)).toBe(400_000)
})

test('a cut connection is continued from where it was cut', async () => {
  const { failure, got, requests } = await download(whole({ cutAfter: [100_000, 50_000] }))
  expect(failure).toBeUndefined()
  expect(got?.equals(data)).toBe(true)
  // A reader that is slow loses what had come and was not read yet.
  const starts = requests.slice(2).map((request) => Number(/bytes=(\d+)-$/.exec(request)?.[1]))
  expect(requests.slice(0, 2)).toEqual([`HEAD ${PATH}`, `GET ${PATH}`])
  expect(starts).toHaveLength(2)
  expect(starts[0]).toBeLessThanOrEqual(100_000)
  expect(starts[1]).toBeLessThanOrEqual(starts[0]! + 50_000)
  expect(starts[1]).toBeGreaterThanOrEqual(starts[0]!)
})

test('an earlier part of the same content is continued', async () => {
  const earlier = { data: data.subarray(0, 300_000), tag: sha256 }
  const { got, requests, progress } = await download(whole(), { earlier })
  expect(got?.equals(data)).toBe(true)
  expect(requests.at(-1)).toBe(`GET ${PATH} bytes=300000-`)
  expect(progress[0]).toBeGreaterThan(300_000)
})

test('a complete part is not asked for again', async () => {
  const { got, requests } = await download(whole(), { earlier: { data, tag: sha256 }, bytes: data.length })
  expect(got?.equals(data)).toBe(true)
  expect(requests).toEqual([`HEAD ${PATH}`])
})

test('an earlier part of other content is dropped', async () => {
  const earlier = { data: Buffer.alloc(300_000), tag: 'older' }
  const { got, requests } = await download(whole(), { earlier })
  expect(got?.equals(data)).toBe(true)
  expect(requests.at(-1)).toBe(`GET ${PATH}`)
})

test('a server without ranges sends all again, and the part is replaced', async () => {
  const { got, requests } = await download(whole({ cutAfter: [100_000], ignoreRange: true }))
  expect(got?.equals(data)).toBe(true)
  expect(requests.at(-1)).toMatch(/ bytes=\d+-$/)
})

test('other content than the pinned is refused before a byte is downloaded', async () => {
  const { failure, requests } = await download(whole(), { sha256: 'f'.repeat(64) })
  expect(failure?.message).toBe(
    `the hub has another file there: expected sha256 ${'f'.repeat(64)}, it announces ${sha256}`,
  )
  expect(requests).toEqual([`HEAD ${PATH}`])
})

test('a part longer than the file is dropped and told', async () => {
  const earlier = { data: Buffer.alloc(500_000), tag: sha256 }
  const { failure, got } = await download(whole(), { earlier })
  expect(failure?.message).toMatch(/part of 500000 bytes does not fit/)
  expect(got).toHaveLength(0)
})

test.each([
  [404, /^127\.0\.0\.1:\d+ answered 404$/],
  [401, /answered 401 \(gated or private: accept its terms there and set HF_TOKEN\)$/],
  [503, /answered 503$/],
])('status %d ends it', async (status, message) => {
  const { failure, requests } = await download((_, response) => response.writeHead(status).end())
  expect(failure?.message).toMatch(message)
  expect(requests).toHaveLength(1)
})

test('a token is sent when there is one', async () => {
  await using folder = await temporaryFolder()
  const seen: (string | undefined)[] = []
  await using hub = await loopbackHub((request, response) => {
    seen.push(request.headers.authorization)
    serving({ data })(request, response)
  })
  const source = { kind: 'hub', repo: 'me/it', file: 'm.gguf' } as const
  const env = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'toy' }
  await downloadFromHub({ source, target: join(folder.path, 'x'), env })
  expect(seen).toEqual(['Bearer toy', 'Bearer toy'])
})

test('a hub that says nothing is left after the limit', async () => {
  const { failure } = await download(() => undefined, { limits: { answerMs: 50 } })
  expect(failure?.message).toMatch(/^cannot reach 127\.0\.0\.1:\d+: no answer within 50 ms$/)
})

test('a download that falls silent is given up', async () => {
  const { failure, got } = await download(
    (request, response) => {
      response.writeHead(200, { 'content-length': data.length })
      if (request.method === 'HEAD') response.end()
      else if (request.headers.range === undefined) response.write(data.subarray(0, 1_000))
    },
    { limits: { idleMs: 1000 }, sha256 },
  )
  expect(failure?.message).toMatch(/no byte for 1000 ms/)
  expect(got).toHaveLength(1_000)
})

test('nobody listening is told at once', async () => {
  const gone = await loopbackHub(() => undefined)
  await gone[Symbol.asyncDispose]()
  const { failure } = await download(() => undefined, { env: { HF_ENDPOINT: gone.endpoint } })
  expect(failure?.message).toMatch(/^cannot reach 127\.0\.0\.1:\d+: .*ECONNREFUSED/)
})

test('an address that is none is the user’s mistake', async () => {
  const { failure } = await download(() => undefined, { env: { HF_ENDPOINT: 'my mirror' } })
  expect(failure?.name).toBe('InputError')
})
