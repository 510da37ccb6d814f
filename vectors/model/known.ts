import { join } from 'node:path'
import { z } from 'zod'
import { InfraError } from '../errors.ts'
import type { Home } from './home.ts'
import { readJson, writeJson } from './json-file.ts'
import { takeLock } from './lock.ts'

/** What a model outside the registry was when it was first used, by its name. */
export const KnownFiles = z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number() }))
export type KnownFile = z.infer<typeof KnownFiles>[string]

/** The pin of a model outside the registry, or undefined before its first use. */
export async function readKnown(home: Home, id: string): Promise<KnownFile | undefined> {
  return (await readAll(home))[id]
}

/** Pins a model on its first use. */
export async function recordKnown(home: Home, id: string, file: KnownFile): Promise<void> {
  await using _lock = await takeLock(`${knownPath(home)}.lock`)
  await writeJson(knownPath(home), { ...(await readAll(home)), [id]: file })
}

export function knownPath(home: Home): string {
  return join(home.models, 'known.json')
}

async function readAll(home: Home): Promise<z.infer<typeof KnownFiles>> {
  try {
    return (await readJson(knownPath(home), KnownFiles)) ?? {}
  } catch (error) {
    // Going on would forget every pin in silence.
    throw new InfraError(`${knownPath(home)} is damaged; repair it, or delete it to pin anew`, { cause: error })
  }
}
