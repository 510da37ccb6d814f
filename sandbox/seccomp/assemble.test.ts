import { describe, expect, test } from 'vitest'
import { assemble, type Line } from './assemble.ts'

const ends: Line[] = [{ give: 1 }, { label: 'end' }, { give: 2 }]

describe('assemble', () => {
  test('writes struct sock_filter, little endian', () => {
    const program = assemble([{ load: 4 }, { when: 'equal', value: 0xc000003e, goto: 'end' }, ...ends])
    expect(Buffer.from(program).toString('hex').match(/.{16}/g)).toEqual([
      '2000000004000000',
      '150001003e0000c0',
      '0600000001000000',
      '0600000002000000',
    ])
  })

  test.each<[string, Line[]]>([
    ['a label that is not there', [{ when: 'equal', value: 0, goto: 'nowhere' }, ...ends]],
    ['a jump backwards', [{ label: 'back' }, { load: 0 }, { when: 'equal', value: 0, goto: 'back' }, ...ends]],
    [
      'a jump too far',
      [{ when: 'equal', value: 0, goto: 'end' }, ...Array.from({ length: 255 }, (): Line => ({ load: 0 })), ...ends],
    ],
  ])('refuses %s', (_, lines) => {
    expect(() => assemble(lines)).toThrow('expected the label')
  })

  test('takes the longest jump there is', () => {
    const lines = Array.from({ length: 254 }, (): Line => ({ load: 0 }))
    expect(assemble([{ when: 'equal', value: 0, goto: 'end' }, ...lines, ...ends])[2]).toBe(255)
  })
})
