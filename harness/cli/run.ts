import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { SandboxProvider } from '../../sandbox/types.ts'
import type { KvType } from '../../vectors/model/graph-builder.ts'
import type { Findings } from '../../reports/findings.ts'
import { renderJson } from '../../reports/json.ts'
import { renderTerminal } from '../../reports/terminal.ts'
import { findingsOf } from '../analyse/findings.ts'
import { InputError } from '../errors.ts'
import { createProgress, type Progress } from '../run/progress.ts'
import { runStudy, type StudyResult } from '../run/run-study.ts'
import type { ScheduleSink } from '../run/work.ts'
import { openStore, type Store } from '../store/open.ts'
import { putEvent } from '../store/write.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { loadWork } from './study.ts'

/** Who may run the model's code. */
export const SANDBOXES = ['auto', 'bwrap', 'landlock', 'local-unsafe'] as const
type SandboxBackend = (typeof SANDBOXES)[number]

export interface RunFlags {
  readonly model?: string
  readonly seed?: number
  readonly epochs?: number
  readonly db: string
  readonly report: string
  readonly rows: number
  /** MiB */
  readonly kvMemory?: number
  /** @default 'f32' */
  readonly kvType?: KvType
  /** @default 'auto' */
  readonly sandbox?: SandboxBackend
  readonly json?: boolean
}

/** Carries out a study and shows what it found. Returns the exit code: 0 done, 1 something is off, 3 infrastructure, 130 interrupted. */
export async function runCommand(name: string, flags: RunFlags, context: CliContext): Promise<number> {
  checkReportPlace(flags)
  const { study, scenarios } = loadWork(name, context, {
    ...pick(flags, 'model'),
    ...pick(flags, 'seed'),
    epochs: flags.epochs,
  })
  using store = openStore(resolve(flags.db))
  const steps = stepProgress(context)
  let progress: Progress | undefined
  const result = await runStudy({
    study,
    scenarios,
    store,
    machine: context.machine,
    maxRows: flags.rows,
    ...(flags.kvMemory === undefined ? {} : { kvBytes: flags.kvMemory * 2 ** 20 }),
    ...pick(flags, 'kvType'),
    command: context.command,
    versions: context.versions,
    openSandboxes: () => openSandboxes(flags.sandbox, context),
    soft: context.soft,
    onStep: steps.onStep,
    sinkOf(works, run) {
      steps.done()
      const { isTty, err, now } = context
      progress = createProgress({ works, isTty, write: err, now, columns: () => context.width })
      return logged(progress, { store, run, context })
    },
  })
  progress?.done()
  const findings = await findingsOf(store, result.run)
  await show(findings, flags, context)
  return exitCodeOf(result, findings)
}

/** Loaded here: most studies run no code. */
async function openSandboxes(
  backend: SandboxBackend = 'auto',
  { machine: { env }, now }: Pick<CliContext, 'machine' | 'now'>,
): Promise<SandboxProvider> {
  const { sandboxProvider } = await import('../../sandbox/provider.ts')
  return sandboxProvider({ backend, tempRoot: tmpdir(), env, now })
}

/** Told before the work, not after it. */
export function checkReportPlace({ report }: Pick<RunFlags, 'report'>): void {
  const folder = dirname(resolve(report))
  if (!existsSync(folder))
    throw new InputError(`--report ${report}: the folder ${folder} does not exist; create it, or give another file`)
}

const pick = <K extends keyof RunFlags>(flags: RunFlags, key: K): Partial<Pick<RunFlags, K>> =>
  flags[key] === undefined ? {} : ({ [key]: flags[key] } as Partial<Pick<RunFlags, K>>)

/** Progress, and a record of every failed attempt beside it. */
function logged(
  progress: Progress,
  { store, run, context }: { store: Store; run: number; context: CliContext },
): ScheduleSink {
  return {
    ...progress,
    attemptFailed(key, attempt, fault) {
      progress.attemptFailed(key, attempt, fault)
      progress.note(`attempt ${attempt + 1} of ${key.slice(0, 40)} failed: ${fault.message.split('\n')[0]}`)
      putEvent(store, run, {
        at: context.machine.now().toISOString(),
        kind: 'attempt-failed',
        detail: { key, attempt, ...fault },
      })
    },
  }
}

/** Prints findings and writes the page. */
export async function show(
  findings: Findings,
  flags: Pick<RunFlags, 'json' | 'report' | 'db'>,
  { out, width, colour }: Pick<CliContext, 'out' | 'width' | 'colour'>,
): Promise<void> {
  // Loaded here: the page's libraries would double the start-up time of every command.
  const { renderHtml } = await import('../../reports/html.ts')
  writeFileSync(flags.report, renderHtml(findings))
  if (flags.json) return out(renderJson(findings))
  const footer = [`${flags.report} · ${flags.db} · the same command again reuses what is stored`]
  out(renderTerminal(findings, { width, colour, footer }))
}

function exitCodeOf({ schedule }: Pick<StudyResult, 'schedule'>, { run, scenarios }: Findings): number {
  if (schedule.interrupted) return 130
  if (schedule.failed > 0) return 3
  const unscored = scenarios.some((s) => s.rates?.rows.some((r) => r.unscored > 0))
  return unscored || run.episodes.failed > 0 ? 1 : 0
}
