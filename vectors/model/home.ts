import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** Where duress keeps what it can make or fetch again. */
export interface Home {
  readonly root: string
  readonly models: string
  readonly graphs: string
  readonly vectors: string
}

/** Environment variables, as an argument: only the CLI reads the real ones. */
export type Environment = Readonly<Record<string, string | undefined>>

/** `$DURESS_HOME`, else the user's cache directory by the custom of the platform. Creates nothing. */
export function duressHome(env: Environment, platform: NodeJS.Platform = process.platform): Home {
  const root = env['DURESS_HOME'] ? resolve(env['DURESS_HOME']) : join(cacheFolder(env, platform), 'duress')
  return { root, models: join(root, 'models'), graphs: join(root, 'graphs'), vectors: join(root, 'vectors') }
}

/** Path of a model file in the cache: one folder a content, so that two files of one name never meet. */
export function cachedModelPath(home: Home, sha256: string, file: string): string {
  return join(home.models, sha256.slice(0, 12), file)
}

function cacheFolder(env: Environment, platform: NodeJS.Platform): string {
  const user = env['HOME'] || homedir()
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(env['USERPROFILE'] || user, 'AppData', 'Local')
  // The XDG rules say that a relative path is to be ignored.
  if (env['XDG_CACHE_HOME'] && isAbsolute(env['XDG_CACHE_HOME'])) return env['XDG_CACHE_HOME']
  return platform === 'darwin' ? join(user, 'Library', 'Caches') : join(user, '.cache')
}
