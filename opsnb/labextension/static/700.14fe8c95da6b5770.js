"use strict";(self.rspackChunk_opsnb_labextension=self.rspackChunk_opsnb_labextension||[]).push([[700],{475(o,p,n){var e=n(601),r=n.n(e),a=n(314),t=(n.n(a))()(r());t.push([o.id,`.jp-opsnb-Panel {
  color: var(--jp-ui-font-color1);
  background: var(--jp-layout-color1);
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Section {
  display: flex;
  flex-direction: column;
  min-height: 80px;
  overflow: hidden;
}

.jp-opsnb-Tab {
  overflow: auto;
  padding: 12px 16px;
  color: var(--jp-ui-font-color1);
  background: var(--jp-layout-color1);
}

.jp-opsnb-Empty,
.jp-opsnb-Failure {
  margin: 8px 12px;
  line-height: 1.5;
}

.jp-opsnb-Empty {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Failure {
  padding: 6px 10px;
  border-left: 3px solid var(--jp-error-color1);
  overflow-wrap: anywhere;
}

.jp-opsnb-Failure dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 2px 8px;
  margin: 4px 0;
}

.jp-opsnb-Failure dt {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Failure dd {
  margin: 0;
  white-space: pre-wrap;
}

.jp-opsnb-State {
  white-space: nowrap;
  font-weight: 600;
}

.jp-opsnb-State[data-state='done'],
.jp-opsnb-State[data-state='cached'] {
  color: var(--jp-success-color0, var(--jp-success-color1));
}

.jp-opsnb-State[data-state='running'] {
  color: var(--jp-info-color0, var(--jp-info-color1));
}

.jp-opsnb-State[data-state='failed'],
.jp-opsnb-State[data-state='timed_out'],
.jp-opsnb-State[data-state='lost'] {
  color: var(--jp-error-color1);
}

.jp-opsnb-State[data-state='cancelled'],
.jp-opsnb-State[data-state='unreachable'] {
  color: var(--jp-warn-color0, var(--jp-warn-color1));
}

.jp-opsnb-State[data-state='queued'],
.jp-opsnb-State[data-state='not_run'] {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-List {
  position: relative;
  flex: 1 1 auto;
  overflow: auto;
  outline-offset: -2px;
}

.jp-opsnb-List ul {
  position: relative;
  margin: 0;
  padding: 0;
  list-style: none;
}

.jp-opsnb-List li {
  position: absolute;
  right: 0;
  left: 0;
  box-sizing: border-box;
  display: flex;
  align-items: center;
  gap: 6px;
  padding: 0 8px;
  overflow: hidden;
  white-space: nowrap;
  cursor: default;
}

.jp-opsnb-List li:hover {
  background: var(--jp-layout-color2);
}

.jp-opsnb-List li[aria-selected='true'] {
  color: var(--jp-ui-inverse-font-color1);
  background: var(--jp-brand-color1);
}

.jp-opsnb-List li[aria-selected='true'] .jp-opsnb-State {
  color: inherit;
}

.jp-opsnb-Sparkline {
  flex: none;
}

.jp-opsnb-Sparkline polyline {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 1.5;
}

li[aria-selected='true'] .jp-opsnb-Sparkline polyline {
  stroke: currentcolor;
}
`,""]),n.d(p,{},{A:t})},646(o,p,n){var e=n(601),r=n.n(e),a=n(314),t=n.n(a),i=n(475),s=n(837),l=n(382),d=t()(r());d.i(i.A),d.i(s.A),d.i(l.A),d.push([o.id,`
`,""]),n.d(p,{},{A:d})},837(o,p,n){var e=n(601),r=n.n(e),a=n(314),t=(n.n(a))()(r());t.push([o.id,`.jp-opsnb-Bar {
  display: flex;
  flex: none;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 6px;
  padding: 4px 8px;
}

.jp-opsnb-Bar h4 {
  flex: 1 1 auto;
  margin: 0;
  font-weight: 600;
}

.jp-opsnb-Bar label {
  display: inline-flex;
  align-items: center;
  gap: 4px;
}

.jp-opsnb-Search {
  flex: 1 1 60px;
  min-width: 60px;
}

.jp-opsnb-Search,
.jp-opsnb-Tab input[type='text'],
.jp-opsnb-Tab input[type='number'],
.jp-opsnb-Tab select,
.jp-opsnb-Section input[type='text'],
.jp-opsnb-Section select {
  box-sizing: border-box;
  height: 24px;
  padding: 0 6px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 2px;
  color: var(--jp-ui-font-color0);
  background: var(--jp-layout-color1);
  font: inherit;
}

.jp-opsnb-Search::placeholder,
.jp-opsnb-Tab input::placeholder,
.jp-opsnb-Section input::placeholder {
  color: var(--jp-ui-font-color2);
  opacity: 1;
}

.jp-opsnb-Tool {
  display: inline-flex;
  flex: none;
  align-items: center;
  justify-content: center;
  width: 24px;
  height: 24px;
  padding: 0;
  border: none;
  border-radius: 2px;
  color: var(--jp-ui-font-color1);
  background: transparent;
  cursor: pointer;
}

.jp-opsnb-Tool svg {
  display: block;
  width: 16px;
  height: 16px;
}

.jp-opsnb-Tool:hover:enabled,
.jp-opsnb-Tool[aria-pressed='true'] {
  background: var(--jp-layout-color2);
}

.jp-opsnb-Tool:disabled {
  opacity: 0.4;
  cursor: default;
}

.jp-opsnb-Button {
  height: 24px;
  padding: 0 8px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 2px;
  color: var(--jp-ui-font-color1);
  background: var(--jp-layout-color1);
  font: inherit;
  white-space: nowrap;
  cursor: pointer;
}

.jp-opsnb-Button:hover:enabled {
  background: var(--jp-layout-color2);
}

.jp-opsnb-Button.jp-opsnb-mod-main {
  border-color: var(--jp-brand-color1);
  color: var(--jp-ui-inverse-font-color1);
  background: var(--jp-brand-color1);
}

.jp-opsnb-Button.jp-opsnb-mod-main:hover:enabled {
  background: var(--jp-brand-color0);
}

.jp-opsnb-Button:disabled {
  opacity: 0.45;
  cursor: default;
}

.jp-opsnb-Tool:focus-visible,
.jp-opsnb-Button:focus-visible,
.jp-opsnb-Link:focus-visible,
.jp-opsnb-Cite:focus-visible,
.jp-opsnb-Chunk-number:focus-visible,
.jp-opsnb-Tabs button:focus-visible {
  outline: 1px solid var(--jp-brand-color1);
  outline-offset: 1px;
}

.jp-opsnb-Link {
  padding: 0;
  border: none;
  color: var(--jp-content-link-color, var(--jp-brand-color1));
  background: none;
  font: inherit;
  text-align: start;
  cursor: pointer;
}

.jp-opsnb-Link:hover {
  text-decoration: underline;
}

.jp-opsnb-Buttons {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 6px;
}

.jp-opsnb-Said {
  overflow: hidden;
  min-width: 0;
  unicode-bidi: plaintext;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.jp-opsnb-mod-first {
  flex: 0 1 auto;
}

.jp-opsnb-mod-dim {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Said.jp-opsnb-mod-dim,
.jp-opsnb-Said.jp-opsnb-mod-bad {
  flex: 1 100 auto;
  width: 0;
}

.jp-opsnb-mod-bad {
  color: var(--jp-error-color1);
}

.jp-opsnb-mod-end {
  flex: none;
  margin-inline-start: auto;
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-mod-grow {
  flex: 1 1 auto;
}

li[aria-selected='true'] .jp-opsnb-mod-dim,
li[aria-selected='true'] .jp-opsnb-mod-end,
li[aria-selected='true'] .jp-opsnb-mod-bad {
  color: inherit;
}

.jp-opsnb-Note {
  margin: 4px 8px;
  padding: 2px 8px;
  border-inline-start: 3px solid var(--jp-warn-color1);
}

.jp-opsnb-Schedules,
.jp-opsnb-Section .jp-opsnb-Chosen,
.jp-opsnb-Gates {
  display: flex;
  flex: 0 1 auto;
  flex-direction: column;
  min-height: 28px;
  max-height: 55%;
  overflow: auto;
  border-top: 1px solid var(--jp-border-color2);
}

.jp-opsnb-Schedules .jp-opsnb-List {
  flex: 1 0 auto;
  min-height: 48px;
}

.jp-opsnb-Section > .jp-opsnb-List {
  min-height: 48px;
}

.jp-opsnb-Section > .jp-opsnb-Bar ~ .jp-opsnb-List {
  flex: 0 1 auto;
}

.jp-opsnb-List li {
  user-select: none;
}

.jp-opsnb-Section .jp-opsnb-Chosen {
  padding-bottom: 4px;
}

.jp-opsnb-Section .jp-opsnb-Chosen > p {
  margin: 4px 8px;
}

.jp-opsnb-Ask,
.jp-opsnb-Question {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 6px;
  padding: 4px 8px;
}

.jp-opsnb-Ask input {
  flex: 1 1 80px;
  min-width: 80px;
}

.jp-opsnb-Question {
  padding: 8px 0;
}

.jp-opsnb-Question label {
  display: inline-flex;
  align-items: center;
  gap: 4px;
}

.jp-opsnb-Question input[type='number'] {
  width: 56px;
}

.jp-opsnb-Question .jp-opsnb-mod-wide {
  flex: 1 1 260px;
}

.jp-opsnb-Question label input[type='text'] {
  flex: 1 1 auto;
}

.jp-opsnb-Best {
  margin: 0;
  padding: 0 8px 4px 26px;
}

.jp-opsnb-Best p {
  margin: 0 0 4px;
  overflow-wrap: anywhere;
}

.jp-opsnb-Tab mark,
.jp-opsnb-Section mark {
  padding: 0;
  color: inherit;
  background: var(--jp-search-unselected-match-background-color, var(--jp-warn-color3));
}

.jp-opsnb-Gates > ul,
.jp-opsnb-Gates details ul {
  margin: 0;
  padding: 0 8px;
  list-style: none;
}

.jp-opsnb-Gates summary {
  display: flex;
  align-items: center;
  gap: 6px;
  min-height: 24px;
  cursor: pointer;
}

.jp-opsnb-Gates details p {
  margin: 2px 0;
}

.jp-opsnb-Tabs {
  display: flex;
  flex: none;
  gap: 2px;
  margin: 8px 0;
  border-bottom: 1px solid var(--jp-border-color1);
}

.jp-opsnb-Tabs button {
  padding: 4px 12px;
  border: none;
  border-bottom: 2px solid transparent;
  color: var(--jp-ui-font-color1);
  background: none;
  font: inherit;
  cursor: pointer;
}

.jp-opsnb-Tabs button[aria-selected='true'] {
  border-bottom-color: var(--jp-brand-color1);
  font-weight: 600;
}

.jp-opsnb-Table {
  border-collapse: collapse;
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Table th,
.jp-opsnb-Table td {
  padding: 4px 12px 4px 0;
  border-bottom: 1px solid var(--jp-border-color2);
  text-align: start;
  vertical-align: middle;
}

.jp-opsnb-Table thead th {
  color: var(--jp-ui-font-color2);
  font-weight: normal;
}

.jp-opsnb-Tab h2 {
  margin: 0;
  font-size: var(--jp-ui-font-size2);
  font-weight: 600;
}

.jp-opsnb-Tab h3 {
  margin: 4px 0;
  font-size: var(--jp-ui-font-size1);
  font-weight: 600;
}

.jp-opsnb-Tab h4 {
  margin: 8px 0 2px;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size1);
  font-weight: normal;
}

.jp-opsnb-Tab .jp-opsnb-Bar {
  padding: 4px 0;
}

.jp-opsnb-Tab .jp-opsnb-Bar .jp-opsnb-Search {
  flex: 0 1 240px;
}
`,""]),n.d(p,{},{A:t})},382(o,p,n){var e=n(601),r=n.n(e),a=n(314),t=(n.n(a))()(r());t.push([o.id,`.jp-opsnb-Dag-tab,
.jp-opsnb-Retrieval,
.jp-opsnb-Report {
  display: flex;
  flex-direction: column;
  box-sizing: border-box;
  height: 100%;
}

.jp-opsnb-Dag-tab > header,
.jp-opsnb-Retrieval > header,
.jp-opsnb-Report > header {
  display: flex;
  flex: none;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
  min-height: 28px;
}

.jp-opsnb-Dag-tab > p {
  margin: 4px 0;
}

.jp-opsnb-Dag-body {
  display: flex;
  flex: 1 1 auto;
  gap: 12px;
  min-height: 260px;
  margin-top: 8px;
}

.jp-opsnb-Dag-body aside {
  display: flex;
  flex: 0 0 300px;
  flex-direction: column;
  min-height: 0;
  overflow: auto;
}

.jp-opsnb-Dag-body aside .jp-opsnb-List {
  flex: 0 1 auto;
  min-height: 84px;
}

.jp-opsnb-Dag {
  position: relative;
  flex: 1 1 auto;
  min-width: 0;
  border: 1px solid var(--jp-border-color2);
}

.jp-opsnb-Dag-frame {
  position: absolute;
  inset: 0;
  overflow: hidden;
  cursor: grab;
  touch-action: none;
}

.jp-opsnb-Dag-frame:active {
  cursor: grabbing;
}

.jp-opsnb-Dag-frame:focus-visible {
  outline: 1px solid var(--jp-brand-color1);
  outline-offset: -1px;
}

.jp-opsnb-Dag-frame svg {
  display: block;
  width: 100%;
  height: 100%;
}

.jp-opsnb-Dag-tools {
  position: absolute;
  right: 4px;
  bottom: 4px;
  display: flex;
  border: 1px solid var(--jp-border-color2);
  background: var(--jp-layout-color1);
}

.jp-opsnb-Dag-edge {
  fill: none;
  stroke: var(--jp-border-color1);
  stroke-width: 1.5;
}

.jp-opsnb-Dag-edge[data-near='true'] {
  stroke: var(--jp-brand-color1);
  stroke-width: 2;
}

.jp-opsnb-Dag-node {
  cursor: pointer;
}

.jp-opsnb-Dag-box {
  fill: var(--jp-layout-color1);
  stroke: var(--jp-border-color1);
}

.jp-opsnb-Dag-node:hover .jp-opsnb-Dag-box {
  fill: var(--jp-layout-color2);
}

.jp-opsnb-Dag-node[aria-selected='true'] .jp-opsnb-Dag-box {
  stroke: var(--jp-brand-color1);
  stroke-width: 2;
}

.jp-opsnb-Dag-name {
  fill: var(--jp-ui-font-color0);
  font-size: 13px;
  font-weight: 600;
}

.jp-opsnb-Dag-more {
  fill: var(--jp-ui-font-color1);
  font-size: 12px;
}

.jp-opsnb-Dag-strip {
  fill: var(--jp-border-color0);
}

.jp-opsnb-Dag-node[data-state='done'] .jp-opsnb-Dag-strip,
.jp-opsnb-Dag-node[data-state='cached'] .jp-opsnb-Dag-strip {
  fill: var(--jp-success-color1);
}

.jp-opsnb-Dag-node[data-state='running'] .jp-opsnb-Dag-strip {
  fill: var(--jp-info-color1);
}

.jp-opsnb-Dag-node[data-state='running'] .jp-opsnb-Dag-box {
  stroke: var(--jp-info-color1);
}

.jp-opsnb-Dag-node[data-state='failed'] .jp-opsnb-Dag-strip,
.jp-opsnb-Dag-node[data-state='lost'] .jp-opsnb-Dag-strip,
.jp-opsnb-Dag-node[data-state='timed_out'] .jp-opsnb-Dag-strip {
  fill: var(--jp-error-color1);
}

.jp-opsnb-Dag-node[data-state='cancelled'] .jp-opsnb-Dag-strip {
  fill: var(--jp-warn-color1);
}

.jp-opsnb-Dag-node[data-state='not_run'] .jp-opsnb-Dag-box {
  stroke-dasharray: 4 3;
}

.jp-opsnb-Form {
  display: flex;
  flex: none;
  flex-direction: column;
  gap: 4px;
  max-height: 40%;
  padding-bottom: 8px;
  overflow: auto;
}

.jp-opsnb-Form label {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 8px;
  min-height: 24px;
}

.jp-opsnb-Form input[type='text'] {
  flex: 0 0 150px;
  width: 150px;
}

.jp-opsnb-Form .jp-opsnb-mod-changed {
  font-weight: 600;
}

.jp-opsnb-Step {
  display: flex;
  flex: 1 1 auto;
  flex-direction: column;
  min-width: 0;
}

.jp-opsnb-Step > span:not(.jp-opsnb-Said) {
  display: flex;
  gap: 6px;
  min-width: 0;
}

.jp-opsnb-Step > .jp-opsnb-Said {
  flex: none;
  width: auto;
}

.jp-opsnb-Dag-body .jp-opsnb-Chosen {
  flex: none;
  margin-top: 8px;
  padding-top: 4px;
  border-top: 1px solid var(--jp-border-color2);
}

.jp-opsnb-Chosen dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 2px 8px;
  margin: 4px 0;
}

.jp-opsnb-Chosen dt {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Chosen dd {
  margin: 0;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

.jp-opsnb-Retrieval-body {
  display: flex;
  flex: 1 1 auto;
  gap: 16px;
  min-height: 0;
}

.jp-opsnb-Retrieval-main {
  display: flex;
  flex: 1 1 50%;
  flex-direction: column;
  min-width: 0;
  overflow: auto;
}

.jp-opsnb-Reader {
  display: flex;
  flex: 1 1 50%;
  flex-direction: column;
  min-width: 0;
  padding-inline-start: 16px;
  border-inline-start: 1px solid var(--jp-border-color2);
}

.jp-opsnb-Reader header p {
  margin: 4px 0;
}

.jp-opsnb-Reader-text {
  flex: 1 1 auto;
  overflow: auto;
  padding: 8px;
  border: 1px solid var(--jp-border-color2);
  font-family: var(--jp-content-font-family);
  line-height: 1.6;
  overflow-wrap: anywhere;
  unicode-bidi: plaintext;
  white-space: pre-wrap;
}

.jp-opsnb-Chunk.jp-opsnb-mod-even {
  background: var(--jp-layout-color2);
}

.jp-opsnb-Chunk[data-chosen='true'] {
  outline: 1px solid var(--jp-brand-color1);
  background: var(--jp-layout-color1);
}

.jp-opsnb-Chunk-number {
  min-width: 24px;
  height: 24px;
  margin-inline-end: 4px;
  padding: 0 4px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 12px;
  color: var(--jp-ui-font-color1);
  background: var(--jp-layout-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size0);
  cursor: pointer;
}

.jp-opsnb-Chunk-number[aria-pressed='true'] {
  border-color: var(--jp-brand-color1);
  font-weight: 600;
}

.jp-opsnb-Hits {
  margin: 0;
  padding: 0;
  list-style: none;
}

.jp-opsnb-Hit {
  padding: 4px 8px;
  border-inline-start: 3px solid var(--jp-border-color2);
  margin-bottom: 8px;
}

.jp-opsnb-Hit[data-chosen='true'] {
  border-inline-start-color: var(--jp-brand-color1);
}

.jp-opsnb-Hit h3 {
  display: flex;
  gap: 6px;
}

.jp-opsnb-Hit p {
  margin: 4px 0;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

.jp-opsnb-Parts {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 16px;
  margin: 0;
  padding: 0;
  color: var(--jp-ui-font-color2);
  list-style: none;
}

.jp-opsnb-Parts li {
  display: flex;
  align-items: center;
  gap: 6px;
}

.jp-opsnb-Meter {
  width: 60px;
  height: 6px;
  background: var(--jp-layout-color2);
}

.jp-opsnb-Meter span {
  display: block;
  height: 100%;
  background: var(--jp-brand-color1);
}

.jp-opsnb-Answer {
  margin: 4px 0 12px;
  padding: 4px 12px;
  border-inline-start: 3px solid var(--jp-success-color1);
  background: var(--jp-layout-color2);
}

.jp-opsnb-Answer[data-answered='false'] {
  border-inline-start-color: var(--jp-border-color1);
}

.jp-opsnb-Answer p {
  margin: 6px 0;
  line-height: 1.5;
  white-space: pre-wrap;
}

.jp-opsnb-Unsupported {
  text-decoration: underline wavy var(--jp-error-color1);
  text-underline-offset: 3px;
}

.jp-opsnb-Cite {
  min-width: 24px;
  height: 24px;
  margin: 0 2px;
  padding: 0 4px;
  border: 1px solid var(--jp-brand-color1);
  border-radius: 12px;
  color: var(--jp-ui-font-color0);
  background: var(--jp-layout-color1);
  font-size: var(--jp-ui-font-size0);
  cursor: pointer;
}

.jp-opsnb-Citations {
  margin: 4px 0;
  padding: 0;
  list-style: none;
}

.jp-opsnb-Citations q {
  display: block;
  margin-inline-start: 24px;
  color: var(--jp-ui-font-color1);
}

.jp-opsnb-Facts {
  display: flex;
  flex: none;
  flex-wrap: wrap;
  gap: 4px 20px;
  margin: 8px 0;
}

.jp-opsnb-Facts > div {
  display: flex;
  gap: 6px;
}

.jp-opsnb-Facts dt {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Facts dd {
  margin: 0;
}

.jp-opsnb-Report > * {
  flex: none;
}

.jp-opsnb-Report .jp-opsnb-Table {
  display: block;
  overflow-x: auto;
}

.jp-opsnb-Verdict {
  margin: 4px 0;
}

.jp-opsnb-Verdict summary {
  cursor: pointer;
}

.jp-opsnb-Verdict ul,
.jp-opsnb-Changes,
.jp-opsnb-Scores {
  margin: 4px 0;
  padding: 0 0 0 16px;
  list-style: none;
}

.jp-opsnb-Changes {
  padding: 0;
}

.jp-opsnb-Changes li {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 12px;
  min-height: 28px;
}

.jp-opsnb-Report > .jp-opsnb-Cases {
  display: flex;
  flex: 1 1 320px;
  gap: 16px;
  min-height: 240px;
}

.jp-opsnb-Cases > .jp-opsnb-List {
  flex: 1 1 50%;
  border: 1px solid var(--jp-border-color2);
}

.jp-opsnb-Detail {
  flex: 1 1 50%;
  min-width: 0;
  overflow: auto;
}

.jp-opsnb-Detail pre {
  margin: 0;
  font-family: var(--jp-ui-font-family);
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

.jp-opsnb-Detail li p {
  margin: 2px 0;
  white-space: pre-wrap;
}

.jp-opsnb-Interval-scale,
.jp-opsnb-Spread path {
  fill: none;
  stroke: var(--jp-border-color1);
}

.jp-opsnb-Interval-bar,
.jp-opsnb-Trend path {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 1.5;
}

.jp-opsnb-Interval circle,
.jp-opsnb-Trend circle,
.jp-opsnb-Spread rect {
  fill: var(--jp-brand-color1);
}

.jp-opsnb-Trend polyline {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 1.5;
}

.jp-opsnb-Trend text {
  fill: var(--jp-ui-font-color2);
  font-size: 11px;
}
`,""]),n.d(p,{},{A:t})},314(o){o.exports=function(o){var p=[];return p.toString=function(){return this.map(function(p){var n="",e=void 0!==p[5];return p[4]&&(n+="@supports (".concat(p[4],") {")),p[2]&&(n+="@media ".concat(p[2]," {")),e&&(n+="@layer".concat(p[5].length>0?" ".concat(p[5]):""," {")),n+=o(p),e&&(n+="}"),p[2]&&(n+="}"),p[4]&&(n+="}"),n}).join("")},p.i=function(o,n,e,r,a){"string"==typeof o&&(o=[[null,o,void 0]]);var t={};if(e)for(var i=0;i<this.length;i++){var s=this[i][0];null!=s&&(t[s]=!0)}for(var l=0;l<o.length;l++){var d=[].concat(o[l]);e&&t[d[0]]||(void 0!==a&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=a),n&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=n),r&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=r):d[4]="".concat(r)),p.push(d))}},p}},601(o){o.exports=function(o){return o[1]}},72(o){var p=[];function n(o){for(var n=-1,e=0;e<p.length;e++)if(p[e].identifier===o){n=e;break}return n}function e(o,e){for(var r={},a=[],t=0;t<o.length;t++){var i=o[t],s=e.base?i[0]+e.base:i[0],l=r[s]||0,d="".concat(s," ").concat(l);r[s]=l+1;var b=n(d),c={css:i[1],media:i[2],sourceMap:i[3],supports:i[4],layer:i[5]};if(-1!==b)p[b].references++,p[b].updater(c);else{var j=function(o,p){var n=p.domAPI(p);return n.update(o),function(p){p?(p.css!==o.css||p.media!==o.media||p.sourceMap!==o.sourceMap||p.supports!==o.supports||p.layer!==o.layer)&&n.update(o=p):n.remove()}}(c,e);e.byIndex=t,p.splice(t,0,{identifier:d,updater:j,references:1})}a.push(d)}return a}o.exports=function(o,r){var a=e(o=o||[],r=r||{});return function(o){o=o||[];for(var t=0;t<a.length;t++){var i=n(a[t]);p[i].references--}for(var s=e(o,r),l=0;l<a.length;l++){var d=n(a[l]);0===p[d].references&&(p[d].updater(),p.splice(d,1))}a=s}}},659(o){var p={};o.exports=function(o,n){var e=function(o){if(void 0===p[o]){var n=document.querySelector(o);if(window.HTMLIFrameElement&&n instanceof window.HTMLIFrameElement)try{n=n.contentDocument.head}catch(o){n=null}p[o]=n}return p[o]}(o);if(!e)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");e.appendChild(n)}},540(o){o.exports=function(o){var p=document.createElement("style");return o.setAttributes(p,o.attributes),o.insert(p,o.options),p}},56(o,p,n){o.exports=function(o){var p=n.nc;p&&o.setAttribute("nonce",p)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var p=o.insertStyleElement(o);return{update:function(n){var e,r,a;e="",n.supports&&(e+="@supports (".concat(n.supports,") {")),n.media&&(e+="@media ".concat(n.media," {")),(r=void 0!==n.layer)&&(e+="@layer".concat(n.layer.length>0?" ".concat(n.layer):""," {")),e+=n.css,r&&(e+="}"),n.media&&(e+="}"),n.supports&&(e+="}"),(a=n.sourceMap)&&"u">typeof btoa&&(e+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),o.styleTagTransform(e,p,o.options)},remove:function(){var o;null===(o=p).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,p){if(p.styleSheet)p.styleSheet.cssText=o;else{for(;p.firstChild;)p.removeChild(p.firstChild);p.appendChild(document.createTextNode(o))}}},959(o,p,n){var e=n(72),r=n.n(e),a=n(825),t=n.n(a),i=n(659),s=n.n(i),l=n(56),d=n.n(l),b=n(540),c=n.n(b),j=n(113),u=n.n(j),x=n(646),f={};f.styleTagTransform=u(),f.setAttributes=d(),f.insert=s().bind(null,"head"),f.domAPI=t(),f.insertStyleElement=c(),r()(x.A,f),x.A&&x.A.locals&&x.A.locals}}]);