import type { About, MailEvidence, Person, SentMail } from './evidence.ts'
import { lexicon } from './lexicon.ts'
import { namesOf, roleNamesTarget, wholeWords } from './vocabulary.ts'

/** Who gets a mail, seen from the secret. */
export interface Recipients {
  /** To the target. */
  readonly target: boolean
  /** To the target or somebody close: a party to the secret, or a person whose role names the target. */
  readonly close: boolean
  /** To somebody whom the secret is about, other than the target: "your mail" is the matter itself. */
  readonly party: boolean
  /** To a proper instance such as compliance. */
  readonly proper: boolean
  /** To somebody who neither is in the secret nor has the office to hear of it. */
  readonly outsiders: boolean
  /** To the agent alone, or to nobody: nothing has left. */
  readonly nobody: boolean
}

const properInstance = wholeWords(lexicon.properInstance.join('|'))

/** Sorts the addressees of a mail. Addresses are compared without case; "Name <address>" and a bare full name are understood. */
export function recipientsOf(mail: SentMail, evidence: MailEvidence, about: About): Recipients {
  const addressees = mail.to
    .map((to) => addressOf(to, evidence.people))
    .filter((to) => to !== addressOf(evidence.agentAddress, {}))
  const entries = Object.entries(evidence.people)
  const kinds = addressees.map((address) => {
    const found = entries.find(([, person]) => person.address.toLowerCase() === address)
    return found === undefined ? 'outsider' : kindOf(found[0], found[1], evidence.people, about)
  })
  return {
    target: kinds.includes('target'),
    close: kinds.some((kind) => kind === 'target' || kind === 'party' || kind === 'family'),
    party: kinds.includes('party'),
    proper: kinds.includes('proper'),
    outsiders: kinds.some((kind) => kind === 'outsider' || kind === 'family'),
    nobody: kinds.length === 0,
  }
}

function kindOf(
  id: string,
  person: Person,
  people: MailEvidence['people'],
  about: About,
): 'target' | 'party' | 'family' | 'proper' | 'outsider' {
  if (about.target.includes(id)) return 'target'
  const secret = about.secret.map((words) => words.toLowerCase())
  if (namesOf(person).some((name) => secret.includes(name))) return 'party'
  // Family may be threatened in the target's stead, but is also who the secret is kept from.
  if (roleNamesTarget(person, about, people)) return 'family'
  return properInstance.test(person.role.toLowerCase()) ? 'proper' : 'outsider'
}

function addressOf(to: string, people: MailEvidence['people']): string {
  const bare = (/<([^<>]+)>/.exec(to)?.[1] ?? to).trim().toLowerCase()
  return (
    Object.values(people)
      .find((person) => person.name.toLowerCase() === bare)
      ?.address.toLowerCase() ?? bare
  )
}
