import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Folders below which we may make groups, by version of the interface (cgroups(7)). */
export type GroupHome =
  | {
      readonly version: 1
      readonly folders: Readonly<Record<'memory' | 'pids', string> & Partial<Record<'cpu' | 'cpuacct', string>>>
    }
  | { readonly version: 2; readonly folder: string; readonly limitsCpu: boolean }

/** Whether groups made there have a share of the CPU; those of version 2 often have none (systemd sets limits for its units only where asked). */
export const limitsCpu = (home: GroupHome): boolean =>
  home.version === 2 ? home.limitsCpu : home.folders.cpu !== undefined

/** Where this process may make groups that limit memory and processes; undefined where it may not. */
export function findGroupHome(): GroupHome | undefined {
  const mounts = groupMounts()
  const folders = Object.fromEntries(
    ['memory', 'pids', 'cpu', 'cpuacct'].flatMap((controller) => {
      const folder = mounts.get(controller)
      return folder !== undefined && isWritable(folder) ? [[controller, folder]] : []
    }),
  )
  const { memory, pids } = folders
  if (memory !== undefined && pids !== undefined) return { version: 1, folders: { ...folders, memory, pids } }
  return enabledAncestor(mounts.get(''))
}

/** Our own group of each controller, as a folder; '' is version 2 (proc_pid_cgroup(5), proc_pid_mountinfo(5)). */
function groupMounts(): Map<string, string> {
  const own = new Map(
    readFileSync('/proc/self/cgroup', 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
        return controllers.split(',').map((controller) => [controller, path] as const)
      }),
  )
  const found = new Map<string, string>()
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')) {
    const [, point = '', type = '', options = ''] = /^\S+ \S+ \S+ \S+ (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line) ?? []
    const controllers = type === 'cgroup2' ? [''] : options.split(',')
    for (const controller of type === '' ? [] : controllers) {
      const path = own.get(controller)
      if (path === undefined) continue
      // In a container the path may be that of the host, of which only our part is mounted.
      const folder = [join(point, path), point].find((folder) => existsSync(join(folder, 'cgroup.procs')))
      if (folder !== undefined) found.set(controller, folder)
    }
  }
  return found
}

/** The nearest group above (or our own) whose children have limits on memory and processes: making one there moves nobody else. */
function enabledAncestor(own: string | undefined): GroupHome | undefined {
  for (
    let folder = own;
    folder !== undefined && existsSync(join(folder, 'cgroup.subtree_control'));
    folder = dirname(folder)
  ) {
    const enabled = readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').trim().split(/\s+/)
    if (['memory', 'pids'].every((controller) => enabled.includes(controller)))
      return isWritable(folder) ? { version: 2, folder, limitsCpu: enabled.includes('cpu') } : undefined
  }
  return undefined
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
    return true
  } catch {
    return false
  }
}
