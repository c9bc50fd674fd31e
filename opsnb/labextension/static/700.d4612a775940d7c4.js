"use strict";(self.rspackChunk_opsnb_labextension=self.rspackChunk_opsnb_labextension||[]).push([[700],{475(o,e,r){var t=r(601),n=r.n(t),p=r(314),a=(r.n(p))()(n());a.push([o.id,`.jp-opsnb-Panel {
  color: var(--jp-ui-font-color1);
  background: var(--jp-layout-color1);
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Project {
  display: flex;
  align-items: center;
  min-height: 28px;
  padding: 0 4px 0 12px;
}

.jp-opsnb-Project-name {
  flex: 1 1 auto;
  overflow: hidden;
  font-weight: 600;
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
`,""]),r.d(e,{},{A:a})},646(o,e,r){var t=r(601),n=r.n(t),p=r(314),a=r.n(p),i=r(475),s=r(356),l=a()(n());l.i(i.A),l.i(s.A),l.push([o.id,`
`,""]),r.d(e,{},{A:l})},356(o,e,r){var t=r(601),n=r.n(t),p=r(314),a=(r.n(p))()(n());a.push([o.id,`/* Forms in dialogs */

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

.jp-opsnb-Result header {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 4px 12px;
  margin-bottom: 8px;
}

.jp-opsnb-Result h2 {
  margin: 0;
  font-size: var(--jp-ui-font-size2);
}

.jp-opsnb-Result h3 {
  margin: 12px 0 4px;
  font-size: var(--jp-ui-font-size1);
}

.jp-opsnb-Result header code,
.jp-opsnb-Result header span {
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
`,""]),r.d(e,{},{A:a})},314(o){o.exports=function(o){var e=[];return e.toString=function(){return this.map(function(e){var r="",t=void 0!==e[5];return e[4]&&(r+="@supports (".concat(e[4],") {")),e[2]&&(r+="@media ".concat(e[2]," {")),t&&(r+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),r+=o(e),t&&(r+="}"),e[2]&&(r+="}"),e[4]&&(r+="}"),r}).join("")},e.i=function(o,r,t,n,p){"string"==typeof o&&(o=[[null,o,void 0]]);var a={};if(t)for(var i=0;i<this.length;i++){var s=this[i][0];null!=s&&(a[s]=!0)}for(var l=0;l<o.length;l++){var c=[].concat(o[l]);t&&a[c[0]]||(void 0!==p&&(void 0===c[5]||(c[1]="@layer".concat(c[5].length>0?" ".concat(c[5]):""," {").concat(c[1],"}")),c[5]=p),r&&(c[2]&&(c[1]="@media ".concat(c[2]," {").concat(c[1],"}")),c[2]=r),n&&(c[4]?(c[1]="@supports (".concat(c[4],") {").concat(c[1],"}"),c[4]=n):c[4]="".concat(n)),e.push(c))}},e}},601(o){o.exports=function(o){return o[1]}},72(o){var e=[];function r(o){for(var r=-1,t=0;t<e.length;t++)if(e[t].identifier===o){r=t;break}return r}function t(o,t){for(var n={},p=[],a=0;a<o.length;a++){var i=o[a],s=t.base?i[0]+t.base:i[0],l=n[s]||0,c="".concat(s," ").concat(l);n[s]=l+1;var d=r(c),u={css:i[1],media:i[2],sourceMap:i[3],supports:i[4],layer:i[5]};if(-1!==d)e[d].references++,e[d].updater(u);else{var b=function(o,e){var r=e.domAPI(e);return r.update(o),function(e){e?(e.css!==o.css||e.media!==o.media||e.sourceMap!==o.sourceMap||e.supports!==o.supports||e.layer!==o.layer)&&r.update(o=e):r.remove()}}(u,t);t.byIndex=a,e.splice(a,0,{identifier:c,updater:b,references:1})}p.push(c)}return p}o.exports=function(o,n){var p=t(o=o||[],n=n||{});return function(o){o=o||[];for(var a=0;a<p.length;a++){var i=r(p[a]);e[i].references--}for(var s=t(o,n),l=0;l<p.length;l++){var c=r(p[l]);0===e[c].references&&(e[c].updater(),e.splice(c,1))}p=s}}},659(o){var e={};o.exports=function(o,r){var t=function(o){if(void 0===e[o]){var r=document.querySelector(o);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(o){r=null}e[o]=r}return e[o]}(o);if(!t)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");t.appendChild(r)}},540(o){o.exports=function(o){var e=document.createElement("style");return o.setAttributes(e,o.attributes),o.insert(e,o.options),e}},56(o,e,r){o.exports=function(o){var e=r.nc;e&&o.setAttribute("nonce",e)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=o.insertStyleElement(o);return{update:function(r){var t,n,p;t="",r.supports&&(t+="@supports (".concat(r.supports,") {")),r.media&&(t+="@media ".concat(r.media," {")),(n=void 0!==r.layer)&&(t+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),t+=r.css,n&&(t+="}"),r.media&&(t+="}"),r.supports&&(t+="}"),(p=r.sourceMap)&&"u">typeof btoa&&(t+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(p))))," */")),o.styleTagTransform(t,e,o.options)},remove:function(){var o;null===(o=e).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,e){if(e.styleSheet)e.styleSheet.cssText=o;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(o))}}},959(o,e,r){var t=r(72),n=r.n(t),p=r(825),a=r.n(p),i=r(659),s=r.n(i),l=r(56),c=r.n(l),d=r(540),u=r.n(d),b=r(113),f=r.n(b),j=r(646),h={};h.styleTagTransform=f(),h.setAttributes=c(),h.insert=s().bind(null,"head"),h.domAPI=a(),h.insertStyleElement=u(),n()(j.A,h),j.A&&j.A.locals&&j.A.locals}}]);