import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InputError } from '../errors.ts'
import { createChat } from '../model/chat.ts'
import { openGguf } from '../model/gguf.ts'
import { createTokenizer } from '../model/tokenizer.ts'
import { type Bench, PROMPT_TOKENS } from './bench.ts'

/**
 * The first prompt of an agent in a mailbox (`prompt.txt`: system message, line of dashes, user message) as the model's chat template
 * writes it, up to where the assistant begins. Errors: InputError for a model that makes too few tokens of it.
 */
export function readPrompt(modelPath: string): Bench['prompt'] {
  const text = readFileSync(fileURLToPath(new URL('prompt.txt', import.meta.url)), 'utf8')
  const [system = '', user = ''] = text.split('\n---\n')
  using gguf = openGguf(modelPath)
  const chat = createChat(gguf.metadata, createTokenizer(gguf.metadata))
  const { ids, roles } = chat.encodeConversation({
    messages: [
      { role: 'system', content: system.trim() },
      { role: 'user', content: user.trim() },
    ],
    addGenerationPrompt: true,
  })
  if (ids.length < PROMPT_TOKENS)
    throw new InputError(`this model reads the prompt as ${ids.length} tokens; ${PROMPT_TOKENS} are needed`)
  return { tokens: ids, isAssistant: Uint8Array.from(roles, (role) => (role === 'assistant-start' ? 1 : 0)) }
}
