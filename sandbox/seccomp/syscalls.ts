/** Machines the filter is written for. */
export type SeccompArch = 'x64' | 'arm64'

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h: the ELF machine, 64-bit, little endian. */
export const AUDIT_ARCH: Readonly<Record<SeccompArch, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }

/** The last system call of Linux 6.18 (file_setattr), on both machines. */
export const NEWEST_SYSCALL = 469

/** One system call: its number on x64 and on arm64; undefined where the machine does not have it. */
type Numbers = readonly [x64: number | undefined, arm64: number | undefined]

/** System calls that are looked at by their arguments, or answered as if the kernel did not know them. */
export const INSPECTED = {
  clone: [56, 220],
  clone3: [435, 435],
  socket: [41, 198],
  socketpair: [53, 199],
  ioctl: [16, 29],
  personality: [135, 92],
  prlimit64: [302, 261],
} as const satisfies Readonly<Record<string, Numbers>>

/**
 * System calls that code in a sandbox has no business with, by what they would open. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and
 * include/uapi/asm-generic/unistd.h of Linux 6.18; a test compares them with the headers of the machine it runs on.
 */
export const DENIED = {
  // Other processes: their memory, descriptors and registers.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_getfd: [438, 438],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  // Namespaces and roots.
  unshare: [272, 97],
  setns: [308, 268],
  chroot: [161, 51],
  pivot_root: [155, 41],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  // Mounts.
  mount: [165, 40],
  umount2: [166, 39],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  statmount: [457, 457],
  listmount: [458, 458],
  // Files by handle, past any directory; watches on whole file systems; quotas.
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  // Keyrings belong to a user, not to a namespace.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Large and often attacked parts of the kernel; io_uring also does what this filter would stop.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  vmsplice: [278, 75],
  memfd_secret: [447, 447],
  // The machine: modules, kernels, swap, clocks, ports, logs.
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  syslog: [103, 116],
  vhangup: [153, 58],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  modify_ldt: [154, undefined],
  lsm_set_self_attr: [460, 460],
  // Memory policy reaches other processes and other nodes.
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  set_mempolicy_home_node: [450, 450],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  // Left over from old kernels.
  uselib: [134, undefined],
  ustat: [136, undefined],
  sysfs: [139, undefined],
  _sysctl: [156, undefined],
  nfsservctl: [180, 42],
  lookup_dcookie: [212, 18],
} as const satisfies Readonly<Record<string, Numbers>>

/** What else reaches beyond the sandbox where the host's IPC and process ids are shared. */
export const DENIED_ON_SHARED_HOST = {
  // System V IPC and message queues outlive the process and belong to the host.
  shmget: [29, 194],
  shmat: [30, 196],
  shmctl: [31, 195],
  semget: [64, 190],
  semop: [65, 193],
  semctl: [66, 191],
  semtimedop: [220, 192],
  msgget: [68, 186],
  msgsnd: [69, 189],
  msgrcv: [70, 188],
  msgctl: [71, 187],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  // The priority and the cores of any process of the same user.
  setpriority: [141, 140],
  ioprio_set: [251, 30],
  sched_setparam: [142, 118],
  sched_setscheduler: [144, 119],
  sched_setattr: [314, 274],
  sched_setaffinity: [203, 122],
} as const satisfies Readonly<Record<string, Numbers>>

/** What changes files by their path without opening them, which Landlock does not look at: permissions, owner, times, attributes. */
export const DENIED_ON_SHARED_USER = {
  chmod: [90, undefined],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  chown: [92, undefined],
  lchown: [94, undefined],
  fchownat: [260, 54],
  utime: [132, undefined],
  utimes: [235, undefined],
  futimesat: [261, undefined],
  utimensat: [280, 88],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  setxattrat: [463, 463],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  removexattrat: [466, 466],
  file_setattr: [469, 469],
} as const satisfies Readonly<Record<string, Numbers>>

/** The numbers of one machine, by name; what it does not have is left out. */
export function numbersOn(arch: SeccompArch, table: Readonly<Record<string, Numbers>>): ReadonlyMap<string, number> {
  const column = arch === 'x64' ? 0 : 1
  return new Map(
    Object.entries(table).flatMap(([name, numbers]) => {
      const number = numbers[column]
      return number === undefined ? [] : [[name, number]]
    }),
  )
}
