import { execa } from 'execa'
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { SandboxInfraError } from '../errors.ts'
import type { Limits } from '../types.ts'
import { keepDescriptorsFromChildren } from './descriptors.ts'

export interface MountOptions {
  readonly limits: Pick<Limits, 'diskBytes' | 'inodes'>
  /** Who owns the work directory, as root; undefined: we are a plain user, and it is ours. */
  readonly uid: number | undefined
  /** A folder to be reached at `python`, even if the path to it is closed to `uid`. */
  readonly pythonPrefix: string | undefined
}

export type MountedFolder = 'work' | 'scratch/tmp' | 'scratch/shm' | 'etc' | 'python'

/**
 * Memory file systems that exist in a mount namespace of their own: no other process has them in its tree, bytes and files in them are the
 * kernel's to limit, and with the last process of the namespace they are gone. A plain user gets the right to mount from a user
 * namespace, in which it is root.
 */
export interface PrivateMounts extends AsyncDisposable {
  /** What goes before a command so that it runs where the mounts are. */
  readonly enter: readonly string[]
  /** A folder as commands that entered see it. */
  inside(folder: MountedFolder): string
  /** The same folder as we reach it. */
  outside(folder: MountedFolder): string
}

/** Throws SandboxInfraError (QUOTA_SETUP) with the words of the tool that failed. */
export async function openPrivateMounts({ limits, uid, pythonPrefix }: MountOptions): Promise<PrivateMounts> {
  const owner = uid === undefined ? '' : `,uid=${uid},gid=${uid}`
  const quota = `size=${limits.diskBytes},nr_inodes=${limits.inodes},nosuid,nodev${owner}`
  const asRoot = uid === undefined ? ['--map-root-user'] : []
  const script = ['/bin/sh', '-euc', SCRIPT, 'sh', quota, pythonPrefix ?? '']
  keepDescriptorsFromChildren()
  const keeper = execa('unshare', [...asRoot, '--mount', '--propagation', 'private', '--', ...script], {
    reject: false,
    extendEnv: false,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdin: 'pipe',
    // A group of its own, as with commands: Ctrl-C is for us. It ends with its input.
    detached: true,
  })
  const close = async () => {
    keeper.kill('SIGKILL')
    await keeper
  }
  const ready =
    keeper.pid !== undefined && (await Promise.race([once(keeper.stdout, 'data'), keeper.then(() => undefined)]))
  if (!ready) {
    const { stderr, shortMessage = '' } = await keeper
    throw new SandboxInfraError('QUOTA_SETUP', `cannot mount the work directory: ${stderr || shortMessage}`)
  }
  const outside = (folder: MountedFolder) => `/proc/${keeper.pid}/root${MOUNT}/${folder}`
  for (const [name, text] of Object.entries(ETC)) writeFileSync(`${outside('etc')}/${name}`, text, { mode: 0o644 })
  const namespaces = uid === undefined ? ['--preserve-credentials', `--user=/proc/${keeper.pid}/ns/user`] : []
  return {
    enter: ['nsenter', ...namespaces, `--mount=/proc/${keeper.pid}/ns/mnt`, '--'],
    inside: (folder) => `${MOUNT}/${folder}`,
    outside,
    [Symbol.asyncDispose]: close,
  }
}

/** Hidden by our mount, in that namespace only. It is there on every system, and everybody may pass through it. */
const MOUNT = '/tmp'

/** Mounts, says so, and waits for the end of its input, which comes when we are dead: then the namespace goes. */
const SCRIPT = `
umask 022
mount -t tmpfs -o size=1m,nr_inodes=64,mode=755,nosuid,nodev tmpfs ${MOUNT}
cd ${MOUNT}
mkdir work scratch etc python
mount -t tmpfs -o "$1,mode=700" tmpfs work
mount -t tmpfs -o "$1,mode=711" tmpfs scratch
mkdir scratch/tmp scratch/shm
chmod 1777 scratch/tmp scratch/shm
if [ -n "$2" ]; then mount --rbind "$2" python; fi
cd /
echo ready
exec cat
`

/** Ours, not the host's: its users are nobody's business. */
const ETC = {
  passwd: 'root:x:0:0::/:/bin/false\nagent:x:1000:1000::/work:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
  group: 'root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost box\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
}
