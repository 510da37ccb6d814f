import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { cachedModelPath, duressHome } from './home.ts'

test.each([
  ['DURESS_HOME first', { DURESS_HOME: '/d', XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/d'],
  ['then XDG', { XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/x/duress'],
  ['a relative XDG is ignored', { XDG_CACHE_HOME: 'x', HOME: '/h' }, 'linux', '/h/.cache/duress'],
  ['an empty variable is none', { DURESS_HOME: '', XDG_CACHE_HOME: '', HOME: '/h' }, 'linux', '/h/.cache/duress'],
  ['macOS', { HOME: '/h' }, 'darwin', '/h/Library/Caches/duress'],
  ['Windows', { LOCALAPPDATA: '/l', HOME: '/h' }, 'win32', '/l/duress'],
  ['Windows without LOCALAPPDATA', { USERPROFILE: '/u' }, 'win32', '/u/AppData/Local/duress'],
] as const)('%s', (_, env, platform, root) => {
  expect(duressHome(env, platform)).toEqual({
    root,
    models: join(root, 'models'),
    graphs: join(root, 'graphs'),
    vectors: join(root, 'vectors'),
  })
})

test('a relative DURESS_HOME is taken from the working directory', () => {
  expect(duressHome({ DURESS_HOME: 'here' }).root).toBe(resolve('here'))
})

test('two contents of one name have two places', () => {
  const home = duressHome({ DURESS_HOME: '/d' })
  expect(cachedModelPath(home, 'a'.repeat(64), 'm.gguf')).toBe('/d/models/aaaaaaaaaaaa/m.gguf')
  expect(cachedModelPath(home, 'b'.repeat(64), 'm.gguf')).toBe('/d/models/bbbbbbbbbbbb/m.gguf')
})
