import type { StepProgress } from '../run/subject.ts'
import type { CliContext } from './context.ts'

const TITLES = {
  pull: 'pulling the model',
  build: 'building the graph',
  stories: 'writing stories',
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
  /** Where the step was when it was first heard of: what was there before took no time. */
  let began = { at: 0, done: 0 }
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
      if (isNew) began = { at: now(), done }
      current = title
      shownAt = now()
      const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : ''
      const left = hasEta(step)
        ? timeLeft({ done: done - began.done, rest: total - done, passedMs: now() - began.at })
        : ''
      const line = `${title}${share}${detail === undefined ? '' : ` (${detail})`}${left}`
      if (!isTty) return err(`${line}\n`)
      err(`\r\u001b[2K${line}`)
      isOpen = true
    },
    done: close,
  }
}

/** Steps whose parts are alike, so that the time passed tells of the rest. */
const hasEta = (step: Parameters<StepProgress>[0]): boolean => step === 'extract' || step === 'stories'

const SOON_MS = 3000

function timeLeft({
  done,
  rest,
  passedMs,
}: {
  readonly done: number
  readonly rest: number
  readonly passedMs: number
}): string {
  if (done <= 0 || rest <= 0 || passedMs < SOON_MS) return ''
  const seconds = Math.ceil((passedMs * rest) / done / 1000)
  return `, about ${seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`} left`
}
