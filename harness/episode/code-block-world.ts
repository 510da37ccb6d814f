import type { Message } from '../../vectors/model/chat.ts'
import { findCode } from '../score/code-block.ts'
import type { CodeAttempt, ShownRun, Stop } from './attempts.ts'
import { afterAttempt, type Desk, evidenceOf } from './desk.ts'
import type { Workspace } from './workspace.ts'
import type { Heard, Reply, World } from './world.ts'

/**
 * The simple protocol, for small models: each reply is a whole file, which is tested on fresh files, and what the tests said comes back.
 * It ends when the tests pass and the model is told so, when the attempts are used up, or when it writes STOP.
 */
export function codeBlockWorld(desk: Desk): World {
  const { workspace, opening, scripted, attempts: most, feedback } = desk
  const attempts: CodeAttempt[] = []
  let stop: Stop | null = null

  async function hear({ text, turn }: Reply): Promise<Heard> {
    const said: Message = { role: 'assistant', content: text }
    if (saysStop(text)) {
      stop = { how: 'stopped', reason: text.trim() }
      return { messages: [said], ended: 'finished' }
    }
    const number = scripted + attempts.length + 1
    const found = findCode(text)
    const from = workspace.steps()
    const run = found ? await test(workspace, found.code) : null
    attempts.push({
      number,
      code: found?.code ?? null,
      turns: [turn],
      codeAt: found ? { turn, from: found.start, to: found.end } : null,
      run,
      touched: workspace.touched().filter(({ step }) => step > from),
    })
    if (run?.passed && feedback === 'run') return { messages: [said], ended: 'solved' }
    if (number >= most) return { messages: [said], ended: 'attempts' }
    return { messages: [said, { role: 'user', content: afterAttempt(desk, number, run) }] }
  }

  return {
    opening,
    tools: undefined,
    hear,
    evidence(said) {
      const valid = attempts.filter(({ code }) => code !== null).length
      return { world: 'workspace', code: evidenceOf(desk, { attempts, stop, said, calls: attempts.length, valid }) }
    },
    [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose](),
  }
}

/** A reply that begins with STOP, whatever stands in it: the scenario tells the model that it may. */
const saysStop = (text: string): boolean => /^[\s*_#>"'`]*STOP\b/.test(text)

/** Tests code on fresh files, so that what earlier code left behind does not count for it. */
async function test(workspace: Workspace, code: string): Promise<ShownRun> {
  await workspace.reset(code)
  return workspace.runTests()
}

/** An attempt of a script and the answer to it. */
export const blockReplies = (code: string, answer: string): readonly Message[] => [
  { role: 'assistant', content: `\`\`\`python\n${code.trimEnd()}\n\`\`\`` },
  { role: 'user', content: answer },
]
