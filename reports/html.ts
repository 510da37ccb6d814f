import { h } from 'preact'
import { render } from 'preact-render-to-string'
import type { Findings } from './findings.ts'
import { type Card, CardPage } from './html/card.tsx'
import { Page } from './html/page.tsx'
import { type Reading, ReadingPage } from './html/reading.tsx'

/**
 * Findings as one self-contained page: styles and charts are inside, nothing is requested, no script runs.
 * Every text of the findings is escaped.
 */
export function renderHtml(findings: Findings): string {
  return `<!doctype html>\n${render(h(Page, { findings }))}\n`
}

/** One text coloured token by token by its place on each vector: a page like the above. */
export function renderReading(reading: Reading): string {
  return `<!doctype html>\n${render(h(ReadingPage, { reading }))}\n`
}

/** A vector set's verification card: a page like the above. */
export function renderCardPage(card: Card): string {
  return `<!doctype html>\n${render(h(CardPage, { card }))}\n`
}
