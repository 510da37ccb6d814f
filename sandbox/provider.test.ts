import { mkdtempSync, chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { captureText } from './capture.ts'
import { SandboxInfraError, SandboxPathError } from './errors.ts'
import { snapshotFromFiles } from './files/snapshot.ts'
import { findGroupHome } from './process/group-home.ts'
import { tryBackend } from './probe.ts'
import { type ProviderOptions, sandboxProvider } from './provider.ts'
import type { BackendId, Sandbox, SandboxProvider } from './types.ts'

const tempRoot = mkdtempSync(join(tmpdir(), 'provider-'))
chmodSync(tempRoot, 0o711)
const surroundings = { tempRoot, env: process.env, now: () => performance.now() }
const provide = (options: Partial<ProviderOptions>) => sandboxProvider({ ...surroundings, backend: 'auto', ...options })

afterAll(() => rmSync(tempRoot, { recursive: true }))

const IDS: readonly BackendId[] = ['bwrap', 'landlock', 'local-unsafe']
const backends = await Promise.all(IDS.map(async (id) => ({ id, ...(await tryBackend(id, surroundings)).probe })))
const usable = backends.filter(({ ok }) => ok)
for (const { id, ok, problems } of backends) if (!ok) console.log(`not tested here: ${id}, ${problems[0]?.detail}`)

const textOf = async (sandbox: Sandbox, ...argv: [string, ...string[]]) => {
  const { end, stdout } = await sandbox.exec({ argv })
  expect(end).toEqual({ kind: 'exit', code: 0 })
  return captureText(stdout).trim()
}

describe.each(usable)('$id', ({ id, guarantees }) => {
  let provider: SandboxProvider
  const open = (files: Record<string, string> = {}) => provider.open(snapshotFromFiles(files))

  beforeAll(async () => {
    provider = await provide({ backend: id })
  })

  test.each([
    { what: 'success', argv: ['true'], end: { kind: 'exit', code: 0 } },
    { what: 'a code', argv: ['sh', '-c', 'exit 3'], end: { kind: 'exit', code: 3 } },
    { what: 'a signal', argv: ['sh', '-c', 'kill -TERM $$'], end: { kind: 'signal', signal: 'SIGTERM' } },
    { what: 'a program that is not there', argv: ['no-such-program'], end: { kind: 'exit', code: 127 } },
    { what: 'a program that cannot be run', argv: ['./data'], end: { kind: 'exit', code: 126 } },
    { what: 'too long', argv: ['sleep', '60'], limits: { wallMs: 300 }, end: { kind: 'timeout' } },
    { what: 'too much output', argv: ['yes'], limits: { killOutputBytes: 100_000 }, end: { kind: 'output' } },
  ] as const)('tells how a command ended: $what', async ({ argv, end, ...rest }) => {
    await using sandbox = await open({ data: 'x' })
    expect(await sandbox.exec({ argv: [...argv] as [string, ...string[]], ...rest })).toMatchObject({ end })
  })

  test.runIf(guarantees.memory !== 'none')(
    'tells that memory ran out, and that a smaller limit is of one command',
    async () => {
      await using sandbox = await open()
      const argv = ['python3', '-c', 'import time; x = b"x" * (200 << 20); time.sleep(0.5)'] as const
      expect((await sandbox.exec({ argv, limits: { memoryBytes: 100 << 20 } })).end).toEqual({ kind: 'oom' })
      expect((await sandbox.exec({ argv })).end).toEqual({ kind: 'exit', code: 0 })
    },
  )

  test('hands over input, arguments, environment and folder as they are', async () => {
    await using sandbox = await open({ 'sub/x': '' })
    const script =
      'import os, sys; print(sys.stdin.read(), sys.argv[1:], os.environ["ADDED"], os.path.basename(os.getcwd()))'
    const { stdout } = await sandbox.exec({
      argv: ['python3', '-c', script, "a 'b'\n", '--', '$HOME', 'é'],
      stdin: Buffer.from('in'),
      env: { ADDED: 'yes; no' },
      cwd: 'sub',
    })
    expect(captureText(stdout)).toBe(`in ["a 'b'\\n", '--', '$HOME', 'é'] yes; no sub\n`)
  })

  test('gives nothing of the environment of the harness', async () => {
    await using sandbox = await open()
    const names = (await textOf(sandbox, 'env')).split('\n').map((line) => line.split('=')[0])
    expect(names).not.toContain('VITEST')
    expect(names).toContain('PYTHONHASHSEED')
  })

  test('keeps the work directory from one command to the next, and nothing else', async () => {
    await using sandbox = await open({ 'a.txt': 'a' })
    await textOf(sandbox, 'sh', '-c', 'echo b > b.txt; echo c > "$TMPDIR/c.txt"')
    expect(await textOf(sandbox, 'sh', '-c', 'cat a.txt b.txt; ls "$TMPDIR"')).toBe(
      id === 'local-unsafe' ? 'ab\nc.txt' : 'ab',
    )
  })

  test('reads, writes, takes snapshots and restores them', async () => {
    await using sandbox = await open({ 'a.txt': 'a' })
    const before = await sandbox.snapshot()
    await sandbox.write('deep/b.txt', Buffer.from('b'))
    expect(
      await textOf(sandbox, 'sh', '-c', 'cat deep/b.txt; echo more >> deep/b.txt; rm a.txt; ln -s /etc/passwd link'),
    ).toBe('b')
    expect(Buffer.from(await sandbox.read('deep/b.txt')).toString()).toBe('bmore\n')
    await expect(sandbox.read('link')).rejects.toThrow(SandboxPathError)
    await sandbox.restore(before)
    expect((await sandbox.snapshot()).root).toBe(before.root)
    expect(await textOf(sandbox, 'ls')).toBe('a.txt')
  })

  test('commands asked for at once run one after the other in one sandbox, and beside each other in two', async () => {
    await using one = await open()
    await using two = await open()
    const script = 'ls >> seen; sleep 0.1; touch "$1"; sleep 0.1; rm "$1"'
    const run = (sandbox: Sandbox, name: string) => sandbox.exec({ argv: ['sh', '-c', script, 'sh', name] })
    await Promise.all([run(one, 'x'), run(two, 'x'), run(one, 'y'), run(two, 'y')])
    for (const sandbox of [one, two]) expect(Buffer.from(await sandbox.read('seen')).toString()).toBe('seen\nseen\n')
  })

  test('a signal ends a command, and its reason is what comes out', async () => {
    await using sandbox = await open()
    const abort = new AbortController()
    const running = sandbox.exec({ argv: ['sleep', '60'], signal: abort.signal })
    setTimeout(() => abort.abort(new Error('no longer wanted')), 100)
    await expect(running).rejects.toThrow('no longer wanted')
    expect(await textOf(sandbox, 'echo', 'still there')).toBe('still there')
  })

  test('is gone when it is closed', async () => {
    const sandbox = await open({ a: 'a' })
    await sandbox[Symbol.asyncDispose]()
    await sandbox[Symbol.asyncDispose]()
    await expect(sandbox.exec({ argv: ['true'] })).rejects.toThrow(SandboxInfraError)
    expect(readdirSync(tempRoot)).toEqual([])
  })

  test('results carry the same profile as the probe', async () => {
    await using sandbox = await provider.open(snapshotFromFiles({}))
    expect({ backend: sandbox.backend, hash: sandbox.profileHash }).toEqual({
      backend: id,
      hash: (await provider.probe()).profileHash,
    })
    expect(sandbox.profileHash).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('the choice', () => {
  const best = usable.find(({ id }) => id !== 'local-unsafe')

  test.skipIf(best === undefined)('takes the best that works', async () => {
    expect((await provide({ backend: 'auto' })).backend).toBe(best?.id)
  })

  test('never takes local-unsafe, but names it when asked', async () => {
    expect((await provide({ backend: 'local-unsafe' })).backend).toBe('local-unsafe')
  })

  test('refuses a backend that holds less than is asked', async () => {
    const minimumGuarantees = { files: true, memory: 'polled' } as const
    await expect(provide({ backend: 'local-unsafe', minimumGuarantees })).rejects.toThrow(
      'files: expected true, got false; memory: expected polled, got none',
    )
    if (best) expect((await provide({ minimumGuarantees })).backend).toBe(best.id)
  })

  test.each([{ wallMs: 0 }, { memoryBytes: -1 }, { processes: 1.5 }, { diskBytes: Number.NaN }])(
    'refuses limits that are none: %j',
    async (limits) => {
      const provider = await provide({ backend: 'local-unsafe' })
      expect(() => provider.open(snapshotFromFiles({}), limits)).toThrow(RangeError)
    },
  )
})

test('control groups of closed sandboxes are gone', () => {
  const home = findGroupHome()
  const parents = home === undefined ? [] : home.version === 1 ? Object.values(home.folders) : [home.folder]
  const own = `duress-sandbox-${process.pid}-`
  expect(parents.flatMap((parent) => readdirSync(parent)).filter((name) => name.startsWith(own))).toEqual([])
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(tempRoot)
})
