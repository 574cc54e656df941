"use strict";(self.rspackChunknb2ops=self.rspackChunknb2ops||[]).push([[266],{279(o,n,e){var r=e(601),p=e.n(r),i=e(314),a=(e.n(i))()(p());a.push([o.id,`.nb2ops-FormDialog .jp-Dialog-content {
  max-width: min(560px, 96vw);
}

.nb2ops-Form,
.nb2ops-Fields {
  display: flex;
  flex-direction: column;
  gap: 10px;
}

.nb2ops-Form {
  min-width: min(420px, 88vw);
  padding: 2px;
}

.nb2ops-Fields {
  margin: 0;
  padding: 8px 12px 12px;
  border: var(--jp-border-width) solid var(--jp-border-color2);
}

.nb2ops-Fields > legend {
  padding: 0 4px;
  font-weight: 600;
}

.nb2ops-Fields > .jp-mod-styled {
  align-self: flex-start;
}

.nb2ops-Add {
  align-self: flex-start;
}

.nb2ops-Field {
  display: flex;
  flex-direction: column;
  gap: 2px;
}

.nb2ops-Field > label {
  overflow-wrap: anywhere;
}

.nb2ops-Field > .jp-mod-styled,
.nb2ops-Filters > .jp-mod-styled {
  box-sizing: border-box;
  width: 100%;
  min-width: 0;
}

.jp-mod-styled:is(.nb2ops-Field > *, .nb2ops-Filters > *, .nb2ops-Log-head > *) {
  height: 28px;
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
}

select.jp-mod-styled:is(.nb2ops-Field > *, .nb2ops-Filters > *, .nb2ops-Log-head > *) {
  height: 28px;
  padding: 0 4px;
  border: var(--jp-border-width) solid var(--jp-border-color1);
  appearance: auto;
  background-color: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
}

.nb2ops-Log-head > .jp-mod-styled {
  width: 180px;
}

.nb2ops-Filters > .jp-mod-styled {
  padding: 0 4px;
}

.nb2ops-Field > [aria-invalid='true'] {
  border-color: var(--jp-error-color1);
}

.nb2ops-Field-help,
.nb2ops-Field-wrong {
  margin: 0;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.nb2ops-Field-wrong {
  color: var(--jp-error-color1);
}

.nb2ops-Choice {
  display: flex;
  align-items: center;
  gap: 6px;
}

.nb2ops-Weekdays {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 12px;
}

.nb2ops-Preview {
  padding: 6px 10px;
  background: var(--jp-layout-color2);
}

.nb2ops-Preview ol {
  margin: 4px 0 0;
  padding-left: 20px;
}

.nb2ops-Preview p {
  margin: 4px 0 0;
}

.nb2ops-Proposal {
  width: min(640px, 88vw);
}

.nb2ops-Proposal-sides {
  display: grid;
  gap: 16px;
  grid-template-columns: minmax(0, 1fr) minmax(200px, 1fr);
}

.nb2ops-Proposal-sides > ul {
  margin: 0;
  padding-left: 16px;
}
`,""]),e.d(n,{},{A:a})},646(o,n,e){var r=e(601),p=e.n(r),i=e(314),a=e.n(i),t=e(938),l=e(11),s=e(643),d=e(279),c=a()(p());c.i(t.A),c.i(l.A),c.i(s.A),c.i(d.A),c.push([o.id,`
`,""]),e.d(n,{},{A:c})},643(o,n,e){var r=e(601),p=e.n(r),i=e(314),a=(e.n(i))()(p());a.push([o.id,`/* The graph of steps: lines drawn, boxes that can be pressed above them. */

.nb2ops-Dag {
  min-width: 0;
}

.nb2ops-Dag-scroll {
  overflow-x: auto;
  padding: 4px;
}

.nb2ops-Dag-graph {
  position: relative;
}

.nb2ops-Dag-graph > svg {
  position: absolute;
  overflow: visible;
}

.nb2ops-Dag-line {
  fill: none;
  pointer-events: none;
  stroke: var(--jp-border-color1);
  stroke-width: 1.5;
}

.nb2ops-mod-joined > .nb2ops-Dag-line {
  stroke-dasharray: 4 2;
  stroke-width: 3;
}

.nb2ops-Dag-hit {
  fill: none;
  stroke: transparent;
  stroke-width: 12;
}

.nb2ops-Dag-hit:hover + .nb2ops-Dag-line {
  stroke: var(--jp-brand-color1);
  stroke-width: 3;
}

.nb2ops-Dag .nb2ops-Dag-step {
  position: absolute;
  display: flex;
  box-sizing: border-box;
  flex-direction: column;
  justify-content: center;
  padding: 2px 6px;
  border: var(--jp-border-width) solid var(--jp-border-color1);
  border-left: 4px solid var(--nb2ops-colour);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  cursor: pointer;
  font: inherit;
  line-height: 15px;
  letter-spacing: normal;
  text-align: left;
}

.nb2ops-Dag .nb2ops-Dag-step:hover {
  background: var(--jp-layout-color2);
}

.nb2ops-Dag-step.nb2ops-mod-live {
  border-color: var(--jp-brand-color1);
  border-left-color: var(--nb2ops-colour);
  color: var(--jp-ui-font-color1);
}

.nb2ops-Dag-step.nb2ops-mod-bad {
  border-color: var(--jp-error-color1);
}

.nb2ops-Dag-step[class*='nb2ops-mod-'] {
  color: var(--jp-ui-font-color1);
}

.nb2ops-Dag-name,
.nb2ops-Dag-facts {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nb2ops-Dag-name {
  font-weight: 600;
}

.nb2ops-Dag-facts {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.nb2ops-Dag-facts .nb2ops-Sign {
  width: 12px;
  height: 12px;
  vertical-align: -2px;
}

.nb2ops-Dag-told {
  max-height: 160px;
  margin: 8px 0 0;
  padding: 6px 8px;
  border-left: 3px solid var(--jp-border-color1);
  background: var(--jp-layout-color2);
  font-size: var(--jp-ui-font-size0);
  list-style: none;
  overflow-y: auto;
  overflow-wrap: anywhere;
}

/* The views in the main area */

.nb2ops-Main {
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.4;
}

.nb2ops-Main > :last-child {
  overflow: auto;
  container-type: inline-size;
}

.nb2ops-Run {
  display: flex;
  box-sizing: border-box;
  min-height: 100%;
  flex-direction: column;
  gap: 16px;
  padding: 16px 20px;
}

.nb2ops-Run h2,
.nb2ops-Run h3,
.nb2ops-Run h4,
.nb2ops-Run p {
  margin: 0;
}

.nb2ops-Run h2 {
  font-size: var(--jp-ui-font-size3);
  font-weight: 600;
}

.nb2ops-Run h2 small {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size1);
  font-weight: normal;
}

.nb2ops-Run h2 .nb2ops-Sign {
  vertical-align: -2px;
}

.nb2ops-Run h2 a {
  color: inherit;
}

.nb2ops-Run h2 a:hover {
  text-decoration: underline;
}

.nb2ops-Run-head {
  display: flex;
  flex-direction: column;
  gap: 6px;
}

.nb2ops-Run-sides {
  display: grid;
  gap: 24px;
  grid-template-columns: minmax(220px, 2fr) minmax(0, 3fr);
}

.nb2ops-Run-results {
  display: flex;
  min-width: 0;
  flex-direction: column;
  gap: 16px;
}

@container (width < 600px) {
  .nb2ops-Run-sides {
    grid-template-columns: minmax(0, 1fr);
  }
}

.nb2ops-Timeline ul {
  display: grid;
  margin: 0;
  padding: 0;
  gap: 4px 8px;
  grid-template-columns: minmax(60px, 110px) minmax(40px, 1fr) minmax(64px, max-content);
  list-style: none;
}

.nb2ops-Timeline li {
  display: grid;
  align-items: center;
  grid-column: 1 / -1;
  grid-template-columns: subgrid;
}

.nb2ops-Timeline-name {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nb2ops-Timeline-track {
  position: relative;
  height: 12px;
  background: var(--jp-layout-color2);
}

.nb2ops-Timeline-track > span {
  position: absolute;
  height: 100%;
  background: currentcolor;
}

.nb2ops-Timeline-facts {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.nb2ops-Table {
  overflow-x: auto;
}

.nb2ops-Table table {
  width: 100%;
  border-collapse: collapse;
}

.nb2ops-Table caption {
  padding-bottom: 4px;
  font-weight: 600;
  text-align: left;
}

.nb2ops-Table th,
.nb2ops-Table td {
  max-width: 20em;
  padding: 3px 8px;
  border-top: var(--jp-border-width) solid var(--jp-border-color2);
  overflow-wrap: break-word;
  text-align: left;
  vertical-align: top;
}

.nb2ops-Table th {
  font-weight: normal;
}

.nb2ops-Table th[scope='row'] {
  min-width: 6em;
  overflow-wrap: anywhere;
}

.nb2ops-Table a {
  color: var(--jp-content-link-color);
}

.nb2ops-Table a:hover {
  text-decoration: underline;
}

.nb2ops-Table thead th {
  color: var(--jp-ui-font-color2);
}

.nb2ops-Table td {
  font-variant-numeric: tabular-nums;
}

.nb2ops-Run mark {
  background: color-mix(in srgb, var(--jp-warn-color1) 25%, transparent);
  color: inherit;
}

.nb2ops-Log {
  display: flex;
  flex-direction: column;
  gap: 8px;
}

.nb2ops-Log-head {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
}

.nb2ops-Log-head > :is(input, select) {
  width: auto;
  max-width: 180px;
}

.nb2ops-Log-lines {
  max-height: 320px;
  padding: 6px;
  border: var(--jp-border-width) solid var(--jp-border-color2);
  overflow-y: auto;
}

.nb2ops-Log-line {
  display: grid;
  column-gap: 8px;
  content-visibility: auto;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-ui-font-size0);
  grid-template-columns: max-content minmax(50px, 90px) minmax(0, 1fr);
}

.nb2ops-Log-line > time,
.nb2ops-Log-line > span {
  overflow: hidden;
  color: var(--jp-ui-font-color2);
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nb2ops-Log-line > code,
.nb2ops-Run pre {
  margin: 0;
  background: none;
  color: inherit;
  font-family: var(--jp-code-font-family);
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

@container (width < 450px) {
  .nb2ops-Log-line {
    grid-template-columns: max-content minmax(0, 1fr);
  }

  .nb2ops-Log-line > code {
    grid-column: 1 / -1;
  }
}

.nb2ops-Log-line.nb2ops-mod-warning,
.nb2ops-Log-line.nb2ops-mod-error,
.nb2ops-Log-line.nb2ops-mod-critical {
  box-shadow: inset 3px 0 var(--jp-warn-color1);
  padding-left: 6px;
}

.nb2ops-Log-line.nb2ops-mod-error,
.nb2ops-Log-line.nb2ops-mod-critical {
  box-shadow: inset 3px 0 var(--jp-error-color1);
}

.nb2ops-mod-failure {
  border-left-color: var(--jp-error-color1);
}

.nb2ops-mod-failure pre {
  max-height: 240px;
  overflow: auto;
}

.nb2ops-Notice > .jp-mod-styled,
.nb2ops-Empty > .jp-mod-styled,
.nb2ops-Hint > .jp-mod-styled {
  align-self: flex-start;
}

.nb2ops-Compare-heads,
.nb2ops-Compare-sides {
  display: grid;
  gap: 16px;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
}

.nb2ops-Compare-cell {
  padding: 8px 0;
  border-top: var(--jp-border-width) solid var(--jp-border-color2);
}

.nb2ops-Compare-sides pre {
  padding: 6px 8px;
  background: var(--jp-layout-color2);
}

.nb2ops-Outputs {
  overflow: auto;
}

/* What a run said of a cell, below it */

.nb2ops-Told {
  margin: 4px 0 4px calc(var(--jp-cell-prompt-width) + var(--jp-cell-collapser-width));
  padding: 6px 10px;
  border-left: 4px solid var(--jp-error-color1);
  background: var(--jp-rendermime-error-background);
  font-size: var(--jp-ui-font-size1);
  overflow-wrap: anywhere;
}
`,""]),e.d(n,{},{A:a})},11(o,n,e){var r=e(601),p=e.n(r),i=e(314),a=(e.n(i))()(p());a.push([o.id,`/* Marks at the left of cells: a stripe in the colour of the step, and its name. */

.jp-Notebook .jp-Cell.nb2ops-mod-tagged,
.jp-Notebook .jp-Cell.nb2ops-mod-continues {
  position: relative;
}

.jp-Notebook .jp-Cell.nb2ops-mod-tagged {
  padding-top: calc(var(--jp-cell-padding) + 16px);
}

.nb2ops-Mark {
  position: absolute;
  overflow: hidden;
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size0);
  line-height: 16px;
  pointer-events: none;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nb2ops-Mark > span {
  margin-left: 8px;
  color: var(--jp-ui-font-color2);
  font-weight: normal;
}

.nb2ops-mod-tagged > .nb2ops-Mark {
  top: 2px;
  left: calc(var(--jp-cell-padding) + var(--jp-cell-collapser-width));
  max-width: 60%;
  padding: 0 6px;
  border-left: 4px solid var(--nb2ops-colour);
  background: color-mix(in srgb, var(--nb2ops-colour) 18%, transparent);
  font-weight: 600;
}

.nb2ops-mod-continues > .nb2ops-Mark {
  top: 30px;
  left: calc(var(--jp-cell-padding) + var(--jp-cell-collapser-width) + 6px);
  width: calc(var(--jp-cell-prompt-width) - 10px);
  color: var(--jp-ui-font-color2);
  line-height: 12px;
}

.nb2ops-mod-tagged::before,
.nb2ops-mod-continues::before {
  position: absolute;
  top: 2px;
  bottom: 0;
  left: calc(var(--jp-cell-padding) + var(--jp-cell-collapser-width));
  width: 4px;
  background: var(--nb2ops-colour);
  content: '';
}

.nb2ops-mod-continues::before {
  top: 0;
  opacity: 0.4;
}
`,""]),e.d(n,{},{A:a})},938(o,n,e){var r=e(601),p=e.n(r),i=e(314),a=(e.n(i))()(p());a.push([o.id,`.nb2ops-Sidebar {
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.4;
}

.nb2ops-Section {
  overflow-y: auto;
}

.nb2ops-Sidebar p {
  margin: 0;
}

/* One run or deployment: a sign, and beside it a headline with small print below. */

.nb2ops-List {
  list-style: none;
  margin: 0;
  padding: 0;
}

.nb2ops-Row {
  display: grid;
  grid-template-columns: 16px minmax(0, 1fr);
  column-gap: 8px;
  padding: 8px 12px;
  border-bottom: var(--jp-border-width) solid var(--jp-border-color2);
}

.nb2ops-Row > * {
  grid-column: 2;
}

.nb2ops-Row > .nb2ops-Sign {
  grid-column: 1;
  margin-top: 2px;
}

.nb2ops-Row:hover {
  background: var(--jp-layout-color2);
}

.nb2ops-Row-head {
  display: flex;
  align-items: baseline;
  gap: 8px;
}

.nb2ops-Row-head time {
  flex: none;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.nb2ops-Name {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  font-weight: 600;
}

.nb2ops-Name a {
  color: inherit;
}

.nb2ops-Name a:hover {
  color: var(--jp-content-link-color);
  text-decoration: underline;
}

.nb2ops-Facts {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.nb2ops-Facts > * + *::before {
  content: ' \xb7 ';
}

.nb2ops-Facts .nb2ops-Sign {
  width: 12px;
  height: 12px;
  vertical-align: -2px;
}

.nb2ops-Message {
  display: -webkit-box;
  overflow: hidden;
  overflow-wrap: anywhere;
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size0);
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}

.nb2ops-Missing {
  margin-top: 4px;
  padding-left: 8px;
  border-left: 3px solid var(--jp-warn-color1);
  font-size: var(--jp-ui-font-size0);
}

.nb2ops-Badge {
  flex: none;
  padding: 0 6px;
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color3);
  font-size: var(--jp-ui-font-size0);
}

/* The sign of a state */

.nb2ops-Sign {
  width: 16px;
  height: 16px;
  fill: currentcolor;
}

.nb2ops-mod-good {
  color: var(--jp-success-color1);
}

.nb2ops-mod-bad {
  color: var(--jp-error-color1);
}

.nb2ops-mod-live {
  color: var(--jp-brand-color1);
}

.nb2ops-mod-stopped {
  color: var(--jp-warn-color1);
}

.nb2ops-mod-paused,
.nb2ops-mod-waiting {
  color: var(--jp-ui-font-color2);
}

.nb2ops-Sign-track,
.nb2ops-Sign-turn {
  fill: none;
  stroke: currentcolor;
  stroke-width: 2;
}

.nb2ops-Sign-track {
  opacity: 0.3;
}

.nb2ops-Sign-turn {
  transform-origin: center;
  animation: nb2ops-turn 1s linear infinite;
}

@keyframes nb2ops-turn {
  to {
    transform: rotate(1turn);
  }
}

@media (prefers-reduced-motion: reduce) {
  .nb2ops-Sign-turn {
    animation: none;
  }
}

/* Nothing to show, or something to tell */

.nb2ops-Empty {
  display: flex;
  flex-direction: column;
  gap: 6px;
  padding: 16px 12px;
  color: var(--jp-ui-font-color2);
}

.nb2ops-Command {
  display: block;
  padding: 4px 8px;
  border: var(--jp-border-width) solid var(--jp-border-color2);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  overflow-wrap: anywhere;
  user-select: all;
}

/* JupyterLab sets the header of a panel in small bold capitals. */

.nb2ops-Sidebar > .jp-SidePanel-header {
  min-height: 0;
  margin: 0;
  padding: 0;
  font-size: inherit;
  font-weight: normal;
  letter-spacing: normal;
  text-transform: none;
}

.nb2ops-Sidebar > .jp-SidePanel-header > * {
  flex: 1;
}

.nb2ops-Notice {
  display: flex;
  flex-direction: column;
  gap: 6px;
  padding: 12px;
  border-left: 4px solid var(--jp-warn-color1);
  background: var(--jp-layout-color2);
}

.nb2ops-Notice p {
  overflow-wrap: anywhere;
}

.nb2ops-Older {
  display: block;
  width: 100%;
  padding: 8px;
  border: none;
  background: none;
  color: var(--jp-content-link-color);
  font: inherit;
  cursor: pointer;
}

.nb2ops-Older:hover {
  background: var(--jp-layout-color2);
}

.nb2ops-Link {
  padding: 0;
  border: none;
  background: none;
  color: inherit;
  cursor: pointer;
  font: inherit;
  text-align: left;
}

.nb2ops-Link:not(:disabled):hover {
  color: var(--jp-content-link-color);
  text-decoration: underline;
}

.nb2ops-Link.nb2ops-mod-away {
  color: var(--jp-content-link-color);
}

.nb2ops-Link:disabled {
  cursor: default;
}

.nb2ops-Name.nb2ops-Link {
  font-weight: 600;
}

:is(.nb2ops-Main, .nb2ops-Sidebar, .nb2ops-FormDialog)
  :is(a, button, input, select, summary, [tabindex]):focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: -1px;
}

:is(.nb2ops-Main, .nb2ops-Sidebar, .nb2ops-FormDialog) button.jp-mod-styled:focus-visible {
  outline-offset: 1px;
}

.nb2ops-More {
  display: flex;
  flex: none;
  align-self: center;
  padding: 0;
  border: none;
  background: none;
  cursor: pointer;
}

.nb2ops-More:hover {
  background: var(--jp-layout-color3);
}

.nb2ops-More svg {
  fill: var(--jp-ui-font-color2);
}

.nb2ops-More svg {
  display: flex;
}

/* Thousands of rows: those out of sight are not laid out. */

.nb2ops-mod-many {
  contain-intrinsic-size: auto 54px;
  content-visibility: auto;
}

.nb2ops-Pipeline {
  display: flex;
  flex-direction: column;
  gap: 8px;
  padding: 8px;
}

.nb2ops-Pipeline-head {
  display: flex;
  gap: 8px;
}

.nb2ops-Pipeline-head > .nb2ops-Link {
  color: var(--jp-content-link-color);
}

.nb2ops-Problems {
  margin: 0 -8px -8px;
}

.nb2ops-Problems .nb2ops-Link {
  font-weight: 600;
}

.nb2ops-Problems p {
  overflow-wrap: anywhere;
}

.nb2ops-Buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}

.nb2ops-Buttons > .jp-mod-styled,
.nb2ops-Sidebar .jp-mod-styled:is(button) {
  min-width: 0;
  height: 26px;
  padding: 0 10px;
  line-height: 26px;
}

:is(.nb2ops-Main, .nb2ops-Sidebar) button.jp-mod-styled:disabled {
  cursor: default;
  opacity: 0.5;
}

.nb2ops-Hint {
  display: flex;
  flex-direction: column;
  padding: 8px;
  background: var(--jp-layout-color2);
  gap: 6px;
}

.nb2ops-Filters {
  display: grid;
  padding: 8px 12px;
  gap: 6px;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
}

.nb2ops-Sparkline {
  display: flex;
  height: 18px;
  align-items: flex-end;
  margin: 3px 0;
  gap: 1px;
}

.nb2ops-Sparkline > span {
  flex: 0 1 8px;
  background: currentcolor;
}

.nb2ops-Status {
  height: 100%;
  padding: 0 6px;
  border: none;
  background: none;
  color: inherit;
  cursor: pointer;
  font: inherit;
}

/* What a deployment's row leaves out until somebody asks */

.nb2ops-Details {
  font-size: var(--jp-ui-font-size0);
  overflow-wrap: anywhere;
}

.nb2ops-Details > summary {
  color: var(--jp-ui-font-color2);
  cursor: pointer;
}

.nb2ops-Details p {
  margin: 4px 0 0;
}

.nb2ops-Details dl {
  margin: 4px 0 0;
}

.nb2ops-Details dt {
  color: var(--jp-ui-font-color2);
}

.nb2ops-Details dd {
  margin: 0 0 2px 8px;
}

.nb2ops-Details ul {
  margin: 0;
  padding-left: 8px;
  list-style: none;
}

.nb2ops-Trend {
  display: grid;
  align-items: center;
  padding-top: 4px;
  gap: 8px;
  grid-template-columns: minmax(0, 1fr) 100px minmax(0, max-content);
}

.nb2ops-Trend polyline {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 1.5;
}
`,""]),e.d(n,{},{A:a})},314(o){o.exports=function(o){var n=[];return n.toString=function(){return this.map(function(n){var e="",r=void 0!==n[5];return n[4]&&(e+="@supports (".concat(n[4],") {")),n[2]&&(e+="@media ".concat(n[2]," {")),r&&(e+="@layer".concat(n[5].length>0?" ".concat(n[5]):""," {")),e+=o(n),r&&(e+="}"),n[2]&&(e+="}"),n[4]&&(e+="}"),e}).join("")},n.i=function(o,e,r,p,i){"string"==typeof o&&(o=[[null,o,void 0]]);var a={};if(r)for(var t=0;t<this.length;t++){var l=this[t][0];null!=l&&(a[l]=!0)}for(var s=0;s<o.length;s++){var d=[].concat(o[s]);r&&a[d[0]]||(void 0!==i&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=i),e&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=e),p&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=p):d[4]="".concat(p)),n.push(d))}},n}},601(o){o.exports=function(o){return o[1]}},665(o,n,e){e.r(n);var r=e(72),p=e.n(r),i=e(825),a=e.n(i),t=e(659),l=e.n(t),s=e(56),d=e.n(s),c=e(540),b=e.n(c),u=e(113),f=e.n(u),g=e(646),m={};m.styleTagTransform=f(),m.setAttributes=d(),m.insert=l().bind(null,"head"),m.domAPI=a(),m.insertStyleElement=b(),p()(g.A,m);let x=g.A&&g.A.locals?g.A.locals:void 0;e.d(n,{},{default:x})},72(o){var n=[];function e(o){for(var e=-1,r=0;r<n.length;r++)if(n[r].identifier===o){e=r;break}return e}function r(o,r){for(var p={},i=[],a=0;a<o.length;a++){var t=o[a],l=r.base?t[0]+r.base:t[0],s=p[l]||0,d="".concat(l," ").concat(s);p[l]=s+1;var c=e(d),b={css:t[1],media:t[2],sourceMap:t[3],supports:t[4],layer:t[5]};if(-1!==c)n[c].references++,n[c].updater(b);else{var u=function(o,n){var e=n.domAPI(n);return e.update(o),function(n){n?(n.css!==o.css||n.media!==o.media||n.sourceMap!==o.sourceMap||n.supports!==o.supports||n.layer!==o.layer)&&e.update(o=n):e.remove()}}(b,r);r.byIndex=a,n.splice(a,0,{identifier:d,updater:u,references:1})}i.push(d)}return i}o.exports=function(o,p){var i=r(o=o||[],p=p||{});return function(o){o=o||[];for(var a=0;a<i.length;a++){var t=e(i[a]);n[t].references--}for(var l=r(o,p),s=0;s<i.length;s++){var d=e(i[s]);0===n[d].references&&(n[d].updater(),n.splice(d,1))}i=l}}},659(o){var n={};o.exports=function(o,e){var r=function(o){if(void 0===n[o]){var e=document.querySelector(o);if(window.HTMLIFrameElement&&e instanceof window.HTMLIFrameElement)try{e=e.contentDocument.head}catch(o){e=null}n[o]=e}return n[o]}(o);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(e)}},540(o){o.exports=function(o){var n=document.createElement("style");return o.setAttributes(n,o.attributes),o.insert(n,o.options),n}},56(o,n,e){o.exports=function(o){var n=e.nc;n&&o.setAttribute("nonce",n)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var n=o.insertStyleElement(o);return{update:function(e){var r,p,i;r="",e.supports&&(r+="@supports (".concat(e.supports,") {")),e.media&&(r+="@media ".concat(e.media," {")),(p=void 0!==e.layer)&&(r+="@layer".concat(e.layer.length>0?" ".concat(e.layer):""," {")),r+=e.css,p&&(r+="}"),e.media&&(r+="}"),e.supports&&(r+="}"),(i=e.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(i))))," */")),o.styleTagTransform(r,n,o.options)},remove:function(){var o;null===(o=n).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,n){if(n.styleSheet)n.styleSheet.cssText=o;else{for(;n.firstChild;)n.removeChild(n.firstChild);n.appendChild(document.createTextNode(o))}}}}]);