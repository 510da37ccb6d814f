import { plot, type PlotOptions } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { clean, shorten } from '../width.ts'

/** A chart as SVG markup, drawn without a browser; texts are escaped, colours may be CSS variables. */
export function drawSvg(options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const drawn = plot({ style: { fontFamily: 'inherit', background: 'none' }, ...options, document, className: 'plot' })
  drawn.setAttribute('role', 'img')
  // the page styles charts itself; a style element per chart would only repeat
  drawn.querySelector('style')?.remove()
  return drawn.outerHTML
}

/** A name as it is drawn in a chart: printable, and at most `length` columns. */
export function nameText(name: string, length: number): string {
  return shorten(clean(name), length)
}
