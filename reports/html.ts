import { h } from 'preact'
import { render } from 'preact-render-to-string'
import type { Findings } from './findings.ts'
import { Page } from './html/page.tsx'

/**
 * Findings as one self-contained page: styles and charts are inside, nothing is requested, no script runs.
 * Every text of the findings is escaped.
 */
export function renderHtml(findings: Findings): string {
  return `<!doctype html>\n${render(h(Page, { findings }))}\n`
}
