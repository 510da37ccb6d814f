import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { restoreTo } from './restore.ts'
import { snapshotFromFiles, snapshotOf } from './snapshot.ts'
import { dig, grow, temporary, trees } from './test/trees.ts'

describe('snapshot and restore', () => {
  test('a directory restored from a snapshot has that snapshot, whatever was in it and whatever names and modes there are', () => {
    fc.assert(
      fc.property(trees, trees, (tree, rubbish) => {
        using from = temporary()
        using to = temporary()
        grow(from.path, tree)
        grow(to.path, rubbish)
        const taken = snapshotOf(from.path)
        restoreTo(to.path, taken)
        expect(snapshotOf(to.path)).toEqual(taken)
        expect(snapshotOf(from.path)).toEqual(taken)
      }),
      { numRuns: 60 },
    )
  })

  test('is the same as one made of texts by path', () => {
    const files = {
      'solution.py': 'x = 1\n',
      'tests/test_a.py': 'assert True\n',
      'tests/data/raw': Uint8Array.of(0, 255),
    }
    using directory = temporary()
    restoreTo(directory.path, snapshotFromFiles(files))
    expect(readFileSync(join(directory.path, 'tests/data/raw'))).toEqual(Buffer.of(0, 255))
    expect(snapshotOf(directory.path)).toEqual(snapshotFromFiles(files))
    expect(snapshotOf(directory.path).root).toBe(
      snapshotFromFiles(Object.fromEntries(Object.entries(files).toReversed())).root,
    )
  })

  test('has each content once, by its sha256', () => {
    const { entries, blobs } = snapshotFromFiles({ a: 'same', b: 'same', c: 'other' })
    expect(blobs.size).toBe(2)
    // sha256("same"), from sha256sum of coreutils.
    expect(entries.map((entry) => entry.sha256?.slice(0, 12))).toEqual(['0967115f2813', '0967115f2813', 'd9298a10d1b0'])
  })

  test.skipIf(process.getuid?.() !== 0)('gives what it makes to the owner asked for', () => {
    using directory = temporary()
    restoreTo(directory.path, snapshotFromFiles({ 'a/b': 'x' }), { uid: 200_123, gid: 200_124 })
    for (const path of ['.', 'a', 'a/b'])
      expect(statSync(join(directory.path, path))).toMatchObject({ uid: 200_123, gid: 200_124 })
  })

  test('refuses a snapshot whose contents are missing, as a failure of ours', () => {
    using directory = temporary()
    const snapshot = { ...snapshotFromFiles({ a: 'x' }), blobs: new Map<string, Uint8Array>() }
    expect(() => restoreTo(directory.path, snapshot)).toThrow(expect.objectContaining({ code: 'SNAPSHOT' }))
  })

  test('does not leave the directory, even if a snapshot says so', () => {
    using directory = temporary()
    const link = { path: 'a', type: 'symlink' as const, mode: 0o777, size: 1, linkTarget: '..' }
    const { entries, blobs, root } = snapshotFromFiles({ 'b/c': 'x' })
    const through = entries.map((entry) => ({ ...entry, path: entry.path.replace('b', 'a') })).slice(1)
    expect(() => restoreTo(directory.path, { root, blobs, entries: [link, ...through] })).toThrow(
      expect.objectContaining({ code: 'SNAPSHOT', cause: expect.objectContaining({ code: 'link' }) }),
    )
  })
})

describe('snapshotFromFiles', () => {
  test.each([
    [{ '../a': '' }],
    [{ '/a': '' }],
    [{ '': '' }],
    [{ a: '', 'a/b': '' }],
    [{ 'a/b': '', a: '' }],
    [{ 'a/b': '', 'a//b': '' }],
  ])('refuses %j', (files) => {
    expect(() => snapshotFromFiles(files)).toThrow(expect.objectContaining({ code: 'bad-path' }))
  })
})

describe('snapshotOf', () => {
  test('records links as links, pipes as other, and strips setuid', () => {
    using outside = temporary()
    using directory = temporary()
    const place = (name: string): string => join(directory.path, name)
    writeFileSync(join(outside.path, 'secret'), 'secret')
    symlinkSync(join(outside.path, 'secret'), place('link'))
    symlinkSync(outside.path, place('outside'))
    execFileSync('mkfifo', [place('pipe')])
    writeFileSync(place('tool'), 'x')
    chmodSync(place('tool'), 0o6755)
    chmodSync(place('pipe'), 0o600)
    const { entries, blobs } = snapshotOf(directory.path)
    expect(entries).toMatchObject([
      { path: 'link', type: 'symlink', linkTarget: join(outside.path, 'secret') },
      { path: 'outside', type: 'symlink', linkTarget: outside.path },
      { path: 'pipe', type: 'other', mode: 0o600 },
      { path: 'tool', type: 'file', mode: 0o755 },
    ])
    expect([...blobs.values()].map(String)).toEqual(['x'])
    // The control: the same link, followed, gives the secret.
    expect(readFileSync(place('link'), 'utf8')).toBe('secret')
  })

  test('reads what its owner cannot, and leaves its mode', () => {
    using directory = temporary()
    mkdirSync(join(directory.path, 'closed'))
    writeFileSync(join(directory.path, 'closed/file'), 'x')
    chmodSync(join(directory.path, 'closed/file'), 0)
    chmodSync(join(directory.path, 'closed'), 0)
    const { entries } = snapshotOf(directory.path)
    expect(entries).toMatchObject([
      { path: 'closed', mode: 0 },
      { path: 'closed/file', mode: 0, size: 1, sha256: expect.any(String) },
    ])
    expect(statSync(join(directory.path, 'closed')).mode & 0o777).toBe(0)
  })

  test.skipIf(process.getuid?.() !== 0)('records files of another user that cannot be read without a sha256', () => {
    using directory = temporary()
    writeFileSync(join(directory.path, 'theirs'), 'x')
    mkdirSync(join(directory.path, 'closed'))
    for (const name of ['theirs', 'closed']) chmodSync(join(directory.path, name), 0)
    chmodSync(directory.path, 0o755)
    const { entries } = snapshotAs(65_534, directory.path)
    expect(entries).toEqual([
      { path: 'closed', type: 'directory', mode: 0, size: 0 },
      { path: 'theirs', type: 'file', mode: 0, size: 1 },
    ])
  })

  test.each([
    ['entries', { entries: 2 }],
    ['bytes', { bytes: 5 }],
    ['depth', { depth: 1 }],
    ['path length', { pathBytes: 4 }],
  ])('refuses a directory over its cap of %s, and takes it with a higher one', (_, caps) => {
    using directory = temporary()
    restoreTo(directory.path, snapshotFromFiles({ 'a/b/c': 'three', d: 'x' }))
    expect(() => snapshotOf(directory.path, caps)).toThrow(expect.objectContaining({ code: 'over-cap' }))
    expect(snapshotOf(directory.path, { entries: 4, bytes: 6, depth: 2, pathBytes: 5 }).entries).toHaveLength(4)
  })

  test('refuses sparse files and deep trees by their caps, not by reading them', () => {
    using sparse = temporary()
    writeFileSync(join(sparse.path, 'sparse'), '')
    truncateSync(join(sparse.path, 'sparse'), 2 ** 40)
    expect(() => snapshotOf(sparse.path)).toThrow(expect.objectContaining({ code: 'over-cap' }))
    using deep = temporary()
    dig(deep.path, 100)
    expect(() => snapshotOf(deep.path)).toThrow(expect.objectContaining({ code: 'over-cap' }))
  })

  test('has a file of two names twice', () => {
    using directory = temporary()
    writeFileSync(join(directory.path, 'a'), 'x')
    chmodSync(join(directory.path, 'a'), 0o644)
    linkSync(join(directory.path, 'a'), join(directory.path, 'b'))
    expect(snapshotOf(directory.path).root).toBe(snapshotFromFiles({ a: 'x', b: 'x' }).root)
  })

  test('fails as ours when the directory is not there', () => {
    using directory = temporary()
    expect(() => snapshotOf(join(directory.path, 'none'))).toThrow(expect.objectContaining({ code: 'SNAPSHOT' }))
  })
})

/** A snapshot taken by a process of another user. */
function snapshotAs(uid: number, directory: string): { readonly entries: unknown } {
  const module = new URL('snapshot.ts', import.meta.url).href
  const script = `import(${JSON.stringify(module)}).then((m) => console.log(JSON.stringify(m.snapshotOf(process.argv[1]))))`
  const argv = [
    '--reuid',
    `${uid}`,
    '--regid',
    `${uid}`,
    '--clear-groups',
    '--',
    process.execPath,
    '--import',
    'tsx',
    '-e',
    script,
  ]
  return JSON.parse(execFileSync('setpriv', [...argv, directory], { encoding: 'utf8', env: {} }))
}
