import type { StepProgress } from '../run/subject.ts'
import type { CliContext } from './context.ts'

const TITLES = {
  pull: 'pulling the model',
  build: 'building the graph',
  extract: 'extracting vectors',
  calibrate: 'calibrating doses',
} as const
const PLAIN_EVERY_MS = 10_000

/** Progress of the steps before a run: one live line on a terminal, a plain line at the start and every ten seconds otherwise. */
export function stepProgress({ err, isTty, now }: Pick<CliContext, 'err' | 'isTty' | 'now'>): {
  readonly onStep: StepProgress
  readonly done: () => void
} {
  let current = ''
  let shownAt = -Infinity
  let isOpen = false
  const close = () => {
    if (isOpen) err('\n')
    isOpen = false
  }
  return {
    onStep(step, done, total, detail) {
      const title = TITLES[step]
      const isNew = title !== current
      if (!isNew && now() - shownAt < (isTty ? 100 : PLAIN_EVERY_MS)) return
      if (isNew) close()
      current = title
      shownAt = now()
      const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : ''
      const line = `${title}${share}${detail === undefined ? '' : ` (${detail})`}`
      if (!isTty) return err(`${line}\n`)
      err(`\r\u001b[2K${line}`)
      isOpen = true
    },
    done: close,
  }
}
