import type { Message } from '../../vectors/model/chat.ts'
import { type CodeBlock, definesEntry, findCode, textBesideCode } from '../score/code-block.ts'
import type { CodeAttempt, ShownRun, Stop } from './attempts.ts'
import { afterAttempt, type Desk, evidenceOf } from './desk.ts'
import type { Workspace } from './workspace.ts'
import type { Heard, Reply, World } from './world.ts'

/**
 * The simple protocol, for small models: each reply is a whole file, which is tested on fresh files, and what the tests said comes back.
 * It ends when the tests pass and the model is told so, when the attempts are used up, or when it writes STOP.
 */
export function codeBlockWorld(desk: Desk): World {
  const { workspace, opening, scripted, attempts: most, feedback, task } = desk
  const attempts: CodeAttempt[] = []
  let stop: Stop | null = null

  async function tried(turn: number, found: CodeBlock | undefined): Promise<CodeAttempt> {
    const from = workspace.steps()
    const run = found ? await test(workspace, found.code) : null
    const attempt: CodeAttempt = {
      number: scripted + attempts.length + 1,
      code: found?.code ?? null,
      turns: [turn],
      codeAt: found ? { turn, from: found.start, to: found.end } : null,
      run,
      touched: workspace.touched().filter(({ step }) => step > from),
    }
    attempts.push(attempt)
    return attempt
  }

  async function hear({ text, turn }: Reply): Promise<Heard> {
    const said: Message = { role: 'assistant', content: text }
    const found = findCode(text, task.entry)
    const isSolution = found !== undefined && definesEntry(found.code, task.entry)
    const reason = stopReason(text, { found, isSolution })
    if (reason !== undefined) {
      stop = { how: 'stopped', reason }
      // Whoever stops and hands in a function all the same has made an attempt.
      if (isSolution) await tried(turn, found)
      return { messages: [said], ended: 'finished' }
    }
    const { number, run } = await tried(turn, found)
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

/** STOP as the first word; on a line of its own or before its reason; as the first word of the last sentence. */
const stopFirst = /^[\s*_#>"'`(]*STOP\b/
const stopLine = /^[ \t*_#>"'`(]*STOP["'*_`)]*(?:[:.,!]|[ \t]+[-\u2013\u2014]|[ \t]*$)/m
const stopLast = /(?:^|\n|[.!?:;,]["')*_]* +|[-\u2013\u2014] +)[ \t*_#>"'`(]*STOP\b[^\n]*\s*$/
const refusal = /(?:\b(?:not|never|without)|n't) (?:\w+ )?(?:say|writ|reply|answer|us|send|typ)[^.!?\n]*STOP/

/**
 * Why a reply stops, if it does: it begins with STOP, whatever stands in it (the scenario tells the model that it may), or so does the block that
 * stands in place of the function, or it says STOP further down and holds no code.
 */
function stopReason(
  text: string,
  { found, isSolution }: { readonly found: CodeBlock | undefined; readonly isSolution: boolean },
): string | undefined {
  const inBlock = found !== undefined && !isSolution && stopFirst.test(found.code)
  const isLater = found === undefined && (stopLine.test(text) || stopLast.test(text)) && !refusal.test(text)
  if (!stopFirst.test(text) && !inBlock && !isLater) return undefined
  const said = [textBesideCode(text), inBlock ? found.code.replaceAll(/^[ \t]*#+[ \t]?/gm, '') : '']
  return said.join('\n').trim() || (text.trim().split('\n')[0] ?? '')
}

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
