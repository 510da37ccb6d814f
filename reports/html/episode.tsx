import type { EpisodeView } from '../findings.ts'
import { HeatStrip } from './heat-strip.tsx'
import { seriesColour } from './palette.ts'
import { Figure } from './parts.tsx'
import { vitalsPlot } from './vitals-plot.ts'

/** One episode: its vitals over all turns, then its text, token by token. */
export function Episode({ episode }: { readonly episode: EpisodeView }) {
  const svg = vitalsPlot(episode)
  const legend = episode.vitals.map((name, index) => ({ name, colour: seriesColour(index) }))
  return (
    <section aria-labelledby="episode">
      <h2 id="episode">One episode, token by token</h2>
      <p>
        {`${episode.scenario}, ${episode.condition}: `}
        <strong>{episode.outcome}</strong>
      </p>
      {episode.evidence === '' ? null : <blockquote>{episode.evidence}</blockquote>}
      {svg === null ? null : (
        <Figure svg={svg} legend={legend} label="Vitals over the turns">
          Vitals over the episode in standard deviations of neutral text. Thick: mean of a turn; thin: the tokens,
          averaged in small bins where there are many.
        </Figure>
      )}
      <HeatStrip episode={episode} />
      <p class="digest">
        episode <code>{episode.key}</code>
      </p>
    </section>
  )
}
