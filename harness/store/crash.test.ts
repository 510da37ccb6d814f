import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { philox } from '../../vectors/random.ts'
import { tempFolder, turn } from './fixtures/sample.ts'
import { openStore, type Store } from './open.ts'
import { attemptsOf, episodesOf, runs, traceOf, turnsOf } from './read.ts'

const kills = 25
const episodes = 40
const turns = 8

/** Starts the writer, which dies `delayMs` after it told of `commits` commits, or, without `stop`, ends. */
const write = async (
  file: string,
  stop?: { readonly commits: number; readonly delayMs: number },
): Promise<{ readonly told: readonly string[]; readonly signal: unknown }> => {
  const script = join(import.meta.dirname, 'fixtures', 'writer.ts')
  const numbers = [episodes, turns, ...(stop ? [stop.commits, stop.delayMs] : [])].map(String)
  const child = spawn(process.execPath, ['--import', 'tsx', script, file, ...numbers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const told: string[] = []
  for await (const line of createInterface({ input: child.stdout })) told.push(line)
  const [, signal] = (await closed) as readonly unknown[]
  return { told, signal }
}

/** All that was told of the newest attempt of each episode must be there; older attempts were rightly cleared. */
const lost = (store: Store, told: readonly string[]): string[] =>
  told.filter((line) => {
    const [word, episode, attempt, index] = line.split(' ')
    const now = store.get<{ status: string; attempt: number; turns: number }>(
      'SELECT status, attempt, (SELECT count(*) FROM turn WHERE episode_id = episode.id) AS turns FROM episode WHERE id = @id',
      { id: Number(episode ?? -1) },
    )
    if (word === 'done') return now?.status !== 'done' || now.attempt !== Number(attempt)
    return word === 'turn' && now?.attempt === Number(attempt) && now.turns <= Number(index)
  })

/** Every stored turn is what was meant to be written, with its whole trace. */
const checkTurns = async (store: Store): Promise<number> => {
  const all = store.all<{ id: number; epoch: number }>('SELECT id, epoch FROM episode')
  let checked = 0
  for (const { id, epoch } of all) {
    const rows = turnsOf(store, id)
    expect(rows.map((row) => row.index)).toEqual(rows.map((_, index) => index))
    for (const row of rows) {
      const meant = turn(row.index, { tokens: 50 + epoch, salt: epoch })
      expect({ text: row.text, tokens: row.tokens, receipt: row.receipt }).toEqual({
        text: meant.text,
        tokens: meant.tokens,
        receipt: meant.receipt,
      })
      expect(await traceOf(store, row.id)).toEqual(meant.trace)
      checked++
    }
  }
  return checked
}

describe('kill -9 of a writer', () => {
  it(`at ${kills} points loses nothing committed, doubles nothing, and the same work ends it`, async () => {
    using folder = tempFolder()
    const told: string[] = []
    for (let n = 0; n < kills; n++) {
      // The first three die around the opening, migration and planning of the file.
      const [a = 0, b = 0] = philox([n, 0, 0, 0], [1, 2])
      const stop =
        n < 3 ? { commits: 0, delayMs: (b % 300) / 10 } : { commits: 1 + (a % 14), delayMs: (b % 4000) / 1000 }
      const ended = await write(folder.file, stop)
      expect(ended.signal).toBe('SIGKILL')
      told.push(...ended.told)
      using store = openStore(folder.file)
      expect(store.pragma('integrity_check')).toBe('ok')
      expect(store.all('SELECT * FROM pragma_foreign_key_check')).toEqual([])
      expect(lost(store, told)).toEqual([])
      await checkTurns(store)
    }

    expect((await write(folder.file)).told.at(-1)).toBe('end')
    using store = openStore(folder.file)
    expect(await checkTurns(store)).toBe(episodes * turns)
    const last = runs(store).at(-1)?.id ?? -1
    const rows = episodesOf(store, last)
    expect(rows.map(({ key, status, digest, outcomes }) => [key, status, digest, outcomes.length])).toEqual(
      Array.from({ length: episodes }, (_, salt) => [`e${salt}`, 'done', `d${salt}`, 1]),
    )
    for (const row of rows) {
      const attempts = attemptsOf(store, row.id)
      expect(attempts.map((one) => one.attempt)).toEqual(attempts.map((_, i) => i + 1))
      expect(attempts.filter((one) => one.endedAt !== null)).toHaveLength(1)
    }
  }, 400_000)
})
