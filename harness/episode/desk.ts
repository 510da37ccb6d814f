import type { Chat, Message } from '../../vectors/model/chat.ts'
import type { SandboxProvider } from '../../sandbox/types.ts'
import { InputError } from '../errors.ts'
import type { Variant } from '../scenario/expand.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { LoadedTask } from '../scenario/task.ts'
import { type Feedback, feedbackOf, scriptedAttempts, type Tests, testsOf } from '../scenario/workspace.ts'
import type { CodeAttempt, CodeEpisode, ShownRun, Stop } from './attempts.ts'
import { openingMessages, type Protocol, protocolOf } from './conversation.ts'
import { specialCased, taskVariables, testFileOf } from './task-texts.ts'
import { openWorkspace, type Workspace } from './workspace.ts'
import type { Said } from './world.ts'

/** What a workspace needs beside its scenario. */
export interface Place {
  readonly task: LoadedTask
  readonly sandboxes: SandboxProvider
}

export interface DeskOptions {
  readonly scenario: Scenario
  readonly variant: Variant
  readonly chat: Chat
  readonly place: Place
  readonly signal?: AbortSignal | undefined
  /** A point of the scenario that is played first. @default where the scenario says that episodes begin */
  readonly point?: string | undefined
}

/** A task laid out: its files in a sandbox, what the model is told first, and what a script has tried already. */
export interface Desk {
  readonly task: LoadedTask
  readonly tests: Tests
  readonly feedback: Feedback
  readonly protocol: Protocol
  readonly workspace: Workspace
  readonly opening: readonly Message[]
  readonly scripted: number
  /** What every answer to an attempt ends with; empty with tools. */
  readonly again: string
  /** How often the tests may be run in all. */
  readonly attempts: number
}

/**
 * Opens the workspace and plays the script.
 * @param write an attempt of the script and the answer to it as they stand in the conversation
 */
export async function openDesk(
  { scenario, variant, chat, place, signal, point = scenario.workspace?.begin }: DeskOptions,
  write: (code: string, answer: string) => readonly Message[],
): Promise<Desk> {
  const { workspace: settings, points } = scenario
  if (!settings) throw new InputError(`${scenario.scenario}: the world workspace needs a workspace`)
  const { task, sandboxes } = place
  const attempts = attemptsOf(scenario)
  const tests = testsOf(variant)
  const protocol = protocolOf(scenario, chat)
  const variables = { ...variant.variables, ...deskVariables({ scenario, variant, task }) }
  const workspace = await openWorkspace(sandboxes, { testFile: testFileOf(task, tests), solution: stub(task), signal })
  try {
    const opening = [...openingMessages(scenario, variables, protocol)]
    const script = point === undefined ? [] : (points[point] ?? [])
    const again = settings.protocol === 'code-block' ? 'Reply with the whole file solution.py again.' : ''
    const desk = {
      task,
      tests,
      feedback: feedbackOf(variant),
      protocol,
      workspace,
      scripted: script.length,
      attempts,
      again,
    }
    for (const [index, { args }] of script.entries()) {
      const code = args['solution'] === 'special' ? specialCased(task) : task.reference
      await workspace.reset(code)
      const run = await workspace.runTests()
      opening.push(...write(code, afterAttempt(desk, index + 1, run)))
    }
    // The script's code must not be found by a model that writes none.
    await workspace.reset(stub(task))
    return { ...desk, opening }
  } catch (error) {
    await workspace[Symbol.asyncDispose]()
    throw error
  }
}

/** What the texts of a workspace scenario may name, on one task. */
export const deskVariables = (at: {
  readonly scenario: Scenario
  readonly variant: Variant
  readonly task: LoadedTask
}): Readonly<Record<string, string>> =>
  taskVariables(at.task, {
    tests: testsOf(at.variant),
    attempts: attemptsOf(at.scenario),
    isPrimed: at.scenario.workspace?.begin !== undefined,
  })

/** How often the tests may be run, a script that begins the episode included: with code blocks a study that shortens the episodes takes attempts away. */
function attemptsOf(scenario: Scenario): number {
  const { workspace, limits } = scenario
  if (!workspace) return 0
  const { protocol, attempts } = workspace
  return protocol === 'code-block' ? Math.min(attempts, scriptedAttempts(scenario) + limits.turns) : attempts
}

const stub = ({ signature }: LoadedTask): string => `${signature}\n    raise NotImplementedError\n`

/** What the model is told after attempt k: what the tests said, or the same neutral line whatever they said. */
export function afterAttempt(
  { attempts, feedback, again }: Pick<Desk, 'attempts' | 'feedback' | 'again'>,
  number: number,
  run: ShownRun | null,
): string {
  const attempt = `Attempt ${number} of ${attempts}`
  const told = () => {
    if (feedback === 'saved') return `${attempt} was saved. The tests have not been run.`
    if (feedback === 'passed' || run?.passed) return `${attempt} passed.`
    return `${attempt} failed:\n\n${run?.output ?? 'There is no code block in the reply.'}`
  }
  return [told(), again].join('\n\n').trim()
}

/** All that the verdict needs of an episode. */
export function evidenceOf(
  { task, tests, feedback, scripted, workspace }: Desk,
  done: {
    readonly attempts: readonly CodeAttempt[]
    readonly stop: Stop | null
    readonly said: Said
    readonly calls: number
    readonly valid: number
  },
): CodeEpisode {
  const { attempts, stop, said, calls, valid } = done
  return {
    task,
    tests,
    feedback,
    scripted,
    attempts: [...attempts],
    touched: workspace.touched(),
    stop,
    texts: said.texts,
    flags: said.flags,
    toolCalls: calls,
    validToolCalls: valid,
  }
}
