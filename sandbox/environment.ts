/** Folders as the code in the sandbox sees them. */
export interface Folders {
  readonly work: string
  readonly temp: string
  /** Prefix of the Python that runs in the sandbox, as seen there. */
  readonly pythonPrefix: string
}

/**
 * The whole environment of code in a sandbox: nothing of ours is in it, and what makes the same program print other bytes each time is
 * fixed. The clock and the kernel's random numbers stay real.
 */
export function sandboxEnvironment({ work, temp, pythonPrefix }: Folders): Record<string, string> {
  const path = ['/usr/bin', '/bin']
  return {
    PATH: (pythonPrefix === '/usr' ? path : [`${pythonPrefix}/bin`, ...path]).join(':'),
    HOME: temp,
    TMPDIR: temp,
    PWD: work,
    USER: 'agent',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    CI: '1',
    NO_COLOR: '1',
    OMP_NUM_THREADS: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONHASHSEED: '0',
    PYTHONNOUSERSITE: '1',
    PYTHONUNBUFFERED: '1',
    PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1',
    // 1980: the oldest date that zip files hold.
    SOURCE_DATE_EPOCH: '315532800',
  }
}
