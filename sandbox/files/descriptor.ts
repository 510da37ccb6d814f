import { chmodSync, closeSync, constants, fstatSync, openSync, readdirSync, type Stats } from 'node:fs'

/** Flag of open(2) that Node does not name: a handle on the entry itself, which runs no driver and needs no right to read (asm-generic/fcntl.h). */
const O_PATH = 0o10000000

/**
 * `openat` without native code, on Linux: the kernel reads `/proc/self/fd/<n>/<name>` as the entry `name` of the directory that is held
 * open, wherever that directory has been moved to and whatever stands at its old path.
 */
export const at = (directory: number, name: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name])

/** The very thing that is held open, as a path; it follows no link on the way. */
export const itself = (descriptor: number): string => `/proc/self/fd/${descriptor}`

/** Who owns what is made. Only root may give things away. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Runs `use` on a descriptor and closes it. */
export function withOpen<T>(descriptor: number, use: (descriptor: number) => T): T {
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A handle on a directory by its ordinary path; its last component may not be a link. */
export const openRoot = (path: string): number => openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)

/** A second handle on the same thing. */
export const again = (handle: number): number => openSync(itself(handle), O_PATH)

/** A handle on an entry of a directory, whatever it is: of a link, the link. */
export const entryAt = (directory: number, name: Uint8Array): number =>
  permitted(directory, 0o100, () => openSync(at(directory, name), O_PATH | constants.O_NOFOLLOW))

/** Opens the file that a handle is on. O_NONBLOCK: a lease that the sandbox took on it must not make us wait. */
export const reopen = (handle: number, flags: number): number =>
  permitted(handle, 0o600, () => openSync(itself(handle), flags | constants.O_NONBLOCK | constants.O_NOCTTY))

/** Names in the directory that a handle is on, as bytes. */
export const namesIn = (handle: number): Buffer[] =>
  permitted(handle, 0o400, () => readdirSync(itself(handle), { encoding: 'buffer' }))

/**
 * Does something that permission bits of what the handle is on may forbid. If they do and it is ours, they are lifted for as long as it
 * takes: code in the sandbox must not be able to hide a file from us by its mode. Root never needs this.
 */
export function permitted<T>(handle: number, bits: number, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    const { mode } = fstatSync(handle)
    if ((mode & bits) === bits || !mayChangeMode(handle, mode | bits)) throw error
    try {
      return action()
    } finally {
      chmodSync(itself(handle), mode & 0o7777)
    }
  }
}

function mayChangeMode(handle: number, mode: number): boolean {
  try {
    chmodSync(itself(handle), mode & 0o7777)
    return true
  } catch {
    return false
  }
}

/** What a handle is on. */
export const statOf = (handle: number): Stats => fstatSync(handle)

/** The name of a system error, such as ENOENT. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
