import fc from 'fast-check'
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { at, entryAt, itself, openRoot, withOpen } from '../descriptor.ts'
import { emptyDirectory } from '../empty.ts'

/** A directory for one test, removed with all that is in it, of whatever shape. */
export function temporary(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'duress-files-'))
  return {
    path,
    [Symbol.dispose]() {
      emptyDirectory(path)
      rmdirSync(path)
    },
  }
}

export type Tree =
  | { readonly file: Uint8Array; readonly mode: number }
  | { readonly link: Uint8Array }
  | { readonly below: readonly (readonly [Uint8Array, Tree])[]; readonly mode: number }

/** Any bytes that the kernel takes as a name, half of them readable. */
export const nameBytes: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 12 }),
    fc.string({ minLength: 1, maxLength: 4 }).map((text) => new TextEncoder().encode(text)),
  )
  .filter((bytes) => bytes.length > 0 && !bytes.includes(0) && !bytes.includes(0x2f))
  .filter((bytes) => !/^\.{1,2}$/.test(Buffer.from(bytes).toString('latin1')))

const mode = fc.nat(0o777)

const { directory } = fc.letrec<{ tree: Tree; directory: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ file: fc.uint8Array({ maxLength: 30 }), mode }),
    fc.record({ link: nameBytes }),
    tie('directory'),
  ),
  directory: fc.record({
    below: fc.uniqueArray(fc.tuple(nameBytes, tie('tree')), {
      maxLength: 6,
      selector: ([name]) => Buffer.from(name).toString('hex'),
    }),
    mode,
  }),
}))

/** Directories with files, links and directories of any names and modes. */
export const trees: fc.Arbitrary<Tree> = directory

/** Makes what is in a tree in a directory that is empty. */
export function grow(path: string, tree: Tree): void {
  withOpen(openRoot(path), (handle) => growIn(handle, tree))
}

function growIn(handle: number, tree: Tree): void {
  if (!('below' in tree)) return
  for (const [name, child] of tree.below) {
    const place = at(handle, name)
    if ('link' in child) {
      symlinkSync(Buffer.from(child.link), place)
    } else if ('file' in child) {
      writeFileSync(place, child.file)
      chmodSync(place, child.mode)
    } else {
      mkdirSync(place)
      withOpen(entryAt(handle, name), (made) => {
        growIn(made, child)
        chmodSync(itself(made), child.mode)
      })
    }
  }
}

/** Directories called `d` inside each other, deeper than any path may be long. */
export function dig(path: string, levels: number): void {
  const name = Buffer.from('d')
  const descend = (handle: number, left: number): void => {
    let here = handle
    for (let level = 0; level < left; level++) {
      const parent = here
      here = withOpen(parent, () => {
        mkdirSync(at(parent, name))
        return entryAt(parent, name)
      })
    }
    withOpen(here, (bottom) => writeFileSync(at(bottom, Buffer.from('treasure')), 'found'))
  }
  descend(openRoot(path), levels)
}
