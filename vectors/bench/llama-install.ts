import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { InfraError } from '../errors.ts'
import type { Environment } from '../model/home.ts'

/** The version whose inner interface `llama.ts` was written for. */
const PINNED = '3.22.1'
const INSTALL_LIMIT_MS = 600_000

/** Packages with a build of llama.cpp for the CPU; all others, of hundreds of megabytes, are left out. */
const BUILDS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'mac-x64',
  'darwin-arm64': 'mac-arm64-metal',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
}

export interface Installed {
  /** What it exports. */
  readonly module: unknown
  /** For people: `node-llama-cpp 3.22.1, llama.cpp v0.5.0`. */
  readonly version: string
}

/**
 * node-llama-cpp from a folder of its own, installed there by npm on first use: it is a measuring rod, no dependency of the project.
 * The pinned version, else the newest. Errors: InfraError when there is no build for this platform, no npm or no network.
 */
export async function installLlama(folder: string, env: Environment, say: (text: string) => void): Promise<Installed> {
  const build = BUILDS[`${process.platform}-${process.arch}`]
  if (build === undefined)
    throw new InfraError(`node-llama-cpp has no build for ${process.platform} on ${process.arch}`)
  const root = join(folder, 'node_modules', 'node-llama-cpp')
  if (!existsSync(join(root, 'package.json')) || !existsSync(join(folder, 'node_modules', '@node-llama-cpp', build))) {
    say(`installing node-llama-cpp into ${folder} (about 90 MB, once)`)
    const refusal = await npmInstall(folder, build, PINNED, env)
    if (refusal !== undefined && (await npmInstall(folder, build, 'latest', env)) !== undefined)
      throw new InfraError(`npm could not install node-llama-cpp ${PINNED}: ${refusal}`)
  }
  const module: unknown = await import(pathToFileURL(join(root, 'dist', 'index.js')).href)
  return { module, version: versionOf(root) }
}

/** What npm said when it failed. The package's own install script would build from source: it is not run. */
async function npmInstall(
  folder: string,
  build: string,
  version: string,
  env: Environment,
): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  const wanted = [`node-llama-cpp@${version}`, `@node-llama-cpp/${build}@${version}`]
  const quiet = ['--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts', '--loglevel=error']
  const { failed, stderr, shortMessage } = await execa('npm', ['install', '--prefix', folder, ...quiet, ...wanted], {
    cwd: folder,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: INSTALL_LIMIT_MS,
  })
  return failed ? (stderr?.split('\n').find((line) => line.includes('error')) ?? shortMessage) : undefined
}

function versionOf(root: string): string {
  const read = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path), 'utf8')) as Record<string, string>
  return `node-llama-cpp ${read('package.json')['version']}, llama.cpp ${read('llama', 'llama.cpp.info.json')['tag']}`
}
