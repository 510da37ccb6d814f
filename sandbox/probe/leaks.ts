import { createServer } from 'node:net'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { captureText } from '../capture.ts'
import type { Surroundings } from '../backends/backend.ts'
import { ownedDirectory } from '../owner-names.ts'
import type { Problem, Sandbox } from '../types.ts'

/**
 * What code in a sandbox gets at and must not: a file of ours, a server of ours, ourselves as a process. Each is first done from here:
 * a check that cannot fail proves nothing.
 */
export async function leaksOf(sandbox: Sandbox, { tempRoot }: Surroundings): Promise<Problem[]> {
  if (sandbox.backend === 'local-unsafe') return []
  const folder = ownedDirectory(tempRoot)
  const server = createServer((socket) => socket.end('canary'))
  try {
    const file = join(folder, 'canary')
    writeFileSync(file, 'canary')
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    await requireReachable(file, port)
    const leaks: Problem[] = []
    for (const { code, script, detail } of attempts({ file, port })) {
      const { end, stdout } = await sandbox.exec({ argv: ['sh', '-c', script] })
      // Only the word says that it was tried and failed; a shell that did not get that far proves nothing.
      if (end.kind !== 'exit' || captureText(stdout).trim() !== 'held')
        leaks.push({ code, detail: `code in the sandbox ${detail} (${JSON.stringify(end)})`, remedy: LEAK })
    }
    return leaks
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
}

const LEAK = 'do not use this backend here; run duress doctor on the newest kernel and bubblewrap you can get'

const attempts = ({ file, port }: { file: string; port: number }) => [
  {
    code: 'leaks-files',
    detail: 'reads files of the host',
    script: `cat ${quote(file)} >/dev/null 2>&1 && echo open || echo held`,
  },
  {
    code: 'leaks-network',
    detail: 'reaches a server of the host',
    script: `python3 -I -S -c '${CONNECT}' ${port}`,
  },
  {
    code: 'leaks-processes',
    detail: 'may send signals to the harness',
    script: `kill -0 ${process.pid} 2>/dev/null && echo open || echo held`,
  },
]

const CONNECT = `
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
    print("open")
except OSError:
    print("held")
`

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

async function requireReachable(file: string, port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const [chunk] = await once(socket, 'data')
  socket.destroy()
  process.kill(process.pid, 0)
  if (readFileSync(file, 'utf8') !== String(chunk)) throw new Error('the canaries are not there')
}
