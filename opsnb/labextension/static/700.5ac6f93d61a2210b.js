"use strict";(self.rspackChunk_opsnb_labextension=self.rspackChunk_opsnb_labextension||[]).push([[700],{475(e,t,o){var r=o(601),n=o.n(r),a=o(314),p=(o.n(a))()(n());p.push([e.id,`.jp-opsnb-Panel {
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
`,""]),o.d(t,{},{A:p})},646(e,t,o){var r=o(601),n=o.n(r),a=o(314),p=o.n(a),i=o(475),s=p()(n());s.i(i.A),s.push([e.id,`
`,""]),o.d(t,{},{A:s})},314(e){e.exports=function(e){var t=[];return t.toString=function(){return this.map(function(t){var o="",r=void 0!==t[5];return t[4]&&(o+="@supports (".concat(t[4],") {")),t[2]&&(o+="@media ".concat(t[2]," {")),r&&(o+="@layer".concat(t[5].length>0?" ".concat(t[5]):""," {")),o+=e(t),r&&(o+="}"),t[2]&&(o+="}"),t[4]&&(o+="}"),o}).join("")},t.i=function(e,o,r,n,a){"string"==typeof e&&(e=[[null,e,void 0]]);var p={};if(r)for(var i=0;i<this.length;i++){var s=this[i][0];null!=s&&(p[s]=!0)}for(var l=0;l<e.length;l++){var c=[].concat(e[l]);r&&p[c[0]]||(void 0!==a&&(void 0===c[5]||(c[1]="@layer".concat(c[5].length>0?" ".concat(c[5]):""," {").concat(c[1],"}")),c[5]=a),o&&(c[2]&&(c[1]="@media ".concat(c[2]," {").concat(c[1],"}")),c[2]=o),n&&(c[4]?(c[1]="@supports (".concat(c[4],") {").concat(c[1],"}"),c[4]=n):c[4]="".concat(n)),t.push(c))}},t}},601(e){e.exports=function(e){return e[1]}},72(e){var t=[];function o(e){for(var o=-1,r=0;r<t.length;r++)if(t[r].identifier===e){o=r;break}return o}function r(e,r){for(var n={},a=[],p=0;p<e.length;p++){var i=e[p],s=r.base?i[0]+r.base:i[0],l=n[s]||0,c="".concat(s," ").concat(l);n[s]=l+1;var u=o(c),d={css:i[1],media:i[2],sourceMap:i[3],supports:i[4],layer:i[5]};if(-1!==u)t[u].references++,t[u].updater(d);else{var f=function(e,t){var o=t.domAPI(t);return o.update(e),function(t){t?(t.css!==e.css||t.media!==e.media||t.sourceMap!==e.sourceMap||t.supports!==e.supports||t.layer!==e.layer)&&o.update(e=t):o.remove()}}(d,r);r.byIndex=p,t.splice(p,0,{identifier:c,updater:f,references:1})}a.push(c)}return a}e.exports=function(e,n){var a=r(e=e||[],n=n||{});return function(e){e=e||[];for(var p=0;p<a.length;p++){var i=o(a[p]);t[i].references--}for(var s=r(e,n),l=0;l<a.length;l++){var c=o(a[l]);0===t[c].references&&(t[c].updater(),t.splice(c,1))}a=s}}},659(e){var t={};e.exports=function(e,o){var r=function(e){if(void 0===t[e]){var o=document.querySelector(e);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(e){o=null}t[e]=o}return t[e]}(e);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(o)}},540(e){e.exports=function(e){var t=document.createElement("style");return e.setAttributes(t,e.attributes),e.insert(t,e.options),t}},56(e,t,o){e.exports=function(e){var t=o.nc;t&&e.setAttribute("nonce",t)}},825(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var t=e.insertStyleElement(e);return{update:function(o){var r,n,a;r="",o.supports&&(r+="@supports (".concat(o.supports,") {")),o.media&&(r+="@media ".concat(o.media," {")),(n=void 0!==o.layer)&&(r+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),r+=o.css,n&&(r+="}"),o.media&&(r+="}"),o.supports&&(r+="}"),(a=o.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),e.styleTagTransform(r,t,e.options)},remove:function(){var e;null===(e=t).parentNode||e.parentNode.removeChild(e)}}}},113(e){e.exports=function(e,t){if(t.styleSheet)t.styleSheet.cssText=e;else{for(;t.firstChild;)t.removeChild(t.firstChild);t.appendChild(document.createTextNode(e))}}},959(e,t,o){var r=o(72),n=o.n(r),a=o(825),p=o.n(a),i=o(659),s=o.n(i),l=o(56),c=o.n(l),u=o(540),d=o.n(u),f=o(113),v=o.n(f),b=o(646),h={};h.styleTagTransform=v(),h.setAttributes=c(),h.insert=s().bind(null,"head"),h.domAPI=p(),h.insertStyleElement=d(),n()(b.A,h),b.A&&b.A.locals&&b.A.locals}}]);