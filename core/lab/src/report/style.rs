//! How the page looks: for a screen, light or dark, and for paper.

pub const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1d1f23; --soft: #5d646e; --line: #dfe3e8;
  --page: #ffffff; --panel: #f6f7f9; --good: #006b4f; --good-page: #e3f4ee; --bad: #9a3412; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a0a7b1; --line: #343a42; --page: #16181c;
    --panel: #1f2228; --good: #6fd6b0; --good-page: #17352b; --bad: #f5a97f; }
  figure svg { filter: brightness(0.9); } /* paper stays paper: its colours are made for it */
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 80rem; background: var(--page);
  color: var(--ink); font: 16px/1.55 system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.5rem; margin: 3rem 0 0; padding-top: 1.5rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2.2rem 0 0.6rem; }
p { max-width: 50rem; margin: 0.5rem 0; }
.lead { color: var(--soft); font-size: 1.1rem; margin: 0.2rem 0 1rem; }
.made { color: var(--soft); margin-bottom: 0.3rem; }
.note { color: var(--soft); font-size: 0.92rem; }
.warning { color: var(--bad); }
pre { background: var(--panel); padding: 0.7rem 1rem; border-radius: 6px; overflow-x: auto;
  white-space: pre-wrap; margin: 0; }
code, pre { font: 0.88em/1.5 ui-monospace, Consolas, 'DejaVu Sans Mono', monospace; }
nav { margin-top: 0.8rem; }
nav a { margin-right: 1rem; }
a { color: inherit; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.2rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
dd ul { margin: 0; padding: 0; list-style: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0.4rem 0 1rem; }
table { font-size: 0.9rem; }
th, td { padding: 0.42rem 0.5rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
table.named th:nth-child(2), table.named td:nth-child(2) { text-align: left; }
thead th { font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
thead small, .unit { display: block; font-weight: 400; color: var(--soft); font-size: 0.82rem; }
tbody tr { border-bottom: 1px solid var(--line); }
tbody tr.limit { color: var(--soft); font-style: italic; border-bottom: none; }
table.plain th { font-weight: 400; color: var(--soft); }
table.plain td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td.silence { color: var(--bad); }
details.why { margin: -0.4rem 0 1.6rem; font-size: 0.92rem; }
details.why summary { font-weight: 400; color: var(--soft); }
.pm { color: var(--soft); font-size: 0.86em; }
td.best { color: var(--good); background: var(--good-page); font-weight: 600; }
span.best { color: var(--good); background: var(--good-page); font-weight: 600; padding: 0 0.3em;
  border-radius: 3px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; }
figure { margin: 0 0 1rem; }
figure svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; }
figcaption { color: var(--soft); font-size: 0.92rem; }
details { margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 2px solid var(--line);
  font-size: 0.94rem; }
/* Where all columns do not fit beside each other, intervals go below their means. */
@media print, (max-width: 86rem) {
  .pm { display: block; }
}
@media print {
  body { font-size: 11pt; padding: 0; }
  .scroll { overflow: visible; }
  section, figure, table { break-inside: avoid; }
  details { display: none; }
}
";
