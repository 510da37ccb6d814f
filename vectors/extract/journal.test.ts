import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../model/fixtures/temporary-folder.ts'
import { openJournal } from './journal.ts'

const records = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 })

function write(path: string, all: readonly Uint8Array[]): void {
  using journal = openJournal(path)
  for (const [i, bytes] of all.entries()) journal.put(i, bytes)
}

function read(path: string, count: number): (number[] | undefined)[] {
  using journal = openJournal(path)
  return Array.from({ length: count }, (_, i) => {
    const bytes = journal.get(i)
    return bytes && [...bytes]
  })
}

test('what was put is found again', async () => {
  await using folder = await temporaryFolder()
  let run = 0
  fc.assert(
    fc.property(records, (all) => {
      const path = join(folder.path, `${run++}`)
      write(path, all)
      expect(read(path, all.length + 1)).toEqual([...all.map((bytes) => [...bytes]), undefined])
    }),
  )
})

test('cut anywhere, it holds the records before the cut and goes on behind them', async () => {
  await using folder = await temporaryFolder()
  let run = 0
  fc.assert(
    fc.property(records, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (all, at) => {
      const path = join(folder.path, `${run++}`)
      write(path, all)
      const whole = readFileSync(path)
      const cut = Math.floor(at * whole.length)
      writeFileSync(path, whole.subarray(0, cut))
      let end = 0
      const kept = all.filter(({ length }) => (end += 12 + length) <= cut).length
      expect(read(path, all.length).filter((bytes) => bytes !== undefined)).toHaveLength(kept)
      write(path, all)
      expect(read(path, all.length)).toEqual(all.map((bytes) => [...bytes]))
    }),
  )
})

test('one changed byte: that record and what is behind it are dropped, nothing false is given', async () => {
  await using folder = await temporaryFolder()
  let run = 0
  fc.assert(
    fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, change) => {
      const path = join(folder.path, `${run++}`)
      write(path, all)
      const bytes = readFileSync(path)
      bytes[at % bytes.length]! ^= change
      writeFileSync(path, bytes)
      for (const [i, found] of read(path, all.length).entries()) if (found) expect(found).toEqual([...all[i]!])
    }),
  )
})

test('a file of something else is no journal: it is begun anew', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a')
  appendFileSync(path, 'my notes, which are longer than a record')
  expect(read(path, 2)).toEqual([undefined, undefined])
  expect(readFileSync(path)).toHaveLength(0)
})
