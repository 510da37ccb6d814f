import type { RunFacts } from '../findings.ts'
import { duration, strengthsText } from '../numbers.ts'
import { controlsText, episodesText, promptsText } from '../run-facts.ts'

/** Title and the facts that make the run the run. */
export function Header({ run }: { readonly run: RunFacts }) {
  return (
    <header>
      <p class="study">{`duress · ${run.study}`}</p>
      <h1>{run.title}</h1>
      <dl class="facts">
        {factsOf(run).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="digest">
        digest <code>{run.digest}</code>
      </p>
    </header>
  )
}

function factsOf(run: RunFacts): readonly (readonly [string, string])[] {
  return [
    ['model', run.model],
    ['steered at', `block ${run.layer} of ${run.layers}, window ${run.window}`],
    ...(run.operation === 'add' ? [] : [['operation', run.operation] as const]),
    ['vectors', run.vectors.join(', ')],
    ['verification card', run.card],
    ['strengths', `${strengthsText(run.strengths)} ${run.unit}`.trim()],
    ['controls', controlsText(run)],
    ['seed and episodes', `${run.seed}; ${episodesText(run)}`],
    ['started', run.startedAt],
    ['took', [duration(run.seconds), promptsText(run)].filter((part) => part !== '').join('; ')],
  ]
}
