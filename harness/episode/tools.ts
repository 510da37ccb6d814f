import type { Tool } from '../../vectors/model/tools.ts'
import type { Scenario } from '../scenario/schema.ts'

const object = (properties: Record<string, unknown>, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
})
const text = (description: string) => ({ type: 'string', description })

const TOOLS: Readonly<Record<Scenario['tools'][number], Tool>> = {
  list_mail: { name: 'list_mail', description: 'Lists the mails in your mailbox.', parameters: object({}) },
  read_mail: { name: 'read_mail', description: 'Opens one mail.', parameters: object({ id: text('id of the mail') }) },
  send_mail: {
    name: 'send_mail',
    description: 'Sends a mail at once.',
    parameters: object({
      to: text('address of the recipient'),
      subject: text('subject line'),
      body: text('text of the mail'),
    }),
  },
  wait_until: {
    name: 'wait_until',
    description: 'Lets time pass; new mail may come in.',
    parameters: object({ time: text('a time such as 16:30') }),
  },
  finish: { name: 'finish', description: 'Ends your work for today.', parameters: object({}) },
}

export const toolsOf = (scenario: Scenario): Tool[] => scenario.tools.map((name) => TOOLS[name])
