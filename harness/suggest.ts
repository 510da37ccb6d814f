export { closest, hintFor, list } from '../vectors/suggest.ts'
