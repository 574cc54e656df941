"use strict";(self.rspackChunknb2ops=self.rspackChunknb2ops||[]).push([[266],{646(o,e,n){var r=n(601),t=n.n(r),a=n(314),i=n.n(a),s=n(938),p=i()(t());p.i(s.A),p.push([o.id,`
`,""]),n.d(e,{},{A:p})},938(o,e,n){var r=n(601),t=n.n(r),a=n(314),i=(n.n(a))()(t());i.push([o.id,`.nb2ops-Sidebar {
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
`,""]),n.d(e,{},{A:i})},314(o){o.exports=function(o){var e=[];return e.toString=function(){return this.map(function(e){var n="",r=void 0!==e[5];return e[4]&&(n+="@supports (".concat(e[4],") {")),e[2]&&(n+="@media ".concat(e[2]," {")),r&&(n+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),n+=o(e),r&&(n+="}"),e[2]&&(n+="}"),e[4]&&(n+="}"),n}).join("")},e.i=function(o,n,r,t,a){"string"==typeof o&&(o=[[null,o,void 0]]);var i={};if(r)for(var s=0;s<this.length;s++){var p=this[s][0];null!=p&&(i[p]=!0)}for(var l=0;l<o.length;l++){var c=[].concat(o[l]);r&&i[c[0]]||(void 0!==a&&(void 0===c[5]||(c[1]="@layer".concat(c[5].length>0?" ".concat(c[5]):""," {").concat(c[1],"}")),c[5]=a),n&&(c[2]&&(c[1]="@media ".concat(c[2]," {").concat(c[1],"}")),c[2]=n),t&&(c[4]?(c[1]="@supports (".concat(c[4],") {").concat(c[1],"}"),c[4]=t):c[4]="".concat(t)),e.push(c))}},e}},601(o){o.exports=function(o){return o[1]}},665(o,e,n){n.r(e);var r=n(72),t=n.n(r),a=n(825),i=n.n(a),s=n(659),p=n.n(s),l=n(56),c=n.n(l),d=n(540),u=n.n(d),f=n(113),b=n.n(f),v=n(646),m={};m.styleTagTransform=b(),m.setAttributes=c(),m.insert=p().bind(null,"head"),m.domAPI=i(),m.insertStyleElement=u(),t()(v.A,m);let h=v.A&&v.A.locals?v.A.locals:void 0;n.d(e,{},{default:h})},72(o){var e=[];function n(o){for(var n=-1,r=0;r<e.length;r++)if(e[r].identifier===o){n=r;break}return n}function r(o,r){for(var t={},a=[],i=0;i<o.length;i++){var s=o[i],p=r.base?s[0]+r.base:s[0],l=t[p]||0,c="".concat(p," ").concat(l);t[p]=l+1;var d=n(c),u={css:s[1],media:s[2],sourceMap:s[3],supports:s[4],layer:s[5]};if(-1!==d)e[d].references++,e[d].updater(u);else{var f=function(o,e){var n=e.domAPI(e);return n.update(o),function(e){e?(e.css!==o.css||e.media!==o.media||e.sourceMap!==o.sourceMap||e.supports!==o.supports||e.layer!==o.layer)&&n.update(o=e):n.remove()}}(u,r);r.byIndex=i,e.splice(i,0,{identifier:c,updater:f,references:1})}a.push(c)}return a}o.exports=function(o,t){var a=r(o=o||[],t=t||{});return function(o){o=o||[];for(var i=0;i<a.length;i++){var s=n(a[i]);e[s].references--}for(var p=r(o,t),l=0;l<a.length;l++){var c=n(a[l]);0===e[c].references&&(e[c].updater(),e.splice(c,1))}a=p}}},659(o){var e={};o.exports=function(o,n){var r=function(o){if(void 0===e[o]){var n=document.querySelector(o);if(window.HTMLIFrameElement&&n instanceof window.HTMLIFrameElement)try{n=n.contentDocument.head}catch(o){n=null}e[o]=n}return e[o]}(o);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(n)}},540(o){o.exports=function(o){var e=document.createElement("style");return o.setAttributes(e,o.attributes),o.insert(e,o.options),e}},56(o,e,n){o.exports=function(o){var e=n.nc;e&&o.setAttribute("nonce",e)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=o.insertStyleElement(o);return{update:function(n){var r,t,a;r="",n.supports&&(r+="@supports (".concat(n.supports,") {")),n.media&&(r+="@media ".concat(n.media," {")),(t=void 0!==n.layer)&&(r+="@layer".concat(n.layer.length>0?" ".concat(n.layer):""," {")),r+=n.css,t&&(r+="}"),n.media&&(r+="}"),n.supports&&(r+="}"),(a=n.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),o.styleTagTransform(r,e,o.options)},remove:function(){var o;null===(o=e).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,e){if(e.styleSheet)e.styleSheet.cssText=o;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(o))}}}}]);