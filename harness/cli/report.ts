import { resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { findingsOf } from '../analyse/findings.ts'
import { openStore } from '../store/open.ts'
import { runs } from '../store/read.ts'
import type { CliContext } from './context.ts'
import { checkReportPlace, show } from './run.ts'

export interface ReportFlags {
  readonly db: string
  readonly report: string
  readonly run?: number
  readonly json?: boolean
}

/** Draws a stored run again: nothing is computed by a model. */
export async function reportCommand(flags: ReportFlags, context: CliContext): Promise<number> {
  checkReportPlace(flags)
  using store = openStore(resolve(flags.db), { readonly: true })
  const all = runs(store)
  const last = all.at(-1)
  if (!last) throw new InputError(`${flags.db} holds no run yet; make one with: duress run first-look --db ${flags.db}`)
  const id = flags.run ?? last.id
  if (!all.some((r) => r.id === id))
    throw new InputError(`${flags.db} has no run ${id}; runs: ${all.map((r) => r.id).join(', ')}`)
  await show(await findingsOf(store, id), flags, context)
  return 0
}
