"use strict";(self.rspackChunk_opsnb_labextension=self.rspackChunk_opsnb_labextension||[]).push([[700],{475(e,t,o){var r=o(601),n=o.n(r),a=o(314),p=(o.n(a))()(n());p.push([e.id,`.jp-opsnb-Panel {
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
`,""]),o.d(t,{},{A:p})},646(e,t,o){var r=o(601),n=o.n(r),a=o(314),p=o.n(a),s=o(475),i=p()(n());i.i(s.A),i.push([e.id,`
`,""]),o.d(t,{},{A:i})},314(e){e.exports=function(e){var t=[];return t.toString=function(){return this.map(function(t){var o="",r=void 0!==t[5];return t[4]&&(o+="@supports (".concat(t[4],") {")),t[2]&&(o+="@media ".concat(t[2]," {")),r&&(o+="@layer".concat(t[5].length>0?" ".concat(t[5]):""," {")),o+=e(t),r&&(o+="}"),t[2]&&(o+="}"),t[4]&&(o+="}"),o}).join("")},t.i=function(e,o,r,n,a){"string"==typeof e&&(e=[[null,e,void 0]]);var p={};if(r)for(var s=0;s<this.length;s++){var i=this[s][0];null!=i&&(p[i]=!0)}for(var c=0;c<e.length;c++){var l=[].concat(e[c]);r&&p[l[0]]||(void 0!==a&&(void 0===l[5]||(l[1]="@layer".concat(l[5].length>0?" ".concat(l[5]):""," {").concat(l[1],"}")),l[5]=a),o&&(l[2]&&(l[1]="@media ".concat(l[2]," {").concat(l[1],"}")),l[2]=o),n&&(l[4]?(l[1]="@supports (".concat(l[4],") {").concat(l[1],"}"),l[4]=n):l[4]="".concat(n)),t.push(l))}},t}},601(e){e.exports=function(e){return e[1]}},72(e){var t=[];function o(e){for(var o=-1,r=0;r<t.length;r++)if(t[r].identifier===e){o=r;break}return o}function r(e,r){for(var n={},a=[],p=0;p<e.length;p++){var s=e[p],i=r.base?s[0]+r.base:s[0],c=n[i]||0,l="".concat(i," ").concat(c);n[i]=c+1;var u=o(l),d={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==u)t[u].references++,t[u].updater(d);else{var f=function(e,t){var o=t.domAPI(t);return o.update(e),function(t){t?(t.css!==e.css||t.media!==e.media||t.sourceMap!==e.sourceMap||t.supports!==e.supports||t.layer!==e.layer)&&o.update(e=t):o.remove()}}(d,r);r.byIndex=p,t.splice(p,0,{identifier:l,updater:f,references:1})}a.push(l)}return a}e.exports=function(e,n){var a=r(e=e||[],n=n||{});return function(e){e=e||[];for(var p=0;p<a.length;p++){var s=o(a[p]);t[s].references--}for(var i=r(e,n),c=0;c<a.length;c++){var l=o(a[c]);0===t[l].references&&(t[l].updater(),t.splice(l,1))}a=i}}},659(e){var t={};e.exports=function(e,o){var r=function(e){if(void 0===t[e]){var o=document.querySelector(e);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(e){o=null}t[e]=o}return t[e]}(e);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(o)}},540(e){e.exports=function(e){var t=document.createElement("style");return e.setAttributes(t,e.attributes),e.insert(t,e.options),t}},56(e,t,o){e.exports=function(e){var t=o.nc;t&&e.setAttribute("nonce",t)}},825(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var t=e.insertStyleElement(e);return{update:function(o){var r,n,a;r="",o.supports&&(r+="@supports (".concat(o.supports,") {")),o.media&&(r+="@media ".concat(o.media," {")),(n=void 0!==o.layer)&&(r+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),r+=o.css,n&&(r+="}"),o.media&&(r+="}"),o.supports&&(r+="}"),(a=o.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),e.styleTagTransform(r,t,e.options)},remove:function(){var e;null===(e=t).parentNode||e.parentNode.removeChild(e)}}}},113(e){e.exports=function(e,t){if(t.styleSheet)t.styleSheet.cssText=e;else{for(;t.firstChild;)t.removeChild(t.firstChild);t.appendChild(document.createTextNode(e))}}},959(e,t,o){var r=o(72),n=o.n(r),a=o(825),p=o.n(a),s=o(659),i=o.n(s),c=o(56),l=o.n(c),u=o(540),d=o.n(u),f=o(113),v=o.n(f),b=o(646),j={};j.styleTagTransform=v(),j.setAttributes=l(),j.insert=i().bind(null,"head"),j.domAPI=p(),j.insertStyleElement=d(),n()(b.A,j),b.A&&b.A.locals&&b.A.locals}}]);