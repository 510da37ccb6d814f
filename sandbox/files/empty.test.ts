import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emptyDirectory } from './empty.ts'
import { dig, grow, temporary, trees } from './test/trees.ts'

describe('emptyDirectory', () => {
  test('removes trees of any names and modes', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        using directory = temporary()
        grow(directory.path, tree)
        emptyDirectory(directory.path)
        expect(readdirSync(directory.path)).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  test('removes 3,000 directories inside each other, which rmSync does not', () => {
    using directory = temporary()
    dig(directory.path, 3000)
    dig(withDirectory(directory.path, '.moved-up-1'), 100)
    writeFileSync(join(directory.path, '.moved-up-2'), '')
    expect(() => rmSync(directory.path, { recursive: true })).toThrow(/ENAMETOOLONG|call stack/)
    emptyDirectory(directory.path)
    expect(readdirSync(directory.path)).toEqual([])
  })

  test('removes links and pipes, not what they lead to', () => {
    using outside = temporary()
    using directory = temporary()
    writeFileSync(join(outside.path, 'keep'), 'kept')
    symlinkSync(outside.path, join(directory.path, 'link'))
    execFileSync('mkfifo', [join(directory.path, 'pipe')])
    emptyDirectory(directory.path)
    expect(readdirSync(directory.path)).toEqual([])
    expect(readFileSync(join(outside.path, 'keep'), 'utf8')).toBe('kept')
  })

  test('fails as ours when the directory is not there, or is a link', () => {
    using directory = temporary()
    symlinkSync('.', join(directory.path, 'link'))
    for (const name of ['none', 'link'])
      expect(() => emptyDirectory(join(directory.path, name))).toThrow(expect.objectContaining({ code: 'TEARDOWN' }))
  })
})

function withDirectory(parent: string, name: string): string {
  execFileSync('mkdir', [join(parent, name)])
  return join(parent, name)
}
