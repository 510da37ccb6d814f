import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { ROOT, writeAlexOrganism } from './organism.ts'

/** The compiled program, an organism and a home that holds its vectors. */
export interface Stage {
  readonly main: string
  readonly model: string
  readonly home: string
}

/** Made once for all test files of one vitest: they are children of one process. Stages of dead ones are cleared. */
export async function openStage(): Promise<Stage> {
  const all = join(ROOT, 'node_modules', '.cache', 'duress-e2e')
  mkdirSync(all, { recursive: true })
  const folder = join(all, String(process.ppid))
  const ready = join(folder, 'ready')
  const stage = {
    main: join(folder, 'dist', 'harness', 'cli', 'main.js'),
    model: join(folder, 'alex.gguf'),
    home: join(folder, 'home'),
  }
  if (isFirst(folder)) {
    clearDead(all)
    await make(stage, folder).catch((error: unknown) => writeFileSync(join(folder, 'failed'), String(error)))
    if (!existsSync(join(folder, 'failed'))) writeFileSync(ready, '')
  }
  for (let waited = 0; !existsSync(ready); waited += 50) {
    if (existsSync(join(folder, 'failed'))) throw new Error(readFileSync(join(folder, 'failed'), 'utf8'))
    if (waited > 100_000) throw new Error(`the stage in ${folder} was not finished by the test file that began it`)
    await sleep(50)
  }
  return stage
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}

async function make({ main, model, home }: Stage, folder: string): Promise<void> {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  writeAlexOrganism(model)
  // Type errors are not this battery's business: the code is emitted all the same.
  const built = await execa(
    process.execPath,
    [tsc, '-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist'), '--sourceMap', 'false'],
    { cwd: ROOT, reject: false },
  )
  if (!existsSync(main)) throw new Error(`tsc wrote no program: ${built.stdout} ${built.stderr}`)
  await execa(process.execPath, [main, 'vectors', 'extract', '--model', model], { env: { DURESS_HOME: home } })
}

function clearDead(all: string): void {
  for (const name of readdirSync(all)) {
    try {
      process.kill(Number(name), 0)
    } catch (error) {
      // Of another user: it lives, and its stage is not ours to remove.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(join(all, name), { recursive: true, force: true })
    }
  }
}

export interface Desk extends Disposable {
  /** Path of the organism. */
  readonly model: string
  readonly folder: string
  /** Path of a file in the folder. */
  path(name: string): string
  /** Writes a study of the organism; gives its path. JSON is YAML. */
  study(name: string, parts: object): string
  /** Starts the program in the folder. */
  start(args: readonly string[], options?: StartOptions): ReturnType<typeof launch>
}

/** A folder to run the program in; it goes with the test. */
export function openDesk({ main, model, home }: Stage): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'duress-e2e-'))
  const path = (name: string) => join(folder, name)
  return {
    model,
    folder,
    path,
    study(name, parts) {
      const whole = { study: name, title: name, model, ...SMALL, ...parts }
      writeFileSync(path(`${name}.yaml`), JSON.stringify(whole, null, 1))
      return path(`${name}.yaml`)
    },
    start: (args, options) =>
      launch([main, ...args], { cwd: folder, ...options, env: { DURESS_HOME: home, NO_COLOR: '1', ...options?.env } }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** As few controls as a study can have. */
const SMALL = {
  vectors: ['desperate'],
  strengths: [0.2],
  controls: { random: 0, unrelated: [], lexical: false },
  manipulation: { strength: 0.2, random: 4 },
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** User to run as; only root may choose. */
  readonly uid?: number
}

const launch = (args: readonly string[], options: StartOptions & { readonly cwd: string }) =>
  execa(process.execPath, args, { ...options, reject: false })
