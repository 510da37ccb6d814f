import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildSeccomp, type SeccompOptions } from './filter.ts'
import {
  AUDIT_ARCH,
  DENIED,
  DENIED_ON_SHARED_HOST,
  INSPECTED,
  NEWEST_SYSCALL,
  numbersOn,
  type SeccompArch,
} from './syscalls.ts'
import { HEADERS, headerNumbers } from './test/headers.ts'
import { type Call, decode, interpret } from './test/interpret.ts'

const ALLOW = 'allow'
const KILL = 'kill'
const EPERM = 'errno 1'
const ENOSYS = 'errno 38'
const EAFNOSUPPORT = 'errno 97'

const archs = ['x64', 'arm64'] as const

function actionOf(options: SeccompOptions, call: Call): string {
  const value = interpret(decode(buildSeccomp(options)), call)
  if (value === 0x7fff0000) return ALLOW
  if (value === 0x80000000) return KILL
  return value >>> 16 === 5 ? `errno ${value & 0xffff}` : `action ${value}`
}

/** On the machine of the filter, with the lower words of arguments. */
const ask = (options: SeccompOptions, number: number, ...args: readonly (number | bigint)[]): string =>
  actionOf(options, { arch: AUDIT_ARCH[options.arch], number, args: args.map(BigInt) })

/** Numbers of system calls that ordinary programs need, from the same kernel tables. */
const ORDINARY: Readonly<Record<SeccompArch, Readonly<Record<string, number>>>> = {
  x64: {
    read: 0,
    write: 1,
    mmap: 9,
    execve: 59,
    exit: 60,
    wait4: 61,
    kill: 62,
    openat: 257,
    futex: 202,
    getrandom: 318,
  },
  arm64: {
    read: 63,
    write: 64,
    mmap: 222,
    execve: 221,
    exit: 93,
    wait4: 260,
    kill: 129,
    openat: 56,
    futex: 98,
    getrandom: 278,
  },
}

/** CLONE_VM|FS|FILES|SIGHAND|THREAD|SYSVSEM|SETTLS|PARENT_SETTID|CHILD_CLEARTID, as pthread_create asks; and fork of glibc. */
const THREAD = 0x3d0f00
const FORK = 0x01200011
const NAMESPACES = {
  NEWNS: 0x00020000,
  NEWCGROUP: 0x02000000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
}

describe.each(archs)('the filter of %s', (arch) => {
  const number = numbersOn(arch, INSPECTED)
  const of = (name: keyof typeof INSPECTED): number => number.get(name) ?? -1

  test.each(Object.entries(ORDINARY[arch]))('allows %s', (_, number) => {
    expect(ask({ arch }, number)).toBe(ALLOW)
  })

  test.each([...numbersOn(arch, DENIED)])('does not permit %s', (_, number) => {
    expect(ask({ arch }, number)).toBe(EPERM)
  })

  test.each([
    ['another machine', { arch: AUDIT_ARCH[arch === 'x64' ? 'arm64' : 'x64'], number: 0 }, KILL],
    ['32-bit calls of x86', { arch: 0x40000003, number: 0 }, KILL],
    ['32-bit calls of ARM', { arch: 0x40000028, number: 0 }, KILL],
    ['an x32 number', { arch: AUDIT_ARCH[arch], number: 0x40000000 }, ENOSYS],
    ['an x32 number of a call that is denied', { arch: AUDIT_ARCH[arch], number: 0x40000000 + 101 }, ENOSYS],
    ['a number of the x32 table without its bit', { arch: AUDIT_ARCH[arch], number: 520 }, ENOSYS],
    ['the newest call', { arch: AUDIT_ARCH[arch], number: NEWEST_SYSCALL }, ALLOW],
    ['a call newer than that', { arch: AUDIT_ARCH[arch], number: NEWEST_SYSCALL + 1 }, ENOSYS],
    ['a negative number', { arch: AUDIT_ARCH[arch], number: 0xffffffff }, ENOSYS],
  ])('%s', (_, call, action) => {
    expect(actionOf({ arch }, call)).toBe(action)
  })

  test('clone makes threads and processes, and no namespaces; clone3 does not exist', () => {
    for (const flags of [THREAD, FORK, 17]) expect(ask({ arch }, of('clone'), flags)).toBe(ALLOW)
    for (const flag of Object.values(NAMESPACES)) {
      expect(ask({ arch }, of('clone'), flag)).toBe(EPERM)
      expect(ask({ arch }, of('clone'), FORK | flag)).toBe(EPERM)
      expect(ask({ arch }, of('clone'), 0xffffffff00000000n | BigInt(flag))).toBe(EPERM)
    }
    for (const args of [[], [FORK]]) expect(ask({ arch }, of('clone3'), ...args)).toBe(ENOSYS)
  })

  test.each([
    ['UNIX', 1, ALLOW, ALLOW],
    ['INET', 2, EAFNOSUPPORT, ALLOW],
    ['INET6', 10, EAFNOSUPPORT, ALLOW],
    ['UNSPEC', 0, EAFNOSUPPORT, EAFNOSUPPORT],
    ['NETLINK', 16, EAFNOSUPPORT, EAFNOSUPPORT],
    ['PACKET', 17, EAFNOSUPPORT, EAFNOSUPPORT],
    ['BLUETOOTH', 31, EAFNOSUPPORT, EAFNOSUPPORT],
    ['ALG', 38, EAFNOSUPPORT, EAFNOSUPPORT],
    ['VSOCK', 40, EAFNOSUPPORT, EAFNOSUPPORT],
    ['XDP', 44, EAFNOSUPPORT, EAFNOSUPPORT],
  ])('sockets of AF_%s', (_, family, closed, inet) => {
    for (const call of [of('socket'), of('socketpair')])
      for (const arg of [BigInt(family), 0xdead00000000n | BigInt(family)]) {
        expect(ask({ arch }, call, arg, 1)).toBe(closed)
        expect(ask({ arch, allowInet: true }, call, arg, 1)).toBe(inet)
      }
  })

  test('sockets of the families that are listed', () => {
    expect(ask({ arch, families: [] }, of('socket'), 1)).toBe(EAFNOSUPPORT)
    expect(ask({ arch, families: [2] }, of('socket'), 1)).toBe(EAFNOSUPPORT)
    expect(ask({ arch, families: [2] }, of('socket'), 2)).toBe(ALLOW)
  })

  test.each([
    ['TIOCSTI', 0x5412n, EPERM],
    ['TIOCLINUX', 0x541cn, EPERM],
    ['TIOCSTI with high bits, which the kernel drops', 0x1_0000_5412n, EPERM],
    ['TIOCLINUX with all high bits', 0xffff_ffff_0000_541cn, EPERM],
    ['TCGETS', 0x5401n, ALLOW],
    ['FIONREAD', 0x541bn, ALLOW],
  ])('ioctl %s', (_, command, action) => {
    expect(ask({ arch }, of('ioctl'), 0, command)).toBe(action)
    expect(ask({ arch }, of('ioctl'), 0x5412, 0x5401, 0x5412)).toBe(ALLOW)
  })

  test.each([
    ['PER_LINUX', 0n, ALLOW],
    ['a question', 0xffffffffn, ALLOW],
    ['a question in 64 bits', 0xffffffffffffffffn, ALLOW],
    ['ADDR_NO_RANDOMIZE', 0x40000n, EPERM],
    ['READ_IMPLIES_EXEC', 0x400000n, EPERM],
    ['PER_LINUX32', 8n, EPERM],
  ])('personality: %s', (_, persona, action) => {
    expect(ask({ arch }, of('personality'), persona)).toBe(action)
  })

  test('on a shared host, denies IPC, priorities, and limits of others', () => {
    const shared = { arch, sharedHost: true }
    for (const number of numbersOn(arch, DENIED_ON_SHARED_HOST).values()) {
      expect(ask({ arch }, number)).toBe(ALLOW)
      expect(ask(shared, number)).toBe(EPERM)
    }
    expect(ask(shared, of('prlimit64'), 0, 7)).toBe(ALLOW)
    expect(ask(shared, of('prlimit64'), 1234, 7)).toBe(EPERM)
    expect(ask({ arch }, of('prlimit64'), 1234, 7)).toBe(ALLOW)
  })

  test('allows every call of the kernel headers that is not named', (context) => {
    const header = HEADERS[arch].find((path) => existsSync(path))
    if (header === undefined) return context.skip('no kernel headers (linux-libc-dev)')
    const named = new Set([...numbersOn(arch, DENIED).values(), of('clone3'), of('socket'), of('socketpair')])
    const others = [...headerNumbers(readFileSync(header, 'utf8'))].filter(
      ([, number]) => number <= NEWEST_SYSCALL && !named.has(number),
    )
    expect(others.length).toBeGreaterThan(200)
    expect(others.filter(([, number]) => ask({ arch }, number) !== ALLOW)).toEqual([])
  })
})

const options: fc.Arbitrary<SeccompOptions> = fc.record(
  {
    arch: fc.constantFrom(...archs),
    allowInet: fc.boolean(),
    sharedHost: fc.boolean(),
    families: fc.uniqueArray(fc.nat(45), { maxLength: 10 }),
  },
  { requiredKeys: ['arch'] },
)

describe('every filter', () => {
  test('is one that the kernel takes: loads inside the data, jumps inside the program, an end on every path', () => {
    fc.assert(
      fc.property(options, (options) => {
        const program = decode(buildSeccomp(options))
        expect(program.length).toBeLessThan(4096)
        program.forEach(({ code, jt, jf, k }, at) => {
          if (code === 0x20) expect(k % 4 === 0 && k < 64).toBe(true)
          if (code === 0x06) return expect([jt, jf]).toEqual([0, 0])
          // All jumps go forward, so if none leaves the program, every path ends: only a return has no next instruction.
          for (const next of [at + 1 + jt, at + 1 + jf]) expect(next).toBeLessThan(program.length)
        })
        expect(program.at(-1)?.code).toBe(0x06)
      }),
    )
  })

  test('decides by machine, number and the lower words of arguments, as the rules say', () => {
    const numbers = fc.oneof(
      fc.nat(600),
      fc.nat(0xffffffff),
      fc.constantFrom(...numbersOn('x64', INSPECTED).values(), ...numbersOn('arm64', INSPECTED).values()),
    )
    const word = fc.oneof(
      fc.constantFrom(0, 1, 2, 10, 16, 0x5412, 0x541c, 0xffffffff, FORK, ...Object.values(NAMESPACES)),
      fc.nat(0xffffffff),
    )
    const args = fc.array(fc.tuple(word, word), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(
        options,
        fc.constantFrom(...Object.values(AUDIT_ARCH), 0x40000003),
        numbers,
        args,
        (options, arch, number, args) => {
          const low = args.map(([low]) => low)
          const wide = args.map(([low, high]) => (BigInt(high) << 32n) | BigInt(low))
          expect(actionOf(options, { arch, number, args: wide })).toBe(expected(options, arch, number, low))
        },
      ),
      { numRuns: 2000 },
    )
  })
})

/** The rules again, in words of the test. */
function expected(
  options: SeccompOptions,
  arch: number,
  number: number,
  [first = 0, second = 0]: readonly number[],
): string {
  const { allowInet = false, sharedHost = false, families = allowInet ? [1, 2, 10] : [1] } = options
  const is = (table: typeof DENIED | typeof DENIED_ON_SHARED_HOST): boolean =>
    [...numbersOn(options.arch, table).values()].includes(number)
  const inspected = new Map([...numbersOn(options.arch, INSPECTED)].map(([name, number]) => [number, name])).get(number)
  if (arch !== AUDIT_ARCH[options.arch]) return KILL
  if (number > NEWEST_SYSCALL || inspected === 'clone3') return ENOSYS
  if (is(DENIED) || (sharedHost && is(DENIED_ON_SHARED_HOST))) return EPERM
  switch (inspected ?? 'other') {
    case 'clone':
      return Object.values(NAMESPACES).some((flag) => (first & flag) !== 0) ? EPERM : ALLOW
    case 'socket':
    case 'socketpair':
      return families.includes(first) ? ALLOW : EAFNOSUPPORT
    case 'ioctl':
      return second === 0x5412 || second === 0x541c ? EPERM : ALLOW
    case 'personality':
      return first === 0 || first === 0xffffffff ? ALLOW : EPERM
    case 'prlimit64':
      return sharedHost && first !== 0 ? EPERM : ALLOW
    default:
      return ALLOW
  }
}
