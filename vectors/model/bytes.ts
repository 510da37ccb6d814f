/** The 256 characters that stand for the bytes 0…255 in byte-level BPE vocabularies (GPT-2's encoder.py: printable Latin-1 stands for itself, the rest follows from U+0100 on). */
const CHARACTERS: readonly string[] = byteCharacters()
const BYTE_OF: ReadonlyMap<string, number> = new Map(CHARACTERS.map((character, byte) => [character, byte]))

/** `ignoreBOM` keeps a leading U+FEFF: the default decoder would swallow it. */
const newDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** The UTF-8 bytes of a text. */
export const utf8Bytes = (text: string): Uint8Array => encoder.encode(text)

/** A text's UTF-8 bytes written in byte-level characters, as byte-level vocabularies spell their tokens. */
export function toByteLevel(text: string): string {
  return Array.from(encoder.encode(text), (byte) => CHARACTERS[byte]).join('')
}

/** The bytes that a byte-level token stands for; undefined when a character of it stands for no byte. */
export function fromByteLevel(token: string): Uint8Array | undefined {
  const characters = Array.from(token)
  const bytes = new Uint8Array(characters.length)
  for (const [i, character] of characters.entries()) {
    const byte = BYTE_OF.get(character)
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}

/**
 * Decodes chunks of bytes to one string a chunk. The bytes of a character that is split over chunks go to the chunk that completes it
 * (earlier ones get ''); bytes that are no UTF-8 become U+FFFD, at the latest in the last chunk. The joined strings are the decoded whole.
 */
export function decodeChunks(chunks: readonly Uint8Array[]): string[] {
  const decoder = newDecoder()
  return chunks.map((chunk, i) => decoder.decode(chunk, { stream: i < chunks.length - 1 }))
}

function byteCharacters(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad)
    return String.fromCharCode(isPrintable ? byte : next++)
  })
}
