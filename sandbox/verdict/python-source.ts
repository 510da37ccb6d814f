import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SandboxInfraError } from '../errors.ts'

/** One of the Python programs of this folder. They are not compiled: from dist/ as from the sources, they lie under the folder of package.json. */
export function pythonSource(name: `${'runner' | 'readings' | 'worth' | 'branches' | 'inspect'}.py`): string {
  const path = join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'sandbox', 'verdict', name)
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SandboxInfraError('START', `${path}: cannot be read; the package is not whole, install it again`, {
      cause,
    })
  }
}

function packageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  if (folder === dirname(folder))
    throw new SandboxInfraError(
      'START',
      'no package.json above the program: the package is not whole, install it again',
    )
  return packageRoot(dirname(folder))
}
