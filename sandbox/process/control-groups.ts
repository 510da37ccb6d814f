import { execa } from 'execa'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SandboxInfraError } from '../errors.ts'
import { errnoOf } from '../files/descriptor.ts'
import { orphansIn, ownerName } from '../owner-names.ts'
import type { End, Limits } from '../types.ts'
import { findGroupHome, type GroupHome } from './group-home.ts'
import { kill } from './kill.ts'

export interface GroupUsage {
  readonly oomKills: number
  /** Times that a new process was refused. */
  readonly processRefusals: number
  readonly cpuMs: number | undefined
  readonly peakBytes: number | undefined
}

/** Limits on all processes of a sandbox together, held by the kernel. */
export interface ControlGroup {
  /** A process joins by writing 0 to each of these. */
  readonly joinFiles: readonly string[]
  /** Counts from here on, under these limits. */
  begin(limits: Limits): void
  /** Since `begin`. */
  usage(): GroupUsage
  killAll(): void
  remove(): Promise<void>
}

/**
 * Groups that a process can really be put into: that also depends on the group it comes from, which no permission shows (cgroups(7),
 * "Delegation Containment"). So it is tried.
 */
export async function usableGroupHome(): Promise<GroupHome | undefined> {
  const home = findGroupHome()
  if (home === undefined) return undefined
  let group: ControlGroup | undefined
  try {
    group = makeGroup(home)
    const { failed } = await execa('/bin/sh', ['-ec', 'for file; do echo 0 >"$file"; done', 'sh', ...group.joinFiles], {
      reject: false,
    })
    return failed ? undefined : home
  } catch (error) {
    if (error instanceof SandboxInfraError) return undefined
    throw error
  } finally {
    await group?.remove()
  }
}

let made = 0

/** Throws SandboxInfraError (QUOTA_SETUP). */
export function makeGroup(home: GroupHome): ControlGroup {
  const name = `${ownerName()}${++made}`
  try {
    return home.version === 1 ? groupOfVersion1(home.folders, name) : groupOfVersion2(home.folder, name)
  } catch (cause) {
    throw new SandboxInfraError('QUOTA_SETUP', 'cannot make a control group', { cause })
  }
}

/** What a group has refused since `begin`, if anything. */
export function endByGroup(group: ControlGroup | undefined): End | undefined {
  const { oomKills = 0, processRefusals = 0 } = group?.usage() ?? {}
  if (oomKills > 0) return { kind: 'oom' }
  return processRefusals > 0 ? { kind: 'processes' } : undefined
}

/** Removes the groups of dead processes, with whatever still runs in them; how many. */
export async function removeOrphanedGroups(home: GroupHome): Promise<number> {
  const parents = home.version === 1 ? [...new Set(Object.values(home.folders))] : [home.folder]
  const orphans = parents.flatMap((parent) => orphansIn(parent).map((name) => join(parent, name)))
  for (const folder of orphans) await removeFolders([folder])
  return orphans.length
}

/** Files of the kernel's Documentation/admin-guide/cgroup-v1. */
function groupOfVersion1(parents: Extract<GroupHome, { version: 1 }>['folders'], name: string): ControlGroup {
  const folders = Object.entries(parents).map(([controller, parent]) => [controller, join(parent, name)] as const)
  for (const [, folder] of folders) mkdirSync(folder)
  const all = new Map<string, string>(folders)
  const file = (controller: string, setting: string) => join(all.get(controller) ?? '', `${controller}.${setting}`)
  const memory = file('memory', 'limit_in_bytes')
  const withSwap = file('memory', 'memsw.limit_in_bytes')
  const setMemory = (bytes: number) => {
    // Neither may ever be the wrong side of the other.
    const files = bytes > numberIn(memory) ? [withSwap, memory] : [memory, withSwap]
    for (const path of files) if (existsSync(path)) writeFileSync(path, String(bytes))
  }
  const read = (): GroupUsage => ({
    oomKills: countIn(file('memory', 'oom_control'), 'oom_kill'),
    processRefusals: countIn(file('pids', 'events'), 'max'),
    cpuMs: all.has('cpuacct') ? numberIn(file('cpuacct', 'usage')) / 1e6 : undefined,
    peakBytes: numberIn(file('memory', 'max_usage_in_bytes')),
  })
  return controlGroup([...all.values()], read, (limits) => {
    setMemory(limits.memoryBytes)
    writeFileSync(file('memory', 'max_usage_in_bytes'), '0')
    writeFileSync(file('pids', 'max'), String(limits.processes))
    if (all.has('cpu')) {
      writeFileSync(file('cpu', 'cfs_period_us'), String(PERIOD_US))
      writeFileSync(file('cpu', 'cfs_quota_us'), String(Math.round(limits.cpuCores * PERIOD_US)))
    }
  })
}

/** Files of the kernel's Documentation/admin-guide/cgroup-v2.rst. */
function groupOfVersion2(parent: string, name: string): ControlGroup {
  const folder = join(parent, name)
  mkdirSync(folder)
  const file = (setting: string) => join(folder, setting)
  const read = (): GroupUsage => ({
    oomKills: countIn(file('memory.events'), 'oom_kill'),
    processRefusals: countIn(file('pids.events'), 'max'),
    cpuMs: existsSync(file('cpu.stat')) ? countIn(file('cpu.stat'), 'usage_usec') / 1e3 : undefined,
    peakBytes: existsSync(file('memory.peak')) ? numberIn(file('memory.peak')) : undefined,
  })
  return controlGroup([folder], read, (limits) => {
    writeFileSync(file('memory.max'), String(limits.memoryBytes))
    if (existsSync(file('memory.swap.max'))) writeFileSync(file('memory.swap.max'), '0')
    writeFileSync(file('pids.max'), String(limits.processes))
    if (existsSync(file('cpu.max')))
      writeFileSync(file('cpu.max'), `${Math.round(limits.cpuCores * PERIOD_US)} ${PERIOD_US}`)
  })
}

const PERIOD_US = 100_000

function controlGroup(
  folders: readonly string[],
  read: () => GroupUsage,
  setLimits: (limits: Limits) => void,
): ControlGroup {
  let before = read()
  return {
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    begin(limits) {
      try {
        setLimits(limits)
      } catch (cause) {
        throw new SandboxInfraError('QUOTA_SETUP', 'cannot set the limits of a control group', { cause })
      }
      before = read()
    },
    usage() {
      const now = read()
      return {
        oomKills: now.oomKills - before.oomKills,
        processRefusals: now.processRefusals - before.processRefusals,
        cpuMs: now.cpuMs === undefined || before.cpuMs === undefined ? undefined : now.cpuMs - before.cpuMs,
        peakBytes: now.peakBytes,
      }
    },
    killAll: () => killMembers(folders[0] ?? ''),
    remove: () => removeFolders(folders),
  }
}

function killMembers(folder: string): void {
  for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n')) if (pid !== '') kill(Number(pid))
}

const REMOVE_TRIES = 400
const REMOVE_WAIT_MS = 5

/** A group can be removed once the last of its processes is reaped. */
async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (let tries = 1; ; tries++) {
      try {
        killMembers(folder)
        rmdirSync(folder)
        break
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') break
        if (tries === REMOVE_TRIES)
          throw new SandboxInfraError('TEARDOWN', `cannot remove the control group ${folder}`, { cause: error })
        await sleep(REMOVE_WAIT_MS)
      }
    }
  }
}

const numberIn = (path: string): number => Number(readFileSync(path, 'utf8'))

/** The number after a word at the beginning of a line. */
const countIn = (path: string, word: string): number =>
  Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? 0)
