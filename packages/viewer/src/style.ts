/** The look of the viewer. Colors of the page around it are taken where it has none of its own to say. */
export const STYLE = `
:host {
  display: block;
  position: relative;
  font: 0.875rem / 1.4 system-ui, sans-serif;
  color: inherit;
}
:host([hidden]) { display: none; }
.stage {
  position: relative;
  overflow: hidden;
  min-height: 3rem;
  /* Not higher than there is room, without a picture that is cut off or drawn out. */
  width: min(100%, calc(var(--cflow-max-height, 100000px) * var(--ratio, 1000)));
  margin-inline: auto;
  background: color-mix(in srgb, currentColor 8%, transparent);
}
.stage:focus-visible { outline: 2px solid Highlight; outline-offset: -2px; }
.content { position: relative; transform-origin: 0 0; width: 100%; height: 100%; }
.picture, ::slotted(*) { display: block; width: 100%; height: auto; }
.over { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--before, 0)); }
.over > * { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.lines { overflow: visible; fill: none; stroke: #fff; stroke-linejoin: round; }
.lines * { stroke-width: calc(1.25px / var(--zoom, 1)); vector-effect: non-scaling-stroke; }
.lines .under { stroke: #000; stroke-opacity: 0.55; stroke-width: calc(3.25px / var(--zoom, 1)); }
.lines .peak { stroke-dasharray: 5 4; }
.divider {
  position: absolute; inset: 0 auto 0 var(--before, 0); width: 0;
  border-left: 2px solid #fff; box-shadow: 0 0 0 1px rgb(0 0 0 / 0.5);
}
.note {
  position: absolute; inset: auto 0 0; margin: 0; padding: 0.3rem 0.6rem;
  background: rgb(0 0 0 / 0.66); color: #fff; font-size: 0.8rem;
}
.zooms { touch-action: pan-x pan-y; }
.zoomed { touch-action: none; cursor: grab; }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.2rem 0.9rem; margin: 0.4rem 0 0; }
.key { display: inline-flex; align-items: center; gap: 0.4rem; }
.swatch { width: 2.4rem; height: 0.7rem; border: 1px solid currentColor; }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.9rem; margin-top: 0.5rem; }
.toolbar label { display: inline-flex; align-items: center; gap: 0.5rem; min-width: 0; }
.toolbar .value { font-variant-numeric: tabular-nums; min-width: 4em; }
.toolbar button, .toolbar select {
  font: inherit; color: inherit; min-width: 2.4rem; min-height: 2.4rem; padding: 0.2rem 0.7rem; cursor: pointer;
  background: transparent; border: 1px solid color-mix(in srgb, currentColor 55%, transparent); border-radius: 6px;
}
.toolbar select option { color: CanvasText; background: Canvas; }
.toolbar button[aria-pressed='true'] { background: color-mix(in srgb, currentColor 16%, transparent); }
.toolbar :focus-visible { outline: 2px solid Highlight; outline-offset: 2px; }
.group { display: inline-flex; gap: 0.3rem; }
[hidden] { display: none !important; }
`;
