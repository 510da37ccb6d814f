import { InputError } from '../errors.ts'
import { encodeRendered, type EncodedConversation, type Rendered } from './chat-tokens.ts'
import { segmentsOf } from './segments.ts'
import { compileTemplate, type RenderTemplate, RunawayTemplate } from './template.ts'
import { type ThinkTags, thinkTagsOf } from './think-tags.ts'
import type { Tokenizer } from './tokenizer.ts'
import { formatToolCalls, type Tool, type ToolCall } from './tools.ts'

/** One message. `content` holds no calls when `toolCalls` is given: the template writes them. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string
  readonly toolCalls?: readonly ToolCall[] | undefined
}

export interface Conversation {
  readonly messages: readonly Message[]
  /** Only for models whose template takes tools. */
  readonly tools?: readonly Tool[] | undefined
  /** Ends the text where the assistant's next turn begins. */
  readonly addGenerationPrompt: boolean
}

/** The chat format of one model. */
export interface Chat {
  readonly hasTemplate: boolean
  /** The template shows tools to the model; otherwise put `toolInstructions` into the system message. */
  readonly supportsTools: boolean
  /** Tokens that end an assistant's turn. */
  readonly endOfTurn: readonly number[]
  /** Undefined where the template knows no thinking. */
  readonly thinkTags: ThinkTags | undefined
  /** Errors: InputError when the template refuses the conversation, fails or runs away. */
  readonly render: (conversation: Conversation) => Rendered
  /** Renders and tokenizes the whole text at once, so that ids are what the model was trained on. */
  readonly encodeConversation: (conversation: Conversation) => EncodedConversation
}

const END_OF_TURN = ['<|im_end|>', '<|eot_id|>', '<end_of_turn>']

/**
 * The chat format that a GGUF file's metadata describes. A base model has no template: its texts follow one another in lines, and the end of the last
 * line is the generation prompt; it shows no tools, so calls are written in tags.
 * `now` is the clock for templates that print the date; without it they are refused. Errors: InputError for a template that cannot be read or runs away.
 */
export function createChat(
  metadata: ReadonlyMap<string, unknown>,
  tokenizer: Tokenizer,
  { now }: { readonly now?: () => Date } = {},
): Chat {
  const source = metadata.get('tokenizer.chat_template')
  const hasTemplate = typeof source === 'string' && source !== ''
  const template = hasTemplate ? compileTemplate(source, now) : renderPlain
  const supportsTools = hasTemplate && showsTools(template, tokenizer)
  const render: Chat['render'] = (conversation) => {
    checkConversation(conversation, supportsTools)
    const { messages, tools } = conversation
    const renderText = (count: number, addGenerationPrompt: boolean) =>
      template(
        variablesFor({ messages: messages.slice(0, count), tools, addGenerationPrompt }, { tokenizer, supportsTools }),
      )
    const text = renderText(messages.length, conversation.addGenerationPrompt)
    return { text, segments: segmentsOf(text, messages, (count) => orUndefined(() => renderText(count, false))) }
  }
  return {
    hasTemplate,
    supportsTools,
    endOfTurn: endOfTurnOf(metadata, tokenizer),
    thinkTags: hasTemplate ? thinkTagsOf(source, tokenizer) : undefined,
    render,
    encodeConversation: (conversation) => encodeRendered(render(conversation), tokenizer),
  }
}

function renderPlain({ messages, add_generation_prompt }: Readonly<Record<string, unknown>>): string {
  const lines = (messages as readonly Message[]).map(({ content }) => content).join('\n')
  return add_generation_prompt === true ? `${lines}\n` : lines
}

function checkConversation({ messages, tools }: Conversation, supportsTools: boolean): void {
  if (messages.length === 0) throw new InputError('a conversation needs at least one message')
  if (tools !== undefined && tools.length > 0 && !supportsTools) {
    throw new InputError(
      "this model's chat template shows no tools: put toolInstructions(tools) into the system message instead",
    )
  }
}

/** Renders a conversation with one tool and looks for its name. */
function showsTools(template: RenderTemplate, tokenizer: Tokenizer): boolean {
  const probe = { name: 'duress_probe_tool', description: 'A probe.', parameters: { type: 'object', properties: {} } }
  const conversation: Conversation = {
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [probe],
    addGenerationPrompt: true,
  }
  return (
    orUndefined(() => template(variablesFor(conversation, { tokenizer, supportsTools: true })))?.includes(probe.name) ??
    false
  )
}

/** The names that chat templates expect (those of the transformers library). */
function variablesFor(
  { messages, tools = [], addGenerationPrompt }: Conversation,
  { tokenizer, supportsTools }: { readonly tokenizer: Tokenizer; readonly supportsTools: boolean },
): Record<string, unknown> {
  const tokenText = (id: number | undefined) => (id === undefined ? '' : tokenizer.decode([id]))
  return {
    messages: messages.map(supportsTools ? nativeMessage : tagsMessage),
    tools: tools.length === 0 ? null : tools.map((tool) => ({ type: 'function', function: { ...tool } })),
    add_generation_prompt: addGenerationPrompt,
    bos_token: tokenText(tokenizer.bos),
    eos_token: tokenText(tokenizer.eos),
  }
}

function nativeMessage({ role, content, toolCalls = [] }: Message): object {
  if (toolCalls.length === 0) return { role, content }
  return { role, content, tool_calls: toolCalls.map((call) => ({ type: 'function', function: { ...call } })) }
}

/** Templates without tools know neither calls nor the role `tool`: calls are written out, results come from the user. */
function tagsMessage({ role, content, toolCalls = [] }: Message): object {
  if (role === 'tool') return { role: 'user', content: `<tool_response>\n${content}\n</tool_response>` }
  const parts = [content, formatToolCalls(toolCalls)].filter((part) => part !== '')
  return { role, content: parts.join('\n') }
}

function endOfTurnOf(metadata: ReadonlyMap<string, unknown>, tokenizer: Tokenizer): number[] {
  const candidates = [
    tokenizer.eos,
    metadata.get('tokenizer.ggml.eot_token_id'),
    ...END_OF_TURN.map((text) => tokenizer.idOf(text)),
  ]
  return [...new Set(candidates.filter((id) => typeof id === 'number'))]
}

/** A template that ran away is told at once: every further rendering would take as long. */
function orUndefined<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof InputError && !(error instanceof RunawayTemplate)) return undefined
    throw error
  }
}
