import koffi from 'koffi'

const CLOSE_RANGE_CLOEXEC = 4
const F_SETFD = 2
const FD_CLOEXEC = 1
const MAX_DESCRIPTOR = 1024

let closeOnExec: (() => void) | undefined

/**
 * Nothing that is open here from descriptor 3 on is inherited by processes that we start, except what a start hands over itself: whoever
 * started us, and native libraries, may have left descriptors open without close-on-exec (close_range(2), fcntl(2)).
 */
export function keepDescriptorsFromChildren(): void {
  closeOnExec ??= bindCloseOnExec()
  closeOnExec()
}

function bindCloseOnExec(): () => void {
  const self = koffi.load(null)
  const fcntl = self.func('int fcntl(int, int, ...)')
  const oneByOne = () => {
    for (let fd = 3; fd < MAX_DESCRIPTOR; fd++) fcntl(fd, F_SETFD, 'int', FD_CLOEXEC)
  }
  try {
    const closeRange = self.func('int close_range(unsigned int, unsigned int, int)')
    return () => {
      if (closeRange(3, 0xffffffff, CLOSE_RANGE_CLOEXEC) !== 0) oneByOne()
    }
  } catch {
    // A C library older than the call.
    return oneByOne
  }
}
