import { heatVariables } from './heat.ts'
import { chartVariables } from './palette.ts'
import { BLOCKS } from './style-blocks.ts'
import { TEXT } from './style-text.ts'

/** The page's only style sheet; `vitals` is the number of radio buttons over the heat strip. */
export function styleSheet(vitals: number): string {
  return [
    `:root{color-scheme:light dark;${LIGHT};${chartVariables('light')};${heatVariables('light')}}`,
    `@media (prefers-color-scheme:dark){:root{${DARK};${chartVariables('dark')};${heatVariables('dark')}}}`,
    TEXT,
    BLOCKS,
    ...Array.from({ length: vitals }, (_, index) => picked(index)),
  ].join('\n')
}

const LIGHT =
  '--paper:#fdfdfb;--ink:#1b1d20;--faint-ink:#5c6166;--faint:#9aa0a5;--rule:#c9ccce;--hair:#e6e7e6;--panel:#f4f4f1;--band:#e4e5e3;' +
  '--good:#1c6b3c;--good-tint:#e0f1e5;--doubt:#7d5200;--doubt-tint:#fbeed2;--bad:#a3211a;--bad-tint:#fbe4e0;--none-tint:#ececea;--link:#0067a8'

const DARK =
  '--paper:#151719;--ink:#e7e6e2;--faint-ink:#a2a7ab;--faint:#777d82;--rule:#44494d;--hair:#2a2e31;--panel:#1c1f22;--band:#2b2f33;' +
  '--good:#7bd39b;--good-tint:#17341f;--doubt:#e9bd62;--doubt-tint:#3a2c0f;--bad:#f19a8f;--bad-tint:#431c18;--none-tint:#2a2d30;--link:#62b5f0'

/** Picking a vital changes which of a token's colours is drawn: no script. */
function picked(index: number): string {
  const pick = `#vital-${index}`
  return [
    `${pick}:checked~.strip .tokens span{background:var(--v${index})}`,
    `${pick}:checked~.tabs label[for=vital-${index}]{background:var(--ink);color:var(--paper);border-color:var(--ink)}`,
    `${pick}:focus-visible~.tabs label[for=vital-${index}]{outline:2px solid var(--link);outline-offset:2px}`,
  ].join('\n')
}
