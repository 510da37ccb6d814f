/** The part of yauzl 3 that we use; the package ships no types. */
declare module 'yauzl' {
  import type { Readable } from 'node:stream'

  export interface Entry {
    readonly fileName: string
    readonly crc32: number
    readonly uncompressedSize: number
  }

  export interface ZipFile {
    eachEntry(): AsyncIterable<Entry>
    openReadStreamPromise(entry: Entry): Promise<Readable>
    close(): void
  }

  export function openPromise(
    path: string,
    options: { readonly lazyEntries: boolean; readonly autoClose: boolean },
  ): Promise<ZipFile>
}
