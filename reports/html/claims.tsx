import type { Findings } from '../findings.ts'

/** What may be claimed from this run, and what may not. */
export function Claims({ claims }: { readonly claims: Findings['claims'] }) {
  const may = claims.may.length > 0 ? claims.may : ['Nothing from this run.']
  return (
    <section aria-labelledby="claims">
      <h2 id="claims">What may be claimed?</h2>
      <div class="claims">
        <ClaimList heading="May" mark="may" texts={may} />
        <ClaimList heading="May not" mark="may-not" texts={claims.mayNot} />
      </div>
    </section>
  )
}

export function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null
  return (
    <aside class="warnings" aria-label="Warnings">
      <h2>{warnings.length === 1 ? 'Warning' : 'Warnings'}</h2>
      <ul>
        {warnings.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </aside>
  )
}

function ClaimList(props: { readonly heading: string; readonly mark: string; readonly texts: readonly string[] }) {
  if (props.texts.length === 0) return null
  return (
    <div class={props.mark}>
      <h3>{props.heading}</h3>
      <ul>
        {props.texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </div>
  )
}
