import { existsSync, lstatSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { emptyDirectory } from './files/empty.ts'
import { orphansIn } from './owner-names.ts'
import { removeOrphanedGroups } from './process/control-groups.ts'
import { findGroupHome } from './process/group-home.ts'

/** Removes what dead processes left: work directories in `tempRoot`, and control groups with all that still runs in them; how many. */
export async function removeOrphans(tempRoot: string): Promise<number> {
  const home = findGroupHome()
  const groups = home === undefined ? 0 : await removeOrphanedGroups(home)
  return groups + removeOrphanedDirectories(tempRoot)
}

/** Only those of this user: in a shared folder anybody can make a name. */
function removeOrphanedDirectories(tempRoot: string): number {
  const orphans = orphansIn(tempRoot).filter((name) => {
    const stat = lstatSync(join(tempRoot, name), { throwIfNoEntry: false })
    return stat !== undefined && stat.isDirectory() && stat.uid === process.getuid?.()
  })
  for (const name of orphans) remove(join(tempRoot, name))
  return orphans.length
}

/** Two processes may clean up at once: that one is gone is what both want. */
function remove(path: string): void {
  try {
    emptyDirectory(path)
    rmdirSync(path)
  } catch (error) {
    if (existsSync(path)) throw error
  }
}
