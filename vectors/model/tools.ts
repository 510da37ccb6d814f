import { type Attempt, CLOSE_TAG, findAttempts, objectEnd, OPEN_TAG, parseJson } from './tool-text.ts'

/** A tool that the model may call; `parameters` is a JSON schema of an object. */
export interface Tool {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface ToolCall {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** `native`: the chat template taught the form, and "parameters" may stand for "arguments". `tags`: `toolInstructions` taught it. */
export type ToolProtocol = 'native' | 'tags'

/** A call with its place in the text, tags or code fence included: [start, end) in UTF-16 code units. */
interface FoundCall extends ToolCall {
  readonly start: number
  readonly end: number
}

export interface ParsedCalls {
  readonly calls: readonly FoundCall[]
  /** Attempts that cannot be read, with a text that tells the model what to change. */
  readonly errors: readonly { readonly message: string; readonly start: number }[]
  /** What the model wrote besides calls and attempts, trimmed. */
  readonly plain: string
}

const FORM = `Write it as:\n${OPEN_TAG}\n{"name": "…", "arguments": {…}}\n${CLOSE_TAG}`

/**
 * Finds the tool calls in what an assistant wrote. Calls stand between tool_call tags; a text without tags may hold them as bare or fenced
 * JSON objects with a name and arguments. Never throws: what looks like a call and cannot be read becomes an error.
 */
export function parseToolCalls(text: string, protocol: ToolProtocol): ParsedCalls {
  const attempts = findAttempts(text)
  const calls: FoundCall[] = []
  const errors: { message: string; start: number }[] = []
  for (const { json, start, end } of attempts) {
    const read = readCall(json, protocol)
    if (typeof read === 'string') errors.push({ message: `${read} ${FORM}`, start })
    else calls.push({ ...read, start, end })
  }
  return { calls, errors, plain: withoutAttempts(text, attempts) }
}

/** The system prompt's part about tools, for models whose template has no place for them. */
export function toolInstructions(tools: readonly Tool[]): string {
  const lines = tools.map(
    (tool) => `- ${tool.name}: ${tool.description} Arguments (JSON schema): ${JSON.stringify(tool.parameters)}`,
  )
  return [
    'You can use these tools:',
    ...lines,
    '',
    'To call a tool, write exactly this, with nothing else between the tags:',
    `${OPEN_TAG}\n{"name": "the tool's name", "arguments": {"argument": "value"}}\n${CLOSE_TAG}`,
    'The result comes back between <tool_response> and </tool_response>.',
  ].join('\n')
}

/** Calls written the way `parseToolCalls` reads them. */
export function formatToolCalls(calls: readonly ToolCall[]): string {
  return calls
    .map(
      (call) =>
        `${OPEN_TAG}\n{"name": ${JSON.stringify(call.name)}, "arguments": ${JSON.stringify(call.arguments)}}\n${CLOSE_TAG}`,
    )
    .join('\n')
}

function withoutAttempts(text: string, attempts: readonly Attempt[]): string {
  const starts = [0, ...attempts.map(({ end }) => end)]
  return starts
    .map((start, i) => text.slice(start, attempts[i]?.start))
    .join('')
    .trim()
}

/** The call, or what is wrong with it. */
function readCall(json: string, protocol: ToolProtocol): ToolCall | string {
  const value = parseJson(json) ?? (protocol === 'native' ? parseJson(withoutDoubledBraces(json)) : undefined)
  if (value === undefined) return `This tool call is not valid JSON. ${hintFor(json.trim())}`.trimEnd()
  if (!isObject(value)) return `A tool call must be one JSON object, not ${kindOf(value)}.`
  const { name } = value
  if (typeof name !== 'string' || name === '')
    return `A tool call needs "name", the name of a tool as text, not ${kindOf(name)}.`
  const given = value['arguments'] ?? value['parameters'] ?? {}
  if (protocol === 'tags' && value['arguments'] === undefined && value['parameters'] !== undefined) {
    return `The call to ${JSON.stringify(name)} has "parameters" where "arguments" is expected.`
  }
  const decoded = typeof given === 'string' ? parseJson(given) : given
  if (isObject(decoded)) return { name, arguments: decoded }
  return `"arguments" of the call to ${JSON.stringify(name)} must be a JSON object, not ${kindOf(given)}.`
}

/** Some files' templates show the form as {{…}} by mistake (a Python format string), and models repeat it. */
const withoutDoubledBraces = (json: string): string => json.trim().replace(/^\{(\{[\s\S]*\})\}$/, '$1')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

/** The mistakes that small models make most. */
function hintFor(json: string): string {
  if (json === '') return 'There is nothing between the tags.'
  if (!json.startsWith('{')) return 'It must begin with {.'
  if (/^\{\s*'/.test(json)) return 'Use double quotes, not single ones.'
  if (objectEnd(json, 0) === undefined) return 'A closing } or " is missing.'
  if (/"[^"]*\n[^"]*"\s*[,}\]]/.test(json)) return String.raw`A line break inside a text must be written as \n.`
  if (/,\s*[}\]]/.test(json)) return 'There is a comma too many before a closing bracket.'
  return 'Check the quotes, commas and brackets.'
}
