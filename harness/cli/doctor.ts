import { execa } from 'execa'
import { freemem, tmpdir, totalmem } from 'node:os'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { findCachedModel } from '../../vectors/model/cached.ts'
import { MODELS } from '../../vectors/model/registry.ts'
import { probeBackends } from '../../sandbox/provider.ts'
import type { Probe } from '../../sandbox/types.ts'
import { ortLibrary } from '../../vectors/engine/ort-library.ts'
import { openStore } from '../store/open.ts'
import type { CliContext } from './context.ts'

interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly text: string
}

/** What holds on this machine, and what to do where something does not. Exit code 1 when something is missing that a run needs. */
export async function doctor(flags: { readonly json?: boolean }, context: CliContext): Promise<number> {
  const sandboxes = await probeBackends({ tempRoot: tmpdir(), env: context.machine.env, now: context.now })
  const sandbox = sandboxFacts(sandboxes)
  const findings = [
    engine(),
    database(),
    home(context),
    memory(),
    sandboxFinding(sandboxes),
    ...(await pip()),
    ...models(context),
  ]
  const facts = { versions: context.versions, threads: context.machine.threads, sandbox, findings }
  if (flags.json) context.out(`${JSON.stringify(facts, null, 2)}\n`)
  else {
    context.out(
      `${Object.entries(context.versions)
        .map(([k, v]) => `${k} ${v}`)
        .join(' · ')} · ${context.machine.threads} threads\n`,
    )
    for (const { name, ok, text } of findings) context.out(`${ok ? 'ok  ' : 'MISS'} ${name.padEnd(12)} ${text}\n`)
  }
  return findings.every((f) => f.ok || f.name === 'pip' || f.name === 'sandbox' || f.name.startsWith('model')) ? 0 : 1
}

function attempt(name: string, check: () => string): Finding {
  try {
    return { name, ok: true, text: check() }
  } catch (error) {
    return { name, ok: false, text: error instanceof Error ? error.message : String(error) }
  }
}

const engine = (): Finding => attempt('engine', () => `ONNX Runtime ${ortLibrary().version} through IoBinding`)

const database = (): Finding =>
  attempt('database', () => {
    using _store = openStore(':memory:')
    return 'SQLite opens and migrates'
  })

const home = ({ machine }: CliContext): Finding =>
  attempt('home', () => {
    mkdirSync(machine.home.root, { recursive: true })
    accessSync(machine.home.root, constants.W_OK)
    return `${machine.home.root} (change it with DURESS_HOME)`
  })

const memory = (): Finding => ({
  name: 'memory',
  ok: totalmem() > 2 * 2 ** 30,
  text: `${(freemem() / 2 ** 30).toFixed(1)} of ${(totalmem() / 2 ** 30).toFixed(1)} GiB free; the default model needs about 4`,
})

/** Of the backend that would be chosen; the problems are those of all that were tried. */
function sandboxFacts(probes: readonly Probe[]) {
  const chosen = probes.find(({ ok }) => ok)
  return {
    backend: chosen?.backend ?? null,
    guarantees: chosen?.guarantees ?? null,
    versions: chosen?.versions ?? null,
    profileHash: chosen?.profileHash ?? null,
    startMsP50: chosen?.startMsP50 ?? null,
    problems: probes.flatMap(({ backend, problems }) => problems.map((problem) => ({ backend, ...problem }))),
  }
}

/** Only scenarios in which a model writes code need one. */
function sandboxFinding(probes: readonly Probe[]): Finding {
  const chosen = probes.find(({ ok }) => ok)
  const told = probes
    .slice(0, chosen && probes.indexOf(chosen) + 1)
    .flatMap(({ backend, problems }) =>
      problems.map(({ detail, remedy }) => `\n       ${backend}: ${detail}\n         ${remedy}`),
    )
  if (chosen === undefined)
    return {
      name: 'sandbox',
      ok: false,
      text: `none works here; scenarios in which a model writes code need one${told.join('')}`,
    }
  const { guarantees, versions, startMsP50 } = chosen
  const holds = Object.entries(guarantees).map(
    ([name, value]) => `${name} ${value === true ? 'yes' : value === false ? 'no' : value}`,
  )
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const start = `a command starts in ${startMsP50.toFixed(0)} ms`
  return {
    name: 'sandbox',
    ok: true,
    text: `${chosen.backend} (${parts.join(', ')}; ${start}): ${holds.join(', ')}${told.join('')}`,
  }
}

/** Models come as Python wheels where no hub can be reached. */
async function pip(): Promise<Finding[]> {
  const { failed, stdout } = await execa('python3', ['-m', 'pip', '--version'], { reject: false })
  return [
    {
      name: 'pip',
      ok: !failed,
      text: failed
        ? 'python3 -m pip is missing: models can only come from a hub or a path'
        : stdout.split(' from ')[0]!,
    },
  ]
}

const models = ({ machine }: CliContext): Finding[] =>
  MODELS.map(({ id }) => {
    const path = findCachedModel(id, machine.env)
    return { name: `model ${id}`, ok: path !== undefined, text: path ?? `not pulled; duress models pull ${id}` }
  })
