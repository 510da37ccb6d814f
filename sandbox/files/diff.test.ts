import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../types.ts'
import { diffOf } from './diff.ts'
import { snapshotFromFiles, snapshotOf } from './snapshot.ts'
import { grow, temporary, trees } from './test/trees.ts'

const files = fc
  .dictionary(fc.constantFrom('a', 'b', 'c/d', 'c/e', 'f/g/h'), fc.constantFrom('', 'one', 'two'), { maxKeys: 5 })
  .map((contents) => snapshotFromFiles(contents))
const grown: fc.Arbitrary<Snapshot> = trees.map((tree) => {
  using directory = temporary()
  grow(directory.path, tree)
  return snapshotOf(directory.path)
})
const snapshots = fc.oneof(files, grown)

describe('diffOf', () => {
  test('is empty if and only if the roots are the same', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        expect(Object.values(diffOf(a, a)).flat()).toEqual([])
        expect(Object.values(diffOf(a, b)).flat().length === 0).toBe(a.root === b.root)
      }),
    )
  })

  test('says the same backwards', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        const there = diffOf(a, b)
        const back = diffOf(b, a)
        expect(back.added).toEqual(there.removed)
        expect(back.removed).toEqual(there.added)
        expect(back.changedKind).toEqual(there.changedKind)
        expect(back.modified).toEqual(
          there.modified.map(({ path, before, after }) => ({ path, before: after, after: before })),
        )
      }),
    )
  })

  test('turns the paths of the one into the paths of the other', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        const { added, removed } = diffOf(a, b)
        const kept = a.entries.map(({ path }) => path).filter((path) => !removed.includes(path))
        expect([...kept, ...added].toSorted()).toEqual(b.entries.map(({ path }) => path).toSorted())
      }),
    )
  })

  test('tells content, mode and type apart', () => {
    const before = snapshotFromFiles({ text: 'one', mode: 'x', type: 'y', same: 'z', gone: '' })
    const after = snapshotFromFiles({ text: 'two', mode: 'x', 'type/inside': 'y', same: 'z' })
    const changed = {
      ...after,
      entries: after.entries.map((entry) => (entry.path === 'mode' ? { ...entry, mode: 0o755 } : entry)),
    }
    const shaOf = (snapshot: Snapshot): string => snapshot.entries.find(({ path }) => path === 'text')?.sha256 ?? ''
    expect(diffOf(before, changed)).toEqual({
      added: ['type/inside'],
      removed: ['gone'],
      modified: [{ path: 'text', before: shaOf(before), after: shaOf(after) }],
      changedKind: ['mode', 'type'],
    })
  })
})
