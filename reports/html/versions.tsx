import type { RunFacts } from '../findings.ts'

/** What to name when the run is to be repeated. */
export function Versions({ run }: { readonly run: RunFacts }) {
  const rows = [['model sha256', run.modelSha256] as const, ...Object.entries(run.versions)]
  return (
    <footer>
      <h2>What ran</h2>
      <dl class="versions">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </footer>
  )
}
