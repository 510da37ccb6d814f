/** Blocks: facts, warnings, claims, figures, the heat strip; narrow screens and paper. */
export const BLOCKS = `
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px 28px;margin:0;padding:16px 0;border-top:1px solid var(--ink);border-bottom:1px solid var(--rule)}
dt{color:var(--faint-ink);font-size:.8rem}
dd{margin:0;overflow-wrap:anywhere}
.meanings>div,.versions>div{display:grid;grid-template-columns:minmax(9em,13em) 1fr;gap:12px;padding:4px 0}
.meanings dd{font-size:.9rem}
.warnings{margin-top:24px;padding:12px 18px;background:var(--doubt-tint);border-left:3px solid var(--doubt)}
.warnings h2{font:600 .95rem/1.4 system-ui,sans-serif;margin:0;color:var(--doubt)}
.claims{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:20px}
.may,.may-not{background:var(--panel);padding:14px 20px;border-top:3px solid var(--good)}
.may-not{border-top-color:var(--bad)}
.claims h3{font:600 .95rem/1.4 system-ui,sans-serif;color:var(--good)}
.claims .may-not h3{color:var(--bad)}
.readout{margin-top:28px}
.scroll{overflow-x:auto;scrollbar-width:thin}
.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
figure{margin:14px 0 26px}
.chart{min-width:520px}
.plot{display:block;width:100%;max-width:760px;height:auto;overflow:visible;font-size:11px}
.plot text{white-space:pre}
.plot [aria-label="y-grid"]{stroke:var(--hair);stroke-opacity:1}
#episode~figure .plot{max-width:none}
#episode~figure .chart{min-width:720px}
figcaption{max-width:72ch;margin-top:6px}
.beside{display:grid;grid-template-columns:minmax(0,740px) minmax(0,1fr);column-gap:28px;align-items:start}
.beside .scroll{grid-row:1/span 2}
.beside .legend{flex-direction:column;margin-top:10px}
.beside figcaption{margin-top:10px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;padding:0;margin:8px 0 0;font-size:.85rem}
.legend li{margin:0}
.swatch{display:inline-block;width:.8em;height:.8em;margin-right:.45em;border-radius:2px}
.heat{border:0;padding:0;margin:24px 0 0;min-width:0}
.heat legend{padding:0;color:var(--faint-ink);font-size:.9rem}
.pick{position:absolute;opacity:0;width:1px;height:1px;margin:0}
.tabs{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}
.tabs label{cursor:pointer;padding:2px 12px;border:1px solid var(--rule);border-radius:14px;font-size:.88rem;overflow-wrap:anywhere}
.scale{color:var(--faint-ink);font-size:.8rem;display:flex;align-items:center;gap:8px}
.ramp{display:inline-block;width:150px;height:10px;border:1px solid var(--rule);background:linear-gradient(90deg,var(--heat-8),var(--heat0),var(--heat8))}
.turn{border-top:1px solid var(--hair);padding:10px 0}
.role{margin:0 0 4px;color:var(--faint-ink);font-size:.8rem}
.flag{display:inline-block;margin-left:8px;padding:0 8px;border-radius:9px;background:var(--bad-tint);color:var(--bad)}
.tokens{margin:0;max-width:92ch;white-space:pre-wrap;overflow-wrap:anywhere;font:.86rem/1.85 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.tokens span{padding:2px 0;color:var(--ink)}
.tokens span:hover{outline:1px solid var(--ink)}
@media (max-width:900px){.beside{display:block}.beside .legend{flex-direction:row}}
@media (max-width:640px){main{padding:24px 16px 48px}h1{font-size:1.6rem}section,footer{margin-top:40px}.meanings>div,.versions>div{grid-template-columns:1fr;gap:2px}}
@media print{main{max-width:none;padding:0}.scroll{overflow:visible}.chart{min-width:0}figure,tr,.turn{break-inside:avoid}.tokens span,.label,.swatch,.ramp{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`
