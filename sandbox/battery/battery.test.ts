import { beforeAll, describe, expect, test } from 'vitest'
import { ATTEMPTS, notPromised } from './fixtures/attempts.ts'
import { closedTo, type Played, playBattery, PROFILES } from './fixtures/profile.ts'

/** Problems that are the machine's: then there is nothing to test. Any other is ours. */
const OF_THE_MACHINE = [
  'no-bwrap',
  'no-namespaces',
  'no-more-namespaces',
  'apparmor',
  'masked-proc',
  'no-landlock',
  'not-linux',
]

const profiles = PROFILES.map((profile) => ({
  profile,
  profileName: `${profile.backend} as ${profile.user}`,
  closed: closedTo(profile),
}))
let played: ReadonlyMap<string, Played>

beforeAll(async () => {
  // At once: most of the time they wait.
  const open = profiles.filter(({ closed }) => closed === undefined)
  played = new Map(
    await Promise.all(open.map(async ({ profile, profileName }) => [profileName, await playBattery(profile)] as const)),
  )
}, 240_000)

describe.each(profiles)('$profileName', ({ profileName, closed }) => {
  test.for(ATTEMPTS)('row $row: $name', (attempt, { skip }) => {
    if (closed !== undefined) return skip(`${profileName}: ${closed}`)
    const { probe, outcomes } = played.get(profileName)!
    if (!probe.ok) {
      expect(probe.problems.map(({ code }) => code).filter((code) => !OF_THE_MACHINE.includes(code))).toEqual([])
      return skip(`${profileName} cannot be had here: ${probe.problems[0]?.detail}`)
    }
    const why = notPromised(attempt, probe)
    if (why !== undefined) return skip(`not promised: ${why}`)
    const outcome = outcomes.find(({ row, name }) => row === attempt.row && name === attempt.name)
    expect(outcome, 'sandboxed').toMatchObject({ held: true })
    expect(outcome, 'positive control, without a sandbox').toMatchObject({ heldWithout: false })
  })
})
