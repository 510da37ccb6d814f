import { InfraError, InputError } from '../errors.ts'
import type { Home } from './home.ts'
import { knownPath } from './known.ts'
import type { ModelRef, Source } from './models.ts'

/** A file outside the registry that is not what it was on first use. */
export function changed(ref: ModelRef, expected: string, got: string, home: Home): InputError {
  return new InputError(
    `model ${ref.id} is not the file it was when first used: expected sha256 ${expected}, got ${got}.\n` +
      `Results of the two must not be mixed. If the change is meant, remove its entry from ${knownPath(home)} and try again.`,
  )
}

/** No source gave the file: each with its reason, and what the user can do. */
export function allFailed(ref: ModelRef, failures: readonly string[]): InfraError {
  const pin = ref.sha256 === undefined ? '' : ` (${ref.bytes ?? '?'} bytes, sha256 ${ref.sha256})`
  return new InfraError(
    `could not get model ${ref.id}${pin}:\n${failures.join('\n')}\n` +
      `If you have the file: duress models pull ${ref.id} --from path/to/${ref.file}. ` +
      'Otherwise set HF_ENDPOINT to a hub that this machine reaches, or install pip for Python 3.',
  )
}

/** A source in a few words. */
export function describe(source: Source): string {
  if (source.kind === 'hub') return `hub ${source.repo}`
  if (source.kind === 'path') return `path ${source.path}`
  const [first] = source.packages
  const more = source.packages.length - 1
  return `wheel ${first?.name ?? ''}==${first?.version ?? ''}${more > 0 ? ` and ${more} more` : ''}`
}
