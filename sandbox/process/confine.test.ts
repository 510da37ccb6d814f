import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { watchTree } from './confine.ts'
import { killGroup } from './kill.ts'
import { treeOf } from './tree.ts'

const MIB = 2 ** 20

// A shell with five children; the sixth process is the shell itself.
const shell = spawn('/bin/sh', ['-c', 'for n in 1 2 3 4 5; do sleep 60 & done; wait'], { detached: true })
const pid = shell.pid!
for (let tries = 0; treeOf(pid).processes.length < 6 && tries < 400; tries++) await sleep(25)

afterAll(() => killGroup(pid))

test.each([
  ['as many as are allowed', { processes: 6, memoryBytes: 1024 * MIB }, undefined],
  ['one too many', { processes: 5, memoryBytes: 1024 * MIB }, 'processes'],
  ['too much memory, which goes first', { processes: 5, memoryBytes: 4096 }, 'oom'],
] as const)('%s', (_, limits, reason) => {
  const watch = watchTree(limits)
  expect(watch.look(pid)).toBe(reason)
  expect(watch.usage().peakBytes).toBeGreaterThan(4096)
})
