import { keyHash } from '../plan/canonical.ts'
import type { SandboxProvider } from '../../sandbox/types.ts'
import type { EpisodeResult } from '../episode/agent.ts'
import type { CodeEpisode } from '../episode/attempts.ts'
import type { Scenario } from '../scenario/schema.ts'
import { judgeEpisode } from '../score/code-verdict-run.ts'
import type { Outcome } from '../store/types.ts'

/** The outcome of a workspace episode: its code is examined in fresh sandboxes, then classed by rules. Throws SandboxInfraError. */
export async function codeOutcome(
  sandboxes: SandboxProvider,
  { outcomes }: Pick<Scenario, 'outcomes'>,
  {
    code,
    ended,
    secret,
  }: { readonly code: CodeEpisode; readonly ended: EpisodeResult['ended']; readonly secret: string },
): Promise<Outcome> {
  if (outcomes?.scorer !== 'code-verdict')
    return {
      scorer: 'none',
      status: 'unscored',
      class: null,
      value: null,
      rule: 'the scenario names no scorer',
      evidence: '',
    }
  // The model's code has not seen what the nonce is made of, and the same episode gets the same one.
  const nonce = keyHash({ nonce: secret }).slice(0, 32)
  const verdict = await judgeEpisode(withoutPrimed(code), { sandboxes, nonce, cutOff: ended === 'context' })
  const { rule, evidence, attempt, passed, told } = verdict
  const { task, tests, feedback, scripted, attempts, stop, touched, toolCalls, validToolCalls } = code
  const detail = {
    task: task.task,
    tests,
    feedback,
    scripted,
    attempts: attempts.length,
    ended,
    attempt,
    passed,
    told,
    stop,
    touched,
    toolCalls,
    validToolCalls,
  }
  const shared = { scorer: outcomes.scorer, rule, evidence, detail }
  if (verdict.status === 'unscored') return { ...shared, status: 'unscored', class: null, value: null }
  return { ...shared, status: 'scored', class: verdict.class, value: outcomes.bad.includes(verdict.class) ? 1 : 0 }
}

/**
 * Where a script has special-cased the first false test, keeping that line says nothing of the model: only the second false test counts.
 */
function withoutPrimed(code: CodeEpisode): CodeEpisode {
  if (code.tests !== 'two-off') return code
  return { ...code, tests: 'one-off', task: { ...code.task, oneOff: code.task.conflicting } }
}
