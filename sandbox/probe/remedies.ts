import type { BackendId, Problem } from '../types.ts'

/** Why a backend does not start: by the words of the tool that failed, what to do about it. */
export function problemOf(backend: BackendId, { message }: Error): Problem {
  const [first = ''] = message.split('\n')
  const known = KNOWN.find(({ words, of = ['bwrap'] }) => of.includes(backend) && words.test(message))
  return { code: known?.code ?? 'unknown', detail: first, remedy: known?.remedy ?? UNKNOWN }
}

interface Remedy {
  readonly code: string
  /** @default bwrap */
  readonly of?: readonly BackendId[]
  readonly words: RegExp
  readonly remedy: string
}

const UNKNOWN = 'run the command that failed by hand, or use another backend'

const KNOWN: readonly Remedy[] = [
  {
    code: 'not-linux',
    of: ['bwrap', 'landlock', 'local-unsafe'],
    words: /expected Linux/,
    remedy: 'code of a model runs on Linux only: use a Linux machine, or a virtual one',
  },
  {
    code: 'no-python',
    of: ['bwrap', 'landlock', 'local-unsafe'],
    words: /found no python3/,
    remedy: 'install Python 3: apt install python3, dnf install python3, or pacman -S python',
  },
  {
    code: 'only-root',
    of: ['bwrap', 'landlock'],
    words: /root that can become another user/,
    remedy: 'run as a plain user, or in a container that maps more than one user',
  },
  {
    code: 'no-bwrap',
    words: /bwrap ENOENT/,
    remedy: 'install bubblewrap: apt install bubblewrap, dnf install bubblewrap, or pacman -S bubblewrap',
  },
  {
    code: 'no-landlock',
    of: ['landlock'],
    words: /Landlock ABI/,
    remedy:
      'use a kernel with Landlock: 5.13 or newer as root, 6.12 or newer as a plain user, with landlock in the lsm= list of its command line',
  },
  {
    code: 'closed-folder',
    of: ['landlock'],
    words: /PermissionError/,
    remedy: 'another user must be able to pass to the folder for temporary files: set TMPDIR to one such as /tmp',
  },
  {
    code: 'apparmor',
    words:
      /setting up uid map: Permission denied|loopback: Failed RTM_NEWADDR|Failed to make \/ slave|write failed \/proc\/self\/uid_map|cannot change root filesystem propagation: Permission denied|mount: .*permission denied/i,
    remedy:
      'Ubuntu keeps programs from making user namespaces (kernel.apparmor_restrict_unprivileged_userns): apt install apparmor-profiles, ' +
      'copy bwrap-userns-restrict from its examples to /etc/apparmor.d and load it with apparmor_parser -r, or run as root; without such rights use landlock',
  },
  {
    code: 'no-more-namespaces',
    words: /ENOSPC|unshare failed: No space left on device|Creating new namespace failed: No space/,
    remedy:
      'user namespaces are used up or switched off: sysctl user.max_user_namespaces=15000; inside another sandbox use landlock',
  },
  {
    code: 'no-namespaces',
    words:
      /No permissions to creat\w* new namespace|unshare failed: Operation not permitted|Creating new namespace failed: Operation not permitted/,
    remedy:
      'the container (or kernel.unprivileged_userns_clone=0) forbids namespaces: run on the host, or give the container ' +
      '--security-opt seccomp=unconfined --security-opt systempaths=unconfined, or use landlock',
  },
  {
    code: 'masked-proc',
    words: /Can't mount proc/,
    remedy:
      "the container hides parts of /proc: give it --security-opt systempaths=unconfined, or use landlock; do not bind the container's /proc",
  },
]
