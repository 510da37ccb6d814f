import type { Message } from '../model/chat.ts'

/** Raised whenever the prompts change: stories of other prompts are not reused. */
export const PROMPT_VERSION = 'p1'

/** What a story shall carry: an emotion of its main character, or a subject that keeps coming up. */
export interface StoryOrder {
  readonly concept: string
  readonly kind: 'emotion' | 'subject'
  readonly topic: string
  readonly person: 'first' | 'third'
}

/**
 * The conversation that asks for one story. What all orders share comes first, so that the engine reads it once. The protocol (one topic, one
 * feeling character, the word never named, shown by deeds, body, speech and thoughts) is that of "Emotion Concepts and their Function in a
 * Large Language Model", appendix on the data set; the wording is ours.
 */
export const storyPrompt = ({ concept, kind, topic, person }: StoryOrder): Message[] => [
  { role: 'system', content: 'You write short, plain stories.' },
  {
    role: 'user',
    content: [...TASK, ...(kind === 'emotion' ? FEELING : SUBJECT)(concept), ...SETTING(topic, person)].join('\n'),
  },
]

const TASK = [
  'Write one paragraph of a story, about 120 words long. Begin with the story itself, without a title.',
  'Do not explain anything: show it by what the people do, how they sit and breathe, what they say and what they think.',
]

const FEELING = (emotion: string): string[] => [
  `The main character feels ${emotion} from the first sentence to the last.`,
  `Never write the word "${emotion}" or another word for the same feeling.`,
]

const SUBJECT = (subject: string): string[] => [
  `One thing keeps coming up from the first sentence to the last: ${subject}.`,
  `Never write the word "${subject}" or another word for the same thing.`,
]

const SETTING = (topic: string, person: StoryOrder['person']): string[] => [
  `What happens: ${topic}.`,
  person === 'first' ? 'The main character tells it: "I".' : 'Somebody else tells it: "she" or "he".',
]
