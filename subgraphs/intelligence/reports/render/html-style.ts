/** One sheet for screens, light and dark, and for paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c2430; --muted: #5b6675; --grid: #e3e7ec; --surface: #ffffff; --panel: #f6f8fa;
  --good: #15803d; --watch: #b54708; --bad: #b42318;
  --series-1: #1f6feb; --series-2: #c2410c; --series-3: #0f766e; --series-4: #7c3aed;
  --series-5: #a16207; --series-6: #be185d; --series-7: #475569; --series-8: #15803d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6eaf0; --muted: #9aa6b5; --grid: #2c3540; --surface: #12171e; --panel: #1a212b;
    --good: #4ade80; --watch: #fbbf24; --bad: #f87171;
    --series-1: #60a5fa; --series-2: #fb923c; --series-3: #2dd4bf; --series-4: #a78bfa;
    --series-5: #facc15; --series-6: #f472b6; --series-7: #94a3b8; --series-8: #4ade80;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--surface); color: var(--ink); font: 15px/1.55 system-ui, Roboto, "Segoe UI", sans-serif; }
main { overflow-wrap: anywhere; max-width: 960px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--grid); }
h3 { font-size: 15px; margin: 24px 0 4px; }
p { margin: 6px 0; overflow-wrap: anywhere; }
td, th, dd, dt, li, pre, figcaption, h3 { unicode-bidi: isolate; }
.about, .note, figcaption { color: var(--muted); font-size: 13px; }
.about p { margin: 2px 0; }
.verdict { margin: 24px 0 16px; padding: 16px 20px; background: var(--panel); border-left: 5px solid var(--muted); border-radius: 4px; }
.verdict strong { font-size: 18px; line-height: 1.35; display: block; overflow-wrap: anywhere; }
.verdict ul { margin: 8px 0 4px; padding-left: 20px; }
.GOOD { border-color: var(--good); } .WATCH { border-color: var(--watch); } .BAD { border-color: var(--bad); }
.tag { font-size: 12px; font-weight: 600; letter-spacing: .02em; color: var(--muted); }
.tag.GOOD { color: var(--good); } .tag.WATCH { color: var(--watch); } .tag.BAD { color: var(--bad); }
p.WATCH { color: var(--watch); } p.BAD { color: var(--bad); } p.NEUTRAL { color: var(--muted); }
dl.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); gap: 10px; margin: 16px 0; }
dl.figures div { background: var(--panel); border-radius: 4px; padding: 10px 14px; border-top: 3px solid var(--grid); }
dl.figures div.GOOD { border-color: var(--good); } dl.figures div.WATCH { border-color: var(--watch); } dl.figures div.BAD { border-color: var(--bad); }
dl.figures dt { color: var(--muted); font-size: 13px; }
dl.figures dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
dl.figures dd.UNKNOWN { color: var(--muted); font-weight: 400; }
dl.figures dd + dd { font-size: 12px; font-weight: 400; color: var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: 8px 0 4px; }
th { text-align: left; font-weight: 600; color: var(--muted); border-bottom: 2px solid var(--grid); padding: 5px 10px 5px 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--grid); padding: 5px 10px 5px 0; vertical-align: top; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.unknown { color: var(--muted); font-style: italic; }
ol.actions, ol.causes { padding-left: 24px; } ol.actions li, ol.causes li { margin: 0 0 12px; overflow-wrap: anywhere; }
ol ul { padding-left: 18px; color: var(--muted); font-size: 13px; }
ol.timeline { list-style: none; padding: 0 0 0 16px; border-left: 2px solid var(--grid); }
ol.timeline li { margin: 0 0 10px; position: relative; overflow-wrap: anywhere; }
ol.timeline li::before { content: ""; position: absolute; left: -22px; top: 7px; width: 9px; height: 9px; border-radius: 50%; background: var(--muted); }
ol.timeline li.BAD::before { background: var(--bad); } ol.timeline li.WATCH::before { background: var(--watch); } ol.timeline li.GOOD::before { background: var(--good); }
time { color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; margin-right: 8px; }
figure { margin: 20px 0; } figure h3 { margin: 0 0 4px; } svg { width: 100%; height: auto; display: block; }
pre { background: var(--panel); border-radius: 4px; padding: 10px 12px; font-size: 12px; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0 14px; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 11px; } main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; } figure, .verdict, dl.figures div, tr, li { break-inside: avoid; } thead { display: table-header-group; }
}
`;
