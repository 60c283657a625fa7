/** The look of report.html. Colours `c0` and `c1` are the two servers', readable on light and dark pages. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5c6773; --page: #fff; --line: #dfe4ea; --card: #f7f9fb; --c0: #1f6feb; --c1: #d1570b; --good: #147a3f; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b4; --page: #12171d; --line: #2d3742; --card: #1a2129; --c0: #5b9dff; --c1: #ff9a52; --good: #5fcf8d; --bad: #ff8a7a; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 2px; padding-top: 18px; border-top: 1px solid var(--line); }
.meta { color: var(--soft); margin: 0 0 14px; overflow-wrap: anywhere; }
.warnings { border-left: 4px solid var(--c1); background: var(--card); padding: 10px 10px 10px 30px; margin: 16px 0; }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; } th:first-child, td.server, tr.ratio td:first-child { text-align: left; }
td small { display: block; color: var(--soft); font-size: 11.5px; } tbody th, tbody td { vertical-align: top; } tbody th { font-weight: 600; } td.server, h1 span { font-weight: 600; }
tr.ratio td { font-weight: 600; border-bottom: 2px solid var(--line); } .better { color: var(--good); } .worse { color: var(--bad); }
.c0 { color: var(--c0); } .c1 { color: var(--c1); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px; margin-top: 16px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 12px 4px; }
figcaption { font-weight: 600; margin: 0 0 6px 4px; } svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 12px; } svg .label { fill: var(--ink); }
.grid { stroke: var(--line); } .axis, .tick { stroke: var(--soft); }
.stroke { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; } .fill { fill: currentColor; opacity: 0.22; } .dot { fill: currentColor; }
@media print { body { font-size: 12px; } section { break-inside: avoid; } }
`;
