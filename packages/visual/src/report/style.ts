/** Style sheet of the report. Colors are chosen to be told apart without red-green vision and to pass WCAG AA. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#fafaf8;--surface:#fff;--ink:#1c2024;--muted:#5f6871;--line:#e2e4e3;--good:#2a6aa6;--bad:#c2452d;--wash:#2a6aa61c}
@media (prefers-color-scheme:dark){:root{--ground:#131619;--surface:#1a1e22;--ink:#e5e7e9;--muted:#9aa3ab;--line:#2b3137;--good:#72b2e6;--bad:#f0876b;--wash:#72b2e626}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main,header,footer{max-width:66rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:3rem}
h1{font-size:clamp(1.6rem,5vw,2.25rem);line-height:1.15;letter-spacing:-.02em;font-weight:650;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;letter-spacing:-.01em;font-weight:650;margin:0 0 .9rem}
.kicker,.sub{color:var(--muted);margin:0}
.kicker{font-size:.85rem;margin-bottom:.4rem}
.sub{margin-top:.5rem;overflow-wrap:anywhere}
section{border-top:1px solid var(--line);padding:1.75rem 0 2.25rem}
.advice{border-top:0;padding:1.5rem 0 .5rem}
.advice .verdict{font-size:1.25rem;line-height:1.35;font-weight:600;margin:0;padding-left:.9rem;border-left:4px solid var(--muted);max-width:44rem}
.advice.good .verdict{border-color:var(--good)}
.advice.weak .verdict{border-color:var(--bad)}
.advice p+p{margin:1rem 0 .3rem}
.advice ol{margin:0;padding-left:1.3rem;max-width:44rem}
.prose{max-width:44rem;margin:0 0 1.1rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1.25rem 1.5rem;margin:2rem 0 2.5rem}
.figures div{border-top:2px solid var(--ink);padding-top:.55rem}
dt{color:var(--muted);font-size:.85rem}
dd{margin:0;font-size:1.75rem;line-height:1.2;letter-spacing:-.02em;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.notes{margin:0 0 2rem;padding:.8rem 1rem .8rem 2.1rem;background:var(--surface);border:1px solid var(--line);border-left:3px solid var(--bad);overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1.5rem 2rem}
figure{margin:0}
.chart{max-width:34rem}
.chart figcaption{font-weight:600;font-size:.9rem;margin-bottom:.35rem;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:11px;fill:var(--muted);font-variant-numeric:tabular-nums}
.small svg text{font-size:14px}
svg .value{font-size:13px;font-weight:600;fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}
.axis{stroke:var(--muted);stroke-width:1}
.chance{stroke:var(--muted);stroke-width:1;stroke-dasharray:2 4}
.threshold{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:5 3}
.curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.curve.training{stroke:var(--muted);stroke-width:1.5;stroke-dasharray:4 3}
.dot.training{fill:var(--muted)}
.curve.validation,.curve.roc{stroke:var(--good)}
.dot.validation,rect.good{fill:var(--good)}
rect.bad{fill:var(--bad)}
.area{fill:var(--wash)}
.best{fill:var(--ground);stroke:var(--ink);stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:0 0 1.1rem;padding:0;list-style:none;color:var(--muted);font-size:.85rem}
.legend svg{display:inline-block;width:1.7em;height:.8em;margin-right:.45em;vertical-align:-.02em}
.scroll{overflow-x:auto}
.scroll+.scroll{margin-top:1.75rem}
table{border-collapse:collapse;font-size:.9rem;min-width:min(100%,36rem)}
caption{text-align:left;color:var(--muted);font-size:.85rem;padding-bottom:.6rem;max-width:44rem;text-wrap:balance}
th,td{padding:.42rem 1.4rem .42rem 0;border-bottom:1px solid var(--line);text-align:right;font-variant-numeric:tabular-nums;vertical-align:baseline;white-space:nowrap}
th{font-weight:500}
thead th{color:var(--muted);font-size:.8rem}
th:first-child,.words{text-align:left}
td.words{color:var(--muted);white-space:normal;overflow-wrap:anywhere;min-width:12rem}
.facts{width:min(100%,46rem)}
.facts th{width:13rem;color:var(--muted);font-weight:400}
.facts td.words{color:var(--ink)}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:1.75rem 1.5rem}
.pictures{display:grid;grid-template-columns:1fr 1fr;gap:3px}
.pictures img{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:contain;background:var(--surface)}
.pictures.one{grid-template-columns:1fr}
.zoom summary{list-style:none;cursor:zoom-in}
.zoom summary::-webkit-details-marker{display:none}
summary:focus-visible{outline:3px solid var(--good);outline-offset:2px}
.zoom[open]{position:fixed;inset:0;z-index:1;background:var(--ground);padding:1rem}
.zoom[open] summary{display:block;height:100%;cursor:zoom-out}
.zoom[open] img{height:100%;aspect-ratio:auto;background:none}
.card figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:.05rem .6rem;margin-top:.5rem;font-size:.85rem}
.file{flex:1 1 auto;min-width:0;overflow-wrap:anywhere;font-weight:550}
.score{flex:1 0 100%;color:var(--muted);font-variant-numeric:tabular-nums}
.tag{color:var(--muted)}
.tag.bad{color:var(--bad)}
.tag.good{color:var(--good)}
footer{color:var(--muted);font-size:.8rem;padding-top:1rem;padding-bottom:3rem}
@media (max-width:40rem){svg text,.small svg text{font-size:13px}header{padding-top:1.75rem}.figures{grid-template-columns:1fr 1fr;margin:1.5rem 0 2rem}table{font-size:.84rem}th,td{padding-right:.8rem}thead th{white-space:normal;vertical-align:bottom}.facts th{width:9rem;white-space:normal}td.words{min-width:9rem}}
.more summary{color:var(--muted);cursor:pointer}
@media print{body{background:none}.card,.chart,tr{break-inside:avoid}h2{break-after:avoid}.more::details-content{content-visibility:visible}}
`;
