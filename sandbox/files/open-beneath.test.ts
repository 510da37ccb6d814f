import fc from 'fast-check'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SandboxPathError } from '../errors.ts'
import { readBeneath, writeBeneath } from './open-beneath.ts'
import { snapshotOf } from './snapshot.ts'
import { dig, nameBytes, temporary } from './test/trees.ts'
import { decodeName } from './path-bytes.ts'

const text = (data: Uint8Array): string => Buffer.from(data).toString()
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

/** A work directory with ways out of it, beside a directory that must stay unread and unchanged. */
function trapped(): Disposable & { readonly root: string; readonly outside: string } {
  const all = temporary()
  // Deep enough that what the controls write stays in here: no path of the tests goes up more often.
  const home = join(all.path, '1/2/3/4/5/6')
  const root = join(home, 'work')
  const outside = join(home, 'outside')
  mkdirSync(join(root, 'a/b'), { recursive: true })
  mkdirSync(outside)
  for (const place of ['f', 'a/f', 'a/b/f']) writeFileSync(join(root, place), 'inside')
  writeFileSync(join(outside, 'f'), 'secret')
  symlinkSync('../outside', join(root, 'up'))
  symlinkSync(outside, join(root, 'a/out'))
  symlinkSync('../outside/f', join(root, 'link'))
  symlinkSync('../outside/new', join(root, 'dangling'))
  symlinkSync('a', join(root, 'short'))
  return { root, outside, [Symbol.dispose]: () => all[Symbol.dispose]() }
}

const piece = fc.constantFrom('..', '.', '', 'a', 'b', 'f', 'up', 'out', 'link', 'dangling', 'short', 'outside', 'new')
const path = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('/'))

describe('whatever path is asked for', () => {
  test('nothing outside the root is read; reading the same paths plainly gives the secret', () => {
    using place = trapped()
    let leaks = 0
    fc.assert(
      fc.property(path, (path) => {
        const safe = attempt(() => text(readBeneath(place.root, path, 100)))
        expect([undefined, 'inside']).toContain(safe)
        if (plainly(() => readFileSync(join(place.root, path), 'utf8')) === 'secret') leaks++
      }),
      { numRuns: 1000 },
    )
    expect(leaks).toBeGreaterThan(0)
  })

  test('nothing outside the root is written; writing the same paths plainly does', () => {
    using place = trapped()
    using control = trapped()
    const before = snapshotOf(place.outside).root
    const written = new Set<string>()
    fc.assert(
      fc.property(path, (path) => {
        const wrote = attempt(() => writeBeneath(place.root, path, bytes('written')) ?? 'yes')
        if (wrote !== undefined) written.add(path)
        plainly(() => writeFileSync(join(control.root, path), 'written'))
      }),
      { numRuns: 500 },
    )
    expect(snapshotOf(place.outside).root).toBe(before)
    expect(readdirSync(join(place.root, '..')).toSorted()).toEqual(['outside', 'work'])
    for (const path of written) expect(text(readBeneath(place.root, path, 100))).toBe('written')
    expect(written.size).toBeGreaterThan(0)
    expect(snapshotOf(control.outside).root).not.toBe(before)
  })

  test('what is written is what is read, under any name', () => {
    fc.assert(
      fc.property(fc.array(nameBytes, { minLength: 1, maxLength: 4 }), fc.uint8Array(), (names, data) => {
        using directory = temporary()
        const path = names.map(decodeName).join('/')
        writeBeneath(directory.path, path, bytes('before, and longer than most of what comes next'))
        writeBeneath(directory.path, path, data)
        expect([...readBeneath(directory.path, path, data.length)]).toEqual([...data])
      }),
    )
  })
})

/** Undefined for a refusal; any other error fails the test. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    expect(error).toBeInstanceOf(SandboxPathError)
    return undefined
  }
}

function plainly<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

describe('traps', () => {
  test.each([
    ['missing', 'none', 'missing', 'written'],
    ['a directory', 'a', 'not-a-file', 'not-a-file'],
    ['a file used as a directory', 'f/x', 'not-a-directory', 'not-a-directory'],
    ['a link to a file', 'link', 'link', 'link'],
    ['a link to nothing', 'dangling', 'link', 'link'],
    ['a directory behind a link', 'up/f', 'link', 'link'],
    ['a directory behind a link that stays inside', 'short/f', 'link', 'link'],
    ['a name longer than the system takes', 'x'.repeat(300), 'bad-path', 'bad-path'],
    ['a path upwards', '../outside/f', 'bad-path', 'bad-path'],
    ['an absolute path', '/etc/passwd', 'bad-path', 'bad-path'],
  ])('%s', (_, path, read, write) => {
    using place = trapped()
    expect(codeOf(() => readBeneath(place.root, path, 100))).toBe(read)
    expect(codeOf(() => writeBeneath(place.root, path, bytes('x')))).toBe(write)
    expect(text(readFileSync(join(place.outside, 'f')))).toBe('secret')
    expect(readdirSync(place.outside)).toEqual(['f'])
  })

  test('a pipe is refused, though opening it plainly never returns', () => {
    using directory = temporary()
    execFileSync('mkfifo', [join(directory.path, 'pipe')])
    expect(codeOf(() => readBeneath(directory.path, 'pipe', 100))).toBe('not-a-file')
    expect(codeOf(() => writeBeneath(directory.path, 'pipe', bytes('x')))).toBe('not-a-file')
    const plain = spawnSync('cat', [join(directory.path, 'pipe')], { timeout: 500 })
    expect(plain.error).toMatchObject({ code: 'ETIMEDOUT' })
  })

  test('a file with a second name outside is not written; writing it plainly changes the other', () => {
    using place = trapped()
    linkSync(join(place.outside, 'f'), join(place.root, 'hard'))
    expect(codeOf(() => writeBeneath(place.root, 'hard', bytes('written')))).toBe('hard-link')
    expect(readFileSync(join(place.outside, 'f'), 'utf8')).toBe('secret')
    writeFileSync(join(place.root, 'hard'), 'written')
    expect(readFileSync(join(place.outside, 'f'), 'utf8')).toBe('written')
  })

  test('a sparse file of a terabyte is refused by its size', () => {
    using directory = temporary()
    writeFileSync(join(directory.path, 'sparse'), '')
    truncateSync(join(directory.path, 'sparse'), 2 ** 40)
    expect(codeOf(() => readBeneath(directory.path, 'sparse', 100))).toBe('too-large')
    writeBeneath(directory.path, 'sparse', bytes('small'))
    expect(text(readBeneath(directory.path, 'sparse', 5))).toBe('small')
    expect(codeOf(() => readBeneath(directory.path, 'sparse', 4))).toBe('too-large')
  })

  test('a file and a directory of mode 000 are read and written, and keep their modes', () => {
    using directory = temporary()
    writeBeneath(directory.path, 'a/b/f', bytes('x'), { mode: 0 })
    const closed = ['a/b', 'a'].map((name) => join(directory.path, name))
    for (const name of closed) chmodSync(name, 0)
    expect(text(readBeneath(directory.path, 'a/b/f', 100))).toBe('x')
    writeBeneath(directory.path, 'a/b/f', bytes('yy'))
    writeBeneath(directory.path, 'a/b/new/g', bytes('zz'))
    expect(text(readBeneath(directory.path, 'a/b/f', 100))).toBe('yy')
    expect(text(readBeneath(directory.path, 'a/b/new/g', 100))).toBe('zz')
    expect(statSync(join(directory.path, 'a')).mode & 0o777).toBe(0)
    chmodSync(join(directory.path, 'a'), 0o700)
    expect(statSync(join(directory.path, 'a/b')).mode & 0o777).toBe(0)
    chmodSync(join(directory.path, 'a/b'), 0o700)
    expect(statSync(join(directory.path, 'a/b/f')).mode & 0o777).toBe(0)
  })

  test('3,000 directories inside each other are read through, which no plain path reaches', () => {
    using directory = temporary()
    dig(directory.path, 3000)
    const path = `${'d/'.repeat(3000)}treasure`
    expect(text(readBeneath(directory.path, path, 100))).toBe('found')
    expect(() => readFileSync(join(directory.path, path))).toThrow('ENAMETOOLONG')
  })
})

describe('writeBeneath', () => {
  test('makes directories of mode 0755 and files of mode 0644, whatever the umask', () => {
    using directory = temporary()
    const before = process.umask(0o077)
    try {
      writeBeneath(directory.path, 'a/b', bytes('x'))
    } finally {
      process.umask(before)
    }
    expect(statSync(join(directory.path, 'a')).mode & 0o777).toBe(0o755)
    expect(statSync(join(directory.path, 'a/b')).mode & 0o777).toBe(0o644)
  })

  test.skipIf(process.getuid?.() !== 0)('gives what it makes to the owner asked for, and leaves what was there', () => {
    using directory = temporary()
    const owner = { uid: 200_123, gid: 200_124 }
    mkdirSync(join(directory.path, 'a'))
    writeFileSync(join(directory.path, 'a/old'), '')
    for (const path of ['a/old', 'a/new', 'b/new']) writeBeneath(directory.path, path, bytes('x'), owner)
    const ownerOf = (path: string): number => statSync(join(directory.path, path)).uid
    expect(['a', 'a/old', 'a/new', 'b', 'b/new'].map(ownerOf)).toEqual([0, 0, 200_123, 200_123, 200_123])
  })

  test('leaves no descriptor open, however it ends', () => {
    using place = trapped()
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = open()
    for (const path of ['a/x/y', 'f', 'f/x', 'up/f', 'link', 'none/../f', 'a']) {
      attempt(() => writeBeneath(place.root, path, bytes('x')))
      attempt(() => readBeneath(place.root, path, 0))
    }
    expect(open()).toBe(before)
  })

  test('fails as ours when the root is not there', () => {
    using directory = temporary()
    const root = join(directory.path, 'none')
    expect(() => readBeneath(root, 'f', 1)).toThrow(expect.objectContaining({ code: 'LOST' }))
    expect(() => writeBeneath(root, 'f', bytes('x'))).toThrow(expect.objectContaining({ code: 'LOST' }))
  })
})

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'written'
  } catch (error) {
    expect(error).toBeInstanceOf(SandboxPathError)
    return error instanceof SandboxPathError ? error.code : ''
  }
}
