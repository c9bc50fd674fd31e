"use strict";(self.rspackChunk_opsnb_labextension=self.rspackChunk_opsnb_labextension||[]).push([[700],{475(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=(r.n(a))()(e());t.push([o.id,`.jp-opsnb-Panel {
  color: var(--jp-ui-font-color1);
  background: var(--jp-layout-color1);
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Project {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  min-height: 28px;
  padding: 0 4px 0 12px;
}

.jp-opsnb-Project .jp-opsnb-Failure {
  flex: 1 0 100%;
  box-sizing: border-box;
  font-weight: 400;
  letter-spacing: normal;
  text-transform: none;
}

.jp-opsnb-Project-name {
  flex: 1 1 auto;
  overflow: hidden;
  font-weight: 600;
  letter-spacing: normal;
  text-transform: none;
  text-overflow: ellipsis;
  white-space: nowrap;
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
`,""]),r.d(p,{},{A:t})},646(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=r.n(a),i=r(475),s=r(278),l=r(24),d=r(356),b=r(837),c=r(382),j=t()(e());j.i(i.A),j.i(s.A),j.i(l.A),j.i(d.A),j.i(b.A),j.i(c.A),j.push([o.id,`
`,""]),r.d(p,{},{A:j})},24(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=(r.n(a))()(e());t.push([o.id,`.jp-opsnb-LogHead {
  display: flex;
  gap: 12px;
  align-items: center;
}

.jp-opsnb-Log {
  display: flex;
  flex: 1 1 auto;
  flex-direction: column;
  min-height: 0;
}

.jp-opsnb-LogBox {
  position: relative;
  flex: 1 1 auto;
  overflow: auto;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  background: var(--jp-cell-editor-background);
  border: var(--jp-border-width) solid var(--jp-border-color2);
}

.jp-opsnb-Part .jp-opsnb-LogBox {
  height: 320px;
}

.jp-opsnb-LogBox > div {
  position: relative;
}

.jp-opsnb-LogLine {
  position: absolute;
  left: 0;
  min-width: 100%;
  padding: 0 8px;
  line-height: 18px;
  white-space: pre;
  unicode-bidi: plaintext;
  box-sizing: border-box;
}

.jp-opsnb-LogLine.jp-opsnb-mod-current {
  background: var(--jp-layout-color3);
}

.jp-opsnb-LogLine mark {
  color: var(--jp-ui-inverse-font-color0);
  background: var(--jp-brand-color1);
}

.jp-opsnb-ansi-black,
.jp-opsnb-ansi-white {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-ansi-red {
  color: var(--jp-error-color1);
}

.jp-opsnb-ansi-green {
  color: var(--jp-success-color0, var(--jp-success-color1));
}

.jp-opsnb-ansi-yellow {
  color: var(--jp-warn-color0, var(--jp-warn-color1));
}

.jp-opsnb-ansi-blue {
  color: var(--jp-brand-color1);
}

.jp-opsnb-ansi-magenta {
  color: var(--jp-mirror-editor-keyword-color);
}

.jp-opsnb-ansi-cyan {
  color: var(--jp-info-color0, var(--jp-info-color1));
}

.jp-opsnb-ansi-back-red,
.jp-opsnb-ansi-back-green,
.jp-opsnb-ansi-back-yellow,
.jp-opsnb-ansi-back-blue,
.jp-opsnb-ansi-back-magenta,
.jp-opsnb-ansi-back-cyan,
.jp-opsnb-ansi-back-white,
.jp-opsnb-ansi-back-black {
  background: var(--jp-layout-color3);
}

.jp-opsnb-ansi-bold {
  font-weight: 700;
}

.jp-opsnb-ansi-faint {
  opacity: 0.7;
}

.jp-opsnb-ansi-italic {
  font-style: italic;
}

.jp-opsnb-ansi-under {
  text-decoration: underline;
}
`,""]),r.d(p,{},{A:t})},356(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=(r.n(a))()(e());t.push([o.id,`/* Forms in dialogs */

.jp-opsnb-Asking .jp-Dialog-content {
  width: min(620px, 90vw);
  max-width: none;
  max-height: 85vh;
}

.jp-opsnb-Asking .jp-Dialog-body {
  overflow: auto;
}

.jp-opsnb-Asking.jp-opsnb-mod-busy {
  cursor: progress;
}

.jp-opsnb-Form {
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Form fieldset {
  min-width: 0;
  margin: 0 0 8px;
  padding: 0;
  border: 0;
}

.jp-opsnb-Form legend,
.jp-opsnb-Form summary {
  padding: 6px 0 4px;
  font-weight: 600;
}

.jp-opsnb-Form summary {
  cursor: pointer;
}

.jp-opsnb-Form-note {
  margin: 0 0 8px;
  color: var(--jp-ui-font-color2);
  line-height: 1.4;
}

.jp-opsnb-Form-row {
  display: grid;
  grid-template-columns: minmax(110px, 26%) minmax(0, 1fr);
  gap: 0 12px;
  align-items: start;
  padding: 3px 0;
}

.jp-opsnb-Form-row label {
  padding-top: 5px;
  overflow: hidden;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  text-align: right;
  text-overflow: ellipsis;
}

.jp-opsnb-Form-control {
  display: flex;
  align-items: center;
  gap: 6px;
  min-height: 28px;
}

.jp-opsnb-Form-control input.jp-mod-styled[type],
.jp-opsnb-Form-control textarea.jp-mod-styled {
  flex: 1;
  width: auto;
  min-width: 0;
  height: 28px;
  margin: 0;
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Form-control textarea.jp-mod-styled {
  height: auto;
}

.jp-opsnb-Form-control input[type='checkbox'] {
  width: 16px;
  height: 16px;
  margin: 0;
}

.jp-opsnb-Form-control textarea {
  resize: vertical;
}

.jp-opsnb-Form-control ::placeholder {
  font-style: italic;
}

.jp-opsnb-Form-choice {
  flex: 1;
  min-width: 0;
  height: 28px;
  padding: 0 6px;
  border: var(--jp-border-width) solid var(--jp-border-color1);
  color: var(--jp-ui-font-color0);
  background: var(--jp-input-background);
  font: inherit;
}

.jp-opsnb-Form-choice:focus {
  outline: 1px solid var(--jp-input-active-border-color);
}

.jp-opsnb-Form-control [aria-invalid='true'] {
  border-color: var(--jp-error-color1);
  outline: 1px solid var(--jp-error-color1);
}

.jp-opsnb-Form-unit,
.jp-opsnb-Form-about {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.jp-opsnb-Form-about {
  grid-column: 2;
  line-height: 1.4;
  overflow-wrap: anywhere;
}

/* what a box to tick means stands beside it */
.jp-opsnb-Form-row[data-kind='boolean'] .jp-opsnb-Form-about {
  grid-row: 1;
  padding: 5px 0 0 26px;
}

.jp-opsnb-Form-row[data-kind='boolean'] .jp-opsnb-Form-control {
  grid-row: 1;
  grid-column: 2;
  justify-self: start;
}

.jp-opsnb-Form-wrong {
  color: var(--jp-error-color1);
}

.jp-opsnb-Form-next {
  margin: 4px 0 8px calc(26% + 12px);
  padding: 4px 10px;
  border-left: 3px solid var(--jp-brand-color1);
}

.jp-opsnb-Form-next ol {
  margin: 2px 0;
  padding-left: 20px;
}

/* At a cell */

.jp-opsnb-mod-badged {
  position: relative;
  min-height: 38px;
}

.jp-opsnb-Badge {
  position: absolute;
  top: 21px;
  left: 0;
  box-sizing: border-box;
  width: var(--jp-cell-prompt-width);
  padding: 0 6px 0 0;
  border: 0;
  background: none;
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size0);
  font-weight: 400;
  letter-spacing: -0.2px;
  line-height: 16px;
  text-align: right;
  white-space: nowrap;
  cursor: pointer;
}

.jp-opsnb-Badge:hover {
  text-decoration: underline;
}

/* In the status bar */

.jp-opsnb-Status button {
  display: flex;
  align-items: center;
  gap: 4px;
  height: 100%;
  padding: 0 6px;
  border: 0;
  color: inherit;
  background: none;
  font: inherit;
  cursor: pointer;
}

.jp-opsnb-Status button:hover {
  background: var(--jp-layout-color3);
}

.jp-opsnb-Status svg {
  display: block;
}

/* What a verb has answered */

.jp-opsnb-Result-head {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 4px 12px;
  margin-bottom: 8px;
}

.jp-opsnb-Result-head button {
  height: 24px;
  padding: 0 8px;
  font-size: var(--jp-ui-font-size1);
  line-height: 24px;
  letter-spacing: 0;
}

.jp-opsnb-Result h2 {
  margin: 0;
  font-size: var(--jp-ui-font-size2);
}

.jp-opsnb-Result h3 {
  margin: 12px 0 4px;
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Result-head code,
.jp-opsnb-Result-head span {
  overflow: hidden;
  max-width: 60ch;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  text-overflow: ellipsis;
  white-space: nowrap;
}

.jp-opsnb-Result-table {
  overflow: auto;
}

.jp-opsnb-Result table {
  border-collapse: collapse;
}

.jp-opsnb-Result th,
.jp-opsnb-Result td {
  max-width: 48ch;
  height: 24px;
  padding: 0 12px 0 0;
  overflow: hidden;
  text-align: left;
  text-overflow: ellipsis;
  white-space: nowrap;
  unicode-bidi: plaintext;
}

.jp-opsnb-Result th {
  border-bottom: var(--jp-border-width) solid var(--jp-border-color1);
  color: var(--jp-ui-font-color2);
  font-weight: 600;
}

.jp-opsnb-Result tr:hover td {
  background: var(--jp-layout-color2);
}

.jp-opsnb-Result-fields {
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 2px 16px;
  margin: 0;
}

.jp-opsnb-Result-fields dt {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Result-fields dd {
  margin: 0;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

.jp-opsnb-Result pre {
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.jp-opsnb-Link {
  padding: 0;
  border: 0;
  color: var(--jp-content-link-color);
  background: none;
  font: inherit;
  cursor: pointer;
}

.jp-opsnb-Link:hover {
  text-decoration: underline;
}
`,""]),r.d(p,{},{A:t})},837(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=(r.n(a))()(e());t.push([o.id,`.jp-opsnb-Bar {
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
  flex: none;
  max-width: 60%;
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

.jp-opsnb-Warning {
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
  overflow: auto;
  border-top: 1px solid var(--jp-border-color2);
}

.jp-opsnb-Schedules .jp-opsnb-List {
  flex: 1 0 auto;
  min-height: 26px;
}

.jp-opsnb-Section > .jp-opsnb-List {
  min-height: 26px;
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

.jp-opsnb-Top {
  margin: 0;
  padding: 0 8px 4px 26px;
}

.jp-opsnb-Top p {
  margin: 0 0 4px;
  overflow-wrap: anywhere;
}

.jp-opsnb-Tab mark,
.jp-opsnb-Section mark {
  box-shadow: inset 0 -2px var(--jp-warn-color1);
  color: inherit;
  background: transparent;
  font-weight: 600;
}

.jp-opsnb-Gates > ul,
.jp-opsnb-Gates details ul {
  margin: 0;
  padding: 0 8px;
  list-style: none;
}

.jp-opsnb-Gates summary {
  line-height: 24px;
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

.jp-opsnb-Cases li .jp-opsnb-State,
.jp-opsnb-Schedules li .jp-opsnb-State {
  flex: none;
  width: auto;
}

.jp-opsnb-Retrieval td {
  white-space: nowrap;
}
`,""]),r.d(p,{},{A:t})},382(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=(r.n(a))()(e());t.push([o.id,`.jp-opsnb-Dag-tab,
.jp-opsnb-Retrieval,
.jp-opsnb-Report {
  display: flex;
  flex-direction: column;
  box-sizing: border-box;
  height: 100%;
}

.jp-opsnb-Dag-tab > .jp-opsnb-Head,
.jp-opsnb-Retrieval > .jp-opsnb-Head,
.jp-opsnb-Report > .jp-opsnb-Head {
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

.jp-opsnb-Dag-side {
  display: flex;
  flex: 0 0 300px;
  flex-direction: column;
  min-height: 0;
  overflow: auto;
}

.jp-opsnb-Dag-side .jp-opsnb-List {
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

.jp-opsnb-Params {
  display: flex;
  flex: none;
  flex-direction: column;
  gap: 4px;
  max-height: 40%;
  padding-bottom: 8px;
  overflow: auto;
}

.jp-opsnb-Params label {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 8px;
  min-height: 24px;
}

.jp-opsnb-Params input[type='text'] {
  flex: 0 0 150px;
  width: 150px;
}

.jp-opsnb-Params .jp-opsnb-mod-changed {
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

.jp-opsnb-Reader .jp-opsnb-Head p {
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

.jp-opsnb-Chunk {
  display: block;
  margin: 4px 0;
  padding: 2px 0 2px 8px;
  border-inline-start: 3px solid var(--jp-border-color2);
}

.jp-opsnb-Chunk[data-chosen='true'] {
  border-inline-start-color: var(--jp-brand-color1);
  background: var(--jp-layout-color2);
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

.jp-opsnb-Gauge {
  width: 60px;
  height: 6px;
  background: var(--jp-layout-color2);
}

.jp-opsnb-Gauge span {
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

.jp-opsnb-Figures {
  display: flex;
  flex: none;
  flex-wrap: wrap;
  gap: 4px 20px;
  margin: 8px 0;
}

.jp-opsnb-Figures > div {
  display: flex;
  gap: 6px;
}

.jp-opsnb-Figures dt {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Figures dd {
  margin: 0;
}

.jp-opsnb-Report > * {
  flex: none;
}

.jp-opsnb-Report .jp-opsnb-Table {
  display: block;
  overflow-x: auto;
}

.jp-opsnb-Ruling {
  margin: 4px 0;
}

.jp-opsnb-Ruling summary {
  cursor: pointer;
}

.jp-opsnb-Ruling ul,
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

.jp-opsnb-Report .jp-opsnb-Detail pre {
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
`,""]),r.d(p,{},{A:t})},278(o,p,r){var n=r(601),e=r.n(n),a=r(314),t=(r.n(a))()(e());t.push([o.id,`.jp-opsnb-Bar {
  display: flex;
  flex: none;
  flex-wrap: wrap;
  gap: 4px;
  align-items: center;
  padding: 4px 8px;
}

.jp-opsnb-Tab .jp-opsnb-Bar {
  gap: 4px 10px;
  padding: 4px 0;
}

.jp-opsnb-Bar label {
  display: inline-flex;
  gap: 4px;
  align-items: center;
  color: var(--jp-ui-font-color1);
}

.jp-opsnb-Bar input[type='range'] {
  width: 80px;
}

.jp-opsnb-Space {
  flex: 1 1 auto;
}

.jp-opsnb-Search {
  box-sizing: border-box;
  flex: 1 1 100px;
  min-width: 70px;
  max-width: 320px;
  height: 24px;
  padding: 0 6px;
  color: var(--jp-ui-font-color1);
  font: inherit;
  background: var(--jp-input-background);
  border: var(--jp-border-width) solid var(--jp-input-border-color);
  border-radius: var(--jp-border-radius);
}

.jp-opsnb-Search.jp-opsnb-mod-wide {
  flex-basis: 160px;
}

.jp-opsnb-Search::placeholder {
  color: var(--jp-ui-font-color2);
  opacity: 1;
}

.jp-opsnb-Choice {
  box-sizing: border-box;
  max-width: 88px;
  height: 24px;
  padding: 0 2px;
  color: var(--jp-ui-font-color1);
  font: inherit;
  background: var(--jp-input-background);
  border: var(--jp-border-width) solid var(--jp-input-border-color);
  border-radius: var(--jp-border-radius);
}

.jp-opsnb-Tab .jp-opsnb-Choice {
  max-width: 280px;
}

.jp-opsnb-Search:focus-visible,
.jp-opsnb-Choice:focus-visible,
.jp-opsnb-Word:focus-visible,
.jp-opsnb-IconButton:focus-visible,
.jp-opsnb-Queue:focus-visible,
.jp-opsnb-RunHead:focus-visible,
.jp-opsnb-Part h3 button:focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: 0;
}

.jp-opsnb-IconButton,
.jp-opsnb-Word,
.jp-opsnb-More,
.jp-opsnb-RunHead,
.jp-opsnb-Queue {
  height: 24px;
  padding: 0 5px;
  color: var(--jp-ui-font-color1);
  font: inherit;
  background: transparent;
  border: var(--jp-border-width) solid transparent;
  border-radius: var(--jp-border-radius);
  cursor: pointer;
}

.jp-opsnb-Word {
  border-color: var(--jp-border-color1);
}

.jp-opsnb-More {
  height: auto;
  color: var(--jp-content-link-color);
}

.jp-opsnb-IconButton:hover:enabled,
.jp-opsnb-Word:hover:enabled,
.jp-opsnb-RunHead:hover,
.jp-opsnb-Queue:hover {
  background: var(--jp-layout-color2);
}

.jp-opsnb-IconButton:disabled,
.jp-opsnb-Word:disabled {
  cursor: default;
  opacity: 0.45;
}

.jp-opsnb-Word[aria-pressed='true'],
.jp-opsnb-IconButton[aria-pressed='true'],
.jp-opsnb-Queue[aria-pressed='true'] {
  border-color: var(--jp-brand-color1);
  box-shadow: inset 0 0 0 1px var(--jp-brand-color1);
}

.jp-opsnb-Header button .jp-opsnb-Icon {
  margin-right: 6px;
}

.jp-opsnb-Icon,
.jp-opsnb-Icon svg {
  display: inline-flex;
  width: 16px;
  height: 16px;
  vertical-align: middle;
}

.jp-opsnb-Note {
  margin: 4px 0;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size1);
  font-weight: normal;
  overflow-wrap: anywhere;
}

.jp-opsnb-Section > .jp-opsnb-Note {
  margin: 4px 12px;
}

.jp-opsnb-Empty pre {
  margin: 6px 0;
  padding: 6px 8px;
  overflow-x: auto;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  background: var(--jp-layout-color2);
}

.jp-opsnb-Empty p {
  margin: 0;
}

/* rows of lists */

.jp-opsnb-Twisty {
  flex: none;
  width: 12px;
  text-align: center;
}

.jp-opsnb-Name {
  flex: 1 1 50%;
  min-width: 40px;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  unicode-bidi: plaintext;
}

.jp-opsnb-List li .jp-opsnb-State {
  flex: none;
  width: 12px;
  text-align: center;
}

.jp-opsnb-Metric,
.jp-opsnb-Why {
  flex: 0 1 auto;
  max-width: 45%;
  overflow: hidden;
  color: var(--jp-ui-font-color2);
  font-variant-numeric: tabular-nums;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.jp-opsnb-Why {
  flex: 0 1 auto;
  max-width: 50%;
}

.jp-opsnb-Took {
  flex: none;
  color: var(--jp-ui-font-color2);
  font-variant-numeric: tabular-nums;
  text-align: right;
  white-space: nowrap;
}

.jp-opsnb-List .jp-opsnb-Took {
  min-width: 44px;
}

.jp-opsnb-List li[aria-selected='true'] .jp-opsnb-Took,
.jp-opsnb-List li[aria-selected='true'] .jp-opsnb-Metric,
.jp-opsnb-List li[aria-selected='true'] .jp-opsnb-Why {
  color: inherit;
}

.jp-opsnb-List:focus-visible .jp-opsnb-mod-active {
  outline: 1px solid var(--jp-brand-color1);
  outline-offset: -1px;
}

.jp-opsnb-List:focus-visible .jp-opsnb-mod-active[aria-selected='true'] {
  outline-color: var(--jp-ui-inverse-font-color1);
}

.jp-opsnb-Section {
  container-type: inline-size;
}

@container (max-width: 300px) {
  .jp-opsnb-List li .jp-opsnb-Metric {
    display: none;
  }
}

/* queues and meters */

.jp-opsnb-Queues {
  display: flex;
  flex: none;
  flex-direction: column;
  padding: 4px 8px 0;
}

.jp-opsnb-Queue {
  display: flex;
  gap: 8px;
  align-items: center;
  padding: 0 4px;
  overflow: hidden;
  text-align: left;
  white-space: nowrap;
}

.jp-opsnb-Queue span {
  overflow: hidden;
  color: var(--jp-ui-font-color2);
  text-overflow: ellipsis;
}

.jp-opsnb-Machine {
  flex: 1 1 auto;
  padding: 4px 10px 8px;
  overflow: auto;
}

.jp-opsnb-Meter {
  display: grid;
  grid-template-columns: 52px minmax(24px, 1fr) 48px minmax(70px, max-content);
  gap: 6px;
  align-items: center;
  height: 24px;
  white-space: nowrap;
}

.jp-opsnb-MeterName {
  overflow: hidden;
  text-overflow: ellipsis;
}

.jp-opsnb-MeterBar {
  height: 8px;
  overflow: hidden;
  background: var(--jp-layout-color3);
  border-radius: var(--jp-border-radius);
}

.jp-opsnb-MeterBar span {
  display: block;
  height: 100%;
  background: var(--jp-brand-color1);
}

.jp-opsnb-MeterBar span[data-full='true'] {
  background: var(--jp-error-color1);
}

.jp-opsnb-Meter .jp-opsnb-Sparkline {
  grid-column: 3;
}

.jp-opsnb-MeterWords {
  grid-column: 4;
  font-variant-numeric: tabular-nums;
  text-align: right;
}

.jp-opsnb-Gpu {
  margin-top: 4px;
  padding-top: 4px;
  border-top: var(--jp-border-width) solid var(--jp-border-color2);
}

.jp-opsnb-GpuName {
  display: flex;
  gap: 8px;
  justify-content: space-between;
  font-weight: 600;
}

.jp-opsnb-Cluster {
  margin: 4px 0;
  overflow-wrap: anywhere;
}

.jp-opsnb-Machine .jp-opsnb-Table td:not(:first-child),
.jp-opsnb-Machine .jp-opsnb-Table th:not(:first-child) {
  text-align: right;
}

.jp-opsnb-Machine .jp-opsnb-Table {
  width: 100%;
  margin-top: 6px;
}

/* tabs */

.jp-opsnb-Page {
  max-width: 1400px;
}

.jp-opsnb-Page.jp-opsnb-mod-log {
  display: flex;
  flex-direction: column;
  box-sizing: border-box;
  max-width: none;
  height: 100%;
  min-height: 420px;
}

.jp-opsnb-Header {
  display: flex;
  flex-wrap: wrap;
  gap: 6px 12px;
  align-items: center;
  margin-bottom: 8px;
}

.jp-opsnb-Header h2 {
  max-width: 60%;
  margin: 0;
  overflow: hidden;
  font-size: var(--jp-ui-font-size3);
  text-overflow: ellipsis;
  white-space: nowrap;
}

.jp-opsnb-Type {
  padding: 0 6px;
  color: var(--jp-ui-font-color2);
  border: var(--jp-border-width) solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
}

.jp-opsnb-Tab a.jp-opsnb-Link {
  color: var(--jp-content-link-color);
  text-decoration: underline;
}

.jp-opsnb-Error {
  max-height: 160px;
  margin: 4px 0 8px;
  padding: 6px 10px;
  overflow: auto;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  background: var(--jp-layout-color2);
  border-left: 3px solid var(--jp-error-color1);
}

.jp-opsnb-Waits {
  margin: 4px 0 8px;
}

.jp-opsnb-Verdict {
  margin: 4px 0;
}

.jp-opsnb-Verdict b[data-ok='true'] {
  color: var(--jp-success-color0, var(--jp-success-color1));
}

.jp-opsnb-Verdict b[data-ok='false'] {
  color: var(--jp-error-color1);
}

.jp-opsnb-Columns {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr));
  gap: 0 32px;
  align-items: start;
}

.jp-opsnb-Part h3,
.jp-opsnb-LogHead h3,
.jp-opsnb-DiffFile h4 {
  margin: 8px 0 4px;
  font-size: var(--jp-ui-font-size1);
  font-weight: 600;
}

.jp-opsnb-Part h3 button {
  display: flex;
  gap: 6px;
  align-items: center;
  width: 100%;
  height: 26px;
  padding: 0;
  color: inherit;
  font: inherit;
  text-align: left;
  background: transparent;
  border: none;
  border-bottom: var(--jp-border-width) solid var(--jp-border-color2);
  cursor: pointer;
}

.jp-opsnb-PartBody {
  padding: 2px 0 8px 18px;
}

.jp-opsnb-Facts {
  display: grid;
  grid-template-columns: minmax(70px, max-content) minmax(0, 1fr);
  gap: 3px 14px;
  margin: 4px 0;
}

.jp-opsnb-Facts dt {
  max-width: 220px;
  overflow: hidden;
  color: var(--jp-ui-font-color2);
  text-overflow: ellipsis;
  white-space: nowrap;
}

.jp-opsnb-Facts dd {
  max-height: 200px;
  margin: 0;
  overflow: auto;
  overflow-wrap: anywhere;
}

.jp-opsnb-Facts code {
  white-space: pre-wrap;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
}

.jp-opsnb-UserText {
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.jp-opsnb-TableBox {
  max-height: 480px;
  overflow: auto;
}

.jp-opsnb-Table {
  border-collapse: collapse;
  font-variant-numeric: tabular-nums;
}

.jp-opsnb-Table th,
.jp-opsnb-Table td {
  max-width: 320px;
  padding: 3px 12px 3px 0;
  overflow: hidden;
  text-align: left;
  vertical-align: top;
  text-overflow: ellipsis;
  border-bottom: var(--jp-border-width) solid var(--jp-border-color2);
}

.jp-opsnb-Table th {
  position: sticky;
  top: 0;
  color: var(--jp-ui-font-color2);
  font-weight: 600;
  background: var(--jp-layout-color1);
}

.jp-opsnb-None {
  color: var(--jp-ui-font-color2);
}

.jp-opsnb-Best {
  font-weight: 700;
}

.jp-opsnb-Lead {
  display: block;
  color: var(--jp-success-color0, var(--jp-success-color1));
  font-size: var(--jp-ui-font-size0);
}

.jp-opsnb-RunHead {
  display: inline-flex;
  gap: 6px;
  align-items: center;
  max-width: 240px;
  padding: 0;
  font-weight: 600;
}

.jp-opsnb-RunHead bdi {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

/* charts */

.jp-opsnb-Charts {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(360px, 100%), 1fr));
  gap: 12px 24px;
}

.jp-opsnb-Chart {
  position: relative;
  min-width: 0;
  margin: 0;
}

.jp-opsnb-Chart figcaption {
  display: flex;
  gap: 10px;
  justify-content: space-between;
  padding-right: 80px;
  overflow: hidden;
  font-weight: 600;
  white-space: nowrap;
}

.jp-opsnb-Chart figcaption .jp-opsnb-Note {
  margin: 0;
}

.jp-opsnb-Chart > svg {
  display: block;
}

.jp-opsnb-Chart text {
  font-size: 11px;
  fill: var(--jp-ui-font-color2);
}

.jp-opsnb-ChartValue {
  position: absolute;
  top: 0;
  right: 8px;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
}

.jp-opsnb-Grid {
  stroke: var(--jp-border-color2);
}

.jp-opsnb-Cursor {
  stroke: var(--jp-ui-font-color2);
  stroke-dasharray: 2 2;
}

.jp-opsnb-Stroke {
  fill: none;
  stroke-width: 1.6;
  stroke-linejoin: round;
}

.jp-opsnb-Stroke.jp-opsnb-mod-color0 {
  stroke: var(--jp-brand-color1);
}

.jp-opsnb-Stroke.jp-opsnb-mod-color1 {
  stroke: var(--jp-warn-color1);
}

.jp-opsnb-Stroke.jp-opsnb-mod-color2 {
  stroke: var(--jp-success-color1);
}

.jp-opsnb-Stroke.jp-opsnb-mod-color3 {
  stroke: var(--jp-error-color1);
}

.jp-opsnb-Stroke.jp-opsnb-mod-color4 {
  stroke: var(--jp-info-color1);
}

.jp-opsnb-Stroke.jp-opsnb-mod-color5 {
  stroke: var(--jp-ui-font-color2);
}

.jp-opsnb-Dot.jp-opsnb-mod-color0 {
  fill: var(--jp-brand-color1);
}

.jp-opsnb-Dot.jp-opsnb-mod-color1 {
  fill: var(--jp-warn-color1);
}

.jp-opsnb-Dot.jp-opsnb-mod-color2 {
  fill: var(--jp-success-color1);
}

.jp-opsnb-Dot.jp-opsnb-mod-color3 {
  fill: var(--jp-error-color1);
}

.jp-opsnb-Dot.jp-opsnb-mod-color4 {
  fill: var(--jp-info-color1);
}

.jp-opsnb-Dot.jp-opsnb-mod-color5 {
  fill: var(--jp-ui-font-color2);
}

.jp-opsnb-Legend {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 16px;
  margin: 2px 0 0;
  padding: 0 0 0 52px;
  list-style: none;
}

.jp-opsnb-Legend li {
  display: flex;
  gap: 6px;
  align-items: center;
}

.jp-opsnb-Legend bdi {
  max-width: 220px;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

/* cells, files, children */

.jp-opsnb-Cells,
.jp-opsnb-FileList {
  display: flex;
  flex-direction: column;
  border: var(--jp-border-width) solid var(--jp-border-color2);
}

.jp-opsnb-CellNumber {
  flex: none;
  width: 28px;
  color: var(--jp-ui-font-color2);
  text-align: right;
}

.jp-opsnb-List li[aria-selected='true'] .jp-opsnb-CellNumber {
  color: inherit;
}

.jp-opsnb-Cells code {
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
}

.jp-opsnb-CellError {
  flex: 0 1 auto;
  max-width: 40%;
  overflow: hidden;
  color: var(--jp-error-color1);
  text-overflow: ellipsis;
}

.jp-opsnb-CellBar {
  flex: none;
  width: 80px;
  height: 6px;
}

.jp-opsnb-CellBar span {
  display: block;
  min-width: 1px;
  height: 100%;
  background: var(--jp-brand-color2);
}

.jp-opsnb-Files {
  display: grid;
  grid-template-columns: minmax(200px, 340px) minmax(0, 1fr);
  gap: 16px;
}

.jp-opsnb-Look {
  min-width: 0;
  max-height: 520px;
  overflow: auto;
}

.jp-opsnb-FileText {
  margin: 0;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.jp-opsnb-Picture {
  max-width: 100%;
  max-height: 500px;
}

.jp-opsnb-Frame {
  width: 100%;
  height: 420px;
  background: var(--jp-layout-color0);
  border: var(--jp-border-width) solid var(--jp-border-color2);
}

.jp-opsnb-Children {
  margin: 0;
  padding: 0;
  list-style: none;
}

.jp-opsnb-Children li {
  display: flex;
  gap: 12px;
  align-items: center;
  height: 26px;
  line-height: 24px;
}

.jp-opsnb-Children .jp-opsnb-Word {
  display: flex;
  flex: 0 1 auto;
  gap: 8px;
  min-width: 160px;
  overflow: hidden;
  border-color: transparent;
}

.jp-opsnb-Diff {
  max-height: 460px;
  margin: 0;
  overflow: auto;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  line-height: 1.4;
}

.jp-opsnb-Diff span[data-sign='+'] {
  color: var(--jp-success-color0, var(--jp-success-color1));
}

.jp-opsnb-Diff span[data-sign='-'] {
  color: var(--jp-error-color1);
}

.jp-opsnb-Diff span[data-sign='@'] {
  color: var(--jp-ui-font-color2);
}
`,""]),r.d(p,{},{A:t})},314(o){o.exports=function(o){var p=[];return p.toString=function(){return this.map(function(p){var r="",n=void 0!==p[5];return p[4]&&(r+="@supports (".concat(p[4],") {")),p[2]&&(r+="@media ".concat(p[2]," {")),n&&(r+="@layer".concat(p[5].length>0?" ".concat(p[5]):""," {")),r+=o(p),n&&(r+="}"),p[2]&&(r+="}"),p[4]&&(r+="}"),r}).join("")},p.i=function(o,r,n,e,a){"string"==typeof o&&(o=[[null,o,void 0]]);var t={};if(n)for(var i=0;i<this.length;i++){var s=this[i][0];null!=s&&(t[s]=!0)}for(var l=0;l<o.length;l++){var d=[].concat(o[l]);n&&t[d[0]]||(void 0!==a&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=a),r&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=r),e&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=e):d[4]="".concat(e)),p.push(d))}},p}},601(o){o.exports=function(o){return o[1]}},72(o){var p=[];function r(o){for(var r=-1,n=0;n<p.length;n++)if(p[n].identifier===o){r=n;break}return r}function n(o,n){for(var e={},a=[],t=0;t<o.length;t++){var i=o[t],s=n.base?i[0]+n.base:i[0],l=e[s]||0,d="".concat(s," ").concat(l);e[s]=l+1;var b=r(d),c={css:i[1],media:i[2],sourceMap:i[3],supports:i[4],layer:i[5]};if(-1!==b)p[b].references++,p[b].updater(c);else{var j=function(o,p){var r=p.domAPI(p);return r.update(o),function(p){p?(p.css!==o.css||p.media!==o.media||p.sourceMap!==o.sourceMap||p.supports!==o.supports||p.layer!==o.layer)&&r.update(o=p):r.remove()}}(c,n);n.byIndex=t,p.splice(t,0,{identifier:d,updater:j,references:1})}a.push(d)}return a}o.exports=function(o,e){var a=n(o=o||[],e=e||{});return function(o){o=o||[];for(var t=0;t<a.length;t++){var i=r(a[t]);p[i].references--}for(var s=n(o,e),l=0;l<a.length;l++){var d=r(a[l]);0===p[d].references&&(p[d].updater(),p.splice(d,1))}a=s}}},659(o){var p={};o.exports=function(o,r){var n=function(o){if(void 0===p[o]){var r=document.querySelector(o);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(o){r=null}p[o]=r}return p[o]}(o);if(!n)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");n.appendChild(r)}},540(o){o.exports=function(o){var p=document.createElement("style");return o.setAttributes(p,o.attributes),o.insert(p,o.options),p}},56(o,p,r){o.exports=function(o){var p=r.nc;p&&o.setAttribute("nonce",p)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var p=o.insertStyleElement(o);return{update:function(r){var n,e,a;n="",r.supports&&(n+="@supports (".concat(r.supports,") {")),r.media&&(n+="@media ".concat(r.media," {")),(e=void 0!==r.layer)&&(n+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),n+=r.css,e&&(n+="}"),r.media&&(n+="}"),r.supports&&(n+="}"),(a=r.sourceMap)&&"u">typeof btoa&&(n+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),o.styleTagTransform(n,p,o.options)},remove:function(){var o;null===(o=p).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,p){if(p.styleSheet)p.styleSheet.cssText=o;else{for(;p.firstChild;)p.removeChild(p.firstChild);p.appendChild(document.createTextNode(o))}}},959(o,p,r){var n=r(72),e=r.n(n),a=r(825),t=r.n(a),i=r(659),s=r.n(i),l=r(56),d=r.n(l),b=r(540),c=r.n(b),j=r(113),x=r.n(j),u=r(646),f={};f.styleTagTransform=x(),f.setAttributes=d(),f.insert=s().bind(null,"head"),f.domAPI=t(),f.insertStyleElement=c(),e()(u.A,f),u.A&&u.A.locals&&u.A.locals}}]);