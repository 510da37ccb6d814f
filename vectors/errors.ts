/** The user's input is wrong: told plainly, exit code 2, never a stack trace. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** The machinery failed (disk, download, engine): retried, never scored, exit code 3. Must never look like a model's behaviour. */
export class InfraError extends Error {
  override readonly name = 'InfraError'
}
