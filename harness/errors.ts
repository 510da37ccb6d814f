export { InfraError, InputError } from '../vectors/errors.ts'
