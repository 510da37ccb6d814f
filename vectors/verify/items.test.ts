import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { loadItems } from './items.ts'

describe('loadItems', () => {
  const shipped = new URL('items/', import.meta.url)
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'items-'))
    cpSync(shipped, folder, { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function edit(file: string, from: string | RegExp, to: string): void {
    const text = readFileSync(join(folder, file), 'utf8')
    const changed = text.replace(from, to)
    expect(changed).not.toBe(text)
    writeFileSync(join(folder, file), changed)
  }

  const bad = [
    { file: 'situations.yaml', from: 'situations:', to: 'situation:', says: /yaml:3: situation: / },
    { file: 'situations.yaml', from: /- It is your.*\n/u, to: '- 7\n', says: /:7: situations\.desperate\.2: .*string/ },
    { file: 'situations.yaml', from: '  calm:', to: '  desperate:', says: /:8: not YAML: .*unique/i },
    {
      file: 'ladders.yaml',
      from: 'direction: up',
      to: 'direction: upwards',
      says: /:8: ladders\.0\.direction: .*"up"/,
    },
    { file: 'ladders.yaml', from: 'id: ice', to: 'id: tablets', says: /:22: ladders\.1\.id: .*tablets is taken/ },
    { file: 'ladders.yaml', from: 'id: bends', to: 'id: ice', says: /numeric\.2\.id: .*ice is taken/ },
    { file: 'ladders.yaml', from: 'yes: [5]', to: 'yes: [6]', says: /:21: ladders\.0\.gate\.yes: .*step, found 6/ },
    { file: 'ladders.yaml', from: / +- I took one .*\n/u, to: '', says: /control: expected 4 steps .* found 5/ },
    { file: 'ladders.yaml', from: '[250, 500', to: '[500, 250', says: /numeric\.0\.values\.1: .*rise/ },
    { file: 'ladders.yaml', from: 'no: [250]', to: 'no: [251]', says: /numeric\.0\.gate\.no: .*values, found 251/ },
    {
      file: 'ladders.yaml',
      from: 'swallowed {x} mg',
      to: 'swallowed a mg',
      says: /template: expected \{x\} exactly once/,
    },
    { file: 'manipulation.yaml', from: /\n +calm: .*/u, to: '', says: /:9: contexts\.0\.continuations: .*calm/ },
    {
      file: 'manipulation.yaml',
      from: "' clutched",
      to: "'clutched",
      says: /:10: .*continuations\.desperate: .*space/,
    },
    {
      file: 'manipulation.yaml',
      from: /prefix: When.*/u,
      to: "prefix: 'When '",
      says: /:8: contexts\.0\.prefix: .*without a space/,
    },
    {
      file: 'manipulation.yaml',
      from: '[desperate, calm',
      to: '[desperate, proud',
      says: /expected one for each.*proud, calm/,
    },
    { file: 'valence.yaml', from: 'arousal: 0.7 }', to: 'arousal: 4 }', says: /:4: ratings\.afraid\.arousal: .*1/ },
    { file: 'valence.yaml', from: 'arousal: 0.68 }', to: 'arousal: 0.68, mood: 1 }', says: /: ratings\..*\.mood: / },
  ]

  it.each(bad)('$file: refuses $to', ({ file, from, to, says }) => {
    edit(file, from, to)
    expect(() => loadItems(folder)).toThrow(InputError)
    expect(() => loadItems(folder)).toThrow(says)
    expect(() => loadItems(folder)).toThrow(file)
  })

  it('names a file that is missing', () => {
    rmSync(join(folder, 'valence.yaml'))
    expect(() => loadItems(folder)).toThrow(/valence\.yaml: cannot read/)
  })

  it('hashes the content, not comments, layout or the order of concepts', () => {
    edit('ladders.yaml', /^#.*\n/u, '')
    edit('valence.yaml', '{ valence: -0.82, arousal: 0.68 }', '{ arousal: 0.680, valence: -0.820 }')
    expect(loadItems(folder).hash).toBe(loadItems().hash)
    edit('situations.yaml', 'nineteenth', 'twentieth')
    expect(loadItems(folder).hash).not.toBe(loadItems().hash)
  })
})
