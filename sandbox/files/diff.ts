import type { Diff, Entry, Snapshot } from '../types.ts'

/**
 * What changed from one snapshot to another. `modified` holds the sha256 of files and the targets of links, before and after; an entry
 * that became another kind of thing is in `changedKind` only. Nothing changed if and only if the two roots are the same.
 */
export function diffOf(before: Snapshot, after: Snapshot): Diff {
  const old = new Map(before.entries.map((entry) => [entry.path, entry]))
  const now = new Map(after.entries.map((entry) => [entry.path, entry]))
  const both = after.entries.flatMap((entry) => {
    const was = old.get(entry.path)
    return was === undefined ? [] : [{ was, is: entry }]
  })
  return {
    added: after.entries.filter(({ path }) => !old.has(path)).map(({ path }) => path),
    removed: before.entries.filter(({ path }) => !now.has(path)).map(({ path }) => path),
    modified: both
      .filter(({ was, is }) => was.type === is.type && contentOf(was) !== contentOf(is))
      .map(({ was, is }) => ({ path: is.path, before: contentOf(was), after: contentOf(is) })),
    changedKind: both.filter(({ was, is }) => was.type !== is.type || was.mode !== is.mode).map(({ is }) => is.path),
  }
}

/** Of a file that could not be read no more is known than its size. */
function contentOf(entry: Entry): string {
  if (entry.type === 'file') return entry.sha256 ?? `unread, ${entry.size} bytes`
  return entry.linkTarget ?? ''
}
