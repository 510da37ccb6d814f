import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from '../run/subject.ts'
import { duressHome } from '../../vectors/model/home.ts'
import { onInterrupt } from '../run/interrupt.ts'

/** What the command line hands down: the only place that reads the clock, the environment and the process. */
export interface CliContext {
  readonly machine: Machine
  /** First Ctrl-C. */
  readonly soft: AbortSignal
  readonly root: string
  readonly isTty: boolean
  readonly colour: boolean
  readonly width: number
  readonly now: () => number
  readonly versions: Readonly<Record<string, string>>
  readonly command: string
  /** Progress and notes. */
  readonly err: (text: string) => void
  /** Results. */
  readonly out: (text: string) => void
}

export function createContext(options: { readonly threads?: number | undefined }): CliContext {
  const soft = new AbortController()
  const hard = new AbortController()
  const err = (text: string) => void process.stderr.write(text)
  onInterrupt({ process, soft, hard, write: err })
  const { stdout, env } = process
  const isTty = stdout.isTTY
  return {
    machine: {
      home: duressHome(env),
      env,
      threads: options.threads ?? Math.max(1, Math.min(8, availableParallelism())),
      signal: hard.signal,
      now: () => new Date(),
    },
    soft: soft.signal,
    root: packageRoot(),
    isTty,
    colour: env['NO_COLOR'] === undefined && (isTty || env['FORCE_COLOR'] !== undefined),
    width: Math.max(80, stdout.columns ?? 110),
    now: () => performance.now(),
    versions: versionsOf(packageRoot()),
    command: ['duress', ...process.argv.slice(2)].join(' '),
    err,
    out: (text) => void stdout.write(text),
  }
}

/** The folder of our package.json, from the sources as from the compiled code. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('package.json not found above the program')
    folder = parent
  }
  return folder
}

function versionsOf(root: string): Record<string, string> {
  const versionIn = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  return {
    duress: versionIn(join(root, 'package.json')),
    node: process.versions.node,
    'onnxruntime-node': versionIn(join(root, 'node_modules', 'onnxruntime-node', 'package.json')),
    platform: `${process.platform}-${process.arch}`,
  }
}
