import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { again, at, entryAt, errnoOf, itself, type Owner, permitted, statOf, withOpen } from './descriptor.ts'
import { refusal } from './refusal.ts'

/**
 * A handle on a directory below another, reached a component at a time, so that no link is followed whatever others do meanwhile.
 * With `create`, directories that are missing are made and belong to the owner given. `path` is what an error speaks of.
 * Throws SandboxPathError (`link`, `not-a-directory`) and system errors.
 */
export function descend(from: number, path: string, names: readonly Buffer[], create?: Partial<Owner>): number {
  let here = again(from)
  for (const name of names) {
    const parent = here
    here = withOpen(parent, () => stepInto(parent, name, path, create))
  }
  return here
}

function stepInto(parent: number, name: Buffer, path: string, create: Partial<Owner> | undefined): number {
  if (create !== undefined) createDirectory(parent, name, create)
  const child = entryAt(parent, name)
  const stat = statOf(child)
  if (stat.isDirectory()) return child
  return withOpen(child, () => {
    throw stat.isSymbolicLink()
      ? refusal('link', path, 'a directory on the way is a link, and links are never followed')
      : refusal('not-a-directory', path, 'what should be a directory on the way is something else')
  })
}

function createDirectory(parent: number, name: Buffer, owner: Partial<Owner>): void {
  try {
    permitted(parent, 0o300, () => mkdirSync(at(parent, name), 0o755))
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return
    throw error
  }
  withOpen(entryAt(parent, name), (made) => {
    // In a race it may be something else by now; the step that follows tells.
    if (!statOf(made).isDirectory()) return
    if (owner.uid !== undefined && owner.gid !== undefined) chownSync(itself(made), owner.uid, owner.gid)
    chmodSync(itself(made), 0o755)
  })
}
