import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InfraError } from '../errors.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { makeZip, type ZipMember } from './fixtures/zip.ts'
import { readMember } from './unzip.ts'

async function read(members: readonly ZipMember[], member: string | undefined): Promise<Buffer> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.whl')
  await writeFile(path, makeZip(members))
  return await whole(readMember(path, member))
}

async function whole(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

test('any bytes come back, stored or deflated, with or without zip64', async () => {
  const anyMember = fc.record({ data: fc.uint8Array({ maxLength: 5_000 }), deflate: fc.boolean(), zip64: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(anyMember, { minLength: 1, maxLength: 4 }), async (anyMembers) => {
      const members = anyMembers.map((one, index) => ({
        ...one,
        name: `pkg/${index}.bin`,
        data: Buffer.from(one.data),
      }))
      const last = members.at(-1)
      expect(await read(members, last?.name)).toEqual(last?.data)
    }),
    { numRuns: 40 },
  )
})

test('without a name, the only .gguf is meant', async () => {
  const data = Buffer.from('weights')
  expect(
    await read(
      [
        { name: 'p/readme', data: Buffer.from('x') },
        { name: 'p/m.gguf', data },
      ],
      undefined,
    ),
  ).toEqual(data)
})

const one: ZipMember = { name: 'p/m.gguf', data: Buffer.from('weights') }

test.each([
  ['no such member', [one], 'p/other.gguf', /expected p\/other\.gguf in the archive, found 0 such among: p\/m\.gguf/],
  ['two candidates', [one, { ...one, name: 'p/n.gguf' }], undefined, /exactly one \.gguf in the archive, found 2/],
  ['a wrong checksum', [{ ...one, wrongCrc: true }], 'p/m.gguf', /CRC-32 is [0-9a-f]{8}, the archive says/],
])('%s is an infrastructure error', async (_, members, member, message) => {
  const reading = read(members, member)
  await expect(reading).rejects.toThrow(message)
  await expect(reading).rejects.toBeInstanceOf(InfraError)
})

test('a file that is no archive is refused', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.whl')
  await writeFile(path, 'not a zip at all, only some words that are long enough')
  await expect(whole(readMember(path, undefined))).rejects.toThrow(/[Nn]ot a zip/)
})
