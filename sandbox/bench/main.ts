import { parseArgs } from 'node:util'
import { tmpdir } from 'node:os'
import { snapshotFromFiles } from '../files/snapshot.ts'
import { tryBackend } from '../probe.ts'
import { sandboxProvider } from '../provider.ts'
import type { BackendId, SandboxProvider } from '../types.ts'

// What a sandbox costs: how long the shortest command takes, how many a second there are, and what opening one takes.
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, concurrency: { type: 'string', default: '8' } },
})
const rounds = Number(values.rounds)
const concurrency = Number(values.concurrency)
const now = () => performance.now()
const surroundings = { tempRoot: tmpdir(), env: process.env, now }

console.log(`${rounds} rounds; milliseconds, median and 95th percentile; commands a second, ${concurrency} at once`)
console.log('| backend | open and close | `true` | `python3 -I -S` | `true` a second |')
console.log('|---|---|---|---|---|')
for (const backend of ['local-unsafe', 'landlock', 'bwrap'] satisfies BackendId[]) {
  const { probe } = await tryBackend(backend, surroundings)
  if (!probe.ok) console.log(`| ${backend} | ${probe.problems[0]?.detail} | | | |`)
  else console.log(`| ${[backend, ...(await measure(backend))].join(' | ')} |`)
}

async function measure(backend: BackendId): Promise<string[]> {
  const provider = await sandboxProvider({ ...surroundings, backend, concurrency })
  const opened = await timesOf(async () => {
    await using _sandbox = await provider.open(snapshotFromFiles({}))
  })
  await using sandbox = await provider.open(snapshotFromFiles({}))
  const plain = await timesOf(() => sandbox.exec({ argv: ['true'] }))
  const python = await timesOf(() => sandbox.exec({ argv: ['python3', '-I', '-S', '-c', ''] }))
  return [...[opened, plain, python].map(({ median, high }) => `${median} (${high})`), await throughput(provider)]
}

async function timesOf(action: () => Promise<unknown>) {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const begun = now()
    await action()
    times.push(now() - begun)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(share * (rounds - 1))] ?? 0).toFixed(1)
  return { median: at(0.5), high: at(0.95) }
}

async function throughput(provider: SandboxProvider): Promise<string> {
  const sandboxes = await Promise.all(Array.from({ length: concurrency }, () => provider.open(snapshotFromFiles({}))))
  const begun = now()
  await Promise.all(
    sandboxes.map(async (sandbox) => {
      for (let round = 0; round < rounds; round += concurrency) await sandbox.exec({ argv: ['true'] })
    }),
  )
  const seconds = (now() - begun) / 1000
  await Promise.all(sandboxes.map((sandbox) => sandbox[Symbol.asyncDispose]()))
  return ((Math.ceil(rounds / concurrency) * concurrency) / seconds).toFixed(0)
}
