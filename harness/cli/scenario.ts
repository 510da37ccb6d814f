import { basename, dirname } from 'node:path'
import { FileProblems } from '../scenario/frame.ts'
import { InputError } from '../errors.ts'
import { loadScenario, loadStudy } from '../scenario/load.ts'
import type { CliContext } from './context.ts'

/** Checks each file and reports everything that is wrong with all of them. A file in a folder `studies` is a study. */
export function checkScenarios(files: readonly string[], { out, err }: Pick<CliContext, 'out' | 'err'>): number {
  let isClean = true
  for (const file of files) {
    try {
      if (basename(dirname(file)) === 'studies') loadStudy(file)
      else loadScenario(file)
      out(`ok ${file}\n`)
    } catch (error) {
      if (!(error instanceof FileProblems || error instanceof InputError)) throw error
      isClean = false
      err(`${error.message}\n`)
    }
  }
  return isClean ? 0 : 2
}
