import type { EpisodeView } from '../findings.ts'
import { signed } from '../numbers.ts'
import { HEAT_LIMIT, heatLevel } from './heat.ts'

type Turn = EpisodeView['turns'][number]
type Token = Turn['tokens'][number]

/** The text with a colour behind every token; radio buttons choose the vital by CSS alone. */
export function HeatStrip({ episode }: { readonly episode: Pick<EpisodeView, 'vitals' | 'turns'> }) {
  const { vitals, turns } = episode
  if (vitals.length === 0) return null
  return (
    <fieldset class="heat">
      <legend>Colour the tokens by</legend>
      {vitals.map((name, index) => (
        <input key={name} type="radio" name="vital" id={`vital-${index}`} class="pick" checked={index === 0} />
      ))}
      <div class="tabs">
        {vitals.map((name, index) => (
          <label key={name} for={`vital-${index}`}>
            {name}
          </label>
        ))}
      </div>
      <p class="scale" aria-hidden="true">
        {`−${HEAT_LIMIT}`} <span class="ramp" /> {`+${HEAT_LIMIT} sd`}
      </p>
      <div class="strip">
        {turns.map((turn) => (
          <TurnText key={turn.index} turn={turn} vitals={vitals} />
        ))}
      </div>
    </fieldset>
  )
}

function TurnText({ turn, vitals }: { readonly turn: Turn; readonly vitals: readonly string[] }) {
  return (
    <div class="turn">
      <p class="role">
        {`${turn.index} · ${turn.role}`}
        {turn.flags.map((flag) => (
          <span key={flag} class="flag">
            {flag}
          </span>
        ))}
      </p>
      <p class="tokens">
        {turn.tokens.map((token, index) => (
          <span key={index} style={colours(token)} title={values(token, vitals)}>
            {token.text.replaceAll('\n', '↵\n')}
          </span>
        ))}
      </p>
    </div>
  )
}

function colours({ z }: Token): string {
  return z.map((value, index) => `--v${index}:var(--heat${heatLevel(value)})`).join(';')
}

function values({ z }: Token, vitals: readonly string[]): string {
  return vitals.map((name, index) => `${name} ${signed(z[index] ?? null)}`).join(', ')
}
