/** Type: a serif for headings, the system's own face for text, figures of equal width in tables. */
export const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
h1,h2,h3{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Book Antiqua",Georgia,serif;font-weight:600;line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:2.1rem;margin:.1em 0 .7em}
h2{font-size:1.5rem;margin:0 0 .6em}
h3{font-size:1.2rem;margin:0 0 .4em}
h4{font-size:1rem;margin:0 0 .2em;overflow-wrap:anywhere}
section,footer{margin-top:56px}
article{border-top:1px solid var(--rule);padding-top:20px;margin-top:24px}
p{margin:.4em 0;max-width:72ch;overflow-wrap:anywhere}
code{font:.82em/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
blockquote{margin:.8em 0;padding:.1em 0 .1em 1em;border-left:3px solid var(--rule);color:var(--faint-ink);overflow-wrap:anywhere}
ul{padding-left:1.2em;margin:.3em 0}
li{margin:.3em 0;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--faint-ink);font-size:.9rem}
.study{color:var(--faint-ink);font-size:.82rem;letter-spacing:.06em;margin:0}
.id{color:var(--faint-ink);font:400 .85rem/1.4 system-ui,sans-serif;margin-left:.4em}
.note,.baseline,figcaption{color:var(--faint-ink);font-size:.9rem}
.digest{color:var(--faint-ink);font-size:.82rem;max-width:none}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums lining-nums}
caption{text-align:left;color:var(--faint-ink);font-size:.82rem;padding:0 0 6px}
th,td{padding:7px 14px 7px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--hair)}
th:last-child,td:last-child{padding-right:0}
thead th{font-weight:500;font-size:.82rem;color:var(--faint-ink);border-bottom:1px solid var(--ink);vertical-align:bottom}
tbody th{font-weight:600}
tbody tr.group>*{border-top:1px solid var(--rule)}
tbody tr:first-child.group>*{border-top:0}
.number{text-align:right;white-space:nowrap}
.nowrap{white-space:nowrap}
.none{color:var(--faint)}
.because{color:var(--faint-ink);min-width:16em}
.z{display:inline-block;min-width:4.2em;margin-left:.5em;color:var(--faint-ink);font-size:.85em;text-align:right}
tr.control,tr.control th{color:var(--faint-ink);font-weight:400}
tr.incoherent>th,tr.incoherent>td.number{color:var(--faint);font-weight:400}
tr.over td:last-child{color:var(--bad);font-weight:600}
.label{display:inline-block;padding:1px 9px;border-radius:10px;font-size:.82rem;font-weight:600;white-space:nowrap;background:var(--none-tint);color:var(--faint-ink)}
.verdict-effect-specific,.check-pass{background:var(--good-tint);color:var(--good)}
.verdict-criterion-shift,.verdict-effect-not-specific,.check-not-testable{background:var(--doubt-tint);color:var(--doubt)}
.verdict-no-effect-seen{color:var(--ink)}
.check-fail{background:var(--bad-tint);color:var(--bad)}
`
