import { inspect } from 'node:util'
import { SandboxInfraError } from '../../sandbox/errors.ts'
import { InfraError, InputError } from '../errors.ts'

/** Why an attempt failed. Only `infra` and `timeout` may be tried again: the other two would fail the same way. */
export interface WorkFault {
  readonly kind: 'infra' | 'timeout' | 'input' | 'bug'
  readonly message: string
}

/**
 * Sorts whatever a work threw into one of our kinds, while it still is the object that was thrown: the runner keeps
 * only flat copies of errors. A bug is told with its stack, the rest with the messages of its causes.
 */
export function faultOf(error: unknown): WorkFault {
  if (error instanceof InfraError || error instanceof SandboxInfraError)
    return { kind: 'infra', message: messageOf(error) }
  if (error instanceof InputError) return { kind: 'input', message: messageOf(error) }
  return { kind: 'bug', message: (error instanceof Error ? error.stack : undefined) ?? messageOf(error) }
}

/** The message of an error with those of its causes, joined by `: `. Stops after 5 causes (a chain may be a ring). */
export function messageOf(error: unknown): string {
  const messages = [shown(error)]
  for (let cause = causeOf(error); cause !== undefined && messages.length < 6; cause = causeOf(cause)) {
    messages.push(shown(cause))
  }
  return messages.join(': ')
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

function shown(value: unknown): string {
  if (value instanceof Error) return value.message
  return typeof value === 'string' ? value : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })
}
