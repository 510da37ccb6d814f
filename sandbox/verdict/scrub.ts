/**
 * Output as the model may see it: durations, addresses, process ids and temporary names become fixed text, so that the same code gives the
 * same text in every run. More than `maxChars` characters lose their middle.
 */
export function scrubOutput(text: string, maxChars: number): string {
  let scrubbed = text.replaceAll('\r\n', '\n')
  for (const { shape, fixed } of VARYING) scrubbed = scrubbed.replaceAll(shape, fixed)
  return shortened(scrubbed, maxChars)
}

/** The order matters: a path is cleared before the numbers in it. */
const VARYING: readonly { readonly shape: RegExp; readonly fixed: string }[] = [
  // Terminal colours and other control characters.
  // oxlint-disable-next-line no-control-regex
  { shape: /\u001b\[[0-?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f]/g, fixed: '' },
  { shape: /(File ")[^"\n]*\/((?:test_)?solution\.py")/g, fixed: '$1/work/$2' },
  { shape: /(File ")[^"\n]*\/(lib(?:64)?\/python)[\d.]+\//g, fixed: '$1/usr/$2/' },
  { shape: /\/(?:var\/)?tmp\/[^\s"':,)\]]+/g, fixed: '/tmp/…' },
  { shape: /^(Ran \d+ tests?) in [\d.]+s$/gm, fixed: '$1' },
  { shape: /\b0x[0-9a-f]{6,16}\b/gi, fixed: '0x…' },
  { shape: /\b\d+(?:\.\d+)?(?:e-?\d+)?(?: ?(?:ms|µs|us|ns)\b| (?:milli|micro|nano)seconds?\b)/g, fixed: '… ms' },
  // With a fraction only: "0.001 seconds" of a message is measured, "2 seconds" is said. Limits in our own messages stay.
  { shape: /(?<!longer than )\b\d+\.\d{2,}(?:e-?\d+)?(?:s\b| ?sec(?:onds?)?\b)/g, fixed: '… s' },
  { shape: /\b(pid|process)([ =:]+)\d+\b/gi, fixed: '$1$2…' },
]

function shortened(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const head = Math.ceil(maxChars / 2)
  const tail = maxChars - head
  const start = text.slice(0, head).replace(/[\uD800-\uDBFF]$/, '')
  const end = text.slice(text.length - tail).replace(/^[\uDC00-\uDFFF]/, '')
  const leftOut = text.length - start.length - end.length
  return `${start}\n[… ${leftOut} characters left out …]\n${end}`
}
