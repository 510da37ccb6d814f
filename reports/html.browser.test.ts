import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderHtml } from './html.ts'
import { sampleFindings } from './sample.test-data.ts'

const CHROMIUM = '/usr/bin/chromium'
const isThere = existsSync(CHROMIUM)
if (!isThere)
  console.info(`the HTML page was not opened in a browser: there is no ${CHROMIUM} (apt-get install chromium)`)

/** Run in the page: the stroke of every curve of the first chart. */
const CURVE_COLOURS = `[...document.querySelectorAll('svg[aria-label="Dose–response of claim"] g[aria-label=line] path')]
  .map((path) => getComputedStyle(path).stroke)`

describe.skipIf(!isThere)('the HTML page in a browser', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    })
  })

  afterAll(async () => {
    await browser.close()
  })

  it.each([
    { width: 1280, colorScheme: 'light' },
    { width: 1280, colorScheme: 'dark' },
    { width: 400, colorScheme: 'light' },
  ] as const)('fits $width px ($colorScheme), asks for nothing and complains of nothing', async (options) => {
    const { page, complaints, requests } = await opened(browser, options)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.width)
    expect(complaints).toEqual([])
    expect(requests).toEqual([])
    await page.close()
  })

  it('changes the colours of the tokens with the chosen vital', async () => {
    const { page } = await opened(browser, { width: 1280, colorScheme: 'light' })
    const before = await tokenColours(page)
    await page.locator('label[for=vital-1]').click()
    const after = await tokenColours(page)
    expect(after).not.toEqual(before)
    await page.locator('#vital-1').press('ArrowLeft')
    expect(await tokenColours(page)).toEqual(before)
    await page.close()
  })

  it('draws its charts in visible colours in both schemes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await opened(browser, { width: 1280, colorScheme })
      const strokes = await page.evaluate<readonly string[]>(CURVE_COLOURS)
      expect(new Set(strokes).size).toBe(4)
      for (const stroke of strokes) expect(stroke).toMatch(/^rgb\(/)
      await page.close()
    }
  })
})

async function opened(browser: Browser, options: { readonly width: number; readonly colorScheme: 'light' | 'dark' }) {
  const page = await browser.newPage({
    viewport: { width: options.width, height: 900 },
    colorScheme: options.colorScheme,
  })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => requests.push(request.url()))
  await page.setContent(renderHtml(sampleFindings()))
  return { page, complaints, requests }
}

/** The expression runs in the page, where there is a DOM to speak of. */
function tokenColours(page: Page): Promise<unknown> {
  return page.evaluate(
    '[...document.querySelectorAll(".tokens span")].map((span) => getComputedStyle(span).backgroundColor)',
  )
}
