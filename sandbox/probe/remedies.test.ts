import { execa } from 'execa'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemOf } from './remedies.ts'

test.each([
  { words: 'spawn bwrap ENOENT', code: 'no-bwrap', remedy: 'apt install bubblewrap' },
  {
    words: 'bwrap: No permissions to create new namespace, likely because the kernel does not allow it',
    code: 'no-namespaces',
    remedy: 'container',
  },
  {
    words: 'cannot mount the work directory: unshare: unshare failed: Operation not permitted',
    code: 'no-namespaces',
    remedy: 'landlock',
  },
  {
    words: 'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
    code: 'no-more-namespaces',
    remedy: 'sysctl',
  },
  {
    words: 'cannot mount the work directory: unshare: unshare failed: No space left on device',
    code: 'no-more-namespaces',
    remedy: 'sysctl',
  },
  { words: 'bwrap: setting up uid map: Permission denied', code: 'apparmor', remedy: 'bwrap-userns-restrict' },
  {
    words: 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
    code: 'apparmor',
    remedy: 'apparmor_parser',
  },
  { words: 'bwrap: Failed to make / slave: Permission denied', code: 'apparmor', remedy: 'apparmor_parser' },
  {
    words: "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
    code: 'masked-proc',
    remedy: 'systempaths=unconfined',
  },
  { words: 'something new', code: 'unknown', remedy: 'another backend' },
])('says what to do about: $words', ({ words, code, remedy }) => {
  const problem = problemOf('bwrap', new Error(words))
  expect(problem).toMatchObject({ code, detail: words })
  expect(problem.remedy).toContain(remedy)
})

interface Answers {
  readonly probes: readonly {
    readonly backend: string
    readonly ok: boolean
    readonly problems: readonly { readonly code: string }[]
  }[]
  /** Name of the backend, or the error. */
  readonly chosen: string
}

/** The probes in a user namespace of one user, in which no more namespaces can be made; undefined where that cannot be had. */
async function answersWithoutNamespaces(as: readonly string[]): Promise<Answers | undefined> {
  const none = 'for kind in user mnt; do echo 0 >/proc/sys/user/max_${kind}_namespaces; done; exec "$@"'
  const program = [process.execPath, '--import', 'tsx', join(import.meta.dirname, '..', 'fixtures', 'probe.ts')]
  const [file = '', ...args] = [...as, 'unshare', '--map-root-user', '--', 'sh', '-ec', none, 'sh', ...program]
  const { stdout, failed } = await execa(file, args, { reject: false, env: { HOME: '/nonexistent' } })
  return failed ? undefined : (JSON.parse(stdout) as Answers)
}

const isRoot = process.getuid?.() === 0
const asNobody = ['setpriv', '--reuid', '1999999999', '--regid', '1999999999', '--clear-groups', '--']

test('where namespaces are used up, bwrap is refused in the words of the tool, and auto takes landlock or nothing', async ({
  skip,
}) => {
  const answers = await answersWithoutNamespaces(isRoot ? asNobody : [])
  if (answers === undefined) return skip('there is no user namespace to try it in')
  const { probes, chosen } = answers
  expect(probes[0]).toMatchObject({ backend: 'bwrap', ok: false, problems: [{ code: 'no-more-namespaces' }] })
  expect(chosen).toMatch(probes[1]?.ok ? /^landlock$/ : /no sandbox works here[^]*sysctl/)
})

test.runIf(isRoot)('root that cannot become anybody else runs no code', async ({ skip }) => {
  const answers = await answersWithoutNamespaces([])
  if (answers === undefined) return skip('there is no user namespace to try it in')
  expect(answers.probes.map(({ problems }) => problems[0]?.code)).toEqual(['only-root', 'only-root'])
  expect(answers.chosen).toMatch(/no sandbox works here[^]*run as a plain user/)
})
