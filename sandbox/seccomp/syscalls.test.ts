import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  DENIED,
  DENIED_ON_SHARED_HOST,
  DENIED_ON_SHARED_USER,
  INSPECTED,
  NEWEST_SYSCALL,
  numbersOn,
} from './syscalls.ts'
import { HEADERS, headerNumbers } from './test/headers.ts'

const all = { ...INSPECTED, ...DENIED, ...DENIED_ON_SHARED_HOST, ...DENIED_ON_SHARED_USER }

describe.each(['x64', 'arm64'] as const)('system calls of %s', (arch) => {
  const header = HEADERS[arch].find((path) => existsSync(path))

  test('have the numbers of the kernel headers here', (context) => {
    if (header === undefined)
      return context.skip(`no kernel headers (linux-libc-dev): looked for ${HEADERS[arch].join(', ')}`)
    const known = headerNumbers(readFileSync(header, 'utf8'))
    const newest = Math.max(...known.values())
    const ours = numbersOn(arch, all)
    const comparable = [...ours].filter(([, number]) => number <= newest)
    expect(comparable.length).toBeGreaterThan(70)
    expect(comparable.filter(([name, number]) => known.get(name) !== number)).toEqual([])
  })

  test('that a machine is said not to have are not in its headers', (context) => {
    if (header === undefined) return context.skip('no kernel headers (linux-libc-dev)')
    const known = headerNumbers(readFileSync(header, 'utf8'))
    const ours = numbersOn(arch, all)
    expect(Object.keys(all).filter((name) => !ours.has(name) && known.has(name))).toEqual([])
  })

  test('are each there once and no newer than the newest', () => {
    const numbers = [...numbersOn(arch, all).values()]
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(Math.max(...numbers)).toBeLessThanOrEqual(NEWEST_SYSCALL)
  })
})
