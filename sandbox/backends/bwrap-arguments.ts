import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface BwrapProfile {
  /** Sources of binds, as bwrap sees them. */
  readonly folders: { readonly work: string; readonly temp: string; readonly shm: string; readonly etc: string }
  /** A Python that lies outside /usr: where it is to be, and where bwrap finds it. */
  readonly python: { readonly prefix: string; readonly source: string } | undefined
  readonly env: Readonly<Record<string, string>>
  /** Relative to the work directory. */
  readonly cwd: string
  readonly seccompFd: number
}

/**
 * The options of bwrap: what exists inside. They are handed over on a descriptor, because the command line is readable inside as that of
 * process 1. `--unshare-user` stands beside `--unshare-all` because that one goes on without a user namespace where it has the right to.
 */
export function bwrapArguments({ folders, python, env, cwd, seccompFd }: BwrapProfile): string[] {
  return [
    ...words('--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --cap-drop ALL'),
    ...words('--die-with-parent --as-pid-1 --new-session --hostname box --clearenv'),
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...words('--ro-bind /usr /usr'),
    ...['bin', 'sbin', 'lib', 'lib64', 'lib32'].flatMap((name) => systemFolder(`/${name}`)),
    // Of its own, bwrap makes the parents of a bind 0700: nobody but the owner could reach what is below.
    ...readableFolder('/etc'),
    ...['ld.so.cache', 'alternatives'].flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...OWN_ETC.flatMap((name) => ['--ro-bind', `${folders.etc}/${name}`, `/etc/${name}`]),
    ...(python === undefined ? [] : parentsOf(python.prefix).flatMap(readableFolder)),
    ...(python === undefined ? [] : ['--ro-bind', python.source, python.prefix]),
    ...words('--proc /proc --dev /dev'),
    ...bind(folders.shm, '/dev/shm'),
    ...bind(folders.temp, '/tmp'),
    ...bind(folders.work, '/work'),
    '--chdir',
    join('/work', cwd),
    // bwrap's /dev is writable memory without a limit otherwise.
    ...words('--remount-ro /dev --remount-ro /'),
    '--seccomp',
    String(seccompFd),
  ]
}

const OWN_ETC = ['passwd', 'group', 'hosts', 'nsswitch.conf']

const words = (text: string): string[] => text.split(' ')

const bind = (from: string, to: string): string[] => ['--bind', from, to]

const readableFolder = (path: string): string[] => ['--perms', '0755', '--dir', path]

/** /bin and the like are links into /usr on a merged system, folders on others. */
function systemFolder(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return []
  return stat.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/** Folders above a path, outermost first, without the root. */
function parentsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === '/' ? [] : [...parentsOf(parent), parent]
}
