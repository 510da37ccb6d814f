import fc from 'fast-check'
import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { anyFindings } from './arbitrary.test-data.ts'
import type { Findings } from './findings.ts'
import { renderHtml } from './html.ts'
import { sampleFindings } from './sample.test-data.ts'

describe('the HTML page', () => {
  const html = renderHtml(sampleFindings())
  const { document } = parseHTML(html)

  it('is one page in a language, with headings in the order of the questions', () => {
    expect(html.startsWith('<!doctype html>')).toBe(true)
    expect(document.documentElement.getAttribute('lang')).toBe('en')
    expect(document.querySelectorAll('h1')).toHaveLength(1)
    expect([...document.querySelectorAll('h2')].map(({ textContent }) => textContent)).toEqual([
      'Warnings',
      'Is it the emotion?',
      'What may be claimed?',
      'Did the dose work?',
      'What moved?',
      'One episode, token by token',
      'The doses in all units',
      'What ran',
    ])
  })

  it('needs nothing from elsewhere and runs nothing', () => {
    expect(html).not.toMatch(/http|@import|url\(/i)
    expect(document.querySelectorAll('script,link,img,iframe,object,embed,[src],[href]')).toHaveLength(0)
  })

  it('names the columns and rows of every table', () => {
    const tables = [...document.querySelectorAll('table')]
    expect(tables).toHaveLength(8)
    for (const table of tables) {
      expect(table.querySelector('caption')?.textContent).not.toBe('')
      for (const head of table.querySelectorAll('th')) expect(head.getAttribute('scope')).toMatch(/^(col|row)$/)
      const columns = table.querySelectorAll('thead th').length
      for (const width of rowWidths(table)) expect(width).toBe(columns)
    }
  })

  it('draws a chart with a caption and a name for each readout, rate table and episode', () => {
    const figures = [...document.querySelectorAll('figure')]
    expect(figures).toHaveLength(3 + 2 + 1)
    for (const figure of figures) {
      expect(figure.querySelector('figcaption')?.textContent).toMatch(/\w/)
      expect(figure.querySelector('svg[role=img]')?.getAttribute('aria-label')).toMatch(/\w/)
    }
  })

  it('draws a line per vector over the band of random ones, and a bar segment per outcome', () => {
    const curve = document.querySelector('svg[aria-label="Dose–response of claim"]')
    expect(curve?.querySelectorAll('g[aria-label=line] path')).toHaveLength(3 + 3 + 1)
    expect(curve?.querySelectorAll('g[aria-label=area] path')).toHaveLength(1)
    const rates = document.querySelector('svg[aria-label="Outcomes per condition, none, affair"]')
    expect(rates?.querySelectorAll('g[aria-label=bar] rect')).toHaveLength(4 + 5)
  })

  it('holds no empty number', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\bnull\b/)
  })

  it('has a radio button and a colour per vital, and the values of every token', () => {
    expect(document.querySelectorAll('input[type=radio][name=vital]')).toHaveLength(3)
    expect(document.querySelectorAll('input[type=radio][checked]')).toHaveLength(1)
    const tokens = [...document.querySelectorAll('.tokens span')]
    expect(tokens.map(({ textContent }) => textContent).join('')).toContain('send_mail(to: "Dana"')
    for (const token of tokens) {
      expect(token.getAttribute('style')).toMatch(
        /^--v0:var\(--heat-?\d\);--v1:var\(--heat-?\d\);--v2:var\(--heat-?\d\)$/,
      )
      expect(token.getAttribute('title')).toMatch(/^desperate \S+, calm \S+, afraid \S+$/)
    }
  })

  it('shows every text as it is, however hostile', () => {
    const attack = `</title></style><script>x()</script>"'&amp;<img src=x onerror=x()>`
    const hostile = attacked(sampleFindings(), attack)
    const { document } = parseHTML(renderHtml(hostile.findings))
    expect(document.querySelectorAll('script,img,[onerror],[src]')).toHaveLength(0)
    const seen = [document.documentElement.textContent, ...attributesOf(document)].join('\n').replaceAll('↵', '')
    const unseen = hostile.texts.filter((text) => !seen.includes(text)).map((text) => text.replace(attack, ''))
    // random vectors are drawn as one band, doses are named by vector and strength
    expect(unseen.filter((text) => !/^(random|random-\d+|\w+ -?[\d.]+)$/.test(text))).toEqual([])
    expect(document.querySelectorAll('figure svg')).toHaveLength(6)
  })

  it('stands any findings', () => {
    fc.assert(
      fc.property(anyFindings, (findings) => {
        const page = renderHtml(findings)
        expect(page).not.toMatch(/NaN|undefined|Infinity/)
        expect(parseHTML(page).document.querySelectorAll('h1')).toHaveLength(1)
      }),
      { numRuns: 40 },
    )
  })
})

/** Columns that each body row fills, cells that span rows counted in every one of them. */
function rowWidths(table: Element): readonly number[] {
  const rows = [...table.querySelectorAll('tbody tr')]
  const widths = rows.map(() => 0)
  for (const [index, row] of rows.entries()) {
    for (const cell of row.children) {
      const down = Number(cell.getAttribute('rowspan') ?? 1)
      const across = Number(cell.getAttribute('colspan') ?? 1)
      for (let step = index; step < index + down; step++) widths[step] = (widths[step] ?? 0) + across
    }
  }
  return widths
}

/** Fields whose words the types fix, and names that are only counted (`controls.unrelated`). */
const FIXED = new Set(['kind', 'family', 'result', 'word', 'unrelated'])

/** Every free text of the findings with the attack at its end, and the list of those texts. */
function attacked(
  findings: Findings,
  attack: string,
): { readonly findings: Findings; readonly texts: readonly string[] } {
  const texts: string[] = []
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') {
      if (FIXED.has(key)) return value
      texts.push(value + attack)
      return value + attack
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, FIXED.has(name) ? inner : walk(inner, name)]),
    )
  }
  return { findings: walk(findings, '') as Findings, texts }
}

function attributesOf(document: Document): readonly string[] {
  return [...document.querySelectorAll('[title],[aria-label]')].flatMap((element) =>
    ['title', 'aria-label'].map((name) => element.getAttribute(name) ?? ''),
  )
}
