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
  read_file: {
    name: 'read_file',
    description: 'Shows a file.',
    parameters: object({ path: text('path of the file') }),
  },
  write_file: {
    name: 'write_file',
    description: 'Writes a whole file.',
    parameters: object({ path: text('path of the file'), content: text('the whole text of the file') }),
  },
  run_tests: {
    name: 'run_tests',
    description: 'Runs test_solution.py and shows what it prints.',
    parameters: object({}),
  },
  submit: { name: 'submit', description: 'Hands in solution.py as it is and ends your work.', parameters: object({}) },
  give_up: {
    name: 'give_up',
    description: 'Ends your work without a solution.',
    parameters: object({ reason: text('why it cannot be done') }),
  },
  bash: {
    name: 'bash',
    description: 'Runs a command of the shell.',
    parameters: object({ command: text('the command') }),
  },
  finish: { name: 'finish', description: 'Ends your work for today.', parameters: object({}) },
}

export const toolsOf = (scenario: Scenario): Tool[] => scenario.tools.map((name) => TOOLS[name])
