import { posix } from 'node:path'
import { SOLUTION_FILE } from '../../sandbox/verdict/test-file.ts'
import type { Message } from '../../vectors/model/chat.ts'
import type { Tool } from '../../vectors/model/tools.ts'
import type { CodeAttempt, ShownRun, Stop } from './attempts.ts'
import { afterAttempt, type Desk, evidenceOf } from './desk.ts'
import { useFileTool } from './file-tools.ts'
import { carryOut, type FirstCall, holdsCall } from './tool-talk.ts'
import type { Heard, Reply, World } from './world.ts'

/** What the model has done since the tests were last run. */
interface Draft {
  readonly turns: number[]
  /** Steps of the workspace before it. */
  readonly from: number
  codeAt: CodeAttempt['codeAt']
  /** The solution that has not been tested, where it was written. */
  code: string | null
}

/**
 * The workspace by tools: the model reads and writes files and has its tests run. An attempt is all it does up to a run of the tests. It ends
 * when the model submits or gives up, when the runs are used up, or when it calls no tool twice in a row. A solution that is left untested there is
 * tested; one that is left when the turns are used up is kept without a run, and tested by `codeOutcome`; of one that the context cut off, nothing is known.
 */
export function toolsWorld(desk: Desk, tools: readonly Tool[] | undefined): World {
  const { workspace, protocol } = desk
  const attempts: CodeAttempt[] = []
  const counts = { calls: 0, valid: 0, silent: 0 }
  let stop: Stop | null = null
  const newDraft = (): Draft => ({ turns: [], from: workspace.steps(), codeAt: null, code: null })
  let draft = newDraft()
  /** The solution when it was last tested, at first the empty one. */
  let known: string | null | undefined
  const number = () => desk.scripted + attempts.length + 1

  async function hear({ text, turn }: Reply): Promise<Heard> {
    draft.turns.push(turn)
    known ??= await workspace.solution()
    let ended: Heard['ended']
    const { messages, calls, valid } = await carryOut(text, {
      protocol,
      async act(call) {
        const done = await useFileTool(workspace, call)
        const isWritten = done.wrote !== undefined && posix.normalize(done.wrote) === SOLUTION_FILE
        if (isWritten) draft.codeAt = { turn, from: call.start, to: call.end }
        if (isWritten || call.name === 'bash') await look()
        if (done.stop) {
          stop = done.stop
          ended = 'finished'
        }
        if (!done.run) return done
        const reply = afterAttempt(desk, number(), done.run)
        if (number() >= desk.attempts) ended = 'attempts'
        await close(done.run)
        return { ...done, reply }
      },
      idle: () => 'You called no tool. Use a tool, or call submit when you are done.',
    })
    counts.calls += calls
    counts.valid += valid
    counts.silent = calls === 0 ? counts.silent + 1 : 0
    if (counts.silent >= 2) ended = 'silent'
    if (ended !== undefined && draft.code !== null) await close(await workspace.runTests())
    return ended ? { messages, ended } : { messages }
  }

  /** A command may have written the solution, too. */
  async function look(): Promise<void> {
    const code = await workspace.solution()
    draft.code = draft.codeAt !== null || code !== known ? code : null
  }

  async function close(run: ShownRun): Promise<void> {
    known = await workspace.solution()
    attempts.push(attemptOf(known, run))
    draft = newDraft()
  }

  function attemptOf(code: string | null, run: ShownRun | null): CodeAttempt {
    const { turns, codeAt, from } = draft
    const touched = workspace.touched().filter(({ step }) => step > from)
    return { number: number(), code, run, turns, codeAt, touched }
  }

  /** The turns were used up before the tests were run. */
  function untested(flags: readonly string[]): CodeAttempt[] {
    return draft.code === null || flags.includes('context-overflow') ? [] : [attemptOf(draft.code, null)]
  }

  return {
    opening: desk.opening,
    tools,
    endsReply: (text) => holdsCall(text, protocol),
    hear,
    evidence(said) {
      const all = [...attempts, ...untested(said.flags)]
      return { world: 'workspace', code: evidenceOf(desk, { attempts: all, stop, said, ...counts }) }
    },
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  }
}

/** An attempt of a script, as two calls and the answer to the second. */
export function callReplies(code: string, answer: string): readonly Message[] {
  const call = (name: string, args: FirstCall['arguments']): Message => ({
    role: 'assistant',
    content: '',
    toolCalls: [{ name, arguments: args }],
  })
  return [
    call('write_file', { path: SOLUTION_FILE, content: code }),
    { role: 'tool', content: `Wrote ${SOLUTION_FILE}.` },
    call('run_tests', {}),
    { role: 'tool', content: answer },
  ]
}
